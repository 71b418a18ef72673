"""Network camera over HTTP: Motion JPEG in its many manners, or single JPEGs."""

import threading

from spot_webcam.adapters.http_camera.client import HttpClient
from spot_webcam.adapters.http_camera.connector import Connector
from spot_webcam.adapters.http_camera.multipart import Part
from spot_webcam.adapters.http_camera.picture_timeout import PictureTimeout
from spot_webcam.adapters.http_camera.pictures import Pictures, open_pictures
from spot_webcam.adapters.http_camera.timestamps import SenderClock, timestamp_ns
from spot_webcam.adapters.http_camera.trust import Trust
from spot_webcam.domain.errors import CorruptFrame, NoData
from spot_webcam.domain.media.image import CaptureSettings, JpegPicture
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.domain.ports import CameraMode, Clock, ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.timing import NANOSECONDS

# Attempts to get a valid first picture, which shows the size.
FIRST_PICTURE_TRIES = 5
# After so long without a grab, what buffers hold is old: the stream is requested again.
MAX_IDLE_NS = NANOSECONDS
# Some cameras end each stream after a time. One that ends sooner is left for a while.
MIN_STREAM_NS = NANOSECONDS


class HttpCamera:
    """A `Camera`, `Interruptible` and `StreamTimed` on HTTP and HTTPS.

    The camera's own bytes are handed on. Every wait is bounded: connecting by 0.8 s per address,
    the next picture by a `PictureTimeout`.
    """

    def __init__(
        self,
        address: DeviceAddress,
        request: ModeRequest,
        clock: Clock,
        certificate: str = "",
        *,
        timeout: PictureTimeout | None = None,
    ) -> None:
        """`certificate` is a fingerprint or a PEM file: see `Trust.parse`.

        Raises:
            CameraMisconfigured: the address is invalid, or the certificate.
        """
        self._connector = Connector()
        self._client = HttpClient(address, Trust.parse(certificate), self._connector)
        self._clock = clock
        self._rate_hz = request.fps
        self._timeout = timeout or PictureTimeout()
        self._interrupted = threading.Event()
        self._pictures: Pictures | None = None
        self._sender = SenderClock()
        self._grabbed: Part | None = None
        self._arrived_ns = 0
        self._started_ns = 0

    def open(self) -> CameraMode:
        """Request the address, and read a first picture, for its size."""
        self.close()
        self._interrupted.clear()
        self._connector.reset()
        self._sender = SenderClock()
        try:
            self._pictures = pictures = self._start()
            part, jpeg = self._first_picture(pictures)
        except NoData:
            self._give_up()
            raise
        pictures.put_back(part)
        self._arrived_ns = self._clock.monotonic_ns()
        # How often a camera is polled is not how often it has another picture.
        return CameraMode(jpeg.cols, jpeg.rows, jpeg.layout, None, "MJPG")

    def _start(self) -> Pictures:
        self._started_ns = self._clock.monotonic_ns()
        return open_pictures(
            self._client,
            self._clock,
            self._interrupted,
            self._rate_hz,
            self._timeout.timeout_s,
        )

    def _first_picture(self, pictures: Pictures) -> tuple[Part, JpegPicture]:
        corrupt = CorruptFrame(f"{self._client.shown} sends no valid pictures")
        for _ in range(FIRST_PICTURE_TRIES):
            part = pictures.next(self._timeout.timeout_s)
            try:
                return part, inspect_jpeg(part.data)
            except CorruptFrame as error:
                corrupt = error
        raise corrupt

    def _give_up(self) -> None:
        if self._connector.has_expired:
            self._timeout.timed_out()

    def grab(self) -> int | None:
        """Wait for the next picture; return its time if the camera has this computer's clock."""
        self._grabbed = None
        pictures = self._opened()
        begun_ns = self._clock.monotonic_ns()
        try:
            if begun_ns - self._arrived_ns > MAX_IDLE_NS:
                pictures = self._restart()
            self._grabbed = part = self._next(pictures)
        except NoData:
            self._give_up()
            raise
        self._arrived_ns = self._clock.monotonic_ns()
        self._timeout.delivered((self._arrived_ns - begun_ns) / NANOSECONDS)
        return self._sender.capture_time_ns(timestamp_ns(part.headers), self._clock.time_ns())

    def _next(self, pictures: Pictures) -> Part:
        """Return the next picture; of a stream that has ended, from another at once."""
        try:
            return pictures.next(self._timeout.timeout_s)
        except NoData:
            age_ns = self._clock.monotonic_ns() - self._started_ns
            if self._connector.interrupted or self._connector.has_expired or age_ns < MIN_STREAM_NS:
                raise
            return self._restart().next(self._timeout.timeout_s)

    def _restart(self) -> Pictures:
        self._client.close()
        self._pictures = pictures = self._start()
        return pictures

    def retrieve(self) -> JpegPicture:
        """Return the picture of the last grab, inspected and not decoded."""
        self._opened()
        if self._grabbed is None:
            raise NoData(f"nothing was grabbed from {self._client.shown}")
        return inspect_jpeg(self._grabbed.data)

    def stream_time_ns(self) -> int | None:
        """Return the timestamp of the last grab, by the camera's clock."""
        return None if self._grabbed is None else timestamp_ns(self._grabbed.headers)

    def settings(self) -> CaptureSettings:
        """Return no settings: HTTP transfers none."""
        return CaptureSettings()

    def interrupt(self) -> None:
        """End a wait, and later ones, until the next `open`."""
        self._interrupted.set()
        self._connector.interrupt()

    def close(self) -> None:
        """End all connections."""
        self._pictures = None
        self._grabbed = None
        self._client.close()

    def _opened(self) -> Pictures:
        if self._pictures is None:
            raise NoData(f"{self._client.shown} is not open")
        return self._pictures
