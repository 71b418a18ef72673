"""Streaming with mapped buffers: the newest undamaged buffer, with timeout and interrupt."""

import ctypes
import errno
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from spot_webcam.adapters.v4l2 import abi
from spot_webcam.adapters.v4l2.device import Device
from spot_webcam.adapters.v4l2.kernel import Memory
from spot_webcam.adapters.v4l2.structures import Buffer, RequestBuffers
from spot_webcam.domain.errors import CameraError, CorruptFrame, NoData
from spot_webcam.domain.timing import NANOSECONDS

# One held by the reader, one being filled, and two in reserve for a late reader.
BUFFERS = 4

# Reports by `(bytes_used, length, read)` whether a buffer is damaged; `read` returns its bytes.
DamageCheck: TypeAlias = Callable[[int, int, Callable[[], bytes]], bool]


@dataclass(slots=True)
class StreamCounts:
    """Numbers of the device's frames since the start of the stream."""

    taken: int = 0
    passed_over: int = 0
    damaged: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """A filled buffer, held until the next is taken. `stamp_ns` is CLOCK_MONOTONIC."""

    index: int
    bytes_used: int
    sequence: int
    stamp_ns: int | None


class Stream:
    """A running capture. One thread takes buffers; `wake` is readable after an interrupt.

    `is_damaged` reports for each buffer whether it is dropped.
    """

    def __init__(
        self,
        device: Device,
        wake: int,
        is_damaged: DamageCheck,
        monotonic_ns: Callable[[], int],
    ) -> None:
        self._device = device
        self._wake = wake
        self._is_damaged = is_damaged
        self._monotonic_ns = monotonic_ns
        self._memories: list[Memory] = []
        self._lengths: list[int] = []
        self._queued: set[int] = set()
        self._taken: Taken | None = None
        self._sequence: int | None = None
        self.counts = StreamCounts()

    def start(self) -> None:
        """Request buffers, queue them, and start the stream; raises `CameraError`."""
        request = self._request(BUFFERS)
        for index in range(request.count):
            buffer = _buffer(index)
            self._device.call(abi.QUERYBUF, buffer, "querying a buffer")
            self._memories.append(self._device.map(buffer.length, buffer.m.offset))
            self._lengths.append(buffer.length)
        for index in range(request.count):
            self._queue(index)
        self._device.call(abi.STREAMON, _capture_type(), "starting the stream")

    def take(self, timeout_s: float) -> Taken:
        """Wait for an undamaged buffer, and return the newest.

        If all queued buffers are full, the driver had none for later frames, and the buffers are
        as old as the reader's last call. They are requeued, and the next frame is waited for.

        Raises:
            NoData: no buffer was filled in time, or the wait was interrupted.
            CorruptFrame: only damaged buffers were filled.
            CameraAbsent: the device is gone.
        """
        had = len(self._queued)
        self._requeue()
        deadline_ns = self._monotonic_ns() + round(timeout_s * NANOSECONDS)
        damaged = self.counts.damaged
        while True:
            left_s = (deadline_ns - self._monotonic_ns()) / NANOSECONDS
            if left_s < 0 or not self._device.wait(self._wake, left_s):
                raise self._missing_frame(damaged, deadline_ns)
            taken = self._newest(had)
            had = len(self._queued)
            if taken is not None:
                self._taken = taken
                self.counts.taken += 1
                return taken

    def _missing_frame(self, damaged: int, deadline_ns: int) -> CameraError:
        path = self._device.path
        if self._monotonic_ns() < deadline_ns:
            return NoData(f"{path} was interrupted")
        if self.counts.damaged > damaged:
            return CorruptFrame(
                f"{path} delivers only damaged pictures: look at the cable and the hub"
            )
        return NoData(f"{path} delivers nothing: look at the cable, or cycle its power")

    def read(self) -> bytes:
        """Return a copy of the buffer taken last; raises `NoData` before the first."""
        if self._taken is None:
            raise NoData(f"{self._device.path} has no picture yet: grab first")
        return self._read(self._taken.index, self._taken.bytes_used)

    def _read(self, index: int, bytes_used: int) -> bytes:
        return bytes(self._memories[index][:bytes_used])

    def stop(self) -> None:
        """Stop the stream and release all buffers, even if the device is gone."""
        with suppress(CameraError):
            self._device.call(abi.STREAMOFF, _capture_type(), "stopping the stream")
        for memory in self._memories:
            memory.close()
        self._memories.clear()
        self._lengths.clear()
        self._queued.clear()
        self._taken = None
        with suppress(CameraError):
            self._request(0)

    def _newest(self, had: int) -> Taken | None:
        """Dequeue every full buffer, keep the last undamaged one, and requeue the others.

        `had` is the number of buffers queued since the reader's last call.
        """
        queued = len(self._queued)
        drained: list[Taken] = []
        emptied = 0
        while emptied < queued:
            buffer = _buffer(0)
            if not self._device.call(abi.DQBUF, buffer, "dequeuing a buffer", {errno.EAGAIN}):
                break
            emptied += 1
            self._queued.discard(buffer.index)
            self._note_sequence(buffer.sequence)
            read = partial(self._read, buffer.index, buffer.bytesused)
            if buffer.flags & abi.BUF_FLAG_ERROR or self._is_damaged(
                buffer.bytesused, self._lengths[buffer.index], read
            ):
                self.counts.damaged += 1
                self._queue(buffer.index)
                continue
            drained.append(_taken(buffer))
        keep = len(drained) - 1 if emptied < had or emptied == 1 else None
        newest = None
        for at, taken in enumerate(drained):
            if at == keep:
                newest = taken
            else:
                self.counts.passed_over += 1
                self._queue(taken.index)
        return newest

    def _note_sequence(self, sequence: int) -> None:
        # Some drivers leave the sequence at 0: missed frames are then unknown.
        if self._sequence is not None and sequence > self._sequence + 1:
            self.counts.missed += sequence - self._sequence - 1
        self._sequence = sequence

    def _requeue(self) -> None:
        taken, self._taken = self._taken, None
        if taken is not None:
            self._queue(taken.index)

    def _queue(self, index: int) -> None:
        self._device.call(abi.QBUF, _buffer(index), "queuing a buffer")
        self._queued.add(index)

    def _request(self, count: int) -> RequestBuffers:
        request = RequestBuffers(
            count=count, type=abi.BUF_TYPE_VIDEO_CAPTURE, memory=abi.MEMORY_MMAP
        )
        self._device.call(abi.REQBUFS, request, "requesting buffers")
        return request


def _taken(buffer: Buffer) -> Taken:
    stamp_ns: int | None = None
    if buffer.flags & abi.BUF_FLAG_TIMESTAMP_MASK == abi.BUF_FLAG_TIMESTAMP_MONOTONIC:
        stamp_ns = buffer.timestamp.tv_sec * NANOSECONDS + buffer.timestamp.tv_usec * 1000
    return Taken(buffer.index, buffer.bytesused, buffer.sequence, stamp_ns or None)


def _buffer(index: int) -> Buffer:
    return Buffer(index=index, type=abi.BUF_TYPE_VIDEO_CAPTURE, memory=abi.MEMORY_MMAP)


def _capture_type() -> ctypes.c_int:
    return ctypes.c_int(abi.BUF_TYPE_VIDEO_CAPTURE)
