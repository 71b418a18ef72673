"""Other parameters than the camera's present ones: taken with them, told, and gone again."""

from collections.abc import Iterator
from typing import Any

from bosdyn.api import image_pb2, service_customization_pb2
from bosdyn.client.service_customization_helpers import dict_spec_to_default

from spot_webcam.tools.check.answers import OK, ask
from spot_webcam.tools.check.finding import Finding, Verdict, failed, passed, skipped, warned
from spot_webcam.tools.check.likeness import difference
from spot_webcam.tools.check.names import status_name
from spot_webcam.tools.check.parameters import judge_spec
from spot_webcam.tools.check.pictures import Undecodable, decoded
from spot_webcam.tools.check.replies import trouble
from spot_webcam.tools.check.target import SourceCheck, Target

# Of a source with many parameters, so many are tried.
MAX_TRIED = 16
# Levels by which another picture differs for certain, beyond what the scene's own changes make.
_MIN_CHANGE, _CLEARLY = 2.0, 2.0
_REFUSED = image_pb2.ImageResponse.STATUS_CUSTOM_PARAMS_ERROR


def another_value(spec: Any, present: Any) -> Any:
    """Return another value that a parameter's spec allows, far from the present one, or `None`.

    Texts that anybody may write, lists, regions and nested parameters are left as they are.
    """
    kind = spec.WhichOneof("spec")
    value = service_customization_pb2.CustomParam()
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
        other = next((one for one in spec.string_spec.options if one != now), None)
        if other is None:
            return None
        value.string_value.value = other
    else:
        return None
    return None if value == present else value


def judge_changed(plain: Any, changed: Any, after: Any, name: str, given: Any) -> Finding | None:
    """Judge one call's picture without parameters and one with another value, and one after it.

    Returns `None` where all that can be told of one parameter is right.
    """
    if changed.status == _REFUSED:
        return skipped(f"{name}: it is refused alone", "another parameter may have to go with it")
    for answer in (plain, changed, after):
        if answer.status != OK:
            return failed(f"{name}: status {status_name(answer.status)}", "see the service's log")
    told = _told(changed).get(name)
    if told is not None and told != given:
        return warned(
            f"{name}: capture_params tell another value than was given",
            "tell the value that was used, and refuse one that cannot be",
        )
    if given in (_told(plain).get(name), _told(after).get(name)):
        return warned(
            f"{name}: a request without parameters is answered by another's value",
            "put it back: each request is for itself",
        )
    return None


def _told(answer: Any) -> dict[str, Any]:
    return dict(answer.shot.capture_params.custom_params.values)


def _changed(target: Target, source: Any) -> Iterator[Finding]:
    if not source.custom_params.specs:
        yield skipped("it has none")
        return
    if judge_spec(source).verdict is not Verdict.PASS:
        yield skipped("the spec is not valid", "see parameters")
        return
    tried, seen = 0, []
    for name, child in sorted(source.custom_params.specs.items()):
        plain = target.get(ask(source))
        problem = trouble(plain, 1)
        if problem is not None:
            yield problem
            return
        present = _told(plain.response.image_responses[0])
        default = dict_spec_to_default(source.custom_params).values
        value = another_value(child.spec, present.get(name, default[name]))
        if value is None or tried == MAX_TRIED:
            continue
        tried += 1
        found, has_changed = _of_one(target, source, name, value)
        if found is not None:
            yield found
        if has_changed:
            seen.append(name)
    if not tried:
        yield skipped("none has two values to choose from")
    elif seen:
        yield passed(f"pictures change with {', '.join(seen)}")
    else:
        yield warned(
            f"the picture is the same whatever is set ({tried} tried)",
            "take the picture with the parameters of its request; if the scene is dark or a"
            " constant, point the camera at something",
        )


def _of_one(target: Target, source: Any, name: str, value: Any) -> tuple[Finding | None, bool]:
    other = ask(source)
    other.custom_params.values[name].CopyFrom(value)
    reply = target.get(ask(source), other)
    problem = trouble(reply, 2)
    after = target.get(ask(source))
    problem = problem or trouble(after, 1)
    if problem is not None:
        return Finding(problem.verdict, f"{name}: {problem.reason}", problem.advice), False
    plain, changed = reply.response.image_responses
    [last] = after.response.image_responses
    found = judge_changed(plain, changed, last, name, value)
    if found is not None and found.verdict is not Verdict.WARN:
        return found, False
    try:
        first, second, third = (decoded(one.shot.image) for one in (plain, changed, last))
    except Undecodable as error:
        return failed(
            f"{name}: a picture does not decode: {error}", "see the listed formats"
        ), False
    if not first.shape == second.shape == third.shape:
        return found, True
    levels = difference(first, second)
    return found, levels > max(_MIN_CHANGE, _CLEARLY * difference(first, third))


CHANGED_PARAMETERS = SourceCheck(
    "changed parameters", "pictures are taken with what is set", _changed
)
