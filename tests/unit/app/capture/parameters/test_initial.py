"""Parameters that an operator chose for all requests that set none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from spot_webcam.app.capture.control_session import ControlSession
from spot_webcam.app.capture.initial_parameters import InitialParameters
from spot_webcam.app.capture.parameter_session import parameter_session
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.parameters import Given
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.control_bench import (
    AUTO,
    AUTOMATIC,
    BRIGHTNESS,
    EXPOSURE,
    MANUAL,
    TurnableCamera,
)

LINGER_S = 2.0


def encode(values: Mapping[str, Given], spec: bytes) -> bytes:
    """Encode as a serialized message would be, of which two can be joined."""
    if "wrong" in values:
        raise CameraMisconfigured(f"not in {spec.decode()}")
    return "".join(f"{name}={value};" for name, value in values.items()).encode()


class SpecCamera:
    """Records the parameters that it was set to."""

    def __init__(self) -> None:
        self.set: list[bytes] = []

    def parameter_spec(self) -> bytes:
        return b"spec"

    def set_parameters(self, encoded: bytes) -> None:
        self.set.append(encoded)

    def parameters(self) -> bytes:
        return self.set[-1]


def session_of(camera: Any, clock: ManualClock, **values: Given) -> Any:
    initial = InitialParameters(values, encode)
    return parameter_session(
        camera, "cam", clock, LINGER_S, restore_defaults=False, initial=initial
    )


def test_controls_are_set_at_the_open_and_restored_after_requests(clock: ManualClock) -> None:
    camera = TurnableCamera()
    session = session_of(camera, clock, **{BRIGHTNESS: 33, AUTO: "Manual", EXPOSURE: 100})
    assert isinstance(session, ControlSession)
    session.opened()
    assert (camera.values[AUTO], camera.values[EXPOSURE]) == (MANUAL, 100)
    assert not session.is_overridden
    session.apply({BRIGHTNESS: 1})
    session.restore()
    assert camera.values[BRIGHTNESS] == 33


def test_controls_are_set_at_each_open(clock: ManualClock) -> None:
    camera = TurnableCamera()
    session = session_of(camera, clock, **{BRIGHTNESS: 33})
    session.opened()
    camera.values[BRIGHTNESS] = 0  # it was unplugged
    session.opened()
    assert camera.values[BRIGHTNESS] == 33


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"brightnes": 1}, "there is no parameter 'brightnes'; there are: brightness"),
        ({BRIGHTNESS: 100}, "brightness takes -64 to 64, not 100"),
        # It is in automatic mode.
        ({EXPOSURE: 100}, "exposure is inactive"),
    ],
)
def test_controls_that_cannot_be_set_are_one_warning(
    values: dict[str, Given], why: str, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    camera = TurnableCamera()
    before = dict(camera.values)
    session = session_of(camera, clock, **values)
    session.opened()
    session.opened()
    [message] = caplog.messages
    assert message.startswith(f"cam: cannot set the parameters: {why}")
    assert camera.values == before
    assert camera.values[AUTO] == AUTOMATIC


def test_parameters_of_a_spec_are_set_at_the_open_and_under_those_of_requests(
    clock: ManualClock,
) -> None:
    camera = SpecCamera()
    session = session_of(camera, clock, gain=3)
    session.opened()
    assert camera.set == [b"gain=3;"]
    assert not session.is_overridden
    session.apply(b"look=1;")
    assert session.is_overridden
    session.restore()
    # Of two serialized messages, the second one's fields count.
    assert camera.set[1:] == [b"gain=3;look=1;", b"gain=3;"]
    session.opened()
    assert camera.set[-1] == b"gain=3;"


def test_parameters_that_do_not_fit_a_spec_are_one_warning(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    camera = SpecCamera()
    session = session_of(camera, clock, wrong=3)
    session.opened()
    session.opened()
    assert caplog.messages == ["cam: cannot set the parameters: not in spec"]
    assert camera.set == []
    session.apply(b"look=1;")
    session.restore()
    assert camera.set == [b"look=1;", b""]
