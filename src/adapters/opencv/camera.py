"""Live camera on OpenCV: a device, a URL or a pipeline."""

from collections.abc import Callable
from dataclasses import replace

import cv2

from spot_webcam.adapters.opencv.capture import open_capture, retrieve_picture, retrieve_pixels
from spot_webcam.adapters.opencv.device import Kind, OpenCvDevice
from spot_webcam.adapters.opencv.passthrough import (
    RAW_PACKETS,
    are_bytes,
    codec_name,
    hand_over_jpegs,
    is_one_field,
    retrieve_jpeg,
)
from spot_webcam.adapters.opencv.stream import reported_fps, skip_buffered, stream_time_ns
from spot_webcam.domain.errors import CameraAbsent, CameraError, CorruptFrame, NoData
from spot_webcam.domain.instant import now
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, Clock, ModeRequest
from spot_webcam.domain.sources.modes import JPEG_CODECS

# Unit of V4L2_CID_EXPOSURE_ABSOLUTE: docs.kernel.org, "Camera Control Reference".
V4L2_EXPOSURE_UNIT_S = 100e-6
# Attempts to capture a valid first picture, which shows the size.
FIRST_PICTURE_TRIES = 5
# Factor of the timeouts at every second attempt, until an attempt has succeeded.
LONG_TIMEOUT_FACTOR = 3
# Factor of the timeouts for a stream that sends no key frame for long: it may be 10 s to the next.
KEY_FRAME_TIMEOUT_FACTOR = 8
# Video with more pixels, those of 1080p with the rows that decoders add, is decoded by all
# processors: one might not keep up, and then pictures would come later and later.
MAX_PX_OF_ONE_THREAD = 1920 * 1088


