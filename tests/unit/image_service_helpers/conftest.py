"""A stub of the SDK's robot, and cameras whose behaviour tests set."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import bosdyn.client.image_service_helpers as of_the_sdk
import pytest
from bosdyn.api import image_pb2, service_customization_pb2
from google.protobuf.timestamp_pb2 import Timestamp

import spot_webcam.image_service_helpers as ours
from spot_webcam.fakes.time.manual import ManualClock

SKEW_S = 1000
TIMEOUT_S = 20.0

MODULES = {"the SDK's": of_the_sdk, "ours": ours}


@pytest.fixture(params=list(MODULES))
def module(request: pytest.FixtureRequest) -> ModuleType:
    """The SDK's module and ours, for behaviour that both have."""
    return MODULES[request.param]


class Camera(ours.CameraInterface):  # type: ignore[misc]
    """Return the mode and the number of the capture as the picture; raise `errors` first."""

    def __init__(self) -> None:
        super().__init__()
        self.captures: list[Any] = []
        self.decodings: list[Any] = []
        self.errors: list[Exception] = []
        self.decode_error: Callable[[Any], Exception | None] = lambda _: None
        self.go = threading.Event()
        self.go.set()
        self.entered = threading.Event()

    def blocking_capture(self, *, custom_params: Any = None, **_: Any) -> tuple[bytes, float]:
        self.captures.append(custom_params)
        self.entered.set()
        assert self.go.wait(TIMEOUT_S)
        if self.errors:
            raise self.errors.pop(0)
        said = "" if custom_params is None else custom_params.values["mode"].string_value.value
        return f"{said}{len(self.captures)}".encode(), 100.0 + len(self.captures)

    def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
        self.decodings.append(image_req)
        error = self.decode_error(image_req)
        if error is not None:
            raise error
        image_proto.data = image_data
        image_proto.format = image_req.image_format or image_pb2.Image.FORMAT_JPEG
        image_proto.pixel_format = image_req.pixel_format or image_pb2.Image.PIXEL_FORMAT_RGB_U8


@pytest.fixture
def camera() -> Iterator[Camera]:
    made = Camera()
    yield made
    made.go.set()


@dataclass
class FaultClient:
    """A fault client that records its calls."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    protos: list[Any] = field(default_factory=list)
    error: Exception | None = None

    def trigger_service_fault(self, fault: Any, **_: Any) -> None:
        self.calls.append(("trigger", fault.fault_id.fault_name))
        self.protos.append(fault)
        if self.error is not None:
            raise self.error

    def clear_service_fault(self, fault_id: Any, **_: Any) -> None:
        self.calls.append(("clear", fault_id.fault_name))
        if self.error is not None:
            raise self.error


@dataclass
class DataBuffer:
    """A data buffer that records messages; `pending` are callbacks of unanswered calls."""

    messages: list[Any] = field(default_factory=list)
    error: Exception | None = None
    pending: list[Callable[[Any], None]] | None = None

    def add_protobuf_async(self, message: Any, *_: Any) -> DataBuffer:
        if self.error is not None:
            raise self.error
        self.messages.append(type(message).FromString(message.SerializeToString()))
        return self

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        if self.pending is None:
            callback(self)
        else:
            self.pending.append(callback)

    def exception(self) -> Exception | None:
        return None


class SdkRobot:
    """The parts of the SDK's robot that an image service uses."""

    def __init__(self) -> None:
        self.faults = FaultClient()
        self.data_buffer = DataBuffer()
        self.sync_error: Exception | None = None

    @property
    def time_sync(self) -> SdkRobot:
        return self

    def ensure_client(self, name: str) -> Any:
        return {"fault": self.faults, "data-buffer": self.data_buffer}[name]

    def wait_for_sync(self) -> None:
        if self.sync_error is not None:
            raise self.sync_error

    def robot_timestamp_from_local_secs(self, seconds: float) -> Timestamp:
        self.wait_for_sync()
        return Timestamp(seconds=int(seconds) + SKEW_S)


@pytest.fixture
def sdk_robot() -> SdkRobot:
    return SdkRobot()


@pytest.fixture
def serve(sdk_robot: SdkRobot) -> Iterator[Callable[..., Any]]:
    """Make servicers of a module; their sources are stopped afterwards."""
    with ExitStack() as stack:

        def make(module: ModuleType, *sources: Any, **options: Any) -> Any:
            options.setdefault("use_background_capture_thread", False)
            servicer = module.CameraBaseImageServicer(sdk_robot, "service", sources, **options)
            for source in sources:
                stack.callback(source.stop_capturing)
            return servicer

        yield make


@pytest.fixture
def manual_source(clock: ManualClock) -> type[ours.VisualImageSource]:
    """Our class of sources, on the test's clock."""

    class ManualSource(ours.VisualImageSource):
        pass

    ManualSource.clock = clock
    return ManualSource


@pytest.fixture
def manual_thread(clock: ManualClock) -> type[ours.ImageCaptureThread]:
    """Our class of capture threads, on the test's clock."""

    class ManualThread(ours.ImageCaptureThread):
        pass

    ManualThread.clock = clock
    return ManualThread


class PacedCapture:
    """A capture function that returns, or raises, `outcome` once for each `capture`.

    A function as the outcome is called with the parameters.
    """

    def __init__(self) -> None:
        self.outcome: Any = (b"picture", 1.0)
        self.captures: list[Any] = []
        self._thread: ours.ImageCaptureThread | None = None
        self._called, self._turns = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, custom_params: Any = None) -> Any:
        self.captures.append(custom_params)
        self._called.release()
        assert self._turns.acquire(timeout=TIMEOUT_S)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome(custom_params) if callable(self.outcome) else self.outcome

    def capture(self, thread: ours.ImageCaptureThread) -> None:
        """Let the thread capture once; it is in its next capture afterwards."""
        if self._thread is None:
            self._thread = thread
            thread.start_capturing()
            assert self._called.acquire(timeout=TIMEOUT_S)
        self._turns.release()
        assert self._called.acquire(timeout=TIMEOUT_S)

    def end(self) -> None:
        """End the thread by a last capture."""
        if self._thread is not None:
            self._thread.stop_capturing_event.set()
            self._turns.release()
            self._thread.stop_capturing()


@pytest.fixture
def paced() -> Iterator[PacedCapture]:
    """A capture function of one background."""
    made = PacedCapture()
    yield made
    made.end()


def _spec() -> Any:
    spec = service_customization_pb2.DictParam.Spec()
    options = spec.specs["mode"].spec.string_spec
    options.options.extend(["a", "b", "c"])
    options.default_value = "a"
    return spec


def _params(mode: str) -> Any:
    params = service_customization_pb2.DictParam()
    params.values["mode"].string_value.value = mode
    return params


@pytest.fixture(scope="session")
def spec() -> Any:
    """One parameter, `mode`: a, b or c."""
    return _spec()


@pytest.fixture(scope="session")
def params() -> Callable[[str], Any]:
    """Custom parameters of a mode."""
    return _params


@pytest.fixture(scope="session")
def get() -> Callable[..., Any]:
    """Call GetImage without a context, and return the responses."""

    def call(servicer: Any, *requests: Any) -> Any:
        request = image_pb2.GetImageRequest(image_requests=requests)
        return servicer.GetImage(request, None)

    return call
