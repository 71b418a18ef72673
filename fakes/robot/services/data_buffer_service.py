"""bosdyn.api.DataBufferService: recording of messages in the robot's log."""

from typing import Any

from bosdyn.api import data_buffer_service_pb2
from bosdyn.api.data_buffer_pb2 import RecordSignalTicksResponse

from spot_webcam.fakes.robot.state.clock import to_timestamp
from spot_webcam.fakes.robot.state.own_services import DATA_BUFFER
from spot_webcam.fakes.robot.state.recordings import Recordings
from spot_webcam.fakes.robot.state.refusals import require_times
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller


class DataBufferService:
    """Stores every message, with the time of receipt if it has none.

    A call with an invalid time is refused, and none of its messages are stored. A tick's data is
    not checked against its schema.
    """

    entry = DATA_BUFFER
    protocol = data_buffer_service_pb2.DESCRIPTOR

    def __init__(self, state: RobotState, recordings: Recordings) -> None:
        self._state = state
        self._recordings = recordings

    def _record_text_messages(self, request: Any, _response: Any, _caller: Caller) -> None:
        self._record(request.text_messages)

    def _record_operator_comments(self, request: Any, _response: Any, _caller: Caller) -> None:
        self._record(request.operator_comments)

    def _record_data_blobs(self, request: Any, _response: Any, _caller: Caller) -> None:
        self._record(request.blob_data)

    def _record_events(self, request: Any, _response: Any, _caller: Caller) -> None:
        for event in request.events:
            require_times((event.start_time, event.end_time))
        for event in request.events:
            self._recordings.add(event)

    def _register_signal_schema(self, request: Any, response: Any, _caller: Caller) -> None:
        response.schema_id = self._recordings.schema_id(request.schema)

    def _record_signal_ticks(self, request: Any, response: Any, _caller: Caller) -> None:
        require_times(tick.timestamp for tick in request.tick_data)
        for index, tick in enumerate(request.tick_data):
            if self._recordings.has_schema(tick.schema_id):
                self._record([tick])
            else:
                response.errors.add(
                    type=RecordSignalTicksResponse.Error.INVALID_SCHEMA_ID,
                    message=f"no schema {tick.schema_id} is registered",
                    index=index,
                )

    def _record(self, messages: Any) -> None:
        require_times(message.timestamp for message in messages)
        now = to_timestamp(self._state.now_ns())
        for message in messages:
            if not message.HasField("timestamp"):
                message.timestamp.CopyFrom(now)
            self._recordings.add(message)
