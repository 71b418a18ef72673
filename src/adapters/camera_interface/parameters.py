"""Custom parameters of an opened camera."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from bosdyn.api import service_customization_pb2
from bosdyn.client.service_customization_helpers import (
    create_value_validator,
    dict_spec_to_default,
)

from spot_webcam.adapters.camera_interface.errors import one_line
from spot_webcam.domain.errors import CameraError, CameraMisconfigured, ParametersRefused

_LOG = logging.getLogger(__name__)
_DictParam: TypeAlias = service_customization_pb2.DictParam
# Exceptions of a camera that rejects values which its spec allows.
_VALUE_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, NotImplementedError)


class Parameters:
    """Spec and values: `requested` for the next captures, `used` by the last, `None` if none."""

    def __init__(
        self, spec: service_customization_pb2.DictParam.Spec | None, *, is_taken: bool
    ) -> None:
        """`is_taken`: whether the camera's `blocking_capture` takes parameters.

        Raises:
            CameraMisconfigured: the spec is invalid.
        """
        self.spec = b""
        self.requested: _DictParam | None = None
        self.used: _DictParam | None = None
        if spec is not None and spec.specs and not is_taken:
            _LOG.warning(
                "the camera's parameters are not offered: its blocking_capture takes no"
                " custom_params"
            )
        if spec is None or not is_taken:
            spec = _DictParam.Spec()
        try:
            self._validate = create_value_validator(spec)
            self._defaults = dict_spec_to_default(spec)
        except Exception as error:
            raise CameraMisconfigured(
                f"the spec of the camera's parameters is invalid: {one_line(error)}"
            ) from error
        if spec.specs:
            self.spec = spec.SerializeToString(deterministic=True)

    def set(self, encoded: bytes) -> None:
        """Use these values from now on; none if empty.

        Raises:
            ParametersRefused: the spec does not allow them.
        """
        values = _DictParam.FromString(encoded)
        try:
            # A second message: the validator may write into its argument.
            wrong = self._validate(_DictParam.FromString(encoded)) if values.values else None
        except Exception as error:  # the SDK's validator raises anything on incomplete messages
            raise ParametersRefused(f"unreadable parameters: {one_line(error)}") from error
        if wrong is not None:
            texts = (" ".join(text.split()) for text in wrong.error_messages)
            raise ParametersRefused("; ".join(texts))
        self.requested = values if values.values else None

    def effective(self) -> bytes:
        """Return the values of the last capture: the spec's defaults, and what was requested."""
        if not self.spec:
            return b""
        effective = _DictParam()
        effective.CopyFrom(self._defaults)
        if self.used is not None:
            for name, value in self.used.values.items():
                effective.values[name].CopyFrom(value)
        return bytes(effective.SerializeToString(deterministic=True))

    @contextmanager
    def blamed_on_request(self) -> Iterator[None]:
        """Raise a capture's error about requested values as `ParametersRefused`."""
        try:
            yield
        except CameraError as error:
            if self.requested is None or not isinstance(error.__cause__, _VALUE_ERRORS):
                raise
            raise ParametersRefused(*error.args) from error
