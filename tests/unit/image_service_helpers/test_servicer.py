from __future__ import annotations

import gc
import logging
import threading
import weakref
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import bosdyn.client.image_service_helpers as of_the_sdk
import grpc
import pytest
from bosdyn.api import image_pb2
from google.protobuf.timestamp_pb2 import Timestamp

import spot_webcam.image_service_helpers as ours
from spot_webcam.image_service_helpers.shot import PendingShot, Shot
from tests.threads import threads_of_python

from .conftest import SKEW_S, Camera, SdkRobot

TIMEOUT_S = 20.0
STATUS = image_pb2.ImageResponse
IMAGE = image_pb2.Image
RGB, GREY = IMAGE.PIXEL_FORMAT_RGB_U8, IMAGE.PIXEL_FORMAT_GREYSCALE_U8


def _request(name: str = "front", **fields: Any) -> Any:
    return image_pb2.ImageRequest(image_source_name=name, **fields)


def test_sources_are_listed_as_they_are_now(module: Any, camera: Camera, serve: Any) -> None:
    source = module.VisualImageSource("front", camera, rows=3, cols=4)
    servicer = serve(module, source)
    source.image_source_proto.depth_scale = 5.0
    response = servicer.ListImageSources(image_pb2.ListImageSourcesRequest(), None)
    assert list(response.image_sources) == [source.image_source_proto]
    assert response.header.error.code == response.header.error.CODE_OK


def test_a_picture_comes_with_all_that_is_known_of_it(
    module: Any, camera: Camera, serve: Any, get: Any, params: Any, spec: Any
) -> None:
    source = module.VisualImageSource(
        "front", camera, rows=3, cols=4, gain=2.0, pixel_formats=[RGB, GREY], param_spec=spec
    )
    servicer = serve(module, source)
    response = get(servicer, _request(image_format=2, pixel_format=GREY, custom_params=params("b")))
    [answer] = response.image_responses
    assert answer.status == STATUS.STATUS_OK
    assert answer.source == source.image_source_proto
    assert answer.shot.acquisition_time == Timestamp(seconds=101 + SKEW_S)
    used = image_pb2.CaptureParameters(gain=2.0, custom_params=params("b"))
    assert answer.shot.capture_params == used
    expected = IMAGE(rows=3, cols=4, data=b"b1", format=2, pixel_format=GREY)
    assert answer.shot.image == expected


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "rear"}, STATUS.STATUS_UNKNOWN_CAMERA),
        ({"resize_ratio": 1.5}, STATUS.STATUS_UNSUPPORTED_RESIZE_RATIO_REQUESTED),
        ({"resize_ratio": -0.1}, STATUS.STATUS_UNSUPPORTED_RESIZE_RATIO_REQUESTED),
        ({"pixel_format": GREY}, STATUS.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED),
    ],
)
def test_a_request_that_cannot_be_served_gets_a_status(
    module: Any, camera: Camera, serve: Any, get: Any, fields: dict[str, Any], status: int
) -> None:
    servicer = serve(module, module.VisualImageSource("front", camera, pixel_formats=[RGB]))
    bad, good = get(servicer, _request(**fields), _request()).image_responses
    assert (bad.status, good.status) == (status, STATUS.STATUS_OK)
    assert not bad.shot.image.data


def test_parameters_that_it_does_not_take_are_explained(
    module: Any, camera: Camera, serve: Any, get: Any, params: Any, spec: Any
) -> None:
    servicer = serve(module, module.VisualImageSource("front", camera, param_spec=spec))
    [answer] = get(servicer, _request(custom_params=params("x"))).image_responses
    assert answer.status == STATUS.STATUS_CUSTOM_PARAMS_ERROR
    assert answer.custom_param_error.status
    assert camera.captures == []


def test_a_source_without_parameters_takes_none(
    module: Any, camera: Camera, serve: Any, get: Any, params: Any
) -> None:
    servicer = serve(module, module.VisualImageSource("front", camera))
    [answer] = get(servicer, _request(custom_params=params("a"))).image_responses
    assert answer.status == STATUS.STATUS_CUSTOM_PARAMS_ERROR


def test_a_camera_that_fails_gives_a_status(
    module: Any, camera: Camera, serve: Any, get: Any
) -> None:
    servicer = serve(module, module.VisualImageSource("front", camera))
    camera.errors = [OSError("unplugged")]
    [answer] = get(servicer, _request()).image_responses
    assert answer.status == STATUS.STATUS_IMAGE_DATA_ERROR


