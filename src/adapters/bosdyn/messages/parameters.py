"""Custom parameters: the domain's controls as messages of the API, and their values back."""

from collections.abc import Iterable, Mapping

from bosdyn.api import service_customization_pb2, units_pb2

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
