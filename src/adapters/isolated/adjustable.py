"""Isolated cameras with controls or custom parameters."""

from collections.abc import Iterable, Mapping

from spot_webcam.adapters.isolated.camera import IsolatedCamera
from spot_webcam.domain.sources.controls import Control


class IsolatedControlledCamera(IsolatedCamera):
    """A `Controllable` `IsolatedCamera`, for a camera that is `Controllable`."""

    def controls(self) -> list[Control]:
        """Request them from the child process."""
        self._require_open()
        found = self._ask("controls", None, self.timeouts.call_s, list)
        return [control for control in found if isinstance(control, Control)]

    def read(self, names: Iterable[str]) -> dict[str, int]:
        """Request the values from the child process."""
        self._require_open()
        return self._ask("read", list(names), self.timeouts.call_s, dict)

    def write(self, values: Mapping[str, int]) -> None:
        """Set them in the child process."""
        self._require_open()
        self._ask("write", dict(values), self.timeouts.call_s, type(None))


class IsolatedParametrisedCamera(IsolatedCamera):
    """A `Parametrised` `IsolatedCamera`, for a camera that is `Parametrised`.

    `presumed_spec` is the spec before the camera is opened.
    """

    presumed_spec = b""

    def parameter_spec(self) -> bytes:
        """Request it from the child process."""
        if not self._open:
            return self.presumed_spec
        return self._ask("parameter_spec", None, self.timeouts.call_s, bytes)

    def set_parameters(self, encoded: bytes) -> None:
        """Set them in the child process."""
        self._require_open()
        self._ask("set_parameters", encoded, self.timeouts.call_s, type(None))

    def parameters(self) -> bytes:
        """Request them from the child process."""
        self._require_open()
        return self._ask("parameters", None, self.timeouts.call_s, bytes)
