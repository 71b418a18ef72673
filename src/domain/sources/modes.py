"""Which of a camera's modes to take."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.ports import ModeRequest

# Slower than this, pictures of a moving robot no longer make a view to drive by.
FLUENT_FPS = 15.0
# A faster rate than this makes no view better; size does.
USEFUL_FPS = 30.0
# 29.97 Hz is what someone means who says 30.
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
class OfferedMode:
    """One way a camera can deliver; `fps` is `None` where it tells no rates."""

    fourcc: str
    cols: int
    rows: int
    fps: float | None

    def __str__(self) -> str:
        rate = "" if self.fps is None else f" at {self.fps:g} fps"
        return f"{self.fourcc} {self.cols}x{self.rows}{rate}"


@dataclass(frozen=True, slots=True)
class SizeRange:
    """Sizes from a smallest to a largest, by steps, as some cameras offer them."""

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
        """Return the largest, the standard ones, and the one that is asked for, in range."""
        sizes = {size for size in STANDARD_SIZES if size in self}
        sizes.add((self.max_cols, self.max_rows))
        if request.cols is not None and request.rows is not None:
            asked = (request.cols, request.rows)
            sizes |= {asked} if asked in self else set()
        return sorted(sizes)


def rates_between(slowest: float, fastest: float, request: ModeRequest) -> list[float]:
    """Return the fastest rate, the standard ones, and the one that is asked for, in range."""
    rates = {rate for rate in STANDARD_RATES if slowest <= rate <= fastest} | {fastest}
    if request.fps is not None and slowest <= request.fps <= fastest:
        rates.add(request.fps)
    return sorted(rates)


@dataclass(frozen=True, slots=True)
class ModeChoice:
    """The mode to ask the camera for, and what the operator should know of the choice."""

    mode: OfferedMode
    warnings: tuple[str, ...] = ()


def choose_mode(offered: Sequence[OfferedMode], request: ModeRequest) -> ModeChoice:
    """Return the best mode of those that are all that was asked for, else the nearest.

    The best is, by the first of these that tells two apart:

    1. at least 15 fps: 4K at 2 fps is no view to drive by;
    2. more pixels a second, where more than 30 fps count as 30: 1080p at 30 fps beats 720p at
       120 fps;
    3. more pixels a picture;
    4. JPEG, which is passed through as it is;
    5. the higher rate.

    The nearest has the codec asked for if there is any, then the size nearest to the one asked
    for, by the ratio of their sides, then the nearest rate; then it is the best.

    Raises:
        CameraMisconfigured: nothing is offered.
    """
    if not offered:
        raise CameraMisconfigured("the camera offers no mode that can be made into pictures")
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
    """Return a request as a line of a log tells it."""
    size = ""
    if request.cols is not None or request.rows is not None:
        size = f"{request.cols or 'any'}x{request.rows or 'any'}"
    rate = "" if request.fps is None else f"at {request.fps:g} fps"
    return " ".join(filter(None, (request.codec, size, rate))) or "the best mode"


def _worth(mode: OfferedMode) -> tuple[bool, float, int, bool, float]:
    # A camera that tells no rate is believed to be an ordinary one.
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
    # Two names of the same thing to every driver that has either.
    return one == other or {one, other} <= JPEG_CODECS


def _ratio(value: float, asked: float | None) -> float:
    return abs(math.log(value / asked)) if asked else 0.0


def _names(near: Iterable[OfferedMode]) -> str:
    return ", ".join(str(mode) for _, mode in zip(range(MAX_NAMED), near, strict=False))


def _on_step(value: int, smallest: int, largest: int, step: int) -> bool:
    return smallest <= value <= largest and (value - smallest) % max(1, step) == 0
