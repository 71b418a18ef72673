"""What can be done to a robot: trouble, and the operator's hand."""

from __future__ import annotations

import grpc

from spot_webcam.fakes.robot.state.payloads import PayloadAccount
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.transport.silence import Silence


class Trouble:
    """Making life hard for clients."""

    _state: RobotState
    _silence: Silence

    def go_silent(self, seconds: float) -> None:
        """Leave calls unanswered for so long; then they are answered if someone still waits."""
        self._silence.begin(seconds)

    def speak(self) -> None:
        """End the silence."""
        self._silence.end()

    def silent_calls(self) -> int:
        """How many calls hang in the silence at this moment."""
        return self._silence.held()

    def refuse(self, service_name: str, code: grpc.StatusCode, details: str = "") -> None:
        """Answer all calls of a service, own or registered, with this status until `accept`."""
        self._state.refuse(service_name, code, details)

    def accept(self, service_name: str) -> None:
        """End a refusal."""
        self._state.accept(service_name)

    def move_clock(self, seconds: float) -> None:
        """Set the robot's clock forward, or back when negative; time-sync starts anew."""
        self._state.move_clock(seconds)

    def expire_tokens(self) -> None:
        """End the lifetime of every token now."""
        self._state.expire_tokens()

    def revoke_tokens(self) -> None:
        """Forget every token."""
        self._state.revoke_tokens()


class Operator:
    """Deciding over payloads."""

    _state: RobotState

    def register_payload(
        self, guid: str, secret: str, *, name: str = "", authorized: bool = True
    ) -> None:
        """Make a payload known.

        Raises:
            ValueError: the GUID is taken.
        """
        if not self._state.add_payload(PayloadAccount(guid, secret, name, authorized)):
            raise ValueError(f"a payload with GUID {guid!r} is registered already")

    def authorize(self, guid: str) -> None:
        """Let a payload in; `LookupError` when it is unknown."""
        self._state.authorize(guid)

    def revoke(self, guid: str) -> None:
        """Let a payload in no longer, and forget its tokens; `LookupError` when it is unknown."""
        self._state.revoke(guid)
