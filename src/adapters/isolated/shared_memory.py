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

from spot_webcam.adapters.isolated.messages import PictureAt, PixelForm
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

    def put(self, picture: Picture | JpegPicture, slot: int) -> tuple[PictureAt, int | None]:
        """Copy a picture in; return its location, and the descriptor if the memory is new.

        The caller sends and closes the descriptor.
        """
        if isinstance(picture, JpegPicture):
            length = len(picture.data)
            made = self._require_bytes(length, JPEG_HEADROOM)
            self._write(SCRATCH, picture.data)
            return PictureAt(SCRATCH, length, replace(picture, data=b"")), made
        length = picture.pixels.nbytes
        made = self._require_bytes(length, 1)
        self._write(slot, picture.pixels.data.cast("B"))
        form = PixelForm(picture.rows, picture.cols, picture.layout)
        return PictureAt(slot, length, form), made

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

    def read(self, at: PictureAt) -> Picture | JpegPicture:
        """Return the picture: JPEGs and the scratch slot as a copy, other pixels in place.

        Raises:
            ValueError: the location is outside the memory, or of another length than the pixels.
        """
        memory, start = self._locate(at)
        form = at.form
        if isinstance(form, JpegPicture):
            return replace(form, data=memory[start : start + at.length])
        channels, dtype = form.layout.channels, form.layout.dtype
        shape = (form.rows, form.cols, channels)[: 2 if channels == 1 else 3]
        count = math.prod(shape)
        if count * dtype.itemsize != at.length:
            raise ValueError(f"invalid picture in the shared memory: {shape} in {at.length} bytes")
        pixels = cast("Pixels", np.frombuffer(memory, dtype, count, start))
        if at.slot == SCRATCH:
            pixels = cast("Pixels", pixels.copy())
        else:
            self._free.remove(at.slot)
            # Views keep `pixels` alive: the slot is free once the last view is gone.
            weakref.finalize(pixels, self._free.append, at.slot).atexit = False
        return Picture(pixels.reshape(shape), form.layout)

    def _locate(self, at: PictureAt) -> tuple[mmap.mmap, int]:
        """Return the memory, and the offset of a picture in it."""
        if self._map is None or not (0 <= at.slot < SLOTS and 0 < at.length <= self._stride):
            raise ValueError(
                f"invalid location in the shared memory: {at.length} bytes in slot {at.slot}"
            )
        return self._map, at.slot * self._stride
