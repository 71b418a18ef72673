"""Cameras in processes of their own that can be adjusted."""

from collections.abc import Iterable, Mapping

from spot_webcam.adapters.isolated.camera import IsolatedCamera
from spot_webcam.domain.sources.controls import Control


class IsolatedControlledCamera(IsolatedCamera):
    """An `IsolatedCamera` that is `Controllable`, for a camera that is."""

    def controls(self) -> list[Control]:
        """Ask for them over there."""
        self._demand_open()
        found = self._ask("controls", None, self._timeouts.call_s, list)
        return [one for one in found if isinstance(one, Control)]

    def read(self, names: Iterable[str]) -> dict[str, int]:
        """Ask for their values over there."""
        self._demand_open()
        return self._ask("read", list(names), self._timeouts.call_s, dict)

    def write(self, values: Mapping[str, int]) -> None:
        """Set them over there."""
        self._demand_open()
        self._ask("write", dict(values), self._timeouts.call_s, type(None))


class IsolatedParametrisedCamera(IsolatedCamera):
    """An `IsolatedCamera` that is `Parametrised`, for a camera that is.

    `presumed_spec` is what it tells before it is opened.
    """

    presumed_spec = b""

    def parameter_spec(self) -> bytes:
        """Ask for it over there."""
        if not self._open:
            return self.presumed_spec
        return self._ask("parameter_spec", None, self._timeouts.call_s, bytes)

    def set_parameters(self, encoded: bytes) -> None:
        """Set them over there."""
        self._demand_open()
        self._ask("set_parameters", encoded, self._timeouts.call_s, type(None))

    def parameters(self) -> bytes:
        """Ask for them over there."""
        self._demand_open()
        return self._ask("parameters", None, self._timeouts.call_s, bytes)
