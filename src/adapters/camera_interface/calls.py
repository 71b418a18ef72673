"""Paced, translated calls of a camera interface of any release of the SDK."""

import math
import threading
from dataclasses import dataclass
from numbers import Real
from typing import TypeAlias

from bosdyn.api import image_pb2, service_customization_pb2

from spot_webcam.adapters.camera_interface.captured_data import CapturedData, read_to_end
from spot_webcam.adapters.camera_interface.description import CameraDescription
from spot_webcam.adapters.camera_interface.errors import translated
from spot_webcam.adapters.camera_interface.picture_copies import is_stream, rereadable
from spot_webcam.adapters.camera_interface.signatures import (
    ImageDecode,
    capture_arguments,
    takes_custom_params,
)
from spot_webcam.domain.errors import CameraMisconfigured, CorruptFrame, NoData
from spot_webcam.domain.instant import now
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS

_Image = image_pb2.Image
_DictParam: TypeAlias = service_customization_pb2.DictParam

# Default limit of the capture rate: some cameras render or fetch a picture whenever they are asked
# to, and would be asked without a pause.
MAX_HZ = 30.0
# A capture that takes longer than this did not come from a buffer.
SLOW_S = 0.2


@dataclass(frozen=True, slots=True)
class DecodeRequest:
    """Format, pixel format and quality to request from `image_decode`."""

    image_format: int
    pixel_format: int = _Image.PIXEL_FORMAT_UNKNOWN
    quality: int = 0


class InterfaceCalls:
    """`blocking_capture` and `image_decode` behind one signature. Raises only `CameraError`.

    Until `stop_copying`, a capture can be decoded any number of times, whatever the decoder does
    to its input.
    """

    def __init__(self, description: CameraDescription, clock: Clock, fps: float | None) -> None:
        self._description = description
        self._clock = clock
        self._period_ns = round(NANOSECONDS / (fps or MAX_HZ))
        self._begun_ns: int | None = None
        self._image_decode = ImageDecode(description.interface.image_decode)
        self._copies = True
        self._changes_input = False
        self.takes_parameters = takes_custom_params(description.interface.blocking_capture)

    def wait_until_due(self, interrupted: threading.Event) -> None:
        """Block until the next capture may begin.

        Raises:
            NoData: the event was set.
        """
        if self._begun_ns is not None:
            left_ns = self._begun_ns + self._period_ns - self._clock.monotonic_ns()
            if left_ns > 0:
                self._clock.wait(interrupted, left_ns / NANOSECONDS)
        if interrupted.is_set():
            raise NoData("the camera was interrupted")

    def capture(self, params: _DictParam | None = None) -> CapturedData:
        """Capture a picture; blocks as long as the camera does."""
        begun = now(self._clock)
        self._begun_ns = begun.monotonic_ns
        with translated("blocking_capture"):
            capture = self._description.interface.blocking_capture
            outcome = capture(**capture_arguments(capture, params, {}))
        if not isinstance(outcome, (tuple, list)) or len(outcome) != 2:
            raise CameraMisconfigured(
                f"blocking_capture returned {type(outcome).__name__}: it must return the image"
                " and its time in seconds"
            )
        data, seconds = outcome
        if data is None or seconds is None:
            raise NoData("blocking_capture returned no picture")
        stream = rereadable(data) if is_stream(data) else None
        if stream is not None:
            with translated("reading the stream of blocking_capture"):
                data = read_to_end(stream)
        took_s = (self._clock.monotonic_ns() - begun.monotonic_ns) / NANOSECONDS
        timestamp_ns = _nanoseconds(seconds)
        if timestamp_ns is not None and timestamp_ns < begun.wall_ns and took_s > SLOW_S:
            # The picture is not that old: the camera's clock is late, or counts whole seconds.
            timestamp_ns = begun.wall_ns
        return CapturedData(data, timestamp_ns, params, took_s, stream)

    def decode(self, captured: CapturedData, wanted: DecodeRequest) -> image_pb2.Image:
        """Return the image that `image_decode` writes, unchecked."""
        # Prepared as by the SDK's servicer: many cameras fill in nothing but the data.
        known = self._description
        image = _Image(rows=known.rows, cols=known.cols, format=wanted.image_format)
        request = image_pb2.ImageRequest(
            image_source_name=known.name,
            image_format=wanted.image_format,
            pixel_format=wanted.pixel_format,
            quality_percent=wanted.quality,
            custom_params=captured.params,
        )
        inputs: list[object] = []

        def next_input() -> object:
            inputs.append(captured.decoder_input(copied=self._copies))
            return inputs[-1]

        with translated("image_decode", CorruptFrame):
            self._image_decode(next_input, image, request)
        if self._copies and not self._changes_input:
            self._changes_input = any(map(captured.is_changed, inputs))
        return image

    def stop_copying(self) -> None:
        """Copy the decoder's input from now on only if a decoding has changed its input."""
        self._copies = self._changes_input


def _nanoseconds(seconds: object) -> int | None:
    if not isinstance(seconds, Real) or not math.isfinite(seconds):
        return None
    return round(float(seconds) * 1e9)
