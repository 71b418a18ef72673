"""Writer and reader of the shared memory, in one process."""

import gc
import os
from collections.abc import Callable

import numpy as np
import pytest

from spot_webcam.adapters.isolated.messages import PictureAt, PixelForm
from spot_webcam.adapters.isolated.shared_memory import (
    SCRATCH,
    SLOTS,
    PictureReader,
    PictureWriter,
)
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from tests.descriptors import open_descriptors


class Both:
    """A writer and a reader of its pictures."""

    def __init__(self) -> None:
        self.writer, self.reader = PictureWriter(), PictureReader()
        self.slots: list[int] = []

    def hand_over(self, picture: Picture | JpegPicture) -> Picture | JpegPicture:
        at, fd = self.writer.put(picture, self.reader.free_slot())
        if fd is not None:
            self.reader.attach(fd)
        self.slots.append(at.slot)
        return self.reader.read(at)

    def pixels(self, picture: Picture) -> Picture:
        handed = self.hand_over(picture)
        assert isinstance(handed, Picture)
        return handed


@pytest.fixture
def both() -> Both:
    return Both()


def grey(value: int, rows: int = 48, cols: int = 64) -> Picture:
    return Picture(np.full((rows, cols), value, np.uint8), Layout.GREY8)


def jpeg(length: int) -> JpegPicture:
    return JpegPicture(bytes(range(251)) * (length // 251), 640, 480, 3, 85, True)


@pytest.mark.parametrize("layout", list(Layout))
def test_pixels_of_every_layout_arrive(
    both: Both, layout: Layout, make_picture: Callable[..., Picture]
) -> None:
    for seed in range(3):
        sent = make_picture(layout, 33, 21, seed)
        handed = both.pixels(sent)
        assert handed.layout is layout
        assert np.array_equal(handed.pixels, sent.pixels)
        assert not handed.pixels.flags.writeable


def test_jpeg_arrives_and_may_grow(both: Both) -> None:
    for length in (1000, 1800, 500, 100_000):
        sent = jpeg(length)
        handed = both.hand_over(sent)
        assert handed == sent
        assert isinstance(handed, JpegPicture)
        assert type(handed.data) is bytes


def test_picture_that_is_held_is_never_written_again(both: Both) -> None:
    held = [both.pixels(grey(value)) for value in range(3 * SLOTS)]
    assert all((one.pixels == value).all() for value, one in enumerate(held))


def test_view_holds_its_picture(both: Both) -> None:
    both.pixels(grey(0))
    corner = both.pixels(grey(1)).pixels[3:5, 7:9].T
    flat = memoryview(both.pixels(grey(2)).pixels).cast("B")
    for value in range(3, 3 * SLOTS):
        both.pixels(grey(value))
    assert (corner == 1).all()
    assert set(flat) == {2}


def test_memory_is_used_again_when_the_picture_is_gone(both: Both) -> None:
    for value in range(10):
        both.pixels(grey(value))
    # The first went through the scratch slot, before there was any memory.
    assert set(both.slots[1:]) == {both.slots[1]}
    assert both.slots[0] == SCRATCH


def test_pictures_may_grow_and_shrink(both: Both) -> None:
    held = [both.pixels(grey(value, 10 * value, 64)) for value in (2, 30, 4, 60)]
    assert [one.rows for one in held] == [20, 300, 40, 600]
    assert all((one.pixels == one.rows // 10).all() for one in held)


def test_nothing_is_left_open(both: Both) -> None:
    both.pixels(grey(1))
    gc.collect()
    before = open_descriptors()
    for rows in range(100, 600, 50):
        both.pixels(grey(1, rows))
    gc.collect()
    assert open_descriptors() == before


@pytest.mark.parametrize(
    "at",
    [
        PictureAt(1, 480 * 640 * 3, PixelForm(480, 640, Layout.BGR8)),
        PictureAt(1, 0, PixelForm(0, 0, Layout.BGR8)),
        PictureAt(0, 10**9, jpeg(251)),
        PictureAt(0, -1, jpeg(251)),
        PictureAt(SLOTS, 10, jpeg(251)),
        PictureAt(-1, 16, PixelForm(4, 4, Layout.GREY8)),
        PictureAt(SLOTS, 16, PixelForm(4, 4, Layout.GREY8)),
    ],
)
def test_picture_that_does_not_lie_there_is_refused(both: Both, at: PictureAt) -> None:
    with pytest.raises(ValueError, match="shared memory"):
        both.reader.read(at)
    both.pixels(grey(1))
    with pytest.raises(ValueError, match="shared memory"):
        both.reader.read(at)


@pytest.mark.parametrize("length", [1, 15, 17, 4096])
def test_pixels_of_another_length_than_their_form_are_refused(both: Both, length: int) -> None:
    both.pixels(grey(1))
    with pytest.raises(ValueError, match="shared memory"):
        both.reader.read(PictureAt(1, length, PixelForm(4, 4, Layout.GREY8)))


def test_slot_whose_picture_is_referenced_is_refused(both: Both) -> None:
    both.pixels(grey(0))
    held = both.pixels(grey(1))
    used = PictureAt(both.slots[-1], held.pixels.nbytes, PixelForm(48, 64, Layout.GREY8))
    with pytest.raises(ValueError, match="not in list"):
        both.reader.read(used)
    assert (held.pixels == 1).all()


def test_picture_that_nobody_reads_leaves_its_slot_free(both: Both) -> None:
    both.pixels(grey(0))
    slot = both.reader.free_slot()
    both.writer.put(grey(1), slot)
    assert both.reader.free_slot() == slot
    assert (both.pixels(grey(2)).pixels == 2).all()
    assert both.slots[-1] == slot


def test_memory_that_could_be_cut_off_is_refused(both: Both) -> None:
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, 4096 * SLOTS)
    with pytest.raises(OSError, match="not sealed against shrinking"):
        both.reader.attach(fd)
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(fd)


def test_no_memory_is_reported_and_leaves_nothing_open(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_descriptors()

    def refuse(fd: int, length: int) -> None:
        raise OSError("no room")

    monkeypatch.setattr(os, "ftruncate", refuse)
    with pytest.raises(OSError, match="no room"):
        both.writer.put(grey(1), SCRATCH)
    assert open_descriptors() == before
