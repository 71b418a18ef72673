"""Camera thread: a camera's source and its capture loop on a thread of their own."""

import logging

from spot_webcam.app.cameras.isolation import presumed_spec
from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.loop import CaptureLoop
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.runtime.log_handler import scrub_log
from spot_webcam.app.runtime.loop_thread import LoopThread
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.health.pauses import PauseDetector
from spot_webcam.domain.health.validity import FrameValidator
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.ports import Camera, Clock, ModeRequest
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.naming import Device

_LOG = logging.getLogger(__name__)


class CameraThread:
    """A camera that is captured from `start` to `ask_to_stop`."""

    def __init__(
        self,
        device: Device,
        camera: Camera,
        mode: ModeRequest,
        clock: Clock,
        *,
        validator: FrameValidator,
        on_demand: bool = False,
        restore_controls: bool = False,
        bulkhead: Bulkhead | None = None,
        pauses: PauseDetector | None = None,
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
            pauses=pauses,
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
            scrub=device.address.scrub,
        )
        self._thread = LoopThread(
            f"capture-{device.source_name}",
            self._loop.step,
            clock,
            self.source.wake,
            self._loop.finish,
        )
        scrub_log(device.address)

    @property
    def name(self) -> str:
        """The name of the thread."""
        return self._thread.name

    def start(self) -> None:
        """Open the camera and capture."""
        self._thread.start()
        _LOG.info("source %s is device %s", self.device.source_name, self.device.address)

    def ask_to_stop(self) -> None:
        """End the capture soon; requests that wait for a picture end with an error."""
        self._thread.ask_to_stop()
        self._loop.interrupt()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread; return whether it ended in time."""
        return self._thread.join(timeout_s)
