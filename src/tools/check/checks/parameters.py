"""Checks of custom parameters: a valid spec, values that take effect and are reported."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from bosdyn.api import image_pb2, service_customization_pb2
from bosdyn.client.service_customization_helpers import (
    InvalidCustomParamSpecError,
    dict_spec_to_default,
    validate_dict_spec,
)

from spot_webcam.tools.check.comparison import difference
from spot_webcam.tools.check.decoding import Undecodable, decoded
from spot_webcam.tools.check.findings import (
    CheckFailed,
    Finding,
    Verdict,
    failed,
    passed,
    skipped,
    status_name,
    warned,
)
from spot_webcam.tools.check.service import OK, ServiceUnderTest, ask, source_check

Value = service_customization_pb2.CustomParam
# Maximum number of parameters of one source that are changed.
MAX_TRIED = 16
# Levels by which a picture must differ, and its ratio to the changes of the scene itself.
_MIN_CHANGE, _CLEARLY = 2.0, 2.0
_REFUSED = image_pb2.ImageResponse.STATUS_CUSTOM_PARAMS_ERROR
_NO_SUCH = "no such value"
_INT64 = (-(1 << 63), (1 << 63) - 1)


@source_check("parameters", "the spec is valid, and values are used")
def parameters(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Evaluate the spec, and request a picture with the present values, which change nothing."""
    spec = evaluate_spec(source)
    yield spec
    if spec.verdict is not Verdict.PASS:
        return
    [answer] = target.get_answers(ask(source)).response.image_responses
    given = answer.shot.capture_params.custom_params
    if not given.values:
        given = dict_spec_to_default(source.custom_params)
    reply = target.get_answers(ask(source, custom_params=given))
    yield evaluate_echo(reply.response.image_responses[0], given)


