"""A camera interface of the SDK as a camera of ours."""

import gc
import logging
import threading
from dataclasses import dataclass, replace

from bosdyn.api import image_pb2
from bosdyn.api.service_customization_pb2 import DictParam

from spot_webcam.adapters.camera_interface.calls import InterfaceCalls
from spot_webcam.adapters.camera_interface.captured import Captured
from spot_webcam.adapters.camera_interface.colour_order import ColourOrder
from spot_webcam.adapters.camera_interface.delivery import Delivery, choose_delivery
from spot_webcam.adapters.camera_interface.described import (
    MAX_EXPOSURE_S,
    Described,
    Told,
    described,
    is_interface,
)
from spot_webcam.adapters.camera_interface.errors import one_line, translated
from spot_webcam.adapters.camera_interface.own_jpeg import DecodeJpeg
from spot_webcam.adapters.camera_interface.pace import SLOW_S, Pace
from spot_webcam.adapters.camera_interface.parameters import Parameters
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, Clock
from spot_webcam.domain.sources.description import CameraModel
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Opened:
    """A camera that runs."""

    described: Described
    calls: InterfaceCalls
    parameters: Parameters
    delivery: Delivery
    order: ColourOrder
    grabbed: Captured | None = None
    # A picture that was taken to learn what the camera gives, and is the first to be grabbed.
    ahead: Captured | None = None


