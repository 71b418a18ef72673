"""Pictures handed from one process to another without the kernel between.

The child makes a file that is memory only, cuts it into slots and sends its descriptor along. The
parent says into which slot the next picture goes: one that no picture handed out lies in. The
scratch slot is for what is copied out at once: JPEGs, and pixels when all others are taken. Slots
that are never used take no memory.
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
# As many pictures may be held at once without a copy: the newest, and those being encoded.
SLOTS = 8
# JPEGs grow and shrink from one to the next.
JPEG_HEADROOM = 2


class PictureWriter:
    """The child's side."""

    def __init__(self) -> None:
        self._map: mmap.mmap | None = None
        self._stride = 0

    def put(
        self, picture: Picture | JpegPicture, slot: int
    ) -> tuple[PixelsAt | JpegAt, int | None]:
        """Copy a picture in; return what tells of it, and the descriptor of a new memory if any.

        The descriptor is the caller's, to send and to close.
        """
        if isinstance(picture, JpegPicture):
            length = len(picture.data)
            made = self._make_room(length, JPEG_HEADROOM)
            self._write(SCRATCH, picture.data)
            return JpegAt(SCRATCH, length, replace(picture, data=b"")), made
        made = self._make_room(picture.pixels.nbytes, 1)
        self._write(slot, picture.pixels.data.cast("B"))
        return PixelsAt(slot, picture.rows, picture.cols, picture.layout), made

    def _make_room(self, length: int, headroom: int) -> int | None:
        if length <= self._stride:
            return None
        # Those of the old memory that the parent still holds keep it alive.
        stride = -(-length * headroom // mmap.PAGESIZE) * mmap.PAGESIZE
        fd = os.memfd_create("camera", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(fd, stride * SLOTS)
            # Reading what was cut off would kill the parent.
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
    """The parent's side."""

    def __init__(self) -> None:
        self._map: mmap.mmap | None = None
        self._stride = 0
        self._free: list[int] = []

    def free_slot(self) -> int:
        """Return where the next picture may go."""
        return self._free[-1] if self._free else SCRATCH

    def attach(self, fd: int) -> None:
        """Use another memory from now on; takes the descriptor.

        Raises:
            OSError: it is none.
        """
        try:
            if not fcntl.fcntl(fd, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SHRINK:
                raise OSError("the memory may be cut off")
            size = os.fstat(fd).st_size
            self._map = mmap.mmap(fd, size, access=mmap.ACCESS_READ)
        finally:
            os.close(fd)
        self._stride = size // SLOTS
        # The last one freed is used first: of the others no memory is taken.
        self._free = list(range(SLOTS - 1, SCRATCH, -1))

    def read(self, at: PixelsAt | JpegAt) -> Picture | JpegPicture:
        """Return the picture: a JPEG as a copy, pixels where they lie if the slot is their own.

        Raises:
            ValueError: there is none.
        """
        if isinstance(at, JpegAt):
            return replace(at.picture, data=self._bytes(at.slot, at.length))
        shape = (at.rows, at.cols, at.layout.channels)[: 2 if at.layout.channels == 1 else 3]
        pixels = self._pixels(at, math.prod(shape))
        return Picture(pixels.reshape(shape), at.layout)

    def _bytes(self, slot: int, length: int) -> bytes:
        memory, start = self._found(slot, length)
        return memory[start : start + length]

    def _found(self, slot: int, length: int) -> tuple[mmap.mmap, int]:
        """Return the memory, and where in it a slot begins that has so many bytes."""
        if self._map is None or not (0 <= slot < SLOTS and 0 < length <= self._stride):
            raise ValueError("there is no such place in the shared memory")
        return self._map, slot * self._stride

    def _pixels(self, at: PixelsAt, count: int) -> Pixels:
        memory, start = self._found(at.slot, count * at.layout.dtype.itemsize)
        lent = cast("Pixels", np.frombuffer(memory, at.layout.dtype, count, start))
        if at.slot == SCRATCH:
            return cast("Pixels", lent.copy())
        self._free.remove(at.slot)
        # Views of it keep it, so that the slot is free again only when all are gone.
        weakref.finalize(lent, self._free.append, at.slot).atexit = False
        return lent
