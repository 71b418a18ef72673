"""bosdyn.api.TimeSyncService: skew between the client's clock and the robot's."""

from typing import Any

from bosdyn.api import time_sync_service_pb2
from bosdyn.api.time_sync_pb2 import TimeSyncState

from spot_webcam.fakes.robot.state.clock import to_duration, to_timestamp
from spot_webcam.fakes.robot.state.own_services import TIME_SYNC
from spot_webcam.fakes.robot.state.refusals import InvalidRequest
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.time_sync import Estimate, RoundTrip
from spot_webcam.fakes.robot.state.tokens import Caller


class TimeSyncService:
    """Answers each client's round trips with the best recent estimate."""

    entry = TIME_SYNC
    protocol = time_sync_service_pb2.DESCRIPTOR

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def _time_sync_update(self, request: Any, response: Any, _caller: Caller) -> None:
        round_trip = None
        if request.HasField("previous_round_trip"):
            if not request.clock_identifier:
                raise InvalidRequest("a round trip needs the clock identifier it was made with")
            round_trip = _round_trip_of(request.previous_round_trip)
        answer = self._state.time_sync.update(request.clock_identifier, round_trip)
        response.clock_identifier = answer.clock_identifier
        response.state.measurement_time.CopyFrom(to_timestamp(self._state.now_ns()))
        if answer.previous is not None:
            _write(answer.previous, response.previous_estimate)
        if answer.best is None:
            response.state.status = TimeSyncState.STATUS_MORE_SAMPLES_NEEDED
        else:
            response.state.status = TimeSyncState.STATUS_OK
            _write(answer.best, response.state.best_estimate)


def _round_trip_of(message: Any) -> RoundTrip:
    try:
        return RoundTrip(
            client_tx_ns=message.client_tx.ToNanoseconds(),
            server_rx_ns=message.server_rx.ToNanoseconds(),
            server_tx_ns=message.server_tx.ToNanoseconds(),
            client_rx_ns=message.client_rx.ToNanoseconds(),
        )
    except ValueError:
        raise InvalidRequest("a time of the round trip is out of range") from None


def _write(estimate: Estimate, message: Any) -> None:
    message.round_trip_time.CopyFrom(to_duration(estimate.round_trip_ns))
    message.clock_skew.CopyFrom(to_duration(estimate.clock_skew_ns))
