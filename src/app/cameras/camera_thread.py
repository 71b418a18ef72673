"""Camera thread: a camera's source and its capture loop on a thread of their own."""

import logging

from spot_webcam.app.cameras.isolation import presumed_spec
from spot_webcam.app.cameras.options import CameraOptions
from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.initial_parameters import InitialParameters, ParameterEncoder
from spot_webcam.app.capture.loop import CaptureLoop
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.runtime.log_handler import scrub_log
from spot_webcam.app.runtime.loop_thread import LoopThread
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.health.pauses import PauseDetector
from spot_webcam.domain.health.validity import FrameValidator
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.ports import Camera, Clock
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.naming import Device

_LOG = logging.getLogger(__name__)


class CameraThread:
    """A camera that is captured from `start` to `ask_to_stop`."""

    def __init__(
        self,
        options: CameraOptions,
        camera: Camera,
        clock: Clock,
        *,
        validator: FrameValidator,
        bulkhead: Bulkhead | None = None,
        pauses: PauseDetector | None = None,
        backoff: Backoff | None = None,
        encode_parameters: ParameterEncoder | None = None,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Build the source and the loop; the camera is not opened yet.

        `encode_parameters` is needed for options with parameters.
        """
        self.options = options
        device, capture = options.device, options.capture
        transform = capture.transform
        cols, rows = transform.size(capture.mode.cols or 0, capture.mode.rows or 0)
        # Presumed to be a colour camera until it is opened.
        presumed = ImageSource(
            device.source_name,
            Layout.BGR8,
            cols,
            rows,
            parameter_spec=presumed_spec(camera),
            transcode=capture.transcode,
            default_quality=capture.quality or 0,
        )
        self.source = CameraSource(
            presumed,
            clock,
            validator=validator,
            on_demand=capture.on_demand,
            bulkhead=bulkhead,
            pauses=pauses,
            staleness_limit_s=capture.staleness_limit_s,
            limits=limits,
            timeouts=timeouts,
        )
        initial = None
        if capture.parameters and encode_parameters is not None:
            initial = InitialParameters(capture.parameters, encode_parameters)
        timeouts = timeouts or Timeouts()
        self._capture = CaptureLoop(
            camera,
            self.source,
            clock,
            backoff,
            restore_controls=capture.restore_controls,
            initial=initial,
            transform=transform,
            camera_model=capture.camera_model,
            limits=limits,
            timeouts=timeouts,
            scrub=device.address.scrub,
        )
        self.loop = LoopThread(
            f"capture-{device.source_name}",
            self._capture.step,
            clock,
            self.source.wake,
            self._capture.finish,
            max_step_s=timeouts.capture_step_s,
        )
        scrub_log(device.address)

    @property
    def device(self) -> Device:
        """The camera, and the name of its source."""
        return self.options.device

    @property
    def name(self) -> str:
        """The name of the thread."""
        return self.loop.name

    def start(self) -> None:
        """Open the camera and capture."""
        self.loop.start()
        name = self.device.source_name
        _LOG.info("source %s is device %s", name, self.device.address)
        if self.options.capture.transform:
            _LOG.info("%s: every JPEG is transcoded, since its pictures are transformed", name)

    def ask_to_stop(self) -> None:
        """End the capture soon; requests that wait for a picture end with an error."""
        self.loop.ask_to_stop()
        self._capture.interrupt()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread; return whether it ended in time."""
        return self.loop.join(timeout_s)
