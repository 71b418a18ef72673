from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc_testing
import pytest
from bosdyn.api import image_pb2, image_service_pb2, service_customization_pb2
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget
from spot_webcam.adapters.bosdyn.server.servicer import LARGE_ANSWER_BYTES, ImageServicer, Service
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.errors import AnswerTooLarge, CameraAbsent
from spot_webcam.domain.media.image import (
    CaptureSettings,
    Layout,
    Picture,
)
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.adapters.bosdyn.server.full_budget import FullBudget

SERVICE = image_service_pb2.DESCRIPTOR.services_by_name["ImageService"]
MINUTES_NS = 180 * 1_000_000_000
WALL_NS = 1_700_000_000_250_000_000
MAX_REQUESTS, FRAME_WAIT_S = 64, 5.0
Reply = tuple[Any, grpc.StatusCode, str]


class Messages:
    """The servicer as gRPC's machinery expects one, with messages for bytes."""

    def __init__(self, servicer: ImageServicer) -> None:
        self._servicer = servicer

    def ListImageSources(self, request: Any, context: Any) -> Any:  # noqa: N802 - the API's name
        listed = self._servicer.list_image_sources(request, context)
        return image_pb2.ListImageSourcesResponse.FromString(listed)

    def GetImage(self, request: Any, context: Any) -> Any:  # noqa: N802 - the API's name
        return image_pb2.GetImageResponse.FromString(self._servicer.get_image(request, context))


def call(
    servicer: ImageServicer, method: str, request: Any, timeout_s: float | None = None
) -> Reply:
    """Call through gRPC's own server-side machinery; return response, code and details."""
    server = grpc_testing.server_from_dictionary(
        {SERVICE: Messages(servicer)}, grpc_testing.strict_fake_time(0.0)
    )
    rpc = server.invoke_unary_unary(SERVICE.methods_by_name[method], (), request, timeout_s)
    response, _, code, details = rpc.termination()
    return response, code, details


def servicer_of(service: Service, clock: ManualClock, **changes: Any) -> ImageServicer:
    options: dict[str, Any] = {
        "max_requests": MAX_REQUESTS,
        "budget_timeout_s": 0.0,
        "frame_wait_s": FRAME_WAIT_S,
        **changes,
    }
    return ImageServicer(service, clock, options.pop("budget", ByteBudget(10**6)), **options)


class ScriptedService:
    """A service and its only call, which gives the answers that a test sets."""

    def __init__(self, *answers: Answer, is_rendered: bool = False, size_bytes: int = 0) -> None:
        self._answers = list(answers)
        self.is_rendered = is_rendered
        self.size_bytes = size_bytes
        self.waits_s: list[float] = []
        self.cancelled = 0
        self.prepared = 0
        self.rendered = 0
        self.too_large_in = ""

    def list_sources(self) -> list[ImageSource]:
        return []

    def _check(self, step: str) -> None:
        if self.too_large_in == step:
            raise AnswerTooLarge("99 MiB of pictures; ask for JPEG")

    def prepare(self, requests: Sequence[ImageRequest], /) -> ScriptedService:
        del requests
        self.prepared += 1
        self._check("prepare")
        return self

    def wait(self, timeout_s: float) -> None:
        self.waits_s.append(timeout_s)
        self._check("wait")

    def render(self) -> list[Answer]:
        self.rendered += 1
        self._check("render")
        return self._answers

    def cancel(self) -> None:
        self.cancelled += 1


@dataclass
class Stand:
    """A servicer with two good sources and one whose camera is absent."""

    clock: ManualClock
    servicer: ImageServicer
    sources: list[CameraSource] = field(default_factory=list)

    def get(self, *requests: image_pb2.ImageRequest) -> Any:
        message = image_pb2.GetImageRequest(image_requests=requests)
        response, code, details = call(self.servicer, "GetImage", message)
        assert code is grpc.StatusCode.OK, details
        return response


