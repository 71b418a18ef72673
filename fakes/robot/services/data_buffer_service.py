"""bosdyn.api.DataBufferService: clients write into the robot's log."""

from collections.abc import Mapping
from typing import Any

from bosdyn.api import data_buffer_pb2

from spot_webcam.fakes.robot.services.method import Method
from spot_webcam.fakes.robot.state.clock import to_timestamp
from spot_webcam.fakes.robot.state.own_services import DATA_BUFFER
from spot_webcam.fakes.robot.state.recordings import Recordings
from spot_webcam.fakes.robot.state.refusals import require_times
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller


class DataBufferService:
    """Keeps every message, with the time that it was received where it has none.

    Of a call with a time that makes no date nothing is kept: readers could not place it.
    A tick's data is not compared with its schema.
    """

    entry = DATA_BUFFER

    def __init__(self, state: RobotState, recordings: Recordings) -> None:
        self._state = state
        self._recordings = recordings

    def methods(self) -> Mapping[str, Method]:
        """Return the RPCs by name."""
        api = data_buffer_pb2
        return {
            "RecordTextMessages": Method(
                api.RecordTextMessagesRequest,
                api.RecordTextMessagesResponse,
                lambda request, _response, _caller: self._record(request.text_messages),
            ),
            "RecordOperatorComments": Method(
                api.RecordOperatorCommentsRequest,
                api.RecordOperatorCommentsResponse,
                lambda request, _response, _caller: self._record(request.operator_comments),
            ),
            "RecordDataBlobs": Method(
                api.RecordDataBlobsRequest,
                api.RecordDataBlobsResponse,
                lambda request, _response, _caller: self._record(request.blob_data),
            ),
            "RecordEvents": Method(
                api.RecordEventsRequest, api.RecordEventsResponse, self._record_events
            ),
            "RegisterSignalSchema": Method(
                api.RegisterSignalSchemaRequest, api.RegisterSignalSchemaResponse, self._register
            ),
            "RecordSignalTicks": Method(
                api.RecordSignalTicksRequest, api.RecordSignalTicksResponse, self._record_ticks
            ),
        }

    def _record(self, messages: Any) -> None:
        require_times(message.timestamp for message in messages)
        now = to_timestamp(self._state.now_ns())
        for message in messages:
            if not message.HasField("timestamp"):
                message.timestamp.CopyFrom(now)
            self._recordings.add(message)

    def _record_events(self, request: Any, _response: Any, _caller: Caller) -> None:
        for event in request.events:
            require_times((event.start_time, event.end_time))
        for event in request.events:
            self._recordings.add(event)

    def _register(self, request: Any, response: Any, _caller: Caller) -> None:
        response.schema_id = self._recordings.schema_id(request.schema)

    def _record_ticks(self, request: Any, response: Any, _caller: Caller) -> None:
        require_times(tick.timestamp for tick in request.tick_data)
        for index, tick in enumerate(request.tick_data):
            if self._recordings.has_schema(tick.schema_id):
                self._record([tick])
            else:
                response.errors.add(
                    type=data_buffer_pb2.RecordSignalTicksResponse.Error.INVALID_SCHEMA_ID,
                    message=f"no schema {tick.schema_id} is registered",
                    index=index,
                )
