"""Custom parameters of a camera: the spec, the values of captures, the reported values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bosdyn.api.service_customization_pb2 import DictParam
from bosdyn.client import service_customization_helpers as customize

from spot_webcam.adapters.camera_interface import InterfaceCamera
from spot_webcam.domain.errors import CameraMisconfigured, NoData, ParametersRefused
from spot_webcam.domain.ports import Parametrised
from spot_webcam.fakes.time.manual import ManualClock
from tests.camera_interfaces import DrawnCamera, OldCamera, source_of

Adapt = Callable[..., InterfaceCamera]


def spec_of(lowest: int = 0) -> Any:
    def number(default: int) -> Any:
        param = customize.make_int64_param_spec(default, min_value=lowest, max_value=100)
        return customize.make_dict_child_spec(param, customize.make_user_interface_info("name"))

    return customize.make_dict_param_spec({"zoom": number(1), "iris": number(7)}, False)


def given(**values: int) -> bytes:
    params = DictParam()
    for name, value in values.items():
        params.values[name].int_value.value = value
    return params.SerializeToString(deterministic=True)


def values_in(encoded: bytes) -> dict[str, int]:
    return {name: one.int_value.value for name, one in DictParam.FromString(encoded).values.items()}


def test_spec_is_offered_as_it_is(adapt: Adapt, clock: ManualClock) -> None:
    for camera, options in (
        (source_of(DrawnCamera(clock), param_spec=spec_of()), {}),
        (DrawnCamera(clock), {"param_spec": spec_of()}),
    ):
        adapted = adapt(camera, **options)
        assert isinstance(adapted, Parametrised)
        adapted.open()
        assert DictParam.Spec.FromString(adapted.parameter_spec()) == spec_of()


def test_captures_get_what_was_set_and_else_nothing(adapt: Adapt, clock: ManualClock) -> None:
    camera = DrawnCamera(clock)
    adapted = adapt(source_of(camera, param_spec=spec_of()))
    adapted.open()
    adapted.grab()
    assert values_in(adapted.parameters()) == {"zoom": 1, "iris": 7}
    adapted.set_parameters(given(zoom=3))
    adapted.grab()
    assert camera.captures[-1] == DictParam.FromString(given(zoom=3))
    assert values_in(adapted.parameters()) == {"zoom": 3, "iris": 7}
    adapted.retrieve()
    assert camera.wishes[-1].custom_params == DictParam.FromString(given(zoom=3))
    adapted.set_parameters(b"")
    assert values_in(adapted.parameters()) == {"zoom": 3, "iris": 7}
    adapted.grab()
    assert camera.captures[-1] is None
    assert values_in(adapted.parameters()) == {"zoom": 1, "iris": 7}


def test_capture_of_open_is_dropped_with_parameters(adapt: Adapt, clock: ManualClock) -> None:
    camera = DrawnCamera(clock)
    adapted = adapt(source_of(camera, param_spec=spec_of()))
    adapted.open()
    adapted.set_parameters(given(zoom=2))
    adapted.grab()
    assert camera.captures == [None, DictParam.FromString(given(zoom=2))]


def test_parameters_are_lost_over_open(adapt: Adapt, clock: ManualClock) -> None:
    camera = DrawnCamera(clock)
    adapted = adapt(source_of(camera, param_spec=spec_of()))
    adapted.open()
    adapted.set_parameters(given(zoom=2))
    adapted.open()
    adapted.grab()
    adapted.grab()
    assert camera.captures[-1] is None


def test_camera_without_a_spec_offers_none(adapt: Adapt, clock: ManualClock) -> None:
    adapted = adapt(DrawnCamera(clock))
    adapted.open()
    adapted.grab()
    assert adapted.parameter_spec() == b""
    assert adapted.parameters() == b""


def test_spec_of_a_camera_of_before_3_3_is_not_offered(
    adapt: Adapt, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    adapted = adapt(OldCamera(clock), param_spec=spec_of())
    adapted.open()
    assert adapted.parameter_spec() == b""
    assert "takes no custom_params" in caplog.text


def test_spec_that_is_invalid_is_refused_at_open(adapt: Adapt, clock: ManualClock) -> None:
    with pytest.raises(CameraMisconfigured, match="the spec of the camera's parameters is invalid"):
        adapt(DrawnCamera(clock), param_spec=spec_of(lowest=50)).open()


def test_values_that_are_not_the_spec_s_are_refused_before_a_capture(
    adapt: Adapt, clock: ManualClock
) -> None:
    camera = DrawnCamera(clock)
    adapted = adapt(camera, param_spec=spec_of())
    adapted.open()
    nothing = DictParam()
    nothing.values["zoom"].list_value.SetInParent()
    for wrong in (given(zoom=101), given(tilt=1), nothing.SerializeToString()):
        with pytest.raises(ParametersRefused):
            adapted.set_parameters(wrong)
    adapted.grab()
    assert camera.captures == [None]


def test_values_that_the_camera_refuses_are_the_request_s_fault(
    adapt: Adapt, clock: ManualClock
) -> None:
    class Choosy(DrawnCamera):
        def blocking_capture(self, *, custom_params: Any = None, **_: Any) -> tuple[Any, float]:
            if custom_params is not None:
                raise ValueError("zoom 3 with this lens?")
            return super().blocking_capture()

    adapted = adapt(Choosy(clock), param_spec=spec_of())
    adapted.open()
    adapted.set_parameters(given(zoom=3))
    with pytest.raises(ParametersRefused, match=r"ValueError: zoom 3 with this lens\?"):
        adapted.grab()
    adapted.set_parameters(b"")
    adapted.grab()


def test_camera_that_fails_meanwhile_is_in_trouble(adapt: Adapt, clock: ManualClock) -> None:
    class Unplugged(DrawnCamera):
        def blocking_capture(self, *, custom_params: Any = None, **_: Any) -> tuple[Any, float]:
            if custom_params is not None:
                raise OSError("gone")
            return super().blocking_capture()

    adapted = adapt(Unplugged(clock), param_spec=spec_of())
    adapted.open()
    adapted.set_parameters(given(zoom=3))
    with pytest.raises(NoData, match="gone"):
        adapted.grab()
