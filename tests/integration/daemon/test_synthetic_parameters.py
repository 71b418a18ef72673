"""Parameters of a camera's own spec, as `synthetic:` has them, from the SDK's side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from bosdyn.api import image_pb2, service_customization_pb2
from bosdyn.client.service_customization_helpers import (
    create_value_validator,
    dict_params_to_dict,
    dict_spec_to_default,
    validate_dict_spec,
)

from spot_webcam.app.cameras.isolation import Isolation
from tests.timing import eventually

Image, Response = image_pb2.Image, image_pb2.ImageResponse
OK, BAD_PARAMS = Response.STATUS_OK, Response.STATUS_CUSTOM_PARAMS_ERROR
Error = service_customization_pb2.CustomParamError
CAMERA = "front=synthetic:?size=160x120&fps=60"
USUAL = {"brightness": 0, "pattern": "ball", "text": ""}
CALLS = 8


@pytest.fixture(params=[Isolation.NEVER, Isolation.ALWAYS], ids=lambda one: one.value)
def serving(serve: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    serving = serve(CAMERA, isolation=request.param)
    serving.wait_for_pictures()
    return serving


def asked(**values: Any) -> Any:
    request = image_pb2.ImageRequest(image_source_name="front", image_format=Image.FORMAT_RAW)
    for name, value in values.items():
        param = request.custom_params.values[name]
        if isinstance(value, bool):
            param.bool_value.value = value
        elif isinstance(value, str):
            param.string_value.value = value
        else:
            param.int_value.value = value
    return request


def used(answer: Any) -> dict[str, Any]:
    assert answer.status == OK
    params, spec = answer.shot.capture_params.custom_params, answer.source.custom_params
    values: dict[str, Any] = dict_params_to_dict(params, spec)
    return values


def middle(answer: Any) -> Any:
    """Return the row halfway down."""
    image = answer.shot.image
    pixels = np.frombuffer(image.data, np.uint8).reshape(image.rows, image.cols, 3)
    return pixels[image.rows // 2]


def test_sdk_takes_the_spec_and_its_defaults(serving: Any) -> None:
    spec = serving.client.list()["front"].custom_params
    validate_dict_spec(spec)
    assert set(spec.specs) == {"brightness", "pattern", "text"}
    defaults = dict_spec_to_default(spec)
    assert create_value_validator(spec)(defaults) is None
    request = asked()
    request.custom_params.CopyFrom(defaults)
    [answer] = serving.client.get(request)
    assert used(answer) == USUAL


def test_picture_is_taken_with_what_was_asked_for_and_says_so(serving: Any) -> None:
    before, bars, dark, after = (
        serving.client.get(asked(**values))[0]
        for values in ({}, {"pattern": "bars"}, {"pattern": "ramp", "brightness": -100}, {})
    )
    assert used(before) == used(after) == USUAL
    assert used(bars) == {**USUAL, "pattern": "bars"}
    assert middle(bars)[0].tolist() == [255, 255, 255]
    assert middle(bars)[-1].tolist() == [0, 0, 0]
    assert used(dark) == {"brightness": -100, "pattern": "ramp", "text": ""}
    assert middle(dark).max() == 155


@pytest.mark.parametrize(
    ("request_of_a_client", "status", "says"),
    [
        (asked(zoom=1), Error.STATUS_UNSUPPORTED_PARAMETER, "zoom"),
        (asked(brightness=101), Error.STATUS_INVALID_VALUE, "101"),
        (asked(brightness=True), Error.STATUS_INVALID_VALUE, "brightness"),
        (asked(pattern="stripes"), Error.STATUS_INVALID_VALUE, "stripes"),
        (asked(text="x" * 33), Error.STATUS_INVALID_VALUE, "32 characters"),
        (asked(text="x" * 70_000), Error.STATUS_INVALID_VALUE, "65536 bytes"),
    ],
    ids=["unknown", "too much", "of another kind", "no option", "too long", "far too long"],
)
def test_what_is_none_is_refused_in_the_sdk_s_words_or_the_camera_s(
    serving: Any, request_of_a_client: Any, status: int, says: str
) -> None:
    refused, good = serving.client.get(request_of_a_client, asked())
    assert refused.status == BAD_PARAMS
    assert refused.custom_param_error.status == status
    assert says in " ".join(refused.custom_param_error.error_messages)
    assert used(good) == USUAL
    assert serving.faults() == []


def test_clients_with_and_without_parameters_all_get_theirs(
    serving: Any, connect: Callable[..., Any]
) -> None:
    wishes = [{}, {"pattern": "bars"}, {"pattern": "ramp", "text": "HELLO"}, {"brightness": 50}]
    clients = [connect(serving.robot) for _ in wishes]

    def stream(client: Any, wish: dict[str, Any]) -> list[Any]:
        """Return good answers: on a busy host, a picture may be old when its turn has come."""
        answers: list[Any] = []

        def all_are_there() -> bool:
            [answer] = client.get(asked(**wish))
            assert answer.status in (OK, Response.STATUS_IMAGE_DATA_ERROR)
            answers.extend([answer] if answer.status == OK else [])
            return len(answers) == CALLS

        assert eventually(all_are_there)
        return answers

    with ThreadPoolExecutor(len(wishes)) as pool:
        got = list(pool.map(stream, clients, wishes))
    for wish, answers in zip(wishes, got, strict=True):
        assert [used(answer) for answer in answers] == [{**USUAL, **wish}] * CALLS


def test_parameters_are_for_each_request_on_demand(serve: Callable[..., Any]) -> None:
    serving = serve(CAMERA, on_demand=True)
    serving.wait_for_pictures()
    answers = serving.client.get(asked(pattern="bars"), asked(), asked(brightness=5))
    assert [used(answer) for answer in answers] == [
        {**USUAL, "pattern": "bars"},
        USUAL,
        {**USUAL, "brightness": 5},
    ]
