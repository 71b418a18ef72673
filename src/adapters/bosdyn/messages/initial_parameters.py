"""Parameters by name in the form of a request, for a camera with a spec of its own."""

from collections.abc import Mapping

from bosdyn.api.service_customization_pb2 import CustomParam, DictParam

from spot_webcam.adapters.bosdyn.messages.parameters import check_parameters
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.parameters import Given


def encode_parameters(values: Mapping[str, Given], spec: bytes) -> bytes:
    """Return a serialized `DictParam` of numbers, texts, truth values and choices.

    Raises:
        CameraMisconfigured: it does not fit the serialized `DictParam.Spec`.
    """
    specs = DictParam.Spec.FromString(spec).specs
    params = DictParam()
    for name, value in values.items():
        if name not in specs:
            known = ", ".join(sorted(specs)) or "none"
            raise CameraMisconfigured(f"there is no parameter {name!r}; there are: {known}")
        try:
            _write(params.values[name], specs[name].spec.WhichOneof("spec"), value)
        except (TypeError, ValueError, OverflowError):
            raise CameraMisconfigured(f"{name} does not take {value!r}") from None
    encoded: bytes = params.SerializeToString(deterministic=True)
    reason = check_parameters(encoded, (), spec)
    if reason is not None:
        raise CameraMisconfigured(reason)
    return encoded


def _write(param: CustomParam, kind: str | None, value: Given) -> None:
    if kind == "one_of_spec":
        param.one_of_value.key = value
    elif kind == "bool_spec" and isinstance(value, bool):
        param.bool_value.value = value
    elif kind == "string_spec":
        param.string_value.value = value
    elif kind == "int_spec" and not isinstance(value, bool):
        param.int_value.value = value
    elif kind == "double_spec" and not isinstance(value, bool):
        param.double_value.value = value
    else:
        raise TypeError
