"""Camera thread: a camera's source and its capture loop on a thread of their own."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.loop import CaptureLoop
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.health.validity import FrameValidator
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.ports import Camera, Clock, ModeRequest
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.naming import Device, without_password
from spot_webcam.domain.sources.parameters import presumed_spec

_LOG = logging.getLogger(__name__)


class StepThread(Protocol):
    """A thread that repeats a step, such as `LoopThread`."""

    name: str

    def start(self) -> None:
        """Begin with the first step."""
        ...

    def ask_to_stop(self) -> None:
        """Make the present step the last one; never blocks."""
        ...

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread; return whether it ended in time."""
        ...


class MakeThread(Protocol):
    """Creates a thread that repeats `step` and ends with `finish`.

    `step` returns the seconds to wait before the next step; setting `wake` ends that wait.
    """

    def __call__(
        self,
        name: str,
        step: Callable[[], float],
        clock: Clock,
        wake: threading.Event,
        finish: Callable[[], None],
        /,
    ) -> StepThread:
        """Return the thread, not started."""
        ...


class CameraThread:
    """A camera that is captured from `start` to `ask_to_stop`."""

    def __init__(
        self,
        device: Device,
        camera: Camera,
        mode: ModeRequest,
        clock: Clock,
        make_thread: MakeThread,
        *,
        validator: FrameValidator,
        on_demand: bool = False,
        restore_controls: bool = False,
        bulkhead: Bulkhead | None = None,
        backoff: Backoff | None = None,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Build the source and the loop; the camera is not opened yet."""
        self.device = device
        # Presumed to be a colour camera until it is opened.
        presumed = ImageSource(
            device.source_name,
            Layout.BGR8,
            mode.cols or 0,
            mode.rows or 0,
            parameter_spec=presumed_spec(camera),
        )
        self.source = CameraSource(
            presumed,
            clock,
            validator=validator,
            on_demand=on_demand,
            bulkhead=bulkhead,
            limits=limits,
            timeouts=timeouts,
        )
        self._loop = CaptureLoop(
            camera,
            self.source,
            clock,
            backoff,
            restore_controls=restore_controls,
            limits=limits,
            timeouts=timeouts,
        )
        self._thread = make_thread(
            f"capture-{device.source_name}",
            self._loop.step,
            clock,
            self.source.wake,
            self._loop.finish,
        )
        shown_name = without_password(device.device_name)
        _LOG.info("source %s is device %s", device.source_name, shown_name)

    @property
    def name(self) -> str:
        """The name of the thread."""
        return self._thread.name

    def start(self) -> None:
        """Open the camera and capture."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """End the capture soon; requests that wait for a picture end with an error."""
        self._thread.ask_to_stop()
        self._loop.interrupt()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread; return whether it ended in time."""
        return self._thread.join(timeout_s)
