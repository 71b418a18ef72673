"""Pictures passed between processes through shared memory.

The child creates a memory file (memfd), divides it into slots and sends its descriptor with the
first picture. The parent chooses the slot of the next picture: a slot that no referenced picture
uses. The scratch slot is for pictures that are copied at once: JPEGs, and pixels while all other
slots are in use. Slots that are never used take no memory.
"""

import fcntl
import math
import mmap
import os
import weakref
from dataclasses import replace
from typing import cast

import numpy as np

from spot_webcam.adapters.isolated.messages import JpegAt, PixelsAt
from spot_webcam.domain.media.image import Picture, Pixels
from spot_webcam.domain.media.jpeg import JpegPicture

SCRATCH = 0
# Maximum pictures referenced at once without a copy: the newest, and those being encoded.
SLOTS = 8
# The sizes of JPEGs vary.
JPEG_HEADROOM = 2


class PictureWriter:
    """Writer in the child process."""

    def __init__(self) -> None:
        self._map: mmap.mmap | None = None
        self._stride = 0

    def put(
        self, picture: Picture | JpegPicture, slot: int
    ) -> tuple[PixelsAt | JpegAt, int | None]:
        """Copy a picture in; return its location, and the descriptor if the memory is new.

        The caller sends and closes the descriptor.
        """
        if isinstance(picture, JpegPicture):
            length = len(picture.data)
            made = self._require_bytes(length, JPEG_HEADROOM)
            self._write(SCRATCH, picture.data)
            return JpegAt(SCRATCH, length, replace(picture, data=b"")), made
        made = self._require_bytes(picture.pixels.nbytes, 1)
        self._write(slot, picture.pixels.data.cast("B"))
        return PixelsAt(slot, picture.rows, picture.cols, picture.layout), made

    def _require_bytes(self, length: int, headroom: int) -> int | None:
        if length <= self._stride:
            return None
        # Pictures that the parent still references keep the old memory alive.
        stride = -(-length * headroom // mmap.PAGESIZE) * mmap.PAGESIZE
        fd = os.memfd_create("camera", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(fd, stride * SLOTS)
            # If the file could shrink, reading past its end would kill the parent.
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
            self._map = mmap.mmap(fd, stride * SLOTS)
        except BaseException:
            os.close(fd)
            raise
        self._stride = stride
        return fd

    def _write(self, slot: int, data: "bytes | memoryview") -> None:
        if self._map is not None:
            start = slot * self._stride
            self._map[start : start + len(data)] = data


class PictureReader:
    """Reader in the parent process."""

    def __init__(self) -> None:
        self._map: mmap.mmap | None = None
        self._stride = 0
        self._free: list[int] = []

    def free_slot(self) -> int:
        """Return the slot for the next picture."""
        return self._free[-1] if self._free else SCRATCH

    def attach(self, fd: int) -> None:
        """Use another memory from now on; takes ownership of the descriptor.

        Raises:
            OSError: the descriptor is no memory file that is sealed against shrinking.
        """
        try:
            if not fcntl.fcntl(fd, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SHRINK:
                raise OSError("the shared memory is not sealed against shrinking")
            size = os.fstat(fd).st_size
            self._map = mmap.mmap(fd, size, access=mmap.ACCESS_READ)
        finally:
            os.close(fd)
        self._stride = size // SLOTS
        # The slot freed last is used first, so that unused slots take no memory.
        self._free = list(range(SLOTS - 1, SCRATCH, -1))

    def read(self, at: PixelsAt | JpegAt) -> Picture | JpegPicture:
        """Return the picture: JPEGs and the scratch slot as a copy, other pixels in place.

        Raises:
            ValueError: the location is outside the memory.
        """
        if isinstance(at, JpegAt):
            return replace(at.picture, data=self._bytes(at.slot, at.length))
        shape = (at.rows, at.cols, at.layout.channels)[: 2 if at.layout.channels == 1 else 3]
        pixels = self._pixels(at, math.prod(shape))
        return Picture(pixels.reshape(shape), at.layout)

    def _bytes(self, slot: int, length: int) -> bytes:
        memory, start = self._locate(slot, length)
        return memory[start : start + length]

    def _locate(self, slot: int, length: int) -> tuple[mmap.mmap, int]:
        """Return the memory, and the offset of a slot that holds `length` bytes."""
        if self._map is None or not (0 <= slot < SLOTS and 0 < length <= self._stride):
            raise ValueError(
                f"invalid location in the shared memory: {length} bytes in slot {slot}"
            )
        return self._map, slot * self._stride

    def _pixels(self, at: PixelsAt, count: int) -> Pixels:
        memory, start = self._locate(at.slot, count * at.layout.dtype.itemsize)
        lent = cast("Pixels", np.frombuffer(memory, at.layout.dtype, count, start))
        if at.slot == SCRATCH:
            return cast("Pixels", lent.copy())
        self._free.remove(at.slot)
        # Views keep `lent` alive: the slot is free once the last view is gone.
        weakref.finalize(lent, self._free.append, at.slot).atexit = False
        return lent
