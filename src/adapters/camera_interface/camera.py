"""Adapter of the SDK's camera interface to the `Camera` port."""

import gc
import logging
import threading
from dataclasses import dataclass, replace

from bosdyn.api.service_customization_pb2 import DictParam

from spot_webcam.adapters.camera_interface.calls import SLOW_S, InterfaceCalls
from spot_webcam.adapters.camera_interface.captured_data import CapturedData
from spot_webcam.adapters.camera_interface.channel_order import ChannelOrder
from spot_webcam.adapters.camera_interface.description import (
    MAX_EXPOSURE_S,
    CameraDescription,
    Setting,
    describe,
    is_interface,
)
from spot_webcam.adapters.camera_interface.errors import one_line, translated
from spot_webcam.adapters.camera_interface.jpegs import DecodeJpeg
from spot_webcam.adapters.camera_interface.output_format import OutputFormat, negotiate_format
from spot_webcam.adapters.camera_interface.parameters import Parameters
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, Clock
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Opened:
    """The parts of an open camera."""

    description: CameraDescription
    calls: InterfaceCalls
    parameters: Parameters
    format: OutputFormat
    channel_order: ChannelOrder
    grabbed: CapturedData | None = None
    # The capture of the negotiation, which the first grab returns.
    ahead: CapturedData | None = None


class InterfaceCamera:
    """A `Camera`, `Interruptible` and `Parametrised` on a `CameraInterface` or `VisualImageSource`.

    Of the SDK, of `spot_webcam.image_service_helpers`, or of equal methods, of any release. A
    capture that hangs is not ended: `interrupt` only ends the pause between captures.
    """

    def __init__(
        self,
        camera: object,
        clock: Clock,
        decode_jpeg: DecodeJpeg,
        *,
        fps: float | None = None,
        gain: Setting = None,
        exposure: Setting = None,
        param_spec: DictParam.Spec | None = None,
    ) -> None:
        """`camera` is an object, or a callable that makes one for each `open`.

        Only a callable allows a camera that failed to be opened again. What it makes is closed by
        its `close`, if it has one, and released. `decode_jpeg` is that of an `ImageCodec`. `gain`
        in dB, `exposure` in seconds and `param_spec` are as for the SDK's `VisualImageSource`, and
        take precedence over those of the camera.
        """
        self._camera = camera
        self._clock = clock
        self._decode_jpeg = decode_jpeg
        self._fps = fps
        self._gain, self._exposure, self._spec = gain, exposure, param_spec
        self._interrupted = threading.Event()
        self._opened: _Opened | None = None
        self._has_warned = False

    def open(self) -> CameraMode:
        """Make the camera, capture once or twice, and negotiate the format."""
        self.close()
        self._interrupted.clear()
        camera = self._camera
        if not is_interface(camera) and callable(camera):
            with translated("the camera's constructor"):
                camera = camera()
        known = describe(camera, gain=self._gain, exposure=self._exposure, spec=self._spec)
        try:
            return self._start(known)
        except BaseException:
            self._release(known.interface)
            raise

    def _start(self, known: CameraDescription) -> CameraMode:
        calls = InterfaceCalls(known, self._clock, self._fps)
        parameters = Parameters(known.spec, is_taken=calls.takes_parameters)
        captured = calls.capture()
        if captured.took_s > SLOW_S:  # or it was warming up
            captured = calls.capture()
        output = negotiate_format(calls, captured, known, self._decode_jpeg)
        opened = _Opened(known, calls, parameters, output, ChannelOrder(self._decode_jpeg))
        picture = self._picture(opened, captured)
        calls.stop_copying()
        opened.ahead = captured
        self._opened = opened
        return CameraMode(
            picture.cols,
            picture.rows,
            picture.layout,
            fps=1 / captured.took_s if captured.took_s > SLOW_S else self._fps,
            codec="JPEG" if output.is_jpeg else "",
            camera_model=_fitting_model(known.camera_model, picture),
            depth_units_per_metre=known.depth_units_per_metre,
        )

    def grab(self) -> int | None:
        """Capture a picture, and return the camera's time of it."""
        opened = self._require_open()
        opened.grabbed = None
        captured, opened.ahead = opened.ahead, None
        if captured is None:
            opened.calls.wait_until_due(self._interrupted)
            with opened.parameters.blamed_on_request():
                captured = opened.calls.capture(opened.parameters.requested)
        opened.grabbed = captured
        opened.parameters.used = captured.params
        return captured.device_timestamp_ns

    def retrieve(self) -> Picture | JpegPicture:
        """Decode the picture of the last grab."""
        opened = self._require_open()
        if opened.grabbed is None:
            raise NoData("nothing was grabbed from the camera")
        return self._picture(opened, opened.grabbed)

    def _picture(self, opened: _Opened, captured: CapturedData) -> Picture | JpegPicture:
        picture = opened.format.picture(opened.calls, captured)
        if isinstance(picture, JpegPicture):
            return picture
        now_ns = self._clock.monotonic_ns()
        return opened.channel_order.correct_channel_order(picture, opened.calls, captured, now_ns)

    def settings(self) -> CaptureSettings:
        """Return gain and exposure, as far as they are known."""
        opened = self._require_open()
        try:
            params = opened.description.settings()
        except Exception as error:  # noqa: BLE001 - other people's code; pictures do not need it
            if not self._has_warned:
                self._has_warned = True
                _LOG.warning("cannot read the camera's gain or exposure: %s", one_line(error))
            return CaptureSettings()
        duration = params.exposure_duration
        exposure_s = duration.seconds + duration.nanos / NANOSECONDS
        return CaptureSettings(
            exposure_s=min(exposure_s, MAX_EXPOSURE_S) if exposure_s > 0 else None,
            gain_db=params.gain or None,
        )

    def parameter_spec(self) -> bytes:
        """Return the camera's `DictParam.Spec`, serialized."""
        return self._require_open().parameters.spec

    def set_parameters(self, encoded: bytes) -> None:
        """Use these parameters for every capture from now on; none if empty."""
        opened = self._require_open()
        opened.parameters.set(encoded)
        opened.ahead = None

    def parameters(self) -> bytes:
        """Return the parameters of the last grab, defaults included."""
        return self._require_open().parameters.effective()

    def close(self) -> None:
        """Close the camera if it was made here, and release it."""
        opened, self._opened = self._opened, None
        if opened is not None:
            self._release(opened.description.interface)
            del opened
            # A VisualImageSource is part of a reference cycle, which would hold its device.
            gc.collect()

    def interrupt(self) -> None:
        """End the pause between captures, and prevent the next capture."""
        self._interrupted.set()

    def _release(self, interface: object) -> None:
        """Close a camera that was made here; a camera that was passed in is used again."""
        if is_interface(self._camera):
            return
        try:
            getattr(interface, "close", lambda: None)()
        except Exception as error:  # noqa: BLE001 - it is released in any case
            _LOG.debug("the camera's close failed: %s", one_line(error), exc_info=True)

    def _require_open(self) -> _Opened:
        if self._opened is None:
            raise NoData("the camera is not open")
        return self._opened


def _fitting_model(model: CameraModel | None, picture: Picture | JpegPicture) -> CameraModel | None:
    """Return the model for pictures of this size, if it fits."""
    cols, rows = picture.cols, picture.rows
    if model is None:
        return None
    if not model.fits(cols, rows):
        _LOG.warning(
            "the camera model is not listed: it is for %dx%d, and pictures are %dx%d",
            *(model.cols, model.rows, cols, rows),
        )
        return None
    return replace(model, cols=cols, rows=rows)
