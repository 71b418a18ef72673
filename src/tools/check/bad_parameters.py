"""Values that a source's spec does not allow, each to be refused."""

import math
from collections.abc import Iterator
from typing import Any

from bosdyn.api import image_pb2, service_customization_pb2

from spot_webcam.tools.check.answers import OK, ask
from spot_webcam.tools.check.bad_request import BadRequest

# Of a source with many parameters, so many requests are enough.
MAX_REQUESTS = 40
_NO_SUCH = "no such value"
_INT64 = (-(1 << 63), (1 << 63) - 1)
_REFUSED = (image_pb2.ImageResponse.STATUS_CUSTOM_PARAMS_ERROR,)

Value = service_customization_pb2.CustomParam


def bad_parameters(source: Any) -> Iterator[BadRequest]:
    """Yield requests with a parameter that there is not, then with values that cannot be."""
    request = ask(source)
    request.custom_params.values["no such parameter"].int_value.value = 1
    statuses = _REFUSED if source.HasField("custom_params") else (*_REFUSED, OK)
    yield BadRequest("an unknown parameter", request, statuses)
    count = 1
    for name, child in sorted(source.custom_params.specs.items()):
        for told, value in bad_values(child.spec):
            if count == MAX_REQUESTS:
                return
            count += 1
            request = ask(source)
            request.custom_params.values[name].CopyFrom(value)
            yield BadRequest(f"{name}={told}", request, _REFUSED)


def bad_values(spec: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a parameter's spec does not allow: beyond its ends, no option, of another kind.

    Lists, regions and nested parameters are given a number.
    """
    kind = spec.WhichOneof("spec")
    if kind == "int_spec":
        for number in _beyond_int(spec.int_spec):
            yield str(number), _number(number)
    elif kind == "double_spec":
        for real in _beyond_double(spec.double_spec):
            yield f"{real:g}", Value(double_value=service_customization_pb2.DoubleParam(value=real))
    elif kind == "string_spec" and spec.string_spec.options and not spec.string_spec.editable:
        yield repr(_NO_SUCH), _text(_NO_SUCH)
    if kind == "string_spec":
        yield "1, a number", _number(1)
    elif kind is not None and kind != "int_spec":
        yield f"{_NO_SUCH!r}, a text", _text(_NO_SUCH)


def _beyond_int(spec: Any) -> Iterator[int]:
    if spec.HasField("max_value") and spec.max_value.value < _INT64[1]:
        yield spec.max_value.value + 1
    if spec.HasField("min_value") and spec.min_value.value > _INT64[0]:
        yield spec.min_value.value - 1


def _beyond_double(spec: Any) -> Iterator[float]:
    # Some services are lenient to what rounding makes of an end.
    for is_told, end, sign in (
        (spec.HasField("max_value"), spec.max_value.value, 1.0),
        (spec.HasField("min_value"), spec.min_value.value, -1.0),
    ):
        beyond = end + sign * max(1.0, abs(end))
        if is_told and math.isfinite(beyond):
            yield beyond


def _number(number: int) -> Any:
    return Value(int_value=service_customization_pb2.Int64Param(value=number))


def _text(text: str) -> Any:
    return Value(string_value=service_customization_pb2.StringParam(value=text))
