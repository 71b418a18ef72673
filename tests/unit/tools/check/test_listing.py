import math
from typing import Any

import pytest
from bosdyn.api import directory_pb2, image_pb2

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.checks.answers import format_pairs, pair_name
from spot_webcam.tools.check.checks.listing import (
    evaluate_camera_model,
    evaluate_description,
    evaluate_names,
)
from spot_webcam.tools.check.checks.robot import evaluate_entry, evaluate_liveness
from spot_webcam.tools.check.findings import Verdict
from tests.unit.tools.check.messages import NOW_NS, make_source, reasons, verdicts

Image = image_pb2.Image


def entry(silent_s: float = 1.0, **fields: Any) -> Any:
    usual = {"user_token_required": True, "liveness_timeout_secs": 20.0}
    reported = directory_pb2.ServiceEntry(**{**usual, **fields})
    reported.last_update.FromNanoseconds(NOW_NS - int(silent_s * NANOSECONDS))
    return reported


def test_good_entry_has_nothing_to_tell() -> None:
    assert list(evaluate_entry(entry())) == []


def test_entry_without_token_and_liveness_is_warned_of() -> None:
    found = list(evaluate_entry(entry(user_token_required=False, liveness_timeout_secs=0)))
    assert verdicts(found) == [Verdict.WARN, Verdict.WARN]


def test_entry_that_is_refreshed_lives() -> None:
    assert evaluate_liveness(entry(), NOW_NS).verdict is Verdict.PASS
    assert evaluate_liveness(directory_pb2.ServiceEntry(), NOW_NS).verdict is Verdict.PASS


def test_entry_that_is_gone_or_silent_fails() -> None:
    assert evaluate_liveness(None, NOW_NS).verdict is Verdict.FAIL
    assert "not heard of it for 30 s" in evaluate_liveness(entry(30), NOW_NS).reason


def test_sources_need_names_of_their_own() -> None:
    assert list(evaluate_names([make_source(), make_source(name="back")])) == []
    assert "2 sources are named 'front'" in reasons(evaluate_names([make_source(), make_source()]))
    assert "no name" in reasons(evaluate_names([make_source(name="")]))
    assert "no sources" in reasons(evaluate_names([]))


def test_good_descriptions_have_nothing_to_tell() -> None:
    depth = make_source(
        image_type=image_pb2.ImageSource.IMAGE_TYPE_DEPTH,
        image_formats=[Image.FORMAT_RAW],
        pixel_formats=[Image.PIXEL_FORMAT_DEPTH_U16],
        depth_scale=1000,
    )
    grey16 = make_source(
        image_formats=[Image.FORMAT_RAW], pixel_formats=[Image.PIXEL_FORMAT_GREYSCALE_U16]
    )
    for source in (make_source(), depth, grey16):
        assert list(evaluate_description(source)) == []


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"cols": 0}, "its size is 0x48"),
        ({"image_type": 0}, "image type is unknown"),
        ({"pixel_formats": []}, "pixel formats"),
        ({"image_formats": [0]}, "image formats"),
        ({"image_formats": [Image.FORMAT_RAW]}, "no JPEG"),
        ({"image_type": image_pb2.ImageSource.IMAGE_TYPE_DEPTH}, "depth_scale is 0"),
    ],
)
def test_incomplete_description_is_warned_of(fields: dict[str, Any], text: str) -> None:
    found = list(evaluate_description(make_source(**fields)))
    assert text in reasons(found)
    assert set(verdicts(found)) == {Verdict.WARN}


def with_model(
    kind: str = "pinhole", focal: float = 50.0, centre: tuple[float, float] = (31.5, 23.5)
) -> Any:
    source = make_source()
    model = getattr(source, kind).intrinsics
    intrinsics = model if kind == "pinhole" else model.pinhole_intrinsics
    intrinsics.focal_length.x = intrinsics.focal_length.y = focal
    intrinsics.principal_point.x, intrinsics.principal_point.y = centre
    return source


@pytest.mark.parametrize("kind", ["pinhole", "pinhole_brown_conrady", "kannala_brandt"])
def test_camera_model_that_can_be_passes(kind: str) -> None:
    assert list(evaluate_camera_model(with_model(kind))) == []


def test_source_without_a_camera_model_is_skipped() -> None:
    assert verdicts(evaluate_camera_model(make_source())) == [Verdict.SKIP]


def test_camera_model_of_a_mirrored_and_cropped_picture_passes() -> None:
    source = with_model(centre=(-20.0, 23.5))
    source.pinhole.intrinsics.focal_length.x = -50.0
    assert list(evaluate_camera_model(source)) == []


def test_camera_model_that_cannot_be_fails() -> None:
    assert "focal length is -1, -1" in reasons(evaluate_camera_model(with_model(focal=-1)))
    assert "far outside" in reasons(evaluate_camera_model(with_model(centre=(640, 480))))
    assert "not finite" in reasons(evaluate_camera_model(with_model(focal=math.nan)))
    bent = with_model("pinhole_brown_conrady")
    bent.pinhole_brown_conrady.intrinsics.k1 = math.inf
    assert "not finite" in reasons(evaluate_camera_model(bent))


def test_what_a_source_does_not_tell_is_asked_for_openly() -> None:
    assert format_pairs(make_source(image_formats=[], pixel_formats=[])) == [(0, 0)]
    assert len(format_pairs(make_source())) == 4
    assert pair_name(1, 99) == "JPEG number 99"
