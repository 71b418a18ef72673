"""Limits of the fake robot's stores: the oldest entries are dropped."""

import pytest
from bosdyn.api.data_acquisition_pb2 import CaptureActionId, DataIdentifier, Metadata
from bosdyn.api.data_acquisition_store_pb2 import StoreStreamRequest
from bosdyn.api.data_buffer_pb2 import DataBlob, OperatorComment, SignalSchema

from spot_webcam.fakes.robot.acquisition.captures import CaptureKind, Captures
from spot_webcam.fakes.robot.acquisition.job import Jobs
from spot_webcam.fakes.robot.acquisition.store_service import DataAcquisitionStoreService
from spot_webcam.fakes.robot.services.method import methods_of
from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.recordings import Recordings
from spot_webcam.fakes.robot.state.refusals import CallRefused
from spot_webcam.fakes.robot.state.tokens import Caller


def contents(captures):
    return [capture.content for capture in captures.all()]


def test_oldest_captures_go_when_there_are_too_many():
    captures = Captures(Changes(), lambda: 5, max_captures=2)
    for content in (b"1", b"2", b"3"):
        captures.add(CaptureKind.DATA, DataIdentifier(), content)
    assert contents(captures) == [b"2", b"3"]
    assert captures.last_id() == 3


def test_oldest_captures_go_when_they_are_too_large():
    captures = Captures(Changes(), lambda: 5, max_bytes=5)
    for content in (b"123", b"45", b"678"):
        captures.add(CaptureKind.DATA, DataIdentifier(), content)
    assert contents(captures) == [b"45", b"678"]
    with pytest.raises(CallRefused, match="at most 5 bytes of captures"):
        captures.add(CaptureKind.DATA, DataIdentifier(), b"123456")


def test_upload_ends_where_it_is_too_large():
    captures = Captures(Changes(), lambda: 5, max_bytes=5)
    service = DataAcquisitionStoreService(captures)
    piece = StoreStreamRequest()
    piece.chunk.data = b"12"
    pieces = iter([piece.SerializeToString()] * 4)
    with pytest.raises(CallRefused, match="at most 5 bytes of captures"):
        methods_of(service)["StoreDataStream"].answer(pieces, Caller(""), lambda: 5)
    assert next(pieces, None) is not None
    assert contents(captures) == []


def test_oldest_recordings_go():
    recordings = Recordings(Changes(), max_messages=2)
    for message in ("1", "2", "3"):
        recordings.add(OperatorComment(message=message))
    assert [comment.message for comment in recordings.of_type(OperatorComment)] == ["2", "3"]


def test_recordings_are_bounded_in_bytes():
    recordings = Recordings(Changes(), max_bytes=100)
    for data in (b"1" * 60, b"2" * 60):
        recordings.add(DataBlob(data=data))
    assert [blob.data[:1] for blob in recordings.of_type(DataBlob)] == [b"2"]
    assert recordings.total_bytes() <= 100
    with pytest.raises(CallRefused, match="bytes of recordings"):
        recordings.add(DataBlob(data=b"3" * 200))


def test_recording_is_a_copy():
    recordings = Recordings(Changes())
    message = OperatorComment(message="before")
    recordings.add(message)
    message.message = "after"
    assert recordings.of_type(OperatorComment)[0].message == "before"


def test_same_schema_has_the_same_number_and_their_number_is_bounded():
    recordings = Recordings(Changes(), max_schemas=1)
    number = recordings.schema_id(SignalSchema(schema_name="a"))
    assert recordings.schema_id(SignalSchema(schema_name="a")) == number
    assert recordings.has_schema(number)
    assert not recordings.has_schema(number + 1)
    with pytest.raises(CallRefused, match="signal schemas"):
        recordings.schema_id(SignalSchema(schema_name="b"))


def test_oldest_ended_acquisition_is_forgotten():
    jobs = Jobs(Changes(), max_jobs=2)
    running, ended = (jobs.add(CaptureActionId(), Metadata(), 1.0) for _ in range(2))
    assert ended.begin_saving()
    ended.end()
    newest = jobs.add(CaptureActionId(), Metadata(), 1.0)
    assert jobs.find(ended.request_id) is None
    assert jobs.find(running.request_id) is running
    assert jobs.find(newest.request_id) is newest
