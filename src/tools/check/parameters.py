"""Custom parameters: a spec that clients can draw, values that are used and told."""

from collections.abc import Iterator
from typing import Any

from bosdyn.client.service_customization_helpers import (
    InvalidCustomParamSpecError,
    dict_spec_to_default,
    validate_dict_spec,
)

from spot_webcam.tools.check.answers import OK, ask
from spot_webcam.tools.check.finding import Finding, failed, passed, skipped, warned
from spot_webcam.tools.check.names import status_name
from spot_webcam.tools.check.replies import trouble
from spot_webcam.tools.check.target import SourceCheck, Target


def judge_spec(source: Any) -> Finding:
    """Judge a source's spec by the SDK's own validator."""
    if not source.HasField("custom_params"):
        return skipped("it has none")
    try:
        validate_dict_spec(source.custom_params)
    except InvalidCustomParamSpecError as error:
        return failed(f"the spec is not valid: {error}", "correct it: no client can draw it")
    except Exception as error:  # noqa: BLE001 - it raises anything on specs half empty
        return failed(f"the spec makes the SDK's validator fail: {error}", "fill it in")
    return passed(f"the spec of {', '.join(source.custom_params.specs)} is valid")


def judge_echo(answer: Any, given: Any) -> Finding:
    """Judge whether the answer tells the parameters that were given."""
    if answer.status != OK:
        return failed(
            f"its own values are answered {status_name(answer.status)}",
            "accept what the spec allows",
        )
    told = answer.shot.capture_params.custom_params
    missing = [name for name, value in given.values.items() if told.values.get(name) != value]
    if missing:
        return warned(
            f"capture_params do not tell what was given for {', '.join(missing)}",
            "put the parameters that were used into capture_params.custom_params",
        )
    return passed("the values given are told in capture_params")


def _parameters(target: Target, source: Any) -> Iterator[Finding]:
    spec = judge_spec(source)
    yield spec
    if not source.HasField("custom_params") or spec.advice:
        return
    reply = target.get(ask(source))
    problem = trouble(reply, 1)
    if problem is not None:
        yield problem
        return
    # The camera's present values, if it tells them: a check is not to change a picture.
    given = reply.response.image_responses[0].shot.capture_params.custom_params
    if not given.values:
        given = dict_spec_to_default(source.custom_params)
    reply = target.get(ask(source, custom_params=given))
    yield trouble(reply, 1) or judge_echo(reply.response.image_responses[0], given)


PARAMETERS = SourceCheck("parameters", "the spec is valid, and values are used", _parameters)
