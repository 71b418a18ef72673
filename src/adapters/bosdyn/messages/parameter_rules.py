"""Validation of custom parameters by the SDK's own rules, which its clients apply as well."""

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache

from bosdyn.api.service_customization_pb2 import CustomParamError, DictParam
from bosdyn.client.service_customization_helpers import (
    InvalidCustomParamSpecError,
    create_value_validator,
)

from spot_webcam.adapters.bosdyn.messages.parameters import spec_of
from spot_webcam.domain.sources.controls import Control

_LOG = logging.getLogger(__name__)

# A few per camera: a source's spec changes when another camera is plugged in.
MAX_VALIDATORS = 64
_Validate = Callable[[DictParam], CustomParamError | None]


def check_parameters(encoded: bytes, controls: Sequence[Control], spec: bytes) -> str | None:
    """Return the errors of the SDK's validator in one line: a `ParameterCheck`."""
    found = _finding(encoded, controls, spec)
    if found is None:
        return None
    return "; ".join(" ".join(text.split()) for text in found.error_messages)


def error_of(
    params: DictParam, controls: Sequence[Control], spec: bytes, message: str
) -> CustomParamError:
    """Return the error of a request's parameters: the SDK validator's, else the message."""
    found = _finding(params.SerializeToString(), controls, spec)
    if found is not None:
        return found
    status = CustomParamError.STATUS_INVALID_VALUE
    return CustomParamError(status=status, error_messages=[message])


def _finding(encoded: bytes, controls: Sequence[Control], spec: bytes) -> CustomParamError | None:
    spec = spec or spec_of(controls).SerializeToString(deterministic=True)
    try:
        # A copy: the validator may write into the message that it validates.
        return _validator(spec)(DictParam.FromString(encoded))
    except InvalidCustomParamSpecError as error:
        text = f"the camera's own spec is invalid, report it to its author: {error}"
    except Exception:  # noqa: BLE001 - the SDK's validator raises anything for incomplete messages
        _LOG.debug("the SDK's validator fails on %s", encoded, exc_info=True)
        text = "a parameter has no value, or one of a kind that its spec does not have"
    return CustomParamError(status=CustomParamError.STATUS_INVALID_VALUE, error_messages=[text])


@lru_cache(MAX_VALIDATORS)
def _validator(spec: bytes) -> _Validate:
    validate: _Validate = create_value_validator(DictParam.Spec.FromString(spec))
    return validate