class OpenCvCamera:
    """A `Camera` and `StreamTimed` on `cv2.VideoCapture`.

    Motion JPEG is passed through. Other video of a network camera is decoded by one thread, unless
    it is larger than 1080p, so that no picture is held back (ADR 22). A read blocks as long as the
    backend does: two seconds for a network camera.
    """

    def __init__(
        self,
        device: OpenCvDevice,
        request: ModeRequest,
        clock: Clock,
        *,
        open_capture: Callable[[OpenCvDevice], cv2.VideoCapture] = open_capture,
    ) -> None:
        self._device = device
        self._request = request
        self._clock = clock
        self._open_capture = open_capture
        self._capture: cv2.VideoCapture | None = None
        self._jpegs = False
        self._grabbed = False
        # Some network cameras need longer timeouts, which would delay the recovery of others.
        self._timeout_factor = 1
        self._timeout_proven = False
        self._awaits_key_frame = False

    def open(self) -> CameraMode:
        """Open the device, request the mode, and read back the granted mode."""
        try:
            mode = self._open()
        except NoData:
            if not (self._timeout_proven or self._awaits_key_frame):
                self._timeout_factor = LONG_TIMEOUT_FACTOR if self._timeout_factor == 1 else 1
            raise
        self._timeout_proven = True
        return mode

    def _open(self) -> CameraMode:
        capture = self._start()
        picture = self._first_picture(capture)
        if isinstance(picture, JpegPicture) and is_one_field(capture, picture):
            capture = self._start(decode=True)
            picture = self._first_picture(capture)
        elif not self._jpegs and self._device.decoder_threads and _is_large(picture):
            self._device = replace(self._device, decoder_threads=0)
            capture = self._start()
            picture = self._first_picture(capture)
        if self._device.kind is Kind.URL and not skip_buffered(
            capture, self._device, self._clock, decodes=not self._jpegs
        ):
            raise self._no_data()
        return CameraMode(
            cols=picture.cols,
            rows=picture.rows,
            layout=picture.layout,
            fps=reported_fps(capture, self._device),
            codec=codec_name(capture),
        )

    def _start(self, *, decode: bool = False) -> cv2.VideoCapture:
        self.close()
        factor = KEY_FRAME_TIMEOUT_FACTOR if self._awaits_key_frame else self._timeout_factor
        device = self._device.with_timeout_factor(factor)
        self._capture = capture = self._open_capture(device)
        self._request_mode(capture)
        self._jpegs = not decode and hand_over_jpegs(capture, self._device.backend)
        return capture

    def _request_mode(self, capture: cv2.VideoCapture) -> None:
        # The order matters to V4L2: sizes depend on the codec, rates on the size. The results of
        # set() do not matter: it returns True for values that it ignored.
        request = self._request
        if request.codec is not None:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*request.codec))
        if request.cols is not None:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, request.cols)
        if request.rows is not None:
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, request.rows)
        if request.fps is not None:
            capture.set(cv2.CAP_PROP_FPS, request.fps)

    def _first_picture(self, capture: cv2.VideoCapture) -> Picture | JpegPicture:
        """Capture a picture to learn its true size: the properties may be wrong."""
        corrupt = CorruptFrame(f"{self._device} delivers no valid pictures")
        for _ in range(FIRST_PICTURE_TRIES):
            if not capture.grab():
                raise self._why_no_picture(capture, self._no_data())
            try:
                if self._jpegs and not are_bytes(retrieve_pixels(capture)):
                    self._jpegs = False  # the backend decodes in spite of the request
                return self._picture(capture)
            except CorruptFrame as error:
                corrupt = error
        raise self._why_no_picture(capture, corrupt)

    def _why_no_picture(self, capture: cv2.VideoCapture, error: CameraError) -> CameraError:
        """Return the error of a device that opened and sent no picture; `error` if it is no video.

        Decoders pass over what comes before a key frame, and cameras send one every ten seconds,
        or less often. Until the first one, FFmpeg knows no size, and cannot decode later.
        """
        is_video = self._device.kind is Kind.URL and codec_name(capture).upper() not in JPEG_CODECS
        has_size = capture.get(cv2.CAP_PROP_FRAME_WIDTH) > 0
        is_silent = isinstance(error, NoData)
        if not is_video or (has_size and not is_silent):
            return error
        self._awaits_key_frame = self._sends_packets()
        if not self._awaits_key_frame:
            return error
        return NoData(
            f"{self._device} is waiting for a key frame: if that lasts, shorten the camera's key"
            " frame interval (GOP) to a second or two"
        )

    def _sends_packets(self) -> bool:
        """Open the stream without a decoder, and report whether it sends anything."""
        self.close()
        try:
            self._capture = capture = self._open_capture(self._device)
        except CameraError:
            return False
        capture.set(cv2.CAP_PROP_FORMAT, RAW_PACKETS)
        return bool(capture.get(cv2.CAP_PROP_FORMAT) == RAW_PACKETS and capture.grab())

    def grab(self) -> int | None:
        """Wait for the next frame; return the driver's time on V4L2."""
        capture = self._opened()
        self._grabbed = False
        if not capture.grab():
            raise self._no_data()
        self._grabbed = True
        if self._device.backend != cv2.CAP_V4L2:
            return None
        # The buffer's CLOCK_MONOTONIC in milliseconds; 0 if the driver sets no timestamps.
        stamp_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
        if not stamp_ms > 0:
            return None
        moment = now(self._clock)
        return moment.wall_ns - (moment.monotonic_ns - round(stamp_ms * 1e6))

    def retrieve(self) -> Picture | JpegPicture:
        """Return the picture of the last grab: the camera's own JPEG, or decoded pixels."""
        capture = self._opened()
        if not self._grabbed:
            raise NoData(f"nothing was grabbed from {self._device}")
        return self._picture(capture)

    def _picture(self, capture: cv2.VideoCapture) -> Picture | JpegPicture:
        return retrieve_jpeg(capture) if self._jpegs else retrieve_picture(capture)

    def stream_time_ns(self) -> int | None:
        """Return the stream time of the last grab."""
        return None if self._capture is None else stream_time_ns(self._capture, self._device)

    def settings(self) -> CaptureSettings:
        """Return the driver's settings; other backends return 0 for unknown values."""
        if self._capture is None or self._device.backend != cv2.CAP_V4L2:
            return CaptureSettings()
        exposure = self._capture.get(cv2.CAP_PROP_EXPOSURE)
        gain = self._capture.get(cv2.CAP_PROP_GAIN)
        return CaptureSettings(
            exposure_s=exposure * V4L2_EXPOSURE_UNIT_S if exposure > 0 else None,
            gain_db=gain if gain >= 0 else None,
        )

    def close(self) -> None:
        """Release the capture."""
        self._grabbed = False
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _opened(self) -> cv2.VideoCapture:
        if self._capture is None:
            raise NoData(f"{self._device} is not open")
        return self._capture

    def _no_data(self) -> CameraAbsent | NoData:
        path = self._device.path
        if path is not None and not path.exists():
            return CameraAbsent(f"{self._device} is gone: plug the camera in again")
        if self._device.kind is Kind.URL:
            return NoData(f"{self._device} has stopped sending")
        return NoData(f"{self._device} delivers nothing: look at the cable, or cycle its power")


def _is_large(picture: Picture | JpegPicture) -> bool:
    return picture.cols * picture.rows > MAX_PX_OF_ONE_THREAD
