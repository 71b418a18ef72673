"""One camera of the daemon: its source, its loop and its thread."""

import logging

from spot_webcam.app.cameras.isolation import Isolation, isolated_or_not
from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.loop import CaptureLoop
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.runtime.log_handler import scrub_log
from spot_webcam.app.runtime.loop_thread import LoopThread
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.health.validity import Examine
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.ports import Camera, Clock, ModeRequest
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.naming import Device
from spot_webcam.domain.sources.parameters import presumed_spec

_LOG = logging.getLogger(__name__)


class CameraThread:
    """A camera that is captured from `start` to `ask_to_stop`."""

    def __init__(
        self,
        device: Device,
        mode: ModeRequest,
        clock: Clock,
        *,
        examine: Examine,
        on_demand: bool,
        restore_controls: bool,
        max_waiters: int,
        bulkhead: Bulkhead | None = None,
        isolation: Isolation = Isolation.AUTO,
        backoff: Backoff | None = None,
        camera: Camera | None = None,
    ) -> None:
        """Build it; the camera is not opened yet. A `camera` takes the place of the device's.

        Raises:
            CameraMisconfigured: the device's name can never be opened here.
        """
        self.device = device
        camera = camera or isolated_or_not(device, mode, clock, isolation)
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
            examine=examine,
            on_demand=on_demand,
            max_waiters=max_waiters,
            bulkhead=bulkhead,
        )
        self._loop = CaptureLoop(
            camera,
            self.source,
            clock,
            backoff,
            restore_controls=restore_controls,
            scrub=device.address.scrub,
        )
        self._thread = LoopThread(
            f"capture-{device.source_name}",
            self._loop.step,
            clock,
            self.source.demand,
            self._loop.finish,
        )
        scrub_log(device.address)

    @property
    def name(self) -> str:
        """Whose thread it is."""
        return self._thread.name

    def start(self) -> None:
        """Open the camera and capture, on a thread of its own."""
        self._thread.start()
        _LOG.info("source %s is device %s", self.device.source_name, self.device.address)

    def ask_to_stop(self) -> None:
        """End the capture soon; who waits for a picture is told so."""
        self._thread.ask_to_stop()
        self._loop.interrupt()
        self.source.fail(NoData("the service is stopping"))

    def join(self, timeout_s: float) -> bool:
        """Wait for the end, and return whether it came."""
        return self._thread.join(timeout_s)
