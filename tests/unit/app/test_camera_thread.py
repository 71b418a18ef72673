from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.camera_thread import CameraThread
from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.domain.errors import CameraMisconfigured, NoData
from spot_webcam.domain.health.validity import examiner
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.naming import Device
from spot_webcam.fakes.cameras import synthetic_camera
from spot_webcam.fakes.cameras.patterns.look import look_spec

PATIENCE_S = 20.0
PATIENCE_NS = int(PATIENCE_S * 1e9)

Serve = Callable[..., CameraThread]


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def serve(clock: SystemClock) -> Iterator[Serve]:
    served: list[CameraThread] = []

    def serve(device_name: str, mode: ModeRequest | None = None, **changes: Any) -> CameraThread:
        options = {
            "examine": examiner(None),
            "on_demand": False,
            "restore_controls": False,
            "max_waiters": 8,
            **changes,
        }
        camera = CameraThread(Device("cam", device_name), mode or ModeRequest(), clock, **options)
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
    assert camera.device == Device("cam", "synthetic:?size=64x48&fps=500")
    collect = camera.source.request_frame().wait
    camera.start()
    assert collect(clock.monotonic_ns() + PATIENCE_NS).frame.picture.cols == 64
    camera.ask_to_stop()
    assert camera.join(PATIENCE_S)
    with pytest.raises(NoData):
        camera.source.request_frame_with({"brightness": 1}).wait(clock.monotonic_ns())


def test_camera_is_presumed_to_be_what_it_was_asked_to_be(serve: Serve) -> None:
    plain, asked = serve("usb:LAB1"), serve("usb:LAB1", ModeRequest(640, 480))
    assert plain.source.description == ImageSource("cam", Layout.BGR8)
    assert asked.source.description == ImageSource("cam", Layout.BGR8, 640, 480)
    assert not plain.source.has_opened


@pytest.mark.parametrize("isolation", Isolation)
def test_parameters_are_listed_before_the_camera_is_open(
    serve: Serve, isolation: Isolation
) -> None:
    # So that the robot need not be told again when it is.
    camera = serve("synthetic:?size=64x48", isolation=isolation)
    assert camera.source.description.parameter_spec == look_spec(Layout.BGR8)


def test_camera_that_is_given_takes_the_place_of_the_device_s(
    serve: Serve, clock: SystemClock
) -> None:
    given = synthetic_camera("synthetic:?size=80x48&fps=500", clock)
    camera = serve("usb:LAB1", camera=given)
    camera.start()
    collect = camera.source.request_frame().wait
    assert collect(clock.monotonic_ns() + PATIENCE_NS).frame.picture.cols == 80


def test_device_that_can_never_be_opened_is_refused_at_once(serve: Serve) -> None:
    with pytest.raises(CameraMisconfigured, match="unknown"):
        serve("synthetic:?colour=red")


def test_passwords_are_not_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    serve("rtsp://user:secret@host/front?key=1")
    assert caplog.messages == ["source cam is device rtsp://host/front?..."]


def test_camera_that_was_never_started_has_ended(serve: Serve) -> None:
    camera = serve("synthetic:")
    camera.ask_to_stop()
    assert camera.join(0.0)


def test_who_waits_when_it_stops_is_told_so(serve: Serve, clock: SystemClock) -> None:
    camera = serve("synthetic:?size=64x48&script=hang@0s", on_demand=True)
    collects = [
        camera.source.request_frame_with({"brightness": 1}).wait,
        camera.source.request_frame().wait,
    ]
    camera.start()
    camera.ask_to_stop()
    for collect in collects:
        with pytest.raises(NoData, match=r"the service is stopping|interrupted"):
            collect(clock.monotonic_ns() + PATIENCE_NS)
    assert camera.join(PATIENCE_S)