@pytest.fixture(scope="session")
def make_stand(
    deliver: Callable[..., None],
    make_picture: Callable[..., Picture],
    make_codec: Callable[[], Any],
    robot_clock_at: Callable[..., Any],
) -> Callable[[], Stand]:
    def make() -> Stand:
        clock = ManualClock(WALL_NS)
        front, depth, dead = (
            CameraSource(ImageSource(name, Layout.BGR8), clock)
            for name in ("front", "depth", "dead")
        )
        deliver(front, clock, make_picture(), CaptureSettings(0.0125, 6.5))
        deliver(depth, clock, make_picture(Layout.DEPTH16))
        dead.failed(CameraAbsent("no /dev/video9"))
        service = ImageService(
            [front, depth, dead], clock, robot_clock_at(MINUTES_NS), make_codec()
        )
        return Stand(clock, servicer_of(service, clock), [front, depth, dead])

    return make


@pytest.fixture
def stand(make_stand: Callable[[], Stand]) -> Stand:
    return make_stand()


@pytest.mark.parametrize(
    ("method", "make"),
    [
        ("ListImageSources", image_pb2.ListImageSourcesRequest),
        ("GetImage", image_pb2.GetImageRequest),
    ],
)
def test_header_is_the_requests_with_both_times_and_ok(
    stand: Stand, method: str, make: Callable[[], Any]
) -> None:
    request = make()
    request.header.client_name = "tablet"
    request.header.request_timestamp.seconds = 77
    response, code, _ = call(stand.servicer, method, request)
    assert code is grpc.StatusCode.OK
    header = response.header
    assert header.request_header == request.header
    assert header.request_received_timestamp.ToNanoseconds() == WALL_NS
    assert header.response_timestamp.ToNanoseconds() == WALL_NS
    assert header.error.code == header.error.CODE_OK


def test_times_of_the_header_are_those_of_coming_and_going() -> None:
    clock = ManualClock(WALL_NS)

    class SlowService(ScriptedService):
        def list_sources(self) -> list[ImageSource]:
            clock.advance(1.5)
            return []

    servicer = servicer_of(SlowService(), clock)
    response, _, _ = call(servicer, "ListImageSources", image_pb2.ListImageSourcesRequest())
    assert response.header.request_received_timestamp.ToNanoseconds() == WALL_NS
    assert response.header.response_timestamp.ToNanoseconds() == WALL_NS + 1_500_000_000


def test_sources_are_listed_in_order(stand: Stand) -> None:
    response, _, _ = call(stand.servicer, "ListImageSources", image_pb2.ListImageSourcesRequest())
    assert [one.name for one in response.image_sources] == ["front", "depth", "dead"]
    assert [(one.cols, one.rows) for one in response.image_sources] == [(8, 6), (8, 6), (0, 0)]


def test_picture_is_answered_in_full(stand: Stand) -> None:
    (answer,) = stand.get(image_pb2.ImageRequest(image_source_name="front")).image_responses
    assert answer.status == image_pb2.ImageResponse.STATUS_OK
    assert answer.source.name == "front"
    image = answer.shot.image
    assert (image.cols, image.rows) == (8, 6)
    assert image.format == image_pb2.Image.FORMAT_JPEG
    assert image.pixel_format == image_pb2.Image.PIXEL_FORMAT_RGB_U8
    assert image.data == b"jpeg 8x6 bgr8 75"
    assert answer.shot.acquisition_time.ToNanoseconds() == stand.clock.monotonic_ns() + MINUTES_NS
    assert answer.shot.capture_params.exposure_duration.ToNanoseconds() == 12_500_000
    assert answer.shot.capture_params.gain == 6.5


def test_answers_come_in_order_and_their_reasons_stand_in_the_header(stand: Stand) -> None:
    request = image_pb2.ImageRequest
    response = stand.get(
        request(image_source_name="dead"),
        request(image_source_name="front"),
        request(image_source_name="nobody"),
        request(image_source_name="depth", image_format=image_pb2.Image.FORMAT_JPEG),
        request(image_source_name="depth"),
        request(image_source_name="dead"),
    )
    status = image_pb2.ImageResponse
    assert [one.status for one in response.image_responses] == [
        status.STATUS_IMAGE_DATA_ERROR,
        status.STATUS_OK,
        status.STATUS_UNKNOWN_CAMERA,
        status.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED,
        status.STATUS_OK,
        status.STATUS_IMAGE_DATA_ERROR,
    ]
    assert response.header.error.code == response.header.error.CODE_OK
    assert response.header.error.message == (
        "dead: no /dev/video9"
        "; no source is named 'nobody'; there are front, depth, dead"
        "; depth has no image format JPEG; it has RAW"
    )


