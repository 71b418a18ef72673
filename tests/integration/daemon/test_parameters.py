"""A camera's controls as custom parameters, from the tablet's side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from bosdyn.api import image_pb2, service_customization_pb2
from bosdyn.client.service_customization_helpers import (
    create_value_validator,
    dict_spec_to_default,
)

from spot_webcam.fakes.cameras.variants import controlled
from spot_webcam.fakes.cameras.variants.control_panel import ControlPanel

Image, Response = image_pb2.Image, image_pb2.ImageResponse
OK, BAD_PARAMS = Response.STATUS_OK, Response.STATUS_CUSTOM_PARAMS_ERROR
Error = service_customization_pb2.CustomParamError
TURNABLE = "turnable=synthetic:?size=64x48&fps=60&controls=1"
OTHER = "other=synthetic:?size=64x48&fps=60&controls=1"
PLAIN = "plain=synthetic:?size=64x48&fps=60&parameters=0"
BRIGHTEST = 64


@pytest.fixture
def serving(serve: Callable[..., Any]) -> Any:
    serving = serve(TURNABLE, OTHER, PLAIN)
    serving.wait_for_pictures()
    return serving


def asked(source: str = "turnable", **values: Any) -> Any:
    """Return a request for pixels, with parameters: numbers, switches, labels of menus."""
    params = service_customization_pb2.DictParam()
    for name, value in values.items():
        if isinstance(value, bool):
            params.values[name].bool_value.value = value
        elif isinstance(value, str):
            params.values[name].one_of_value.key = value
        else:
            params.values[name].int_value.value = value
    return image_pb2.ImageRequest(
        image_source_name=source, image_format=Image.FORMAT_RAW, custom_params=params
    )


def pixels(answer: Any) -> npt.NDArray[np.uint8]:
    assert answer.status == OK
    return np.frombuffer(answer.shot.image.data, np.uint8)


def is_bright(answer: Any) -> bool:
    # The synthetic picture has black in it.
    return int(pixels(answer).min()) >= BRIGHTEST


def used(answer: Any) -> dict[str, Any]:
    return {
        name: value.one_of_value.key
        if value.HasField("one_of_value")
        else (value.bool_value if value.HasField("bool_value") else value.int_value).value
        for name, value in answer.shot.capture_params.custom_params.values.items()
    }


# What is listed.


def test_controls_are_listed_with_ranges_defaults_names_and_menus(serving: Any) -> None:
    listed = serving.client.list()
    assert not listed["plain"].HasField("custom_params")
    specs = listed["turnable"].custom_params.specs
    brightness = specs["brightness"]
    assert brightness.ui_info.display_name == "Brightness"
    assert brightness.ui_info.display_order == 0
    integer = brightness.spec.int_spec
    assert (integer.min_value.value, integer.max_value.value) == (-64, 64)
    assert integer.default_value.value == 0
    assert specs["contrast"].spec.int_spec.default_value.value == 32
    assert specs["white_balance_temperature"].spec.int_spec.units.name == "K"
    assert specs["white_balance_automatic"].spec.bool_spec.default_value.value is True
    modes = specs["auto_exposure"].spec.one_of_spec
    assert set(modes.specs) == {"Manual Mode", "Aperture Priority Mode"}
    assert modes.default_key == "Aperture Priority Mode"


def test_sdk_s_validator_takes_the_spec_and_its_defaults(serving: Any) -> None:
    spec = serving.client.list()["turnable"].custom_params
    defaults = dict_spec_to_default(spec)
    assert set(defaults.values) == set(spec.specs)
    assert create_value_validator(spec)(defaults) is None
    request = asked()
    request.custom_params.CopyFrom(defaults)
    [answer] = serving.client.get(request)
    assert answer.status == OK


# What is taken.


def test_picture_is_really_taken_with_what_was_asked_for(serving: Any) -> None:
    before, bright, dark = (
        serving.client.get(asked(**values))[0]
        for values in ({}, {"brightness": BRIGHTEST}, {"brightness": -BRIGHTEST})
    )
    assert not is_bright(before)
    assert used(before)["brightness"] == 0
    assert is_bright(bright)
    assert used(bright)["brightness"] == BRIGHTEST
    assert int(pixels(dark).max()) <= 255 - BRIGHTEST
    assert used(dark)["brightness"] == -BRIGHTEST


def test_sdk_s_own_get_image_takes_parameters(serving: Any) -> None:
    [answer] = serving.client.images.get_image([asked(brightness=BRIGHTEST)])
    assert is_bright(answer)


def test_different_parameters_in_one_call_get_a_picture_each(serving: Any) -> None:
    answers = serving.client.get(
        asked(brightness=BRIGHTEST), asked(brightness=1), asked("other", brightness=2), asked()
    )
    assert [answer.status for answer in answers] == [OK] * 4
    assert [used(answer)["brightness"] for answer in answers[:3]] == [BRIGHTEST, 1, 2]
    assert [is_bright(answer) for answer in answers[:3]] == [True, False, False]


def test_different_parameters_in_one_call_get_a_picture_each_on_demand(
    serve: Callable[..., Any],
) -> None:
    serving = serve(TURNABLE, on_demand=True)
    serving.wait_for_pictures()
    answers = serving.client.get(asked(brightness=BRIGHTEST), asked(brightness=1))
    assert [answer.status for answer in answers] == [OK] * 2
    assert [is_bright(answer) for answer in answers] == [True, False]


def test_other_clients_and_sources_go_on_meanwhile(
    serving: Any, connect: Callable[..., Any]
) -> None:
    calls = 12
    others = {name: connect(serving.robot) for name in ("turnable", "other", "plain")}
    with ThreadPoolExecutor(len(others)) as pool:
        going_on = {
            name: pool.submit(lambda name=name: [others[name].get(asked(name)) for _ in range(40)])
            for name in others
        }
        bright = [
            serving.client.get(asked(brightness=BRIGHTEST - turn % 2))[0] for turn in range(calls)
        ]
    assert [used(one)["brightness"] for one in bright] == [BRIGHTEST, BRIGHTEST - 1] * (calls // 2)
    for one in bright:
        assert int(pixels(one).min()) >= used(one)["brightness"]
    for name, got in going_on.items():
        answers = [answer for [answer] in got.result()]
        assert {answer.status for answer in answers} == {OK}
        assert not any(is_bright(answer) for answer in answers), name


def test_forms_that_give_all_parameters_mean_nothing_by_what_an_automatic_holds(
    serving: Any,
) -> None:
    request = asked()
    request.custom_params.CopyFrom(
        dict_spec_to_default(serving.client.list()["turnable"].custom_params)
    )
    request.custom_params.values["exposure_time_absolute"].int_value.value = 99
    request.custom_params.values["brightness"].int_value.value = BRIGHTEST
    [answer] = serving.client.get(request)
    assert is_bright(answer)
    assert used(answer)["exposure_time_absolute"] == 250


def test_menus_switches_and_what_they_hold(serving: Any) -> None:
    manual, automatic = "Manual Mode", "Aperture Priority Mode"
    for values in (
        {"exposure_time_absolute": 100},
        {"exposure_time_absolute": 100, "auto_exposure": automatic},
        # Held by the automatic that is left on.
        {"exposure_time_absolute": 100, "auto_exposure": manual, "focus_absolute": 42},
    ):
        [held] = serving.client.get(asked(**values))
        assert held.status == BAD_PARAMS
        [message] = held.custom_param_error.error_messages
        assert "an automatic of the camera holds it; switch that off" in message
    [freed] = serving.client.get(asked(exposure_time_absolute=100, auto_exposure=manual))
    assert used(freed)["exposure_time_absolute"] == 100
    assert used(freed)["auto_exposure"] == "Manual Mode"
    assert freed.shot.capture_params.exposure_duration.ToNanoseconds() == 10_000_000
    [usual] = serving.client.get(asked())
    assert used(usual)["auto_exposure"] == automatic
    assert used(usual)["exposure_time_absolute"] == 250
    [focused] = serving.client.get(asked(focus_automatic_continuous=False, focus_absolute=42))
    assert used(focused)["focus_automatic_continuous"] is False
    assert used(focused)["focus_absolute"] == 40


# What is refused.


def _string(value: str) -> Any:
    request = asked()
    request.custom_params.values["brightness"].string_value.value = value
    return request


def _unset() -> Any:
    request = asked()
    request.custom_params.values["brightness"].SetInParent()
    return request


@pytest.mark.parametrize(
    ("request_of_a_client", "status"),
    [
        (asked(zoom=1), Error.STATUS_UNSUPPORTED_PARAMETER),
        (asked("plain", brightness=1), Error.STATUS_UNSUPPORTED_PARAMETER),
        (asked(brightness=65), Error.STATUS_INVALID_VALUE),
        (asked(brightness=-65), Error.STATUS_INVALID_VALUE),
        (asked(brightness="Manual Mode"), Error.STATUS_INVALID_VALUE),
        (_string("bright"), Error.STATUS_INVALID_VALUE),
        (asked(auto_exposure="Sometimes"), Error.STATUS_INVALID_VALUE),
        (asked(white_balance_automatic=2), Error.STATUS_INVALID_VALUE),
        (asked(white_balance_automatic=1), Error.STATUS_INVALID_VALUE),
        (asked(brightness=True), Error.STATUS_INVALID_VALUE),
        (_unset(), Error.STATUS_INVALID_VALUE),
    ],
    ids=[
        "unknown name",
        "a camera without controls",
        "too much",
        "too little",
        "a label for a number",
        "a text for a number",
        "no entry of the menu",
        "a number for a switch",
        "a number that would do for a switch",
        "a switch for a number",
        "no value",
    ],
)
def test_parameters_that_are_none_are_refused_with_what_is_wrong(
    serving: Any, request_of_a_client: Any, status: int
) -> None:
    refused, good = serving.client.get(request_of_a_client, asked())
    assert refused.status == BAD_PARAMS
    assert refused.custom_param_error.status == status
    assert refused.custom_param_error.error_messages[0]
    assert not refused.HasField("shot")
    assert good.status == OK
    assert used(good)["brightness"] == 0


def test_refused_parameters_are_no_fault(serve: Callable[..., Any], clip: Path) -> None:
    serving = serve(TURNABLE, f"file={clip}")
    serving.wait_for_pictures()
    for _ in range(3):
        serving.client.get(asked(zoom=1), asked(brightness=65), asked(brightness="x"))

    # A fault that must come, reported by the same look at all sources.
    clip.unlink()
    assert serving.eventually(serving.faults)

    triggered = [one.fault_name for one in serving.robot.fault_events() if one.kind == "trigger"]
    assert triggered == ["Image Capture Failure for file"]


# Afterwards.


@pytest.mark.parametrize("on_demand", [False, True])
def test_controls_are_as_they_were_after_the_linger_time(
    serve: Callable[..., Any], timeouts: dict[str, float], on_demand: bool
) -> None:
    timeouts["parameters_linger_s"] = 0.2
    serving = serve(TURNABLE, on_demand=on_demand)
    serving.wait_for_pictures()
    [bright] = serving.client.get(asked(brightness=BRIGHTEST, auto_exposure="Manual Mode"))
    assert is_bright(bright)

    def is_as_before() -> bool:
        [answer] = serving.client.get(asked())
        values = used(answer)
        return (values["brightness"], values["auto_exposure"]) == (
            0,
            "Aperture Priority Mode",
        ) and not is_bright(answer)

    assert serving.eventually(is_as_before)


@pytest.mark.parametrize(("restore", "contrast"), [(True, 32), (False, 50)])
def test_stop_puts_back_the_defaults_if_asked_for_or_else_what_there_was(
    serve: Callable[..., Any], restore: bool, contrast: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = ControlPanel()  # of the camera's hardware
    monkeypatch.setattr(controlled, "ControlPanel", lambda: panel)
    serving = serve(TURNABLE, restore_controls=restore)
    serving.wait_for_pictures()
    panel.write({"contrast": 50})  # as another program may
    [bright] = serving.client.get(asked(brightness=BRIGHTEST))
    assert is_bright(bright)
    serving.daemon.stop()
    assert panel.read(["brightness", "contrast"]) == {"brightness": 0, "contrast": contrast}
