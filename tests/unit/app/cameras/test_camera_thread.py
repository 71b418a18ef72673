from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import pytest
from bosdyn.api.service_customization_pb2 import DictParam

from spot_webcam.adapters.bosdyn.messages.initial_parameters import encode_parameters
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cameras.camera_thread import CameraThread
from spot_webcam.app.cameras.isolation import Isolation, isolated_or_not
from spot_webcam.app.cameras.options import CameraOptions, CaptureOptions
from spot_webcam.domain.errors import CameraMisconfigured, NoData
from spot_webcam.domain.health.validity import frame_validator
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.media.transform import Transform
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.naming import Device
from spot_webcam.fakes.cameras import synthetic_camera
from spot_webcam.fakes.cameras.patterns.look import look_spec
from tests.timing import PATIENCE_S
from tests.unit.app.capture.source_stand import request_with

PATIENCE_NS = int(PATIENCE_S * 1e9)

Serve = Callable[..., CameraThread]


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def serve(clock: SystemClock) -> Iterator[Serve]:
    served: list[CameraThread] = []

    def serve(device_name: str, mode: ModeRequest | None = None, **changes: Any) -> CameraThread:
        device, mode = Device("cam", DeviceAddress(device_name)), mode or ModeRequest()
        given = changes.pop("camera", None)
        shared = {field.name for field in fields(CaptureOptions)} & set(changes)
        capture = CaptureOptions(mode=mode, **{name: changes.pop(name) for name in shared})
        given = given or isolated_or_not(device, mode, clock, capture.isolation)
        options = {"validator": frame_validator(None), **changes}
        camera = CameraThread(CameraOptions(device, capture), given, clock, **options)
        served.append(camera)
        return camera

    yield serve
    for camera in served:
        camera.ask_to_stop()
        camera.join(PATIENCE_S)


@pytest.mark.parametrize("on_demand", [False, True])
def test_camera_delivers_from_start_to_stop(
    serve: Serve, clock: SystemClock, on_demand: bool
) -> None:
    camera = serve("synthetic:?size=64x48&fps=500", on_demand=on_demand)
    assert camera.name == "capture-cam"
    assert camera.device == Device("cam", DeviceAddress("synthetic:?size=64x48&fps=500"))
    collect = camera.source.request_frame().wait
    camera.start()
    assert collect(clock.monotonic_ns() + PATIENCE_NS).frame.picture.cols == 64
    camera.ask_to_stop()
    assert camera.join(PATIENCE_S)
    with pytest.raises(NoData):
        request_with(camera.source, {"brightness": 1})(clock.monotonic_ns())


def test_camera_is_presumed_to_be_what_it_was_asked_to_be(serve: Serve) -> None:
    plain, asked = serve("usb:LAB1"), serve("usb:LAB1", ModeRequest(640, 480))
    assert plain.source.description == ImageSource("cam", Layout.BGR8)
    assert asked.source.description == ImageSource("cam", Layout.BGR8, 640, 480)
    assert not plain.source.has_opened


@pytest.mark.parametrize("isolation", Isolation)
def test_parameters_are_listed_before_the_camera_is_open(
    serve: Serve, isolation: Isolation
) -> None:
    # So that the catalogue on the robot stays as it is then.
    camera = serve("synthetic:?size=64x48", isolation=isolation)
    assert camera.source.description.parameter_spec == look_spec(Layout.BGR8)


def test_camera_is_injected(serve: Serve, clock: SystemClock) -> None:
    given = synthetic_camera("synthetic:?size=80x48&fps=500", clock)
    camera = serve("usb:LAB1", camera=given)
    camera.start()
    collect = camera.source.request_frame().wait
    assert collect(clock.monotonic_ns() + PATIENCE_NS).frame.picture.cols == 80


def test_device_that_can_never_be_opened_is_refused_at_once(serve: Serve) -> None:
    with pytest.raises(CameraMisconfigured, match="unknown"):
        serve("synthetic:?colour=red")


def test_passwords_are_not_logged(
    serve: Serve, clock: SystemClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    given = synthetic_camera("synthetic:?size=64x48", clock)
    serve("rtsp://user:secret@host/front?key=1", camera=given).start()
    assert "source cam is device rtsp://host/front?..." in caplog.messages
    assert "secret" not in caplog.text


def test_camera_that_was_never_started_has_ended(serve: Serve) -> None:
    camera = serve("synthetic:")
    camera.ask_to_stop()
    assert camera.join(0.0)


def test_who_waits_when_it_stops_is_reported_so(serve: Serve, clock: SystemClock) -> None:
    camera = serve("synthetic:?size=64x48&script=hang@0s", on_demand=True)
    collects = [
        request_with(camera.source, {"brightness": 1}),
        camera.source.request_frame().wait,
    ]
    camera.start()
    camera.ask_to_stop()
    for collect in collects:
        with pytest.raises(NoData, match=r"the service is stopping|interrupted"):
            collect(clock.monotonic_ns() + PATIENCE_NS)
    assert camera.join(PATIENCE_S)


def test_options_are_those_of_the_source(serve: Serve, clock: SystemClock) -> None:
    camera = serve(
        "synthetic:?size=64x48&fps=500",
        ModeRequest(640, 480),
        transform=Transform(90),
        quality=40,
        transcode=True,
        staleness_limit_s=0.5,
        parameters={"brightness": 20},
        encode_parameters=encode_parameters,
    )
    presumed = camera.source.description
    assert (presumed.cols, presumed.rows) == (480, 640)
    assert (presumed.default_quality, presumed.transcode) == (40, True)
    collect = camera.source.request_frame().wait
    camera.start()
    frame = collect(clock.monotonic_ns() + PATIENCE_NS).frame
    assert (camera.source.description.cols, camera.source.description.rows) == (48, 64)
    values = DictParam.FromString(frame.settings.encoded_parameters).values
    assert values["brightness"].int_value.value == 20
