"""A fake kernel with one USB camera, which behaves as the lab's does (tests/hardware/lab)."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spot_webcam.adapters.v4l2 import abi
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock

PERIOD_NS = NANOSECONDS // 30
MJPG_SIZES = ((1280, 720), (640, 480))
AE, EXPOSURE, BRIGHTNESS, GAIN64, BITS = 0x9A0901, 0x9A0902, 0x980900, 0x980913, 0x980999


@dataclass
class FakeControl:
    """A control of the driver; `held_by` is a switch, and the value that frees it."""

    name: str
    kind: int
    minimum: int
    maximum: int
    value: int
    step: int = 1
    menu: dict[int, str] = field(default_factory=dict)
    held_by: tuple[int, int] | None = None
    flags: int = 0


def _controls() -> dict[int, FakeControl]:
    return {
        BRIGHTNESS: FakeControl("Brightness", abi.CTRL_TYPE_INTEGER, -64, 64, 0),
        GAIN64: FakeControl("Gain", abi.CTRL_TYPE_INTEGER64, 0, 1 << 40, 16),
        0x980914: FakeControl("Gain", abi.CTRL_TYPE_INTEGER, 0, 1, 0),
        BITS: FakeControl("Bits", abi.CTRL_TYPE_BITMASK, 0, 0x6, 2),
        0x98099A: FakeControl("Go", abi.CTRL_TYPE_BUTTON, 0, 0, 0, flags=abi.CTRL_FLAG_WRITE_ONLY),
        0x98099B: FakeControl(
            "Secret", abi.CTRL_TYPE_INTEGER, 0, 1, 0, flags=abi.CTRL_FLAG_WRITE_ONLY
        ),
        0x98099C: FakeControl("Text", 7, 0, 9, 0),
        0x98099D: FakeControl("Steps", abi.CTRL_TYPE_INTEGER_MENU, 0, 2, 0, menu={0: "4", 2: "8"}),
        0x98099E: FakeControl(
            "Version", abi.CTRL_TYPE_INTEGER, 0, 9, 3, flags=abi.CTRL_FLAG_READ_ONLY
        ),
        AE: FakeControl(
            "Exposure, Auto", abi.CTRL_TYPE_MENU, 0, 3, 3, menu={1: "Manual", 3: "Automatic"}
        ),
        EXPOSURE: FakeControl(
            "Exposure (Absolute)", abi.CTRL_TYPE_INTEGER, 3, 2047, 250, held_by=(AE, 1)
        ),
    }


@dataclass
class FakeFrame:
    data: bytes
    sequence: int
    stamp_ns: int
    flags: int


class FakeMemory:
    def __init__(self, length: int) -> None:
        self.content = bytes(length)
        self.closed = False

    def __getitem__(self, part: slice) -> bytes:
        assert not self.closed
        return self.content[part]

    def close(self) -> None:
        self.closed = True


class FakeKernel:
    """A `Kernel`. Frames come from `next_frame`, at 30 Hz of the clock, while it streams.

    Not enforced: memory of buffers that the driver has, and order of calls but for streaming.
    """

    def __init__(self, clock: ManualClock, next_frame: Callable[[int], bytes]) -> None:
        self.clock = clock
        self.next_frame = next_frame
        self.caps = abi.CAP_VIDEO_CAPTURE | abi.CAP_STREAMING
        self.controls = _controls()
        self.open_handles: set[int] = set()
        self.opened = 0
        self.errors: dict[int, list[int]] = {}
        self.open_error: int | None = None
        self.plugged = True
        self.stalled = False
        self.woken = False
        self.rated = True
        self.stamp_offset_ns = 0
        self.flags = abi.BUF_FLAG_TIMESTAMP_MONOTONIC
        self.frame_flags: Callable[[int], int] = lambda _: 0
        self.frame = (abi.fourcc("YUYV"), 640, 480)
        self.interval = (1, 30)
        self.memories: list[FakeMemory] = []
        self.queue: list[int] = []
        self.full: list[tuple[int, FakeFrame]] = []
        self.streaming = False
        self.sequence = 0
        self.due_ns = 0
        self.calls: list[int] = []

    def open(self, _path: Path) -> int:
        if self.open_error is not None:
            raise OSError(self.open_error, "no")
        if not self.plugged:
            raise OSError(errno.ENOENT, "no")
        self.opened += 1
        self.open_handles.add(self.opened)
        return self.opened

    def close(self, handle: int) -> None:
        self.open_handles.remove(handle)
        self._stream(False)

    def map(self, _handle: int, length: int, _offset: int) -> FakeMemory:
        self._maybe_fail(-1)
        self.memories.append(FakeMemory(length))
        return self.memories[-1]

    def wait(self, handle: int, _wake: int, timeout_s: float) -> bool:
        assert handle in self.open_handles
        if not self.plugged:
            return True
        self._fill()
        if self.full:
            return True
        if self.woken:
            return False
        left_ns = round(timeout_s * NANOSECONDS)
        wait_ns = self.due_ns - self.clock.monotonic_ns()
        if self.stalled or wait_ns > left_ns:
            self.clock.advance(left_ns / NANOSECONDS + 0.001)
            return False
        self.clock.advance(wait_ns / NANOSECONDS)
        self._fill()
        return bool(self.full)

    def _fill(self) -> None:
        """Fill buffers with the frames that were due; without a buffer they are lost."""
        now_ns = self.clock.monotonic_ns()
        while self.streaming and self.due_ns <= now_ns:
            if not self.stalled:
                self._make_frame()
            self.due_ns += PERIOD_NS

    def _make_frame(self) -> None:
        data = self.next_frame(self.sequence)
        if self.queue:
            index = self.queue.pop(0)
            memory = self.memories[index]
            memory.content = data + memory.content[len(data) :]
            stamp_ns = self.due_ns + self.stamp_offset_ns
            flags = self.flags | self.frame_flags(self.sequence)
            self.full.append((index, FakeFrame(data, self.sequence, stamp_ns, flags)))
        self.sequence += 1

    def _maybe_fail(self, request: int) -> None:
        errors = self.errors.get(request)
        if errors:
            raise OSError(errors.pop(0), "no")

    def ioctl(self, handle: int, request: int, argument: Any) -> None:
        assert handle in self.open_handles
        self.calls.append(request)
        if not self.plugged:
            raise OSError(errno.ENODEV, "gone")
        self._fill()
        self._maybe_fail(request)
        answers = {
            abi.QUERYCAP: self.query_capability,
            abi.ENUM_FMT: self.enumerate_format,
            abi.ENUM_FRAMESIZES: self.enumerate_size,
            abi.ENUM_FRAMEINTERVALS: self.enumerate_interval,
            abi.G_FMT: self.get_format,
            abi.S_FMT: self.set_format,
            abi.G_PARM: self._get_rate,
            abi.S_PARM: self._set_rate,
            abi.REQBUFS: self._buffers,
            abi.QUERYBUF: self._buffer,
            abi.QBUF: self._queue,
            abi.DQBUF: self._dequeue,
            abi.STREAMON: lambda _: self._stream(True),
            abi.STREAMOFF: lambda _: self._stream(False),
            abi.QUERY_EXT_CTRL: self.query_control,
            abi.QUERYMENU: self._menu,
            abi.G_EXT_CTRLS: self._get_control,
            abi.S_EXT_CTRLS: self.set_control,
        }
        answers[request](argument)

    def query_capability(self, argument: Any) -> None:
        argument.card, argument.driver, argument.bus_info = b"Fake Camera", b"fake", b"usb-0"
        argument.capabilities = self.caps | abi.CAP_DEVICE_CAPS
        argument.device_caps = self.caps

    def enumerate_format(self, argument: Any) -> None:
        argument.pixelformat = abi.fourcc(at(["YUYV", "MJPG", "H264"], argument.index))

    def enumerate_size(self, argument: Any) -> None:
        sizes = MJPG_SIZES if argument.pixel_format == abi.fourcc("MJPG") else [(640, 480)]
        argument.type = abi.FRMSIZE_DISCRETE
        argument.size.discrete.width, argument.size.discrete.height = at(sizes, argument.index)

    def enumerate_interval(self, argument: Any) -> None:
        argument.type = abi.FRMIVAL_DISCRETE
        interval = argument.interval.discrete
        intervals = [(333333, 10_000_000), (666666, 10_000_000)] if self.rated else []
        interval.numerator, interval.denominator = at(intervals, argument.index)

    def get_format(self, argument: Any) -> None:
        pix = argument.fmt.pix
        pix.pixelformat, pix.width, pix.height = self.frame
        pix.bytesperline = 0 if self.frame[0] == abi.fourcc("MJPG") else pix.width * 2
        pix.sizeimage = pix.width * pix.height * 2

    def set_format(self, argument: Any) -> None:
        pix = argument.fmt.pix
        self.frame = (pix.pixelformat, pix.width, pix.height)

    def _get_rate(self, argument: Any) -> None:
        interval = argument.parm.capture.timeperframe
        interval.numerator, interval.denominator = self.interval if self.rated else (0, 0)

    def _set_rate(self, argument: Any) -> None:
        interval = argument.parm.capture.timeperframe
        self.interval = (interval.numerator, interval.denominator)

    def _buffers(self, argument: Any) -> None:
        self.memories = [] if argument.count else self.memories

    def _buffer(self, argument: Any) -> None:
        argument.length = self.frame[1] * self.frame[2] * 2
        argument.m.offset = argument.index * 4096

    def _queue(self, argument: Any) -> None:
        assert argument.index not in self.queue
        self.queue.append(argument.index)

    def _dequeue(self, argument: Any) -> None:
        if not self.full:
            raise OSError(errno.EAGAIN, "none")
        argument.index, frame = self.full.pop(0)
        argument.bytesused, argument.sequence = len(frame.data), frame.sequence
        argument.flags = frame.flags
        argument.timestamp.tv_sec, rest_ns = divmod(frame.stamp_ns, NANOSECONDS)
        argument.timestamp.tv_usec = rest_ns // 1000

    def _stream(self, on: bool) -> None:
        self.streaming = on
        self.due_ns = self.clock.monotonic_ns() + PERIOD_NS
        self.full.clear()
        if not on:
            self.queue.clear()

    def query_control(self, argument: Any) -> None:
        after = argument.id & ~abi.CTRL_FLAG_NEXT_CTRL
        number = next((one for one in sorted(self.controls) if one > after), None)
        if number is None:
            raise OSError(errno.EINVAL, "no more")
        control = self.controls[number]
        argument.id, argument.type, argument.name = number, control.kind, control.name.encode()
        argument.minimum, argument.maximum = control.minimum, control.maximum
        argument.step, argument.flags = control.step, control.flags
        if self._is_held(control):
            argument.flags |= abi.CTRL_FLAG_INACTIVE

    def _is_held(self, control: FakeControl) -> bool:
        if control.held_by is None:
            return False
        switch, frees = control.held_by
        return self.controls[switch].value != frees

    def _menu(self, argument: Any) -> None:
        control = self.controls[argument.id]
        if argument.index not in control.menu:
            raise OSError(errno.EINVAL, "a gap")
        label = control.menu[argument.index]
        if control.kind == abi.CTRL_TYPE_INTEGER_MENU:
            argument.entry.value = int(label)
        else:
            argument.entry.name = label.encode()

    def _get_control(self, argument: Any) -> None:
        one = argument.controls[0]
        if one.id not in self.controls:
            raise OSError(errno.EINVAL, "none")
        control = self.controls[one.id]
        if control.kind == abi.CTRL_TYPE_INTEGER64:
            one.v.value64 = control.value
        else:
            one.v.value = control.value

    def set_control(self, argument: Any) -> None:
        one = argument.controls[0]
        control = self.controls[one.id]
        if self._is_held(control):
            raise OSError(errno.EACCES, "held")
        wide = control.kind == abi.CTRL_TYPE_INTEGER64
        control.value = one.v.value64 if wide else one.v.value


def at(entries: Any, index: int) -> Any:
    if index >= len(entries):
        raise OSError(errno.EINVAL, "no more")
    return entries[index]


def jpeg(cols: int = 1280, rows: int = 720, tail: bytes = b"\xff\xd9", mark: int = 0) -> bytes:
    """Return what `inspect_jpeg` takes for a JPEG; `mark` makes it another one."""
    frame = b"\xff\xc0\x00\x11\x08" + rows.to_bytes(2, "big") + cols.to_bytes(2, "big")
    frame += b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    scan = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"
    body = bytes([mark % 255]) * (cols * rows // 64 + 1)
    return b"\xff\xd8" + frame + scan + body + tail
