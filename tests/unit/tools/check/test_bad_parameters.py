"""Values that no spec allows: the SDK's own validator refuses each of them."""

from typing import Any

from bosdyn.client.service_customization_helpers import create_value_validator

from spot_webcam.tools.check.checks.requests import MAX_REQUESTS, bad_parameters
from tests.unit.tools.check.messages import Response, make_source


def source_of_every_kind() -> Any:
    source = make_source()
    specs = source.custom_params.specs
    specs["gain"].spec.int_spec.min_value.value = 0
    specs["gain"].spec.int_spec.max_value.value = 9
    specs["exposure"].spec.double_spec.min_value.value = 0.5
    specs["exposure"].spec.double_spec.max_value.value = 2.5
    specs["mode"].spec.string_spec.options.extend(["day", "night"])
    specs["text"].spec.string_spec.editable = True
    specs["flip"].spec.bool_spec.default_value.value = True
    for spec in (specs["gain"].spec.int_spec, specs["exposure"].spec.double_spec):
        spec.default_value.value = 1
    return source


def test_every_bad_value_is_one_for_the_sdk() -> None:
    source = source_of_every_kind()
    validate = create_value_validator(source.custom_params)
    titles = []
    for bad in bad_parameters(source):
        assert validate(bad.request.custom_params) is not None, bad.title
        assert bad.statuses == (Response.STATUS_CUSTOM_PARAMS_ERROR,)
        titles.append(bad.title)
    assert titles == [
        "an unknown parameter",
        *("exposure=5", "exposure=-0.5", "exposure='no such value', a text"),
        "flip='no such value', a text",
        *("gain=10", "gain=-1"),
        *("mode='no such value'", "mode=1, a number"),
        "text=1, a number",
    ]


def test_source_without_parameters_may_ignore_one() -> None:
    [bad] = bad_parameters(make_source())
    assert Response.STATUS_OK in bad.statuses


def test_number_without_end_has_nothing_beyond_it() -> None:
    source = make_source()
    limits = source.custom_params.specs["count"].spec.int_spec
    limits.min_value.value, limits.max_value.value = -(1 << 63), (1 << 63) - 1
    assert len(list(bad_parameters(source))) == 1


def test_very_many_parameters_are_not_all_tried() -> None:
    source = make_source()
    for number in range(100):
        source.custom_params.specs[f"flag {number}"].spec.bool_spec.SetInParent()
    assert len(list(bad_parameters(source))) == MAX_REQUESTS
