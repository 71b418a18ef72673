"""What tests see of the robot that clients do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bosdyn.api import data_buffer_pb2

from spot_webcam.fakes.robot.acquisition.captures import Captures, StoredCapture
from spot_webcam.fakes.robot.state.calls import CallRecord
from spot_webcam.fakes.robot.state.directory import RegisteredService
from spot_webcam.fakes.robot.state.faults import FaultEvent
from spot_webcam.fakes.robot.state.payloads import PayloadAccount
from spot_webcam.fakes.robot.state.recordings import Recordings
from spot_webcam.fakes.robot.state.robot_state import RobotState


class Insight:
    """Looking inside."""

    _state: RobotState
    _recordings: Recordings
    _captures: Captures

    def now_ns(self) -> int:
        """Robot time."""
        return self._state.now_ns()

    def users(self) -> dict[str, str]:
        """Who can log in, with their passwords."""
        return self._state.users()

    def payloads(self) -> list[PayloadAccount]:
        """Every known payload, oldest first."""
        return self._state.payloads()

    def services(self) -> list[RegisteredService]:
        """Every registered service, oldest first; the robot's own are not among them."""
        return self._state.services()

    def faults(self) -> list[Any]:
        """The standing faults, as `bosdyn.api.ServiceFault` messages, oldest first."""
        return self._state.faults()

    def fault_events(self) -> list[FaultEvent]:
        """Every trigger and clear, by clients and by the robot, oldest first."""
        return self._state.fault_events()

    def calls(self) -> list[CallRecord]:
        """The last finished calls, oldest first."""
        return self._state.calls()

    def stored_captures(self) -> list[StoredCapture]:
        """What is in the data-acquisition store, oldest first."""
        return self._captures.all()

    def recorded_text_messages(self) -> list[Any]:
        """The data buffer's `bosdyn.api.TextMessage`s, oldest first."""
        return self._recordings.of_type(data_buffer_pb2.TextMessage)

    def recorded_operator_comments(self) -> list[Any]:
        """The data buffer's `bosdyn.api.OperatorComment`s, oldest first."""
        return self._recordings.of_type(data_buffer_pb2.OperatorComment)

    def recorded_blobs(self) -> list[Any]:
        """The data buffer's `bosdyn.api.DataBlob`s, oldest first."""
        return self._recordings.of_type(data_buffer_pb2.DataBlob)

    def recorded_events(self) -> list[Any]:
        """The data buffer's `bosdyn.api.Event`s, oldest first."""
        return self._recordings.of_type(data_buffer_pb2.Event)

    def recorded_signal_ticks(self) -> list[Any]:
        """The data buffer's `bosdyn.api.SignalTick`s, oldest first."""
        return self._recordings.of_type(data_buffer_pb2.SignalTick)

    def wait_for(self, predicate: Callable[[], object], timeout_s: float) -> bool:
        """Block until the predicate holds or the time is over; return whether it holds.

        The predicate runs in the caller's thread, after each change of the robot's state.
        """
        return self._state.changes.wait_for(predicate, timeout_s)