def test_messages_are_logged_if_that_is_wanted(
    module: Any, camera: Camera, serve: Any, get: Any, sdk_robot: SdkRobot
) -> None:
    servicer = serve(module, module.VisualImageSource("front", camera), log_images=True)
    response = get(servicer, _request())
    request, logged = sdk_robot.data_buffer.messages
    assert request.image_requests[0].image_source_name == "front"
    assert logged.image_responses == response.image_responses


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"resize_ratio": float("nan")}, STATUS.STATUS_UNSUPPORTED_RESIZE_RATIO_REQUESTED),
        ({"image_format": 77}, STATUS.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED),
        ({"pixel_format": 77}, STATUS.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED),
    ],
)
def test_bad_requests_raise_no_fault_and_the_header_says_why(
    camera: Camera, serve: Any, get: Any, fields: dict[str, Any], status: int
) -> None:
    source = ours.VisualImageSource("front", camera, pixel_formats=[RGB, 88])
    response = get(serve(ours, source), _request(**fields))
    assert response.image_responses[0].status == status
    assert "front" in response.header.error.message
    assert source.faults() == []


def test_cameras_see_requests_that_make_sense(camera: Camera, serve: Any, get: Any) -> None:
    servicer = serve(ours, ours.VisualImageSource("front", camera, pixel_formats=[RGB]))
    get(
        servicer,
        _request(
            quality_percent=float("nan"),
            resize_ratio=0.001,
            pixel_format=GREY,
            fallback_formats=[RGB],
        ),
        _request(quality_percent=400, resize_ratio=1.0),
    )
    first, second = camera.decodings
    assert (first.quality_percent, first.pixel_format) == (0.0, RGB)
    assert first.resize_ratio == pytest.approx(0.01)
    assert (second.quality_percent, second.resize_ratio) == (100.0, 0.0)


def test_equal_requests_of_a_call_get_one_picture(
    camera: Camera, serve: Any, get: Any, params: Any, spec: Any
) -> None:
    servicer = serve(ours, ours.VisualImageSource("front", camera, param_spec=spec))
    with_b = _request(custom_params=params("b"))
    answers = get(servicer, _request(), with_b, _request(), with_b).image_responses
    assert [answer.shot.image.data for answer in answers] == [b"1", b"b2", b"1", b"b2"]
    assert len(camera.decodings) == 2


@pytest.mark.parametrize("hangs_in", ["capture", "decoding"])
def test_camera_that_hangs_damages_no_other_answer(
    camera: Camera, serve: Any, hangs_in: str
) -> None:
    go = threading.Event()
    hanging = Camera()
    if hangs_in == "capture":
        hanging.go = go
    else:
        hanging.decode_error = lambda _: go.wait(TIMEOUT_S)  # type: ignore[assignment, return-value]
    first = ours.VisualImageSource("first", hanging)
    servicer = serve(ours, first, ours.VisualImageSource("second", camera))
    context = Mock()
    context.time_remaining.return_value = 1.0
    request = image_pb2.GetImageRequest(image_requests=[_request("first"), _request("second")])
    bad, good = servicer.GetImage(request, context).image_responses
    assert bad.status == STATUS.STATUS_IMAGE_DATA_ERROR
    assert (good.status, good.shot.image.data) == (STATUS.STATUS_OK, b"1")
    go.set()


def test_a_defect_damages_no_other_answer(
    camera: Camera, serve: Any, get: Any, spec: Any, params: Any
) -> None:
    broken = ours.VisualImageSource("broken", camera, param_spec=spec)
    broken.value_validator = Mock(side_effect=KeyError("a defect"))
    servicer = serve(ours, broken, ours.VisualImageSource("front", camera))
    request = _request("broken", custom_params=params("a"))
    bad, good = get(servicer, request, _request()).image_responses
    assert (bad.status, good.status) == (STATUS.STATUS_IMAGE_DATA_ERROR, STATUS.STATUS_OK)


def test_without_robot_time_there_is_no_picture(
    camera: Camera, serve: Any, get: Any, sdk_robot: SdkRobot
) -> None:
    sdk_robot.sync_error = OSError("no sync")
    servicer = serve(ours, ours.VisualImageSource("front", camera))
    response = get(servicer, _request())
    assert response.image_responses[0].status == STATUS.STATUS_IMAGE_DATA_ERROR
    assert "robot time" in response.header.error.message
    sdk_robot.sync_error = None
    assert get(servicer, _request()).image_responses[0].status == STATUS.STATUS_OK
    sdk_robot.robot_timestamp_from_local_secs = lambda _: None  # type: ignore[method-assign, assignment, return-value]
    response = get(servicer, _request())
    assert "invalid time of a picture" in response.header.error.message


def test_answers_have_the_parameters_that_were_asked_for(
    camera: Camera, serve: Any, get: Any, params: Any, spec: Any
) -> None:
    servicer = serve(
        ours,
        ours.VisualImageSource("front", camera, param_spec=spec),
        use_background_capture_thread=True,
        background_capture_params=params("c"),
    )
    for mode in ("c", "b"):
        [answer] = get(servicer, _request(custom_params=params(mode))).image_responses
        assert answer.shot.image.data.startswith(mode.encode())
        assert answer.shot.capture_params.custom_params == params(mode)


