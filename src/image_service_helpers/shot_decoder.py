"""Decoding of shots on threads that can be abandoned."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeAlias

from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.image_service_helpers.daemon_executor import DaemonExecutor
from spot_webcam.image_service_helpers.hang_detector import HangDetector
from spot_webcam.image_service_helpers.shot import Decoding, Shot

MAX_THREADS = 4
# For another thread to submit a decoding, which takes microseconds.
SUBMIT_TIMEOUT_S = 5.0

# Fill an `Image` from captured data as a request asks for it, and return the status.
Decode: TypeAlias = Callable[[Any, Any, Any], int]


class ShotDecoder:
    """Decode shots, once for all equal requests. Thread-safe."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._clock = clock
        self._executor = DaemonExecutor(f"decode {name}", MAX_THREADS, clock)
        self._hang_detector = HangDetector(name, self._executor, "its decodings")

    def decoded(
        self, shot: Shot, request: Any, decode: Callable[[Any], Decoding]
    ) -> "Future[Decoding]":
        """Return the result of `decode`, which is called with a copy of the shot's image.

        Raises:
            NoData: the camera's decoding hangs.
        """

        def submit() -> "Future[Decoding]":
            self._hang_detector.check()
            return self._executor.submit(partial(self._decode, shot, decode))

        key = request.SerializeToString(deterministic=True)
        return shot.decodings.get(key, submit, SUBMIT_TIMEOUT_S)

    def _decode(self, shot: Shot, decode: Callable[[Any], Decoding]) -> Decoding:
        begun_ns = self._clock.monotonic_ns()
        decoding = decode(shot.decoder_input())
        self._hang_detector.record((self._clock.monotonic_ns() - begun_ns) / NANOSECONDS)
        return decoding
