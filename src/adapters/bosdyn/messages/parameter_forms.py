"""Forms for custom parameters, by the API's specs."""

from collections.abc import Mapping, Sequence

from bosdyn.api.service_customization_pb2 import CustomParam, DictParam

from spot_webcam.adapters.bosdyn.messages.initial_parameters import encode_parameters
from spot_webcam.adapters.bosdyn.messages.parameters import request_values, spec_of
from spot_webcam.domain.sources.controls import Control
from spot_webcam.domain.sources.parameter_fields import ParameterField
from spot_webcam.domain.sources.parameters import Given

_KINDS = {
    "bool_spec": "boolean",
    "int_spec": "integer",
    "double_spec": "number",
    "string_spec": "text",
    "one_of_spec": "choice",
}


class DictParamForms:
    """`ParameterForms` of `DictParam.Spec`; what is no plain value, such as a list, has no field.

    A camera with controls has the spec that clients get of them.
    """

    def fields(self, controls: Sequence[Control], spec: bytes) -> tuple[ParameterField, ...]:
        """Return the fields in the order of the spec's own hints."""
        children = _spec(controls, spec).specs
        names = sorted(children, key=lambda name: (children[name].ui_info.display_order, name))
        fields = (_field(name, children[name]) for name in names)
        return tuple(field for field in fields if field is not None)

    def encoded(
        self, values: Mapping[str, Given], controls: Sequence[Control], spec: bytes
    ) -> tuple[Mapping[str, Given], bytes]:
        """Check the values by the validator of the SDK."""
        encoded = encode_parameters(values, _spec(controls, spec).SerializeToString())
        return request_values(DictParam.FromString(encoded)), encoded


def _spec(controls: Sequence[Control], spec: bytes) -> DictParam.Spec:
    return DictParam.Spec.FromString(spec) if spec else spec_of(controls)


def _field(name: str, child: DictParam.ChildSpec) -> ParameterField | None:
    kind = child.spec.WhichOneof("spec")
    if kind not in _KINDS:
        return None
    info = child.ui_info
    label = info.display_name or name
    return _of_kind(name, label, info.description, kind, child.spec)


def _of_kind(
    name: str, label: str, description: str, kind: str, spec: CustomParam.Spec
) -> ParameterField:
    own = getattr(spec, kind)
    if kind == "one_of_spec":
        keys = tuple(sorted(own.specs))
        default = own.default_key or None
        return ParameterField(name, label, "choice", description, default=default, choices=keys)
    if kind == "string_spec":
        options = tuple(own.options)
        return ParameterField(
            name, label, "text", description, default=own.default_value, choices=options
        )
    default = own.default_value.value if own.HasField("default_value") else None
    if kind == "bool_spec":
        return ParameterField(name, label, "boolean", description, default=default)
    return ParameterField(
        name,
        label,
        _KINDS[kind],
        description,
        own.units.name,
        own.min_value.value if own.HasField("min_value") else None,
        own.max_value.value if own.HasField("max_value") else None,
        default,
    )
