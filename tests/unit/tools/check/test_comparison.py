"""RAW, JPEG and smaller pictures against each other."""

from typing import Any

import numpy as np
import pytest

from spot_webcam.tools.check.checks.pictures import evaluate_half, evaluate_raw
from spot_webcam.tools.check.comparison import Pair
from spot_webcam.tools.check.findings import Verdict
from tests.unit.tools.check.messages import COLS, ROWS, rgb_scene


def scene() -> Any:
    """Another picture whichever way it is turned."""
    pixels = rgb_scene()
    pixels[: ROWS // 4, : COLS // 4] = 255
    return pixels


def pair(first: Any, second: Any, *, same_frame: bool = True) -> Pair:
    return Pair(first, second, same_frame)


def test_same_picture_passes_with_and_without_colour() -> None:
    assert evaluate_raw(pair(scene(), scene())).verdict is Verdict.PASS
    grey = scene()[..., :1]
    assert evaluate_raw(pair(grey, grey)).verdict is Verdict.PASS
    dark = np.zeros((ROWS, COLS, 3), np.uint8)
    assert evaluate_raw(pair(dark, dark)).verdict is Verdict.PASS


@pytest.mark.parametrize("level", [0, 90])
def test_raw_that_shows_nothing_fails(level: int) -> None:
    found = evaluate_raw(pair(np.full((ROWS, COLS, 3), level, np.uint8), scene()))
    assert found.verdict is Verdict.FAIL
    assert f"RAW is {level} all over" in found.reason


@pytest.mark.parametrize(
    ("raw", "way"),
    [
        (scene()[::-1], "upside down"),
        (scene()[:, ::-1], "mirrored"),
        (scene()[::-1, ::-1], "turned by 180"),
        (np.rot90(scene()), "turned by a quarter to the left"),
        (np.rot90(scene(), -1), "turned by a quarter to the right"),
    ],
)
def test_raw_that_is_turned_fails(raw: Any, way: str) -> None:
    found = evaluate_raw(pair(raw, scene()))
    assert found.verdict is Verdict.FAIL
    assert way in found.reason
    assert evaluate_raw(pair(raw, scene(), same_frame=False)).verdict is not Verdict.FAIL


def test_raw_of_something_else_fails_if_it_bears_the_same_time() -> None:
    other = np.random.default_rng(1).integers(128, 256, (ROWS, COLS, 3)).astype(np.uint8)
    assert evaluate_raw(pair(other, scene())).verdict is Verdict.FAIL
    assert evaluate_raw(pair(other, scene(), same_frame=False)).verdict is Verdict.SKIP


def test_pictures_of_two_sizes_are_inconclusive() -> None:
    assert evaluate_raw(pair(rgb_scene(32, 24), scene())).verdict is Verdict.SKIP


def test_quarter_turn_that_cannot_be_decided_is_inconclusive() -> None:
    raw = np.rot90(scene())
    assert evaluate_raw(pair(raw, scene(), same_frame=False)).verdict is Verdict.SKIP


def test_smaller_picture_that_is_turned_fails() -> None:
    found = evaluate_half(pair(scene(), np.rot90(scene())[::2, ::2]))
    assert found.verdict is Verdict.FAIL
    assert "turned by a quarter to the left" in found.reason


def test_smaller_picture_shows_all_or_a_part() -> None:
    part = scene()[: ROWS // 2, : COLS // 2]
    assert evaluate_half(pair(scene(), scene()[::2, ::2])).verdict is Verdict.PASS
    assert evaluate_half(pair(scene(), part)).verdict is Verdict.FAIL
    assert evaluate_half(pair(scene()[:1, :1], scene()[:1, :1])).verdict is Verdict.PASS
