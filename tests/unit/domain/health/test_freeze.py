from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from spot_webcam.domain.health.freeze import MAX_PARAMETER_SETS, FreezeDetector
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture

JPEG = JpegPicture(b"one", 640, 480, 3, 85, True)


@pytest.fixture
def still(make_picture: Callable[..., Picture]) -> Picture:
    return make_picture(Layout.BGR8, 64, 48)


def copy_of(picture: Picture) -> Picture:
    return Picture(picture.pixels.copy(), picture.layout)


def test_picture_without_time_stamps_that_comes_again_is_repeated(still: Picture) -> None:
    frozen = FreezeDetector()
    assert frozen.repeated_for_ns(still, None, 100) is None
    assert frozen.repeated_for_ns(copy_of(still), None, 150) == 50
    assert frozen.repeated_for_ns(copy_of(still), None, 400) == 300


def test_jpeg_is_repeated_if_its_bytes_are() -> None:
    frozen = FreezeDetector()
    assert frozen.repeated_for_ns(JPEG, None, 0) is None
    assert frozen.repeated_for_ns(replace(JPEG), None, 7) == 7
    assert frozen.repeated_for_ns(replace(JPEG, data=b"two"), None, 9) is None


def test_one_pixel_makes_a_new_picture(still: Picture) -> None:
    frozen = FreezeDetector()
    frozen.repeated_for_ns(still, None, 0)
    pixels = still.pixels.copy()
    pixels[17, 33, 1] ^= 1
    assert frozen.repeated_for_ns(Picture(pixels, still.layout), None, 5) is None


def test_pixels_of_another_look_are_seen_at_once(make_picture: Callable[..., Picture]) -> None:
    frozen = FreezeDetector()
    frozen.repeated_for_ns(make_picture(seed=1), None, 0)
    assert frozen.repeated_for_ns(make_picture(seed=2), None, 5) is None


def test_other_sizes_layouts_and_kinds_are_new_pictures(still: Picture) -> None:
    frozen = FreezeDetector()
    frozen.repeated_for_ns(still, None, 0)
    assert frozen.repeated_for_ns(Picture(still.pixels[:40], still.layout), None, 1) is None
    assert frozen.repeated_for_ns(Picture(still.pixels[:40], Layout.RGB8), None, 2) is None
    assert frozen.repeated_for_ns(JPEG, None, 3) is None
    assert frozen.repeated_for_ns(still, None, 4) is None


def test_still_scene_of_a_sender_that_tells_new_times_is_no_repetition(still: Picture) -> None:
    frozen = FreezeDetector()
    assert [frozen.repeated_for_ns(still, stamp, stamp) for stamp in range(5)] == [None] * 5


def test_same_picture_with_the_same_time_is_repeated(still: Picture) -> None:
    frozen = FreezeDetector()
    frozen.repeated_for_ns(still, 1000, 0)
    assert frozen.repeated_for_ns(still, 1000, 30) == 30


def test_old_picture_with_a_new_time_begins_the_count_again(still: Picture) -> None:
    frozen = FreezeDetector()
    frozen.repeated_for_ns(still, 1000, 0)
    frozen.repeated_for_ns(still, 2000, 30)
    assert frozen.repeated_for_ns(still, 2000, 40) == 10


def test_new_picture_with_an_old_time_is_new() -> None:
    frozen = FreezeDetector()
    dark, bright = (Picture(np.full((48, 64), value, np.uint8), Layout.GREY8) for value in (9, 99))
    frozen.repeated_for_ns(dark, 1000, 0)
    assert frozen.repeated_for_ns(bright, 1000, 30) is None


# With parameters.


def test_pictures_of_one_set_of_parameters_are_held_against_each_other(still: Picture) -> None:
    frozen = FreezeDetector()
    bright = Picture(255 - still.pixels, still.layout)
    assert frozen.repeated_for_ns(still, None, 0, b"dark") is None
    assert frozen.repeated_for_ns(bright, None, 10, b"bright") is None
    assert frozen.repeated_for_ns(copy_of(still), None, 20, b"dark") == 20
    assert frozen.repeated_for_ns(copy_of(bright), None, 40, b"bright") == 30
    assert frozen.repeated_for_ns(still, None, 50, b"bright") is None


def test_values_of_controls_are_a_set_in_any_order(still: Picture) -> None:
    frozen = FreezeDetector()
    assert frozen.repeated_for_ns(still, None, 0, {"gain": 1, "hue": 2}) is None
    assert frozen.repeated_for_ns(still, None, 5, {"hue": 2, "gain": 1}) == 5


def test_jpeg_of_one_set_is_repeated_if_its_bytes_are() -> None:
    frozen = FreezeDetector()
    assert frozen.repeated_for_ns(JPEG, None, 0, b"") is None
    assert frozen.repeated_for_ns(replace(JPEG), None, 7, b"") == 7
    assert frozen.repeated_for_ns(replace(JPEG, data=b"two"), None, 9, b"") is None


def test_sender_that_tells_new_times_repeats_nothing_with_parameters(still: Picture) -> None:
    frozen = FreezeDetector()
    assert [frozen.repeated_for_ns(still, stamp, stamp, b"") for stamp in range(5)] == [None] * 5
    # Its clock stops.
    assert frozen.repeated_for_ns(still, 4, 5, b"") is None
    assert frozen.repeated_for_ns(still, 4, 8, b"") == 3


def test_few_sets_are_remembered(still: Picture) -> None:
    frozen = FreezeDetector()
    for number in range(MAX_PARAMETER_SETS + 1):
        frozen.repeated_for_ns(still, None, 0, bytes([number]))
    assert frozen.repeated_for_ns(still, None, 9, bytes([MAX_PARAMETER_SETS])) == 9
    assert frozen.repeated_for_ns(still, None, 9, bytes([0])) is None


def test_usual_pictures_are_compared_with_usual_ones_alone(still: Picture) -> None:
    frozen = FreezeDetector()
    assert frozen.repeated_for_ns(still, None, 0) is None
    assert frozen.repeated_for_ns(still, None, 5, b"bright") is None
    assert frozen.repeated_for_ns(copy_of(still), None, 9) == 9


def test_picture_that_returns_after_others_is_repeated_since_then(
    make_picture: Callable[..., Picture],
) -> None:
    frozen, still = FreezeDetector(), make_picture(seed=1)
    frozen.repeated_for_ns(still, None, 0)
    frozen.skipped()
    assert frozen.repeated_for_ns(copy_of(still), None, 100) == 0
    assert frozen.repeated_for_ns(copy_of(still), None, 130) == 30
    frozen.skipped()
    assert frozen.repeated_for_ns(make_picture(seed=2), None, 200) is None


def test_pictures_with_parameters_are_compared_whatever_is_between() -> None:
    frozen = FreezeDetector()
    frozen.repeated_for_ns(JPEG, None, 0, b"dark")
    frozen.skipped()
    assert frozen.repeated_for_ns(JPEG, None, 100, b"dark") == 100