def test_good_answers_give_no_reasons(stand: Stand) -> None:
    assert stand.get(image_pb2.ImageRequest(image_source_name="front")).header.error.message == ""


def test_camera_that_fails_is_answered_by_its_source_alone(stand: Stand) -> None:
    (answer,) = stand.get(image_pb2.ImageRequest(image_source_name="dead")).image_responses
    assert answer.source.name == "dead"
    assert not answer.HasField("shot")


@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1))
def test_any_enum_numbers_are_answered_by_a_status(
    make_stand: Callable[[], Stand], image_format: int, pixel_format: int
) -> None:
    stand = make_stand()
    request = image_pb2.ImageRequest(image_source_name="front")
    request.image_format = image_format
    request.pixel_format = pixel_format
    request.fallback_formats.append(pixel_format)
    (answer,) = stand.get(request).image_responses
    assert answer.status != image_pb2.ImageResponse.STATUS_UNKNOWN
    assert answer.HasField("shot") == (answer.status == image_pb2.ImageResponse.STATUS_OK)
    assert stand.sources[0].faults() == []


def test_custom_parameters_are_answered_by_their_own_error(stand: Stand) -> None:
    request = image_pb2.ImageRequest(image_source_name="front")
    request.custom_params.values["zoom"].int_value.value = 3
    (answer,) = stand.get(request).image_responses
    assert answer.status == image_pb2.ImageResponse.STATUS_CUSTOM_PARAMS_ERROR
    error = answer.custom_param_error
    assert error.status == service_customization_pb2.CustomParamError.STATUS_UNSUPPORTED_PARAMETER
    assert "zoom" in error.error_messages[0]
    assert not answer.HasField("shot")


def test_as_many_requests_as_are_allowed_are_answered(stand: Stand) -> None:
    requests = [image_pb2.ImageRequest(image_source_name="front")] * MAX_REQUESTS
    assert len(stand.get(*requests).image_responses) == MAX_REQUESTS


def test_one_request_more_is_too_many(stand: Stand) -> None:
    requests = [image_pb2.ImageRequest(image_source_name="front")] * (MAX_REQUESTS + 1)
    message = image_pb2.GetImageRequest(image_requests=requests)
    _, code, details = call(stand.servicer, "GetImage", message)
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details == "65 image requests in one call; ask for 64 at most"


@pytest.mark.parametrize("step", ["prepare", "wait", "render"])
def test_answer_too_large_for_the_client_is_refused_with_the_way_out(step: str) -> None:
    service = ScriptedService()
    service.too_large_in = step
    servicer = servicer_of(service, ManualClock())
    _, code, details = call(servicer, "GetImage", image_pb2.GetImageRequest())
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details == "99 MiB of pictures; ask for JPEG"


@pytest.mark.parametrize(
    ("timeout_s", "wait_s"), [(None, FRAME_WAIT_S), (60.0, FRAME_WAIT_S), (2.0, 1.6)]
)
def test_cameras_are_waited_for_within_the_deadline_of_the_call(
    timeout_s: float | None, wait_s: float
) -> None:
    service = ScriptedService()
    servicer = servicer_of(service, ManualClock())
    _, code, _ = call(servicer, "GetImage", image_pb2.GetImageRequest(), timeout_s)
    assert code is grpc.StatusCode.OK
    assert service.waits_s == pytest.approx([wait_s])


class CallAborted(Exception):
    """What gRPC raises to leave a handler."""