class InterfaceCamera:
    """A `Camera`, `Interruptible` and `Parametrised` on a `CameraInterface` or `VisualImageSource`.

    Of the SDK, of `spot_webcam.image_service_helpers`, or alike, of any release. A capture that
    hangs, hangs: only the pause between captures is interrupted.
    """

    def __init__(
        self,
        camera: object,
        clock: Clock,
        decode_jpeg: DecodeJpeg,
        *,
        fps: float | None = None,
        gain: Told = None,
        exposure: Told = None,
        param_spec: DictParam.Spec | None = None,
    ) -> None:
        """`camera` is one, or a callable that makes one, anew for each `open`.

        `decode_jpeg` is that of an `ImageCodec`.

        A callable is what lets a camera that failed be opened again. What it made is closed by
        its `close`, if it has that, else let go of. `gain` in dB, `exposure` in seconds and
        `param_spec` are as for the SDK's `VisualImageSource`, and go before its own.
        """
        self._camera = camera
        self._clock = clock
        self._decode_jpeg = decode_jpeg
        self._pace = Pace(clock, fps)
        self._fps = fps
        self._gain, self._exposure, self._spec = gain, exposure, param_spec
        self._interrupted = threading.Event()
        self._opened: _Opened | None = None
        self._complained = False

    def open(self) -> CameraMode:
        """Make the camera and take a picture or two, to learn what it gives."""
        self.close()
        self._interrupted.clear()
        known = self._made()
        try:
            return self._begin(known)
        except BaseException:
            self._end(known.interface)
            raise

    def _made(self) -> Described:
        camera = self._camera
        if not is_interface(camera) and callable(camera):
            with translated("the camera's constructor"):
                camera = camera()
        return described(camera, gain=self._gain, exposure=self._exposure, spec=self._spec)

    def _begin(self, known: Described) -> CameraMode:
        calls = InterfaceCalls(known)
        parameters = Parameters(known.spec, taken=calls.takes_parameters)
        captured, took_s = self._pace.capture(calls)
        if took_s > SLOW_S:  # or it had to warm up
            captured, took_s = self._pace.capture(calls)
        delivery = choose_delivery(calls, captured, known, self._decode_jpeg)
        order = ColourOrder(self._decode_jpeg)
        opened = _Opened(known, calls, parameters, delivery, order)
        picture = self._picture(opened, captured)
        calls.settled()
        opened.ahead = captured
        self._opened = opened
        return CameraMode(
            picture.cols,
            picture.rows,
            picture.layout,
            fps=1 / took_s if took_s > SLOW_S else self._fps,
            codec="JPEG" if delivery.jpegs else "",
            camera_model=_fitting(known.camera_model, picture),
            depth_units_per_metre=known.depth_scale,
        )

    def grab(self) -> int | None:
        """Let the camera capture; returns the time that it tells."""
        opened = self._running()
        opened.grabbed = None
        captured, opened.ahead = opened.ahead, None
        if captured is None:
            self._pace.wait(self._interrupted)
            with opened.parameters.refusing():
                captured, _ = self._pace.capture(opened.calls, opened.parameters.given)
        opened.grabbed = captured
        opened.parameters.used = captured.params
        return captured.device_timestamp_ns

    def retrieve(self) -> Picture | JpegPicture:
        """Let the camera decode what the last grab captured."""
        opened = self._running()
        if opened.grabbed is None:
            raise NoData("nothing was grabbed from the camera")
        return self._picture(opened, opened.grabbed)

    def _picture(self, opened: _Opened, captured: Captured) -> Picture | JpegPicture:
        picture = opened.delivery.picture(opened.calls, captured)
        if isinstance(picture, JpegPicture):
            return picture
        now_ns = self._clock.monotonic_ns()
        return opened.order.put_right(picture, opened.calls, captured, now_ns)

    def settings(self) -> CaptureSettings:
        """Return what gain and exposure are said to be; those that cannot be told are not."""
        opened = self._running()
        try:
            told = opened.described.settings()
        except Exception as error:  # noqa: BLE001 - other people's code, and no picture hangs on it
            if not self._complained:
                self._complained = True
                _LOG.warning("the camera's gain or exposure cannot be told: %s", one_line(error))
            return CaptureSettings()
        return _settings(told)

    def parameter_spec(self) -> bytes:
        """Return the camera's `DictParam.Spec`, serialized."""
        return self._running().parameters.spec

    def set_parameters(self, encoded: bytes) -> None:
        """Give these to every capture from now on; none where there are none."""
        opened = self._running()
        opened.parameters.set(encoded)
        opened.ahead = None

    def parameters(self) -> bytes:
        """Return those that the last grab was taken with, the defaults among them."""
        return self._running().parameters.effective()

    def close(self) -> None:
        """Let the camera go."""
        opened, self._opened = self._opened, None
        if opened is not None:
            self._end(opened.described.interface)
            del opened
            # A VisualImageSource is part of a circle, and would hold its device until some later
            # day.
            gc.collect()

    def interrupt(self) -> None:
        """End the pause between two captures, and let the next one not begin."""
        self._interrupted.set()

    def _end(self, interface: object) -> None:
        """Close what was made here; what was given is used again."""
        if is_interface(self._camera):
            return
        try:
            getattr(interface, "close", lambda: None)()
        except Exception as error:  # noqa: BLE001 - it is let go of all the same
            _LOG.debug("the camera's close failed: %s", one_line(error), exc_info=True)

    def _running(self) -> _Opened:
        if self._opened is None:
            raise NoData("the camera is not open")
        return self._opened


def _fitting(model: CameraModel | None, picture: Picture | JpegPicture) -> CameraModel | None:
    """Return the model for pictures of this size, if it is one."""
    cols, rows = picture.cols, picture.rows
    if model is None:
        return None
    if not model.fits(cols, rows):
        _LOG.warning(
            "the camera's model is not listed: it is for %dx%d, and pictures are %dx%d",
            *(model.cols, model.rows, cols, rows),
        )
        return None
    return replace(model, cols=cols, rows=rows)


def _settings(told: image_pb2.CaptureParameters) -> CaptureSettings:
    exposure_s = told.exposure_duration.seconds + told.exposure_duration.nanos / NANOSECONDS
    return CaptureSettings(
        exposure_s=min(exposure_s, MAX_EXPOSURE_S) if exposure_s > 0 else None,
        gain_db=told.gain or None,
    )