@source_check("changed parameters", "pictures are taken with what is set")
def changed_parameters(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Request a picture with another value of each parameter."""
    if not source.custom_params.specs:
        yield skipped("it has none")
        return
    if evaluate_spec(source).verdict is not Verdict.PASS:
        yield skipped("the spec is not valid", "see parameters")
        return
    defaults = dict_spec_to_default(source.custom_params).values
    changed: dict[str, bool | None] = {}
    for name, child in sorted(source.custom_params.specs.items()):
        [plain] = target.get_answers(ask(source)).response.image_responses
        value = another_value(child.spec, _reported(plain).get(name, defaults[name]))
        if value is None or len(changed) == MAX_TRIED:
            continue
        try:
            found, changed[name] = _change(target, source, name, value)
        except CheckFailed as error:
            found, changed[name] = error.finding.of(name), None
        if found is not None:
            yield found
    yield _evaluate_effects(changed)


def _evaluate_effects(changed: Mapping[str, bool | None]) -> Finding:
    """Evaluate whether the picture changed with each parameter, `None` if that is not known."""
    effective = [name for name, has_changed in changed.items() if has_changed]
    if effective:
        return passed(f"pictures change with {', '.join(effective)}")
    if not changed:
        return skipped("none has two values to choose from")
    compared = sum(has_changed is not None for has_changed in changed.values())
    if not compared:
        return skipped(f"no pictures could be compared ({len(changed)} tried)")
    return warned(
        f"the picture is the same whatever is set ({compared} tried)",
        "take the picture with the parameters of its request; if the scene is dark or a"
        " constant, point the camera at something",
    )


def _change(
    target: ServiceUnderTest, source: Any, name: str, value: Any
) -> tuple[Finding | None, bool | None]:
    """Request pictures without, with, and again without the value.

    Returns a problem, if any, and whether the picture changed; `None` if they do not compare.
    """
    other = ask(source)
    other.custom_params.values[name].CopyFrom(value)
    plain, changed = target.get_answers(ask(source), other).response.image_responses
    [after] = target.get_answers(ask(source)).response.image_responses
    found = evaluate_changed(plain, changed, after, name, value)
    if found is not None and found.verdict is not Verdict.WARN:
        return found, None
    try:
        first, second, third = (decoded(answer.shot.image) for answer in (plain, changed, after))
    except Undecodable as error:
        reason = f"a picture does not decode: {error}"
        raise CheckFailed(skipped(reason, "see the listed formats")) from error
    if not first.shape == second.shape == third.shape:
        return found, True
    levels = difference(first, second)
    return found, levels > max(_MIN_CHANGE, _CLEARLY * difference(first, third))


def evaluate_spec(source: Any) -> Finding:
    """Evaluate a source's spec by the SDK's own validator."""
    if not source.HasField("custom_params"):
        return skipped("it has none")
    try:
        validate_dict_spec(source.custom_params)
    except InvalidCustomParamSpecError as error:
        return failed(f"the spec is not valid: {error}", "correct it: no client can draw it")
    except Exception as error:  # noqa: BLE001 - it raises anything for incomplete specs
        return failed(f"the spec makes the SDK's validator fail: {error}", "fill it in")
    return passed(f"the spec of {', '.join(source.custom_params.specs)} is valid")


def evaluate_echo(answer: Any, given: Any) -> Finding:
    """Evaluate whether the answer reports the parameters of its request."""
    if answer.status != OK:
        return failed(
            f"its own values are answered {status_name(answer.status)}",
            "accept what the spec allows"
            if answer.status == _REFUSED
            else "take the picture in time, or list no parameters; look at the service's log",
        )
    reported = _reported(answer)
    missing = [name for name, value in given.values.items() if reported.get(name) != value]
    if missing:
        return warned(
            f"capture_params do not report the value given for {', '.join(missing)}",
            "put the parameters that were used into capture_params.custom_params",
        )
    return passed("the values given are reported in capture_params")


def evaluate_changed(plain: Any, changed: Any, after: Any, name: str, given: Any) -> Finding | None:
    """Evaluate the pictures before, with and after another value of one parameter.

    `None` means that everything that can be decided for one parameter is right.
    """
    if changed.status == _REFUSED:
        return skipped(f"{name}: it is refused alone", "another parameter may have to go with it")
    for answer in (plain, changed, after):
        if answer.status != OK:
            return failed(f"{name}: status {status_name(answer.status)}", "see the service's log")
    reported = _reported(changed).get(name)
    if reported is not None and reported != given:
        return warned(
            f"{name}: capture_params tell another value than was given",
            "tell the value that was used, and refuse one that cannot be",
        )
    if given in (_reported(plain).get(name), _reported(after).get(name)):
        return warned(
            f"{name}: a request without parameters is answered by another's value",
            "put it back: each request is for itself",
        )
    return None


def _reported(answer: Any) -> dict[str, Any]:
    return dict(answer.shot.capture_params.custom_params.values)


def another_value(spec: Any, present: Any) -> Any:
    """Return another value that a parameter's spec allows, far from the present one, or `None`.

    Free texts, lists, regions and nested parameters are not changed.
    """
    kind = spec.WhichOneof("spec")
    value = Value()
    if kind in ("int_spec", "double_spec"):
        limits, field = getattr(spec, kind), kind.replace("spec", "value")
        if not (limits.HasField("min_value") and limits.HasField("max_value")):
            return None
        low, high = limits.min_value.value, limits.max_value.value
        now = getattr(present, field).value
        getattr(value, field).value = low if now - low > high - now else high
    elif kind == "bool_spec":
        value.bool_value.value = not present.bool_value.value
    elif kind == "string_spec":
        now = present.string_value.value
        other = next((option for option in spec.string_spec.options if option != now), None)
        if other is None:
            return None
        value.string_value.value = other
    else:
        return None
    return None if value == present else value


def invalid_values(spec: Any) -> Iterator[tuple[str, Any]]:
    """Yield values that a parameter's spec does not allow: out of range, no option, wrong type.

    Lists, regions and nested parameters get a text.
    """
    kind = spec.WhichOneof("spec")
    if kind == "int_spec":
        for number in _out_of_range_int(spec.int_spec):
            yield str(number), _int(number)
    elif kind == "double_spec":
        for real in _out_of_range_double(spec.double_spec):
            yield f"{real:g}", Value(double_value=service_customization_pb2.DoubleParam(value=real))
    elif kind == "string_spec" and spec.string_spec.options and not spec.string_spec.editable:
        yield repr(_NO_SUCH), _text(_NO_SUCH)
    if kind == "string_spec":
        yield "1, a number", _int(1)
    elif kind is not None and kind != "int_spec":
        yield f"{_NO_SUCH!r}, a text", _text(_NO_SUCH)


def _out_of_range_int(spec: Any) -> Iterator[int]:
    if spec.HasField("max_value") and spec.max_value.value < _INT64[1]:
        yield spec.max_value.value + 1
    if spec.HasField("min_value") and spec.min_value.value > _INT64[0]:
        yield spec.min_value.value - 1


def _out_of_range_double(spec: Any) -> Iterator[float]:
    # Far out of range: some services tolerate the rounding of a limit.
    for field, sign in (("max_value", 1.0), ("min_value", -1.0)):
        limit = getattr(spec, field).value
        beyond = limit + sign * max(1.0, abs(limit))
        if spec.HasField(field) and math.isfinite(beyond):
            yield beyond


def _int(number: int) -> Any:
    return Value(int_value=service_customization_pb2.Int64Param(value=number))


def _text(text: str) -> Any:
    return Value(string_value=service_customization_pb2.StringParam(value=text))
