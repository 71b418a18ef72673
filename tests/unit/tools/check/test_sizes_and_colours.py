import numpy as np
import pytest

from spot_webcam.tools.check.checks.answers import evaluate_quality, evaluate_resized
from spot_webcam.tools.check.checks.pictures import evaluate_grey, evaluate_order
from spot_webcam.tools.check.decoding import decoded
from spot_webcam.tools.check.findings import Verdict
from tests.unit.tools.check.messages import Response, jpeg_of, make_answer, rgb_scene

FULL = (64, 48)
LUMA = np.array([0.299, 0.587, 0.114])


def resized(cols: int, rows: int, reported: tuple[int, int] | None = None) -> object:
    shown = reported or (cols, rows)
    return make_answer(cols=shown[0], rows=shown[1], data=jpeg_of(rgb_scene(cols, rows)))


@pytest.mark.parametrize("size", [(32, 24), (33, 24), (31, 25)])
def test_size_of_the_ratio_passes_however_it_is_rounded(size: tuple[int, int]) -> None:
    assert evaluate_resized(resized(*size), 0.5, FULL) is None


@pytest.mark.parametrize(
    ("answer", "verdict", "text"),
    [
        (resized(64, 48), Verdict.FAIL, "ignored"),
        (resized(32, 30), Verdict.FAIL, "32x30 instead of 32x24"),
        (resized(32, 24, reported=(64, 48)), Verdict.FAIL, "said to be 64x48"),
        (Response(status=Response.STATUS_IMAGE_DATA_ERROR), Verdict.FAIL, "IMAGE_DATA_ERROR"),
        (
            Response(status=Response.STATUS_UNSUPPORTED_RESIZE_RATIO_REQUESTED),
            Verdict.WARN,
            "does not resize",
        ),
    ],
)
def test_other_size_is_reported(answer: object, verdict: Verdict, text: str) -> None:
    found = evaluate_resized(answer, 0.5, FULL)
    assert found is not None
    assert found.verdict is verdict
    assert text in found.reason


def test_quality_shows_in_the_bytes() -> None:
    assert evaluate_quality(100, 200).verdict is Verdict.PASS
    assert evaluate_quality(200, 200).verdict is Verdict.WARN
    assert evaluate_quality(0, 200).verdict is Verdict.FAIL


def as_jpeg(rgb: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    rows, cols = rgb.shape[:2]
    return decoded(make_answer(cols=cols, rows=rows, data=jpeg_of(rgb)).shot.image)


def test_red_first_passes_and_blue_first_fails() -> None:
    scene = rgb_scene()
    assert evaluate_order(scene, as_jpeg(scene)).verdict is Verdict.PASS
    swapped = evaluate_order(scene[..., ::-1], as_jpeg(scene))
    assert swapped.verdict is Verdict.FAIL
    assert "blue first" in swapped.reason


def test_colour_order_of_a_little_colour_among_noise_is_reported() -> None:
    noise = np.random.default_rng(7).integers(0, 90, (480, 640, 1)).repeat(3, axis=2)
    scene = (noise + rgb_scene(640, 480) // 12).astype(np.uint8)
    assert evaluate_order(scene, as_jpeg(scene)).verdict is Verdict.PASS
    assert evaluate_order(scene[..., ::-1], as_jpeg(scene)).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "raw",
    [
        np.full((48, 64, 3), 90, np.uint8),
        np.random.default_rng(1).integers(0, 256, (48, 64, 3)).astype(np.uint8),
    ],
)
def test_colours_that_tell_nothing_are_inconclusive(raw: np.ndarray) -> None:  # type: ignore[type-arg]
    jpeg = as_jpeg(raw) if raw.std() == 0 else as_jpeg(rgb_scene())
    assert evaluate_order(raw, jpeg).verdict is Verdict.SKIP


def test_pictures_of_two_sizes_are_inconclusive() -> None:
    assert evaluate_order(rgb_scene(32, 24), as_jpeg(rgb_scene())).verdict is Verdict.SKIP
    assert evaluate_grey(rgb_scene()[..., :1], rgb_scene(32, 24)).verdict is Verdict.SKIP


def test_grey_of_swapped_weights_is_warned_of() -> None:
    scene = rgb_scene()
    right = (scene @ LUMA).astype(np.uint8)[..., None]
    wrong = (scene[..., ::-1] @ LUMA).astype(np.uint8)[..., None]
    assert evaluate_grey(right, scene).verdict is Verdict.PASS
    assert evaluate_grey(wrong, scene).verdict is Verdict.WARN


def test_grey_that_tells_nothing_is_inconclusive() -> None:
    flat = np.full((48, 64, 3), 90, np.uint8)
    assert evaluate_grey(flat[..., :1], flat).verdict is Verdict.SKIP
    assert evaluate_grey(255 - rgb_scene()[..., :1], rgb_scene()).verdict is Verdict.SKIP
