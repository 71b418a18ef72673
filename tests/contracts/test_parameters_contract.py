"""Contract of the `Parametrised` ability."""

from contextlib import suppress
from typing import Protocol

import pytest
from bosdyn.api.service_customization_pb2 import DictParam
from bosdyn.client.service_customization_helpers import (
    create_value_validator,
    dict_spec_to_default,
    validate_dict_spec,
)

from spot_webcam.domain.errors import CameraError, CameraMisconfigured
from spot_webcam.domain.ports import Camera, Parametrised
from spot_webcam.domain.sources.parameters import MAX_ENCODED_BYTES
from tests.contracts.camera_cases import with_parameters


class WithParameters(Camera, Parametrised, Protocol):
    """A camera with parameters."""


@pytest.fixture
def parametrised(camera: Camera) -> WithParameters:
    assert isinstance(camera, Parametrised)
    parametrised: WithParameters = camera
    return parametrised


def _usual(camera: WithParameters) -> DictParam:
    camera.grab()
    return DictParam.FromString(camera.parameters())


def _others(camera: WithParameters) -> DictParam:
    """Return values of numbers and texts that are not the defaults."""
    spec = DictParam.Spec.FromString(camera.parameter_spec())
    params = DictParam()
    for name, child in spec.specs.items():
        if child.spec.HasField("int_spec"):
            params.values[name].int_value.value = child.spec.int_spec.max_value.value
        elif child.spec.HasField("string_spec"):
            options = [*child.spec.string_spec.options] or ["x"]
            params.values[name].string_value.value = options[-1]
    assert params.values
    return params


@with_parameters
def test_spec_and_its_defaults_are_valid(parametrised: WithParameters) -> None:
    parametrised.open()
    encoded = parametrised.parameter_spec()
    assert len(encoded) <= MAX_ENCODED_BYTES
    spec = DictParam.Spec.FromString(encoded)
    validate_dict_spec(spec)
    parametrised.set_parameters(dict_spec_to_default(spec).SerializeToString())
    assert create_value_validator(spec)(_usual(parametrised)) is None


@with_parameters
def test_spec_is_the_same_before_it_is_open_or_not_reported(parametrised: WithParameters) -> None:
    before = None
    with suppress(CameraError):
        before = parametrised.parameter_spec()
    parametrised.open()
    assert before in (None, parametrised.parameter_spec())


@with_parameters
def test_each_grab_reports_the_parameters_of_its_picture(
    parametrised: WithParameters,
) -> None:
    parametrised.open()
    usual, others = _usual(parametrised), _others(parametrised)
    for _ in range(2):
        parametrised.set_parameters(others.SerializeToString())
        together = DictParam()
        together.MergeFrom(usual)
        together.MergeFrom(others)
        for _ in range(2):
            assert _usual(parametrised) == together
        parametrised.set_parameters(b"")
        assert _usual(parametrised) == usual


@with_parameters
def test_parameters_that_are_none_are_refused_as_such(parametrised: WithParameters) -> None:
    parametrised.open()
    wrong = DictParam()
    wrong.values["mood"].int_value.value = 1
    with pytest.raises(CameraMisconfigured, match="mood"):
        parametrised.set_parameters(wrong.SerializeToString())
    parametrised.grab()


@with_parameters
def test_parameters_of_a_closed_camera_are_refused(parametrised: WithParameters) -> None:
    for _ in range(2):
        with pytest.raises(CameraError):
            parametrised.set_parameters(b"")
        with pytest.raises(CameraError):
            parametrised.parameters()
        parametrised.open()
        parametrised.close()
