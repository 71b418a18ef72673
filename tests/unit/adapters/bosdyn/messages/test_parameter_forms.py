import pytest
from bosdyn.api.service_customization_pb2 import DictParam

from spot_webcam.adapters.bosdyn.messages.parameter_forms import DictParamForms
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.parameter_fields import ParameterField

FORMS = DictParamForms()
CONTROLS = (
    Control("gain", "Gain", ControlKind.INTEGER, 0, 10, default=5),
    Control("autofocus", "Autofocus", ControlKind.BOOLEAN, 0, 1, default=1),
    Control("mode", "Mode", ControlKind.MENU, 0, 1, menu={0: "slow", 1: "quick"}, default=1),
)


def test_controls_are_fields_in_their_order() -> None:
    assert FORMS.fields(CONTROLS, b"") == (
        ParameterField("gain", "Gain", "integer", minimum=0, maximum=10, default=5),
        ParameterField("autofocus", "Autofocus", "boolean", default=True),
        ParameterField("mode", "Mode", "choice", default="quick", choices=("quick", "slow")),
    )


def test_spec_of_a_camera_is_preferred_and_what_is_no_plain_value_has_no_field() -> None:
    spec = DictParam.Spec()
    zoom = spec.specs["zoom"]
    zoom.spec.double_spec.min_value.value = 0.5
    zoom.spec.double_spec.units.name = "m"
    zoom.ui_info.description = "how far"
    spec.specs["text"].spec.string_spec.default_value = "hello"
    spec.specs["text"].ui_info.display_order = 1
    spec.specs["list"].spec.list_spec.SetInParent()
    assert FORMS.fields(CONTROLS, spec.SerializeToString()) == (
        ParameterField("zoom", "zoom", "number", "how far", "m", minimum=0.5),
        ParameterField("text", "text", "text", default="hello"),
    )


def test_values_are_those_of_a_request() -> None:
    values, encoded = FORMS.encoded({"gain": 3, "mode": "slow"}, CONTROLS, b"")
    assert values == {"gain": 3, "mode": "slow"}
    params = DictParam.FromString(encoded)
    assert params.values["gain"].int_value.value == 3
    assert params.values["mode"].one_of_value.key == "slow"


@pytest.mark.parametrize("values", [{"gain": 11}, {"mode": "never"}, {"other": 1}])
def test_values_that_do_not_fit_are_refused(values: dict[str, int | str]) -> None:
    with pytest.raises(CameraMisconfigured, match=next(iter(values))):
        FORMS.encoded(values, CONTROLS, b"")