def test_shot_that_became_stale_during_the_call_is_replaced(
    camera: Camera, serve: Any, get: Any
) -> None:
    source = ours.VisualImageSource("front", camera)
    servicer = serve(ours, source, use_background_capture_thread=True)
    looks = iter([True])
    source.is_stale = lambda _: next(looks)  # type: ignore[method-assign]
    [answer] = get(servicer, _request()).image_responses
    assert answer.status == STATUS.STATUS_OK
    assert next(looks, None) is None


def test_too_many_requests_are_refused(camera: Camera, serve: Any) -> None:
    servicer = serve(ours, ours.VisualImageSource("front", camera))
    context = Mock()
    context.abort.side_effect = grpc.RpcError
    request = image_pb2.GetImageRequest(image_requests=[_request()] * 65)
    with pytest.raises(grpc.RpcError):
        servicer.GetImage(request, context)
    assert context.abort.call_args.args[0] is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("context", [SimpleNamespace(), Mock()])
def test_contexts_of_tests_will_do(module: Any, camera: Camera, serve: Any, context: Any) -> None:
    servicer = serve(module, module.VisualImageSource("front", camera))
    request = image_pb2.GetImageRequest(image_requests=[_request()])
    [answer] = servicer.GetImage(request, context).image_responses
    assert answer.status == STATUS.STATUS_OK


@pytest.mark.parametrize(("names", "waits_s"), [(["front"], 19.0), (["front", "rear"], 16.0)])
def test_a_camera_has_the_time_that_no_other_answer_needs(
    camera: Camera, serve: Any, names: list[str], waits_s: float
) -> None:
    waited = []

    def ask(*_: Any) -> PendingShot:
        return PendingShot(lambda timeout_s: waited.append(timeout_s) or Shot(b"", 1.0, 0), False)

    sources = [ours.VisualImageSource(name, camera) for name in names]
    sources[0].request_shot = ask  # type: ignore[method-assign, assignment]
    context = Mock()
    context.time_remaining.return_value = 20.0
    requests = [_request(name) for name in names]
    serve(ours, *sources).GetImage(image_pb2.GetImageRequest(image_requests=requests), context)
    assert waited[0] == pytest.approx(waits_s, abs=1.0)


def test_sources_of_another_module_are_refused(camera: Camera, serve: Any) -> None:
    with pytest.raises(TypeError, match=r"import VisualImageSource from spot_webcam\.image_serv"):
        serve(ours, of_the_sdk.VisualImageSource("front", camera))


def test_all_log_where_the_program_wants_it(module: Any, camera: Camera, serve: Any) -> None:
    logger = logging.getLogger("of the program")
    source = module.VisualImageSource("front", camera)
    assert serve(module, source, logger=logger).logger is source.logger is logger


def test_two_sources_of_one_name_are_refused(camera: Camera, serve: Any) -> None:
    with pytest.raises(ValueError, match="'front'"):
        serve(ours, *(ours.VisualImageSource("front", camera) for _ in range(2)))


def test_sources_can_be_added_later(camera: Camera, serve: Any, get: Any) -> None:
    servicer = serve(ours)
    servicer.image_sources_mapped["late"] = ours.VisualImageSource("late", camera)
    assert get(servicer, _request("late")).image_responses[0].status == STATUS.STATUS_OK


def test_stop_ends_all_threads(camera: Camera, sdk_robot: SdkRobot) -> None:
    before = threads_of_python()
    source = ours.VisualImageSource("front", camera)
    servicer = ours.CameraBaseImageServicer(sdk_robot, "service", [source])
    assert threads_of_python() > before
    servicer.stop()
    assert threads_of_python() <= before


def test_deleted_servicer_ends_its_threads(camera: Camera, sdk_robot: SdkRobot) -> None:
    before = threads_of_python()
    source = ours.VisualImageSource("front", camera)
    servicer = ours.CameraBaseImageServicer(sdk_robot, "service", [source])
    gone = weakref.ref(servicer)
    del servicer
    gc.collect()
    assert gone() is None
    for thread in threads_of_python() - before:
        thread.join(TIMEOUT_S)
    assert threads_of_python() <= before


def test_source_stays_with_its_last_servicer(camera: Camera, sdk_robot: SdkRobot, get: Any) -> None:
    source = ours.VisualImageSource("front", camera)
    first = ours.CameraBaseImageServicer(sdk_robot, "service", [source])
    last = ours.CameraBaseImageServicer(sdk_robot, "service", [source])
    del first
    gc.collect()
    assert not source.abandoned
    assert get(last, _request()).image_responses[0].status == STATUS.STATUS_OK
    last.stop()
