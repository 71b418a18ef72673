"""Access to a camera's `blocking_capture`: one thread at a time, with the arguments it takes."""

import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from spot_webcam.adapters.camera_interface.signatures import (
    capture_arguments,
    hides_old_capture,
    takes_custom_params,
)
from spot_webcam.app.serving.fair_semaphore import FairSemaphore
from spot_webcam.domain.errors import NoData
from spot_webcam.image_service_helpers.hang_detector import MAX_WAIT_S
from spot_webcam.image_service_helpers.shot import checked

_LOCK = threading.Lock()
# By identity: cameras may be equal to each other, and unhashable.
_SEMAPHORES: dict[int, tuple[Any, FairSemaphore]] = {}


def camera_semaphore(camera: Any) -> FairSemaphore:
    """Return the semaphore, with one slot, that all sources of this camera share. Thread-safe."""
    key = id(camera)
    with _LOCK:
        known = _SEMAPHORES.get(key)
        if known is not None and known[0]() is camera:
            return known[1]
        semaphore = FairSemaphore(1)
        try:
            reference = weakref.ref(camera, lambda dead: _forget(key, dead))
        except TypeError:  # no weak references: each of its sources has its own semaphore
            return semaphore
        _SEMAPHORES[key] = (reference, semaphore)
        return semaphore


def _forget(key: int, dead: Any) -> None:
    # Without the lock: the garbage collector calls this in any thread, at any point.
    known = _SEMAPHORES.get(key)
    if known is not None and known[0] is dead:
        _SEMAPHORES.pop(key, None)


class CameraAccess:
    """Calls of `blocking_capture` by one source. Thread-safe."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        """`warn` receives a message if the camera ignores custom parameters, once."""
        self._warn = warn
        self._has_warned = False
        self._refused_params = False

    def takes_params(self, camera: Any) -> bool:
        """Report whether the camera takes custom parameters, as far as is known."""
        return not self._refused_params and takes_custom_params(camera.blocking_capture)

    def capture(
        self, camera: Any, custom_params: Any, others: Mapping[str, Any]
    ) -> tuple[Any, float]:
        """Return an image and its time in seconds; blocks until it is the caller's turn.

        Raises:
            NoData: another capture of the camera does not end.
            Exception: whatever the camera raises.
        """
        if custom_params is not None and not self.takes_params(camera):
            self._warn_once()
            custom_params = None
        semaphore = camera_semaphore(camera)
        if not semaphore.acquire(MAX_WAIT_S):
            raise NoData("an earlier capture of the camera has not ended")
        try:
            return checked(self._call(camera.blocking_capture, custom_params, others))
        finally:
            semaphore.release()

    def _call(
        self, capture: Callable[..., Any], custom_params: Any, others: Mapping[str, Any]
    ) -> Any:
        try:
            return capture(**capture_arguments(capture, custom_params, others))
        except TypeError as error:
            if custom_params is None or not hides_old_capture(capture, error):
                raise
        self._refused_params = True
        self._warn_once()
        return capture(**capture_arguments(capture, None, {}))

    def _warn_once(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            self._warn("its blocking_capture takes no custom_params: they are ignored")
