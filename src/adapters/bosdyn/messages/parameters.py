"""Custom parameters: the domain's controls as messages of the API, and their values back."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from bosdyn.api import service_customization_pb2, units_pb2
from bosdyn.api.service_customization_pb2 import CustomParamError, DictParam
from bosdyn.client.service_customization_helpers import (
    InvalidCustomParamSpecError,
    create_value_validator,
)

from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.parameters import Given


def spec_of(controls: Iterable[Control]) -> service_customization_pb2.DictParam.Spec:
    """Return the spec that shows the controls as sliders, switches and lists."""
    spec = service_customization_pb2.DictParam.Spec()
    for order, control in enumerate(controls):
        child = spec.specs[control.name]
        _write_spec(control, child.spec)
        child.ui_info.display_name = control.label
        child.ui_info.display_order = order
        if control.unit and control.scale != 1:
            child.ui_info.description = f"in units of {control.scale:g} {control.unit}"
    return spec


def _write_spec(control: Control, spec: service_customization_pb2.CustomParam.Spec) -> None:
    if control.kind is ControlKind.BOOLEAN:
        spec.bool_spec.default_value.value = bool(control.default)
    elif control.menu:
        for label in control.menu.values():
            spec.one_of_spec.specs[label].SetInParent()
        spec.one_of_spec.default_key = control.menu.get(
            control.default, next(iter(control.menu.values()))
        )
    else:
        # Some drivers report a default outside the range, which the SDK's validators refuse.
        default = min(max(control.default, control.minimum), control.maximum)
        spec.int_spec.default_value.value = default
        spec.int_spec.min_value.value = control.minimum
        spec.int_spec.max_value.value = control.maximum
        if control.unit and control.scale == 1:
            spec.int_spec.units.CopyFrom(units_pb2.Units(name=control.unit))


def request_values(params: service_customization_pb2.DictParam) -> dict[str, Given]:
    """Return the values of a request, menus by the label of their entry."""
    return {name: _value(param) for name, param in params.values.items()}


def _value(param: service_customization_pb2.CustomParam) -> Given:
    kind = param.WhichOneof("value")
    if kind == "one_of_value":
        return str(param.one_of_value.key)
    if kind in {"int_value", "double_value", "string_value", "bool_value"}:
        value: Given = getattr(param, kind).value
        return value
    return f"a value of kind {kind}"


def params_of(
    values: Mapping[str, int], controls: Iterable[Control]
) -> service_customization_pb2.DictParam:
    """Return the values of controls in the form of a request."""
    params = service_customization_pb2.DictParam()
    for control in controls:
        if control.name not in values:
            continue
        value, param = values[control.name], params.values[control.name]
        if control.kind is ControlKind.BOOLEAN:
            param.bool_value.value = bool(value)
        elif control.menu:
            param.one_of_value.key = control.menu.get(value, str(value))
        else:
            param.int_value.value = value
    return params


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
