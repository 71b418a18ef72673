from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from spot_webcam.image_service_helpers import convert_RGB_to_grayscale


def _noise(*shape: int, dtype: npt.DTypeLike = np.uint8) -> npt.NDArray[Any]:
    return np.random.default_rng(1).integers(0, 256, shape).astype(dtype)


def test_grey_weighs_red_green_and_blue(module: Any) -> None:
    pixels = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert module.convert_RGB_to_grayscale(pixels).tolist() == [[76, 150, 29]]


@pytest.mark.parametrize(
    "pixels",
    [
        _noise(48, 64, 3),
        _noise(48, 64, 4),
        _noise(48, 64, 5),
        _noise(48, 64, 3, dtype=np.int64),
        _noise(48, 64, 3)[::2, ::2],
        _noise(48, 64, 3)[:, :, ::-1],
        _noise(0, 64, 3),
    ],
    ids=["rgb", "rgba", "more", "int64", "every-other", "reversed", "empty"],
)
def test_both_give_the_same_bits(pixels: npt.NDArray[Any]) -> None:
    import bosdyn.client.image_service_helpers as of_the_sdk  # noqa: PLC0415

    expected = of_the_sdk.convert_RGB_to_grayscale(pixels)
    grey = convert_RGB_to_grayscale(pixels)
    assert grey.dtype == expected.dtype
    assert np.array_equal(grey, expected)


def test_a_caller_may_go_on_with_both_pictures(module: Any) -> None:
    pixels = _noise(8, 8, 3)
    grey = module.convert_RGB_to_grayscale(pixels)
    pixels[0, 0, 0] = 1
    grey[0, 0] = 1


def test_what_has_no_channels_is_refused(module: Any) -> None:
    with pytest.raises(IndexError):
        module.convert_RGB_to_grayscale(_noise(8, 8))
