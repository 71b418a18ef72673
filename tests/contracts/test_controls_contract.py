"""Contract of the `Controllable` ability."""

from typing import Protocol

import pytest

from spot_webcam.domain.errors import CameraError, CameraMisconfigured
from spot_webcam.domain.ports import Camera, Controllable
from spot_webcam.domain.sources.controls import Control, ControlKind
from tests.contracts.camera_cases import with_controls, without_controls


class Controlled(Camera, Controllable, Protocol):
    """A camera with controls."""


@pytest.fixture
def controlled(camera: Camera) -> Controlled:
    assert isinstance(camera, Controllable)
    controlled: Controlled = camera
    return controlled


@without_controls
def test_camera_without_controls_promises_none(camera: Camera) -> None:
    assert not isinstance(camera, Controllable)


def _settable(camera: Controlled) -> list[Control]:
    return [one for one in camera.controls() if not one.read_only and not one.inactive]


def _other_value(control: Control) -> int:
    """Return a value that it takes and that is not its default."""
    values = control.menu or range(control.minimum, control.maximum + 1, max(1, control.step))
    return next(value for value in values if value != control.default)


@with_controls
def test_controls_have_names_of_their_own(controlled: Controlled) -> None:
    controlled.open()
    names = [control.name for control in controlled.controls()]
    assert names
    assert len(set(names)) == len(names)


@with_controls
def test_defaults_of_controls_are_allowed(controlled: Controlled) -> None:
    controlled.open()
    for control in _settable(controlled):
        control.check(control.default)


@with_controls
def test_controls_read_as_they_were_written(controlled: Controlled) -> None:
    controlled.open()
    for control in _settable(controlled):
        if control.switches or control.kind is ControlKind.BUTTON:
            continue
        value = _other_value(control)
        controlled.write({control.name: value})
        assert controlled.read([control.name]) == {control.name: value}


@with_controls
def test_value_out_of_range_is_refused_before_any_is_set(controlled: Controlled) -> None:
    controlled.open()
    first, *others = [one for one in _settable(controlled) if one.kind is ControlKind.INTEGER]
    before = controlled.read([first.name])
    for other in others:
        for wrong in (other.minimum - 1, other.maximum + 1):
            with pytest.raises(CameraMisconfigured, match=other.name):
                controlled.write({first.name: _other_value(first), other.name: wrong})
    assert controlled.read([first.name]) == before


@with_controls
def test_unknown_control_is_refused(controlled: Controlled) -> None:
    controlled.open()
    with pytest.raises(CameraMisconfigured, match="no control 'mood'"):
        controlled.read(["mood"])
    with pytest.raises(CameraMisconfigured, match="no control 'mood'"):
        controlled.write({"mood": 1})


@with_controls
def test_inactive_controls_follow_their_switches(controlled: Controlled) -> None:
    controlled.open()

    def inactive() -> dict[str, Control]:
        return {one.name: one for one in controlled.controls() if one.inactive}

    held = inactive()
    assert held
    for control in held.values():
        with pytest.raises(CameraMisconfigured, match=f"{control.name} is inactive"):
            controlled.write({control.name: _other_value(control)})
    switches = {one.name: _other_value(one) for one in controlled.controls() if one.switches}
    # Together with their switches they can be set.
    values = {control.name: _other_value(control) for control in held.values()}
    controlled.write({**values, **switches})
    assert not inactive()
    assert controlled.read([*values, *switches]) == {**values, **switches}
    controlled.write({one.name: one.default for one in controlled.controls()})
    assert inactive().keys() == held.keys()


@with_controls
def test_controls_are_kept_while_the_camera_is_closed(controlled: Controlled) -> None:
    controlled.open()
    control = _settable(controlled)[0]
    value = _other_value(control)
    controlled.write({control.name: value})
    controlled.close()
    controlled.open()
    assert controlled.read([control.name]) == {control.name: value}


@with_controls
def test_controls_of_a_closed_camera_are_refused(controlled: Controlled) -> None:
    for _ in range(2):
        with pytest.raises(CameraError):
            controlled.controls()
        with pytest.raises(CameraError):
            controlled.read([])
        with pytest.raises(CameraError):
            controlled.write({})
        controlled.open()
        controlled.close()
