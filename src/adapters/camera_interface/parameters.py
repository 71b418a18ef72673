"""A camera's custom parameters: those it offers, those it is given, those it used."""

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
# What a camera raises of values that it does not take, though its spec lets them pass.
_OF_VALUES = (ValueError, TypeError, LookupError, ArithmeticError, NotImplementedError)


class Parameters:
    """What one opened camera is told with each capture.

    `given` is what the next captures get, `None` for nothing; `used` what the last one got.
    """

    def __init__(
        self, spec: service_customization_pb2.DictParam.Spec | None, *, taken: bool
    ) -> None:
        """`taken` says whether the camera's capture takes parameters at all.

        Raises:
            CameraMisconfigured: the spec is invalid.
        """
        self.spec = b""
        self.given: _DictParam | None = None
        self.used: _DictParam | None = None
        self._defaults = _DictParam()
        self._validate = create_value_validator(_DictParam.Spec())
        if spec is None or not spec.specs:
            return
        if not taken:
            _LOG.warning(
                "the camera's parameters are not offered: its blocking_capture takes no"
                " custom_params"
            )
            return
        try:
            self._validate = create_value_validator(spec)
            self._defaults = dict_spec_to_default(spec)
        except Exception as error:
            raise CameraMisconfigured(
                f"the spec of the camera's parameters is invalid: {one_line(error)}"
            ) from error
        self.spec = spec.SerializeToString(deterministic=True)

    def set(self, encoded: bytes) -> None:
        """Give these from now on, nothing if they are empty.

        Raises:
            ParametersRefused: they are not the spec's.
        """
        given = _DictParam.FromString(encoded)
        try:
            # A message of its own: the validator may write into what it looks at.
            wrong = self._validate(_DictParam.FromString(encoded)) if given.values else None
        except Exception as error:  # the SDK's validator raises anything on messages half empty
            raise ParametersRefused(f"parameters that cannot be read: {one_line(error)}") from error
        if wrong is not None:
            texts = (" ".join(text.split()) for text in wrong.error_messages)
            raise ParametersRefused("; ".join(texts))
        self.given = given if given.values else None

    def effective(self) -> bytes:
        """Return what the last capture was taken with: the spec's defaults, and what was given."""
        if not self.spec:
            return b""
        effective = _DictParam()
        effective.CopyFrom(self._defaults)
        if self.used is not None:
            for name, value in self.used.values.items():
                effective.values[name].CopyFrom(value)
        return bytes(effective.SerializeToString(deterministic=True))

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Take a capture that fails over its values as the request's fault, not the camera's."""
        try:
            yield
        except CameraError as error:
            if self.given is None or not isinstance(error.__cause__, _OF_VALUES):
                raise
            raise ParametersRefused(*error.args) from error
