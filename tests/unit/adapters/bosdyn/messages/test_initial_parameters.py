import pytest
from bosdyn.api.service_customization_pb2 import DictParam

from spot_webcam.adapters.bosdyn.messages.initial_parameters import encode_parameters
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.parameters import Given


@pytest.fixture
def spec() -> bytes:
    """A spec with a parameter of each kind that can be written in a file."""
    spec = DictParam.Spec()
    spec.specs["count"].spec.int_spec.min_value.value = 0
    spec.specs["count"].spec.int_spec.max_value.value = 9
    spec.specs["ratio"].spec.double_spec.min_value.value = 0.0
    spec.specs["on"].spec.bool_spec.SetInParent()
    spec.specs["text"].spec.string_spec.editable = True
    spec.specs["mode"].spec.one_of_spec.specs["fast"].SetInParent()
    spec.specs["mode"].spec.one_of_spec.specs["slow"].SetInParent()
    spec.specs["mode"].spec.one_of_spec.default_key = "fast"
    spec.specs["region"].spec.roi_spec.allows_rectangle = True
    return spec.SerializeToString()


def test_values_are_those_of_a_request(spec: bytes) -> None:
    values: dict[str, Given] = {"count": 3, "ratio": 0.5, "on": True, "text": "a", "mode": "slow"}
    params = DictParam.FromString(encode_parameters(values, spec))
    assert set(params.values) == set(values)
    assert params.values["count"].int_value.value == 3
    assert params.values["ratio"].double_value.value == 0.5
    assert params.values["on"].bool_value.value is True
    assert params.values["text"].string_value.value == "a"
    assert params.values["mode"].one_of_value.key == "slow"


def test_whole_number_is_one_of_all_numbers(spec: bytes) -> None:
    params = DictParam.FromString(encode_parameters({"ratio": 1}, spec))
    assert params.values["ratio"].double_value.value == 1.0


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("cuont", 1, "there is no parameter 'cuont'; there are: count, mode, on, ratio, region"),
        ("count", 10, "10"),
        ("count", True, "count does not take True"),
        ("count", 0.5, "count does not take 0.5"),
        ("ratio", True, "ratio does not take True"),
        ("ratio", 10**400, "ratio does not take 1000"),
        ("on", 1, "on does not take 1"),
        ("text", 1, "text does not take 1"),
        ("mode", "slower", "slower"),
        ("mode", 1, "mode does not take 1"),
        ("region", 1, "region does not take 1"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, value: Given, why: str, spec: bytes) -> None:
    with pytest.raises(CameraMisconfigured) as caught:
        encode_parameters({name: value}, spec)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_message_after_another_is_merged_with_it(spec: bytes) -> None:
    # `SpecSession` counts on it.
    base = encode_parameters({"count": 3, "mode": "slow"}, spec)
    request = encode_parameters({"count": 4}, spec)
    merged = DictParam.FromString(base + request)
    assert merged.values["count"].int_value.value == 4
    assert merged.values["mode"].one_of_value.key == "slow"