class Context:
    """gRPC's context of a call that lasts, or whose client has left already."""

    def __init__(self, *, lasts: bool = True) -> None:
        self.callbacks: list[Callable[[], None]] = []
        self._lasts = lasts

    def time_remaining(self) -> float:
        return 1.0

    def cancel(self) -> None:
        raise AssertionError

    def add_callback(self, callback: Callable[[], None]) -> bool:
        if self._lasts:
            self.callbacks.append(callback)
        return self._lasts

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        del code, details
        raise CallAborted

    def end(self) -> None:
        for callback in self.callbacks:
            callback()


def get_image(servicer: ImageServicer, context: Context) -> bytes:
    return servicer.get_image(image_pb2.GetImageRequest(), context)  # type: ignore[arg-type]


@pytest.mark.parametrize("lasts", [True, False])
def test_call_is_cancelled_when_the_client_leaves(lasts: bool) -> None:
    service, context = ScriptedService(), Context(lasts=lasts)
    with nullcontext() if lasts else pytest.raises(CallAborted):
        get_image(servicer_of(service, ManualClock()), context)
    assert bool(service.cancelled) is not lasts
    context.end()
    assert service.cancelled


def test_known_answers_are_not_waited_for() -> None:
    service, context = ScriptedService(is_rendered=True), Context()
    blocked: list[bool] = []
    servicer = servicer_of(
        service, ManualClock(), enter_blocking_region=lambda: blocked.append(True)
    )
    get_image(servicer, context)
    context.end()
    assert (service.waits_s, service.cancelled, blocked) == ([], 0, [])


@pytest.mark.parametrize(("is_rendered", "size_bytes"), [(False, 0), (True, LARGE_ANSWER_BYTES)])
def test_wait_and_large_copy_are_blocking_regions(is_rendered: bool, size_bytes: int) -> None:
    blocked: list[bool] = []
    servicer = servicer_of(
        ScriptedService(is_rendered=is_rendered, size_bytes=size_bytes),
        ManualClock(),
        enter_blocking_region=lambda: blocked.append(True),
    )
    get_image(servicer, Context())
    assert blocked == [True]


def test_bytes_are_taken_until_the_call_has_ended() -> None:
    budget, context = ByteBudget(100), Context()
    servicer = servicer_of(ScriptedService(size_bytes=60), ManualClock(), budget=budget)
    get_image(servicer, context)
    assert budget.taken_bytes == 60
    context.end()
    assert budget.taken_bytes == 0


def test_bytes_of_an_answer_that_is_being_made_are_taken_though_its_client_left() -> None:
    """They are in memory: calls that have got this far and are abandoned add up."""
    budget, context = ByteBudget(100), Context()
    taken: list[int] = []

    class Left(ScriptedService):
        def render(self) -> list[Answer]:
            context.end()
            taken.append(budget.taken_bytes)
            return []

    get_image(servicer_of(Left(size_bytes=60), ManualClock(), budget=budget), context)
    assert (taken, budget.taken_bytes) == ([60], 0)


class Leaving(Context):
    """A client that leaves as soon as the call has begun to wait for cameras so many times."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self._waits = waits

    def time_remaining(self) -> float:
        self._waits -= 1
        if self._waits == 0:
            self.end()
        return 1.0

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return self._waits > 0 and super().add_callback(callback)


@pytest.mark.parametrize("waits", [0, 1, 2])
def test_nothing_is_encoded_for_a_client_that_left_before_there_was_room(waits: int) -> None:
    """Or a hundred calls that nobody waits for take a hundred pictures' memory, uncounted."""
    context = Leaving(waits)
    service = ScriptedService(size_bytes=60)
    servicer = servicer_of(service, ManualClock(), budget=FullBudget(lambda: None))
    with pytest.raises(CallAborted):
        get_image(servicer, context)
    assert service.rendered == 0


def test_call_for_which_there_is_no_room_is_refused() -> None:
    budget = ByteBudget(100)
    assert budget.request(100).is_held
    blocked: list[bool] = []
    servicer = servicer_of(
        ScriptedService(size_bytes=60),
        ManualClock(),
        budget=budget,
        enter_blocking_region=lambda: blocked.append(True),
    )
    _, code, details = call(servicer, "GetImage", image_pb2.GetImageRequest())
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "too many large pictures" in details
    assert blocked
