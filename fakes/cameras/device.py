"""Names of synthetic cameras: `synthetic:[NAME][?OPTION=VALUE[&OPTION=VALUE]...]`."""

import math
from dataclasses import dataclass, field
from urllib.parse import unquote

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.media.image import Layout
from spot_webcam.fakes.cameras.faults.damage import DAMAGES
from spot_webcam.fakes.cameras.faults.script import (
    MAX_SIDE_PX,
    FaultScript,
    parse_script,
    parse_size,
)
from spot_webcam.fakes.cameras.jpeg_manners import JpegManners, parse_manners

SCHEME = "synthetic:"
MIN_COLS_PX, MIN_ROWS_PX = 64, 48
MAX_HZ = 1000.0
MAX_SEED = 2**32 - 1
MJPG_LAYOUTS = (Layout.BGR8, Layout.GREY8)

_LAYOUTS = {layout.label: layout for layout in Layout}
_OPTIONS = (
    "size",
    "fps",
    "seed",
    "layout",
    "codec",
    "quality",
    "manners",
    "controls",
    "parameters",
    "script",
    "began",
)


@dataclass(frozen=True, slots=True)
class SyntheticDevice:
    """Options of a synthetic camera.

    `mjpg` cameras deliver JPEGs of a `quality`, with `manners`, and always have controls. Cameras
    without controls have `parameters`, unless these are switched off. `began_ns` is the start of
    the script on the monotonic clock; `None` is the first `open`.

    Raises:
        CameraMisconfigured: the options are invalid; the text says what is allowed.
    """

    name: str = "synthetic"
    cols: int = 640
    rows: int = 480
    fps: float = 30.0
    seed: int = 0
    layout: Layout = Layout.BGR8
    script: FaultScript = field(default_factory=FaultScript)
    mjpg: bool = False
    quality: int = 85
    manners: JpegManners | None = None
    controls: bool = False
    parameters: bool = True
    began_ns: int | None = None

    def __post_init__(self) -> None:
        if not (
            MIN_COLS_PX <= self.cols <= MAX_SIDE_PX and MIN_ROWS_PX <= self.rows <= MAX_SIDE_PX
        ):
            raise _wrong("size", f"{self.cols}x{self.rows}")
        if not 0.0 < self.fps <= MAX_HZ:
            raise _wrong("fps", f"{self.fps:g}")
        if not 0 <= self.seed <= MAX_SEED:
            raise _wrong("seed", str(self.seed))
        if not 1 <= self.quality <= 100:
            raise _wrong("quality", str(self.quality))
        if self.controls and self.layout.bits != 8:
            raise CameraMisconfigured(
                f"synthetic camera controls=1 is for 8-bit layouts, not for {self.layout.label}"
            )
        self._check_codec()

    def _check_codec(self) -> None:
        if self.mjpg and self.layout not in MJPG_LAYOUTS:
            allowed = " or ".join(layout.label for layout in MJPG_LAYOUTS)
            raise CameraMisconfigured(
                f"synthetic camera codec=mjpg is for layout {allowed}, not {self.layout.label}"
            )
        damages = [event.kind.value for event in self.script.events if event.kind in DAMAGES]
        if damages and not self.mjpg:
            raise CameraMisconfigured(
                f"script event {damages[0]!r} damages a JPEG's bytes: it needs codec=mjpg"
            )


def parse_synthetic_device(text: str) -> SyntheticDevice:
    """Return the camera of a device name.

    The options have the syntax of a URL's query, with percent escapes; '+' stays '+', because
    scripts use it.

    Raises:
        CameraMisconfigured: the name is invalid; the text says what is allowed.
    """
    if not text.startswith(SCHEME):
        raise CameraMisconfigured(
            f"invalid synthetic camera {text!r}: write {SCHEME}[NAME][?OPTIONS]"
        )
    name, _, query = text.removeprefix(SCHEME).partition("?")
    options = _options(query)
    for option in ("quality", "manners"):
        if option in options and "codec" not in options:
            raise CameraMisconfigured(f"synthetic camera option {option!r} needs codec=mjpg")
    cols, rows = _size(options.get("size", "640x480"))
    return SyntheticDevice(
        name=name.rstrip("/").rpartition("/")[2] or "synthetic",
        cols=cols,
        rows=rows,
        fps=_fps(options.get("fps", "30")),
        seed=_seed(options.get("seed", "0")),
        layout=_layout(options.get("layout", Layout.BGR8.label)),
        script=parse_script(options.get("script", "")),
        mjpg=_is_only("codec", "mjpg", options),
        quality=_quality(options.get("quality", "85")),
        manners=parse_manners(options["manners"]) if "manners" in options else None,
        controls=_is_only("controls", "1", options),
        parameters=not _is_only("parameters", "0", options),
        began_ns=_began(options.get("began")),
    )


def _options(query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        option, equals, value = part.partition("=")
        if option not in _OPTIONS or not equals:
            raise CameraMisconfigured(
                f"synthetic camera option {part!r} is unknown;"
                f" write OPTION=VALUE with {', '.join(_OPTIONS)}"
            )
        if option in options:
            raise CameraMisconfigured(f"synthetic camera option {option!r} is repeated")
        options[option] = unquote(value)
    return options


def _size(value: str) -> tuple[int, int]:
    size = parse_size(value)
    if size is None:
        raise _wrong("size", value)
    return size


def _fps(value: str) -> float:
    try:
        fps = float(value)
    except ValueError:
        fps = math.nan
    if math.isnan(fps):
        raise _wrong("fps", value)
    return fps


def _seed(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 10):
        raise _wrong("seed", value)
    return int(value)


def _began(value: str | None) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) <= 19):
        raise _wrong("began", value)
    return int(value)


def _layout(value: str) -> Layout:
    if value not in _LAYOUTS:
        raise _wrong("layout", value)
    return _LAYOUTS[value]


def _quality(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 3):
        raise _wrong("quality", value)
    return int(value)


def _is_only(option: str, only: str, options: dict[str, str]) -> bool:
    """Whether an option that has only one allowed value is present."""
    if options.get(option, only) != only:
        raise _wrong(option, options[option])
    return option in options


def _wrong(option: str, value: str) -> CameraMisconfigured:
    allowed = {
        "size": f"COLSxROWS from {MIN_COLS_PX}x{MIN_ROWS_PX} to {MAX_SIDE_PX}x{MAX_SIDE_PX}",
        "fps": f"a number above 0, up to {MAX_HZ:g}",
        "seed": f"a whole number from 0 to {MAX_SEED}",
        "layout": "one of " + ", ".join(_LAYOUTS),
        "codec": "mjpg, or left out for pixels",
        "quality": "a whole number from 1 to 100",
        "controls": "1, or left out for none",
        "parameters": "0, or left out for some",
        "began": "nanoseconds of the monotonic clock",
    }[option]
    return CameraMisconfigured(f"synthetic camera {option} must be {allowed}, not {value!r}")
