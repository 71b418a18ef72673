"""The capture loop on the kernel's own driver: one fault an outage, and well again by itself."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.capture.loop import CaptureLoop
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.app.runtime.loop_thread import LoopThread
from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.health.faults import FaultLedger
from spot_webcam.domain.health.validity import frame_validator
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg
from spot_webcam.domain.ports import Camera
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS

LIMIT_S = 1.0
CODEC = OpenCvCodec()


class Watched:
    """A source that is captured, looked at, and whose faults are asked to nobody."""

    def __init__(self, camera: Camera) -> None:
        self.clock = SystemClock()
        self.source = CameraSource(
            ImageSource("usb", Layout.BGR8), self.clock, validator=frame_validator(CODEC.examine)
        )
        timeouts = RobotTimeouts()
        self._ledger = FaultLedger(settle_s=timeouts.fault_settle_s, pause_s=timeouts.fault_pause_s)
        loop = CaptureLoop(camera, self.source, self.clock)
        self._loop = loop
        self._thread = LoopThread(
            "capture-usb", loop.step, self.clock, self.source.wake, loop.finish
        )
        self.edges: list[str] = []
        self.max_age_s = 0.0
        self._thread.start()

    def look(self) -> bytes | None:
        """Be a client and the fault reporter, once; return the picture, if there is one."""
        now_ns = self.clock.monotonic_ns()
        self._ledger.observe(self.source.faults(), now_ns)
        for edge in self._ledger.due(now_ns):
            self.edges.append("raise" if edge.raised else "clear")
            self._ledger.mark_reported(edge, now_ns)
        try:
            frame = self.source.request_frame().wait(now_ns).frame
        except CameraError:
            return None
        age_s = (self.clock.monotonic_ns() - frame.monotonic_ns) / NANOSECONDS
        self.max_age_s = max(self.max_age_s, age_s)
        assert isinstance(frame.picture, JpegPicture)
        return frame.picture.data

    def until(self, condition: Callable[[], object], timeout_s: float) -> float:
        """Look until it holds; return how long it took."""
        begun = time.monotonic()
        while not condition():
            assert time.monotonic() - begun < timeout_s, "it did not come true in time"
            time.sleep(0.02)
        return time.monotonic() - begun

    def end(self) -> None:
        self._thread.ask_to_stop()
        self._loop.interrupt()
        assert self._thread.join(10.0)


@pytest.fixture
def watch() -> Iterator[Callable[[Camera], Watched]]:
    watched: list[Watched] = []

    def make(camera: Camera) -> Watched:
        watched.append(Watched(camera))
        return watched[-1]

    yield make
    for one in watched:
        one.end()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("trouble", "remedy"), [("unplug", "plug"), ("pause", "pause"), ("stall", "resume")]
)
def test_trouble_costs_one_fault_and_ends_by_itself(
    lab: Any, fresh_usb: str, camera_of: Any, watch: Any, figure: Any, trouble: str, remedy: str
) -> None:
    watched = watch(camera_of(fresh_usb))
    watched.until(watched.look, 10.0)
    lab.cam("usb", trouble)
    refused_s = watched.until(lambda: watched.look() is None, 5.0)
    watched.until(lambda: (watched.look(), watched.edges)[1], 5.0)
    lab.cam("usb", remedy)
    lab.wait_for_node()
    back_s = watched.until(watched.look, 20.0)
    watched.until(lambda: (watched.look(), len(watched.edges) > 1)[1], 5.0)
    figure(f"{trouble}: refused after {refused_s:.2f} s, back {back_s:.2f} s after its end")
    assert watched.edges == ["raise", "clear"]
    assert watched.max_age_s <= LIMIT_S + 0.2


@pytest.mark.timeout(120)
def test_damaged_frames_are_not_given(
    lab: Any, fresh_usb: str, camera_of: Any, watch: Any, figure: Any
) -> None:
    lab.unplug()
    lab.plug("--corrupt", "flip", "--every", "3")
    watched = watch(camera_of(fresh_usb))
    watched.until(watched.look, 10.0)
    given = set()
    for _ in range(150):
        picture = watched.look()
        if picture is not None:
            given.add(picture)
        time.sleep(0.02)
    assert given
    for data in given:  # raises of a damaged one
        CODEC.examine(inspect_jpeg(data))
    figure(f"{len(given)} pictures given, {watched.source.failures} refused")
    assert watched.source.failures.get("corrupt", 0) > 0
    assert watched.max_age_s <= LIMIT_S + 0.2
