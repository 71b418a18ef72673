"""Camera modes: requested, negotiated, offered, and the choice between them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.sources.description import DEPTH_UNITS_PER_METRE

# Below this rate an operator cannot drive by the pictures.
FLUENT_FPS = 15.0
# A higher rate does not improve the view for an operator; a larger picture does.
USEFUL_FPS = 30.0
# 29.97 Hz matches a request for 30 Hz.
SAME_RATE = 0.01
MAX_NAMED = 3
JPEG_CODECS = frozenset({"MJPG", "JPEG"})

STANDARD_SIZES = (
    *((160, 120), (320, 180), (320, 240), (424, 240), (640, 360), (640, 480), (800, 600)),
    *((848, 480), (960, 540), (1024, 768), (1280, 720), (1280, 800), (1280, 960)),
    *((1280, 1024), (1600, 1200), (1920, 1080), (1920, 1200), (2048, 1536), (2560, 1440)),
    *((2592, 1944), (3264, 2448), (3840, 2160), (4096, 2160)),
)
STANDARD_RATES = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 60.0, 90.0, 120.0)


@dataclass(frozen=True, slots=True)
class CameraMode:
    """The mode that a camera opened in, which may differ from the request.

    `fps` is `None` if the camera does not report a rate. `camera_model` is not advertised while
    pictures have another size; `depth_units_per_metre` applies to depth only.
    """

    cols: int
    rows: int
    layout: Layout
    fps: float | None = None
    codec: str = ""
    camera_model: CameraModel | None = None
    depth_units_per_metre: float = DEPTH_UNITS_PER_METRE

    def __str__(self) -> str:
        rate = "unknown rate" if self.fps is None else f"{self.fps:g} fps"
        codec = f" {self.codec}" if self.codec else ""
        return f"{self.cols}x{self.rows} at {rate}, {self.layout.label}{codec}"


@dataclass(frozen=True, slots=True)
class ModeRequest:
    """The mode requested of a camera; `None` leaves that part to the camera.

    `codec` is a FOURCC, such as `MJPG`.
    """

    cols: int | None = None
    rows: int | None = None
    fps: float | None = None
    codec: str | None = None


@dataclass(frozen=True, slots=True)
class OfferedMode:
    """A mode that a camera offers; `fps` is `None` if the camera does not report rates."""

    fourcc: str
    cols: int
    rows: int
    fps: float | None

    def __str__(self) -> str:
        rate = "" if self.fps is None else f" at {self.fps:g} fps"
        return f"{self.fourcc} {self.cols}x{self.rows}{rate}"


@dataclass(frozen=True, slots=True)
class SizeRange:
    """A stepwise range of sizes, as some cameras offer instead of a list."""

    min_cols: int
    max_cols: int
    step_cols: int
    min_rows: int
    max_rows: int
    step_rows: int

    def __contains__(self, size: tuple[int, int]) -> bool:
        return _on_step(size[0], self.min_cols, self.max_cols, self.step_cols) and _on_step(
            size[1], self.min_rows, self.max_rows, self.step_rows
        )

    def sizes(self, request: ModeRequest) -> list[tuple[int, int]]:
        """Return the largest size, the standard sizes and the requested size within the range."""
        sizes = {size for size in STANDARD_SIZES if size in self}
        sizes.add((self.max_cols, self.max_rows))
        if request.cols is not None and request.rows is not None:
            asked = (request.cols, request.rows)
            sizes |= {asked} if asked in self else set()
        return sorted(sizes)


def rates_between(slowest: float, fastest: float, request: ModeRequest) -> list[float]:
    """Return the fastest rate, the standard rates and the requested rate within the range."""
    rates = {rate for rate in STANDARD_RATES if slowest <= rate <= fastest} | {fastest}
    if request.fps is not None and slowest <= request.fps <= fastest:
        rates.add(request.fps)
    return sorted(rates)


@dataclass(frozen=True, slots=True)
class ModeChoice:
    """The mode to request of the camera, and warnings for the operator."""

    mode: OfferedMode
    warnings: tuple[str, ...] = ()


def choose_mode(offered: Sequence[OfferedMode], request: ModeRequest) -> ModeChoice:
    """Return the best of the modes that match the request exactly, else the nearest mode.

    The best mode has, in this order of importance:

    1. at least 15 fps: nobody can drive by 4K at 2 fps;
    2. more pixels per second, where rates above 30 fps count as 30: 1080p at 30 fps is better
       than 720p at 120 fps;
    3. more pixels per picture;
    4. JPEG, which is passed through without decoding;
    5. the higher rate.

    The nearest mode has the requested codec if the camera offers it, then the size nearest to the
    requested one by the ratio of the sides, then the nearest rate; ties go to the best mode.

    Raises:
        CameraMisconfigured: nothing is offered.
    """
    if not offered:
        raise CameraMisconfigured("the camera offers no mode with a supported pixel format")
    exact = [mode for mode in offered if _distance(mode, request) == (0, 0.0, 0.0)]
    if exact:
        return ModeChoice(max(exact, key=_worth))
    near = sorted(offered, key=_worth, reverse=True)
    near.sort(key=lambda mode: _distance(mode, request))
    names = _names(near)
    return ModeChoice(
        near[0],
        (f"the camera has no {asked_for(request)}: taking {near[0]}; nearest are {names}",),
    )


def asked_for(request: ModeRequest) -> str:
    """Return a request as text for a log line."""
    size = ""
    if request.cols is not None or request.rows is not None:
        size = f"{request.cols or 'any'}x{request.rows or 'any'}"
    rate = "" if request.fps is None else f"at {request.fps:g} fps"
    return " ".join(filter(None, (request.codec, size, rate))) or "the best mode"


def _worth(mode: OfferedMode) -> tuple[bool, float, int, bool, float]:
    # A camera that does not report a rate is assumed to have an ordinary one.
    fps = USEFUL_FPS if mode.fps is None else mode.fps
    pixels = mode.cols * mode.rows
    return (
        fps >= FLUENT_FPS * (1 - SAME_RATE),
        pixels * min(fps, USEFUL_FPS),
        pixels,
        mode.fourcc in JPEG_CODECS,
        fps,
    )


def _distance(mode: OfferedMode, request: ModeRequest) -> tuple[int, float, float]:
    codec = int(request.codec is not None and not _same_codec(mode.fourcc, request.codec))
    size = _ratio(mode.cols, request.cols) + _ratio(mode.rows, request.rows)
    rate = 0.0 if mode.fps is None else _ratio(mode.fps, request.fps)
    return codec, size, rate if rate > SAME_RATE else 0.0


def _same_codec(one: str, other: str) -> bool:
    # Drivers use one of the two names for the same codec.
    return one == other or {one, other} <= JPEG_CODECS


def _ratio(value: float, asked: float | None) -> float:
    return abs(math.log(value / asked)) if asked else 0.0


def _names(near: Iterable[OfferedMode]) -> str:
    return ", ".join(str(mode) for _, mode in zip(range(MAX_NAMED), near, strict=False))


def _on_step(value: int, smallest: int, largest: int, step: int) -> bool:
    return smallest <= value <= largest and (value - smallest) % max(1, step) == 0
