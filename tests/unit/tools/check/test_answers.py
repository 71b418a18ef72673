import math
from typing import Any

import pytest
from bosdyn.api import image_pb2

from spot_webcam.tools.check.checks.answers import evaluate_answer, evaluate_details
from spot_webcam.tools.check.findings import Verdict
from tests.unit.tools.check.messages import (
    Response,
    make_answer,
    make_request,
    make_source,
    reasons,
    verdicts,
)

Image = image_pb2.Image


def evaluate(answer: Any, **request: Any) -> list[Any]:
    return list(evaluate_answer(answer, make_request(**request), make_source()))


def test_good_answer_has_nothing_to_tell() -> None:
    asked = {"image_format": Image.FORMAT_JPEG, "pixel_format": Image.PIXEL_FORMAT_RGB_U8}
    assert evaluate(make_answer()) == []
    assert evaluate(make_answer(), **asked) == []


def test_refusal_of_what_is_listed_fails() -> None:
    answer = Response(status=Response.STATUS_IMAGE_DATA_ERROR)
    assert reasons(evaluate(answer)) == "status IMAGE_DATA_ERROR"


@pytest.mark.parametrize(
    ("request_fields", "text"),
    [
        ({"image_format": Image.FORMAT_RAW}, "image format is JPEG"),
        ({"pixel_format": Image.PIXEL_FORMAT_GREYSCALE_U8}, "pixel format is RGB_U8"),
    ],
)
def test_other_format_than_asked_for_fails(request_fields: dict[str, int], text: str) -> None:
    assert text in reasons(evaluate(make_answer(), **request_fields))


def test_unknown_formats_fail_once_each() -> None:
    found = evaluate(make_answer(format=0, pixel_format=0))
    assert verdicts(found) == [Verdict.FAIL, Verdict.FAIL]


def test_missing_source_and_time_fail() -> None:
    answer = make_answer()
    answer.source.Clear()
    answer.shot.ClearField("acquisition_time")
    found = evaluate(answer)
    assert verdicts(found) == [Verdict.FAIL, Verdict.FAIL]
    assert "source is ''" in reasons(found)


def test_data_that_is_something_else_fails() -> None:
    assert "does not decode" in reasons(evaluate(make_answer(data=b"")))


def test_colour_jpeg_called_grey_is_warned_of() -> None:
    found = evaluate(make_answer(pixel_format=Image.PIXEL_FORMAT_GREYSCALE_U8))
    assert verdicts(found) == [Verdict.WARN]
    assert "3 channels" in reasons(found)


def test_other_size_than_listed_is_warned_of_unless_resized() -> None:
    larger = make_source(cols=640, rows=480)
    plain, resized = make_request(), make_request(resize_ratio=0.1)
    assert verdicts(evaluate_answer(make_answer(), plain, larger)) == [Verdict.WARN]
    assert list(evaluate_answer(make_answer(), resized, larger)) == []


def test_details_that_agree_have_nothing_to_tell() -> None:
    answer = make_answer()
    answer.shot.frame_name_image_sensor = "camera"
    answer.shot.transforms_snapshot.child_to_parent_edge_map["camera"].parent_frame_name = "body"
    assert list(evaluate_details(answer, make_source())) == []


def test_details_that_differ_are_reported() -> None:
    answer = make_answer()
    answer.source.cols = 1
    answer.shot.frame_name_image_sensor = "elsewhere"
    answer.shot.transforms_snapshot.child_to_parent_edge_map["camera"].parent_frame_name = "body"
    answer.shot.capture_params.gain = math.nan
    found = list(evaluate_details(answer, make_source()))
    assert verdicts(found) == [Verdict.WARN, Verdict.FAIL, Verdict.WARN]
    assert "differ in cols" in reasons(found)
    assert "nan dB" in reasons(found)


def test_exposure_below_nothing_fails() -> None:
    answer = make_answer()
    answer.shot.capture_params.exposure_duration.seconds = -1
    assert "-1 s of exposure" in reasons(evaluate_details(answer, make_source()))
