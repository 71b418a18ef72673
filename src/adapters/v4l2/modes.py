"""Offered, requested and granted modes of a device."""

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from spot_webcam.adapters.v4l2 import abi
from spot_webcam.adapters.v4l2.device import Device
from spot_webcam.adapters.v4l2.structures import (
    Format,
    FormatDescription,
    Fraction,
    FrameInterval,
    FrameSize,
    StreamParameters,
)
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.modes import OfferedMode, SizeRange, rates_between

# Errors of a driver for the first index past its last, and for an unknown request.
_NO_MORE = frozenset({errno.EINVAL, errno.ENOTTY})
# More than any driver has. A driver that does not end a list repeats its entries.
_MAX_ENTRIES = 256
# Some drivers report a rate of this or more where they know none.
_NO_CAMERA_FPS = 1e5


@dataclass(frozen=True, slots=True)
class GrantedMode:
    """The mode that the driver reports after setting it. `stride` is the bytes of one row."""

    fourcc: str
    cols: int
    rows: int
    fps: float | None
    stride: int
    frame_bytes: int

    def __str__(self) -> str:
        return str(OfferedMode(self.fourcc, self.cols, self.rows, self.fps))


def offered_modes(
    device: Device, request: ModeRequest, wanted: Callable[[str], bool] = lambda _: True
) -> list[OfferedMode]:
    """Return every mode of the wanted codecs, in the driver's order of preference.

    Ranges are returned as their standard members.
    """
    modes = (
        OfferedMode(fourcc, cols, rows, fps)
        for fourcc in _fourccs(device)
        if wanted(fourcc)
        for cols, rows in _sizes(device, fourcc, request)
        for fps in _rates(device, fourcc, cols, rows, request)
    )
    return list(dict.fromkeys(modes))


_Entry = TypeVar("_Entry", FormatDescription, FrameSize, FrameInterval)


def _entries(
    device: Device, request: int, action: str, make: Callable[[int], _Entry]
) -> Iterator[_Entry]:
    """Return the entries of a list of the driver, up to the first repeated entry."""
    seen: set[bytes] = set()
    for index in range(_MAX_ENTRIES):
        entry = make(index)
        if not device.call(request, entry, action, _NO_MORE):
            return
        # Without the index, which is the first member of all three structures.
        content = bytes(entry)[4:]
        if content in seen:
            return
        seen.add(content)
        yield entry


def _fourccs(device: Device) -> Iterator[str]:
    formats = _entries(
        device,
        abi.ENUM_FMT,
        "listing the formats",
        lambda index: FormatDescription(index=index, type=abi.BUF_TYPE_VIDEO_CAPTURE),
    )
    for entry in formats:
        yield abi.fourcc_name(entry.pixelformat)


def _sizes(device: Device, fourcc: str, request: ModeRequest) -> Iterator[tuple[int, int]]:
    is_empty = True
    sizes = _entries(
        device,
        abi.ENUM_FRAMESIZES,
        "listing the frame sizes",
        lambda index: FrameSize(index=index, pixel_format=abi.fourcc(fourcc)),
    )
    for entry in sizes:
        is_empty = False
        if entry.type != abi.FRMSIZE_DISCRETE:
            steps = entry.size.stepwise
            yield from SizeRange(
                *(steps.min_width, steps.max_width, steps.step_width),
                *(steps.min_height, steps.max_height, steps.step_height),
            ).sizes(request)
            return
        yield entry.size.discrete.width, entry.size.discrete.height
    if is_empty:
        # The driver lists no sizes: use its current size.
        pix = _current(device).fmt.pix
        if abi.fourcc_name(pix.pixelformat) == fourcc:
            yield pix.width, pix.height


def _rates(
    device: Device, fourcc: str, cols: int, rows: int, request: ModeRequest
) -> Iterator[float | None]:
    is_empty = True
    rates = _entries(
        device,
        abi.ENUM_FRAMEINTERVALS,
        "listing the frame rates",
        lambda index: FrameInterval(
            index=index, pixel_format=abi.fourcc(fourcc), width=cols, height=rows
        ),
    )
    for entry in rates:
        is_empty = False
        if entry.type != abi.FRMIVAL_DISCRETE:
            # The longest interval is the slowest rate.
            slowest = _rate(entry.interval.stepwise.max) or 1.0
            fastest = _rate(entry.interval.stepwise.min)
            yield from [None] if fastest is None else rates_between(slowest, fastest, request)
            return
        yield _rate(entry.interval.discrete)
    if is_empty:
        yield None


def set_mode(device: Device, mode: OfferedMode) -> GrantedMode:
    """Request a mode from the driver, and return the mode that it reports afterwards.

    Raises:
        CameraBusy: another program streams from it.
    """
    wanted = _current(device)
    pix = wanted.fmt.pix
    pix.width, pix.height = mode.cols, mode.rows
    pix.pixelformat = abi.fourcc(mode.fourcc)
    pix.field = 0
    pix.bytesperline = pix.sizeimage = 0
    device.call(abi.S_FMT, wanted, "setting the format")
    if mode.fps is not None:
        parameters = StreamParameters(type=abi.BUF_TYPE_VIDEO_CAPTURE)
        interval = parameters.parm.capture.timeperframe
        # In units of 100 ns, as on USB, which represents most of the offered intervals exactly.
        interval.numerator, interval.denominator = round(1e7 / mode.fps), 10_000_000
        device.call(abi.S_PARM, parameters, "setting the frame rate", _NO_MORE)
    return granted_mode(device)


def granted_mode(device: Device) -> GrantedMode:
    """Return the current mode of the driver."""
    pix = _current(device).fmt.pix
    parameters = StreamParameters(type=abi.BUF_TYPE_VIDEO_CAPTURE)
    fps = None
    if device.call(abi.G_PARM, parameters, "reading the frame rate", _NO_MORE):
        fps = _rate(parameters.parm.capture.timeperframe)
    return GrantedMode(
        fourcc=abi.fourcc_name(pix.pixelformat),
        cols=pix.width,
        rows=pix.height,
        fps=fps,
        stride=pix.bytesperline,
        frame_bytes=pix.sizeimage,
    )


def _current(device: Device) -> Format:
    current = Format(type=abi.BUF_TYPE_VIDEO_CAPTURE)
    device.call(abi.G_FMT, current, "reading the format")
    return current


def _rate(interval: Fraction) -> float | None:
    """Return the rate of a frame interval, `None` where the driver reports zeros."""
    if interval.numerator == 0 or interval.denominator == 0:
        return None
    fps = round(float(interval.denominator / interval.numerator), 3)
    return fps if 0 < fps < _NO_CAMERA_FPS else None
