"""bosdyn.api.DataService: queries of the robot's log."""

from collections.abc import Callable
from typing import Any

from bosdyn.api import data_buffer_pb2, data_service_pb2

from spot_webcam.fakes.robot.state.own_services import DATA
from spot_webcam.fakes.robot.state.recordings import Recordings
from spot_webcam.fakes.robot.state.refusals import InvalidRequest
from spot_webcam.fakes.robot.state.tokens import Caller

DEFAULT_LIMIT = 1024


class DataService:
    """Returns events and comments, and their numbers. Not simulated: pages and their index.

    An event specification is matched by source, type and level.
    """

    entry = DATA
    protocol = data_service_pb2.DESCRIPTOR

    def __init__(self, recordings: Recordings) -> None:
        self._recordings = recordings

    def _get_events_comments(self, request: Any, response: Any, _caller: Caller) -> None:
        query, found = request.event_comment_request, response.events_comments
        found.time_range.CopyFrom(query.time_range)
        is_within = _range_of(query.time_range)
        events = [
            event
            for event in self._recordings.of_type(data_buffer_pb2.Event)
            if is_within(event.start_time) and any(_matches(spec, event) for spec in query.events)
        ]
        limit = query.max_events or DEFAULT_LIMIT
        found.events.extend(events[:limit])
        found.events_limited = len(events) > limit
        comments = []
        if query.comments:
            all_comments = self._recordings.of_type(data_buffer_pb2.OperatorComment)
            comments = [comment for comment in all_comments if is_within(comment.timestamp)]
        limit = query.max_comments or DEFAULT_LIMIT
        found.operator_comments.extend(comments[:limit])
        found.operator_comments_limited = len(comments) > limit

    def _get_data_buffer_status(self, request: Any, response: Any, _caller: Caller) -> None:
        status = response.data_buffer_status
        status.num_events = len(self._recordings.of_type(data_buffer_pb2.Event))
        status.num_comments = len(self._recordings.of_type(data_buffer_pb2.OperatorComment))
        status.data_buffer_total_bytes = self._recordings.total_bytes()
        if request.get_blob_specs:
            blobs = self._recordings.of_type(data_buffer_pb2.DataBlob)
            for channel, type_id in sorted({(blob.channel, blob.type_id) for blob in blobs}):
                status.blob_specs.add(channel=channel, message_type=type_id)


def _range_of(time_range: Any) -> Callable[[Any], bool]:
    try:
        start_ns = time_range.start.ToNanoseconds()
        end_ns = time_range.end.ToNanoseconds() if time_range.HasField("end") else 2**63 - 1
    except ValueError:
        raise InvalidRequest("a time of the query is out of range") from None
    return lambda timestamp: start_ns <= timestamp.ToNanoseconds() <= end_ns


def _matches(spec: Any, event: Any) -> bool:
    return (
        spec.source in ("", event.source)
        and spec.type in ("", event.type)
        and (not spec.HasField("level") or spec.level.value == event.level)
    )
