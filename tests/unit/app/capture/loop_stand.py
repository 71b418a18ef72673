"""Cameras that do as a test says, and the capture loop that runs them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.capture.jobs import CaptureLatest, Job
from spot_webcam.app.capture.loop import CaptureLoop
from spot_webcam.app.capture.parameter_requests import ParameterRequest, ParameterRequestQueue
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.frames.frame_store import Frame
from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.media.transform import Transform
from spot_webcam.domain.ports import Camera, CameraMode
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.timing import NoJitter

LIMITS, TIMEOUTS = Limits(), Timeouts()
FIRST_PAUSE_S, MAX_PAUSE_S = TIMEOUTS.first_reopen_pause_s, TIMEOUTS.max_reopen_pause_s
MODE = CameraMode(8, 6, Layout.BGR8, 30.0)
FRAME_S = 1 / 32
# Grabs until the values of a request show, with that of the plain picture of the same step.
SETTLED = 1 + LIMITS.settling_frames
BRIGHTNESS = Control("brightness", "Brightness", ControlKind.INTEGER, 0, 255, default=100)
BASE = 7


class Scripted:
    """`script` says of the next calls what they raise, or return."""

    def __init__(self) -> None:
        self.script: dict[str, deque[Any]] = {}
        self.calls: list[str] = []

    @property
    def count(self) -> Counter[str]:
        return Counter(self.calls)

    def _next(self, call: str, usual: Any = None) -> Any:
        self.calls.append(call)
        outcomes = self.script.get(call)
        outcome = outcomes.popleft() if outcomes else usual
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def open(self) -> CameraMode:
        mode: CameraMode = self._next("open", MODE)
        return mode

    def close(self) -> None:
        self._next("close")


class ScriptedCamera(Scripted):
    """Works, but for its script. The clock passes in `grab`."""

    def __init__(self, clock: ManualClock, picture: Picture) -> None:
        super().__init__()
        self._clock = clock
        self._picture = picture
        self.grab_s = FRAME_S

    def grab(self) -> int | None:
        self._clock.advance(self.grab_s)
        device_timestamp_ns: int | None = self._next("grab")
        return device_timestamp_ns

    def retrieve(self) -> Picture:
        picture: Picture = self._next("retrieve", self._another_picture())
        return picture

    def _another_picture(self) -> Picture:
        pixels = self._picture.pixels.copy()
        pixels.flat[0] = self.count["grab"] % 256
        return Picture(pixels, self._picture.layout)

    def settings(self) -> CaptureSettings:
        settings: CaptureSettings = self._next("settings", CaptureSettings())
        return settings


class InterruptibleCamera(ScriptedCamera):
    def interrupt(self) -> None:
        self.calls.append("interrupt")


class LaggingCamera(Scripted):
    """A camera whose pixels are its brightness, as it was set two frames before.

    But for the last one, which is another in each picture. The clock passes in `grab`.
    """

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock
        self.grabs = 0
        self.brightness = BASE
        self._exposed = [BASE] * 3

    def grab(self) -> int | None:
        self._clock.advance(FRAME_S)
        self.grabs += 1
        self._exposed = [*self._exposed[-2:], self.brightness]
        device_timestamp_ns: int | None = self._next("grab")
        return device_timestamp_ns

    def retrieve(self) -> Picture:
        self._next("retrieve")
        pixels = np.full((6, 8, 3), self._exposed[0], np.uint8)
        pixels[-1, -1] = self.grabs % 256
        return Picture(pixels, Layout.BGR8)

    def settings(self) -> CaptureSettings:
        self._next("settings")
        return CaptureSettings(0.01, 6.0)

    def controls(self) -> list[Control]:
        self._next("controls")
        return [BRIGHTNESS]

    def read(self, names: Iterable[str]) -> dict[str, int]:
        self._next("read")
        return dict.fromkeys(names, self.brightness)

    def write(self, values: Mapping[str, int]) -> None:
        if values:
            self._next("write")
            self.brightness = values["brightness"]


class PlainCamera:
    """A camera without controls."""

    def __init__(self, clock: ManualClock) -> None:
        camera = LaggingCamera(clock)
        self.script = camera.script
        self.open, self.grab, self.retrieve = camera.open, camera.grab, camera.retrieve
        self.settings, self.close = camera.settings, camera.close


class RecordingSource(CameraSource):
    """Shows its parameter requests, and the last job of its loop."""

    job: Job | None = None

    @property
    def requests(self) -> ParameterRequestQueue:
        return self._requests

    def next_job(self) -> Job:
        self.job = super().next_job()
        return self.job


class LoopStand:
    """A camera, its source and its loop."""

    def __init__(
        self,
        camera: Camera,
        clock: ManualClock,
        *,
        on_demand: bool = False,
        restore_controls: bool = False,
        transform: Transform | None = None,
        camera_model: CameraModel | None = None,
    ) -> None:
        self.camera: Any = camera
        self.clock = clock
        self.source = RecordingSource(ImageSource("cam", Layout.BGR8), clock, on_demand=on_demand)

        self.loop = CaptureLoop(
            camera,
            self.source,
            clock,
            Backoff(FIRST_PAUSE_S, MAX_PAUSE_S, NoJitter()),
            restore_controls=restore_controls,
            transform=transform,
            camera_model=camera_model,
            scrub=lambda text: text.replace("hunter2", "..."),
        )
        self._pause_s = 0.0

    def say(self, call: str, *outcomes: Any) -> None:
        self.camera.script[call] = deque(outcomes)

    def look(self) -> None:
        """Be a client, so that pictures are retrieved."""
        if not self.source.on_demand:
            self.source.request_frame()

    def steps(self, count: int, *, looked_at: bool = True) -> list[float]:
        """Take steps, and before each one the pause that the one before asked for."""
        waits_s = []
        for _ in range(count):
            self.clock.advance(self._pause_s)
            if looked_at:
                self.look()
            self._pause_s = self._step()
            waits_s.append(self._pause_s)
        return waits_s

    def _step(self) -> float:
        """Take a step; if parameter requests wait and it was for a usual picture, two."""
        has_requests = not self.source.requests.is_empty
        pause_s = self.loop.step()
        if has_requests and isinstance(self.source.job, CaptureLatest) and pause_s == 0:
            pause_s = self.loop.step()
        return pause_s

    def run(self, seconds: float, max_steps: int = 1000) -> int:
        """Step as the loop's thread does, for so long; return the number of steps."""
        end_ns = self.clock.monotonic_ns() + round(seconds * 1e9)
        for step in range(max_steps):
            if self.clock.monotonic_ns() >= end_ns:
                return step
            wait_s = self.loop.step()
            if wait_s > 0:
                self.clock.wait(self.source.wake, wait_s)
        return max_steps

    def request(self, brightness: int) -> Callable[[], Frame]:
        """Ask for a picture of that brightness, and return how to get it at once."""
        values = {"brightness": brightness}
        pending = self.source.request_frame_with(values, CancellationToken())
        return lambda: pending.wait(self.clock.monotonic_ns()).frame

    def submit(self, brightness: int) -> ParameterRequest:
        """Submit a request, whose future shows whether it was taken."""
        request = self.source.requests.submit({"brightness": brightness}, CancellationToken())
        self.source.wake.set()
        return request

    def newest(self) -> Frame:
        return self.source.request_frame().wait(self.clock.monotonic_ns()).frame


def shown(frame: Frame) -> int:
    """Return the brightness of a lagging camera's picture."""
    assert isinstance(frame.picture, Picture)
    return int(frame.picture.pixels[0, 0, 0])


def outcome_of(collect: Callable[[], Frame]) -> tuple[Frame | None, CameraError | None]:
    """Return the picture or why there is none."""
    try:
        return collect(), None
    except CameraError as error:
        return None, error
