"""Data buffer, and the data service that queries it."""

import logging

import pytest
from bosdyn.api import data_buffer_pb2 as buffer
from bosdyn.api import data_index_pb2 as index
from bosdyn.api.data_buffer_service_pb2_grpc import DataBufferServiceStub
from bosdyn.api.time_range_pb2 import TimeRange
from bosdyn.client.data_buffer import LoggingHandler, log_event
from bosdyn.client.exceptions import InvalidRequestError
from bosdyn.client.frame_helpers import BODY_FRAME_NAME
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import Int32Value

LOW, HIGH = buffer.Event.LEVEL_LOW, buffer.Event.LEVEL_HIGH


@pytest.fixture
def client(fake_robot_sdk):
    return fake_robot_sdk.ensure_client("data-buffer")


@pytest.fixture
def data(fake_robot_sdk):
    return fake_robot_sdk.ensure_client("data")


def ask(data, **options):
    options.setdefault("time_range", TimeRange(start=Timestamp(seconds=1)))
    return data.get_events_comments(index.EventsCommentsSpec(**options)).events_comments


def test_text_messages_of_a_python_logger_are_kept(fake_robot, client):
    handler = LoggingHandler("me", client, msg_num_limit=1)
    record = logging.LogRecord("me", logging.WARNING, "here.py", 7, "it is late", None, None)
    handler.handle(record)
    handler.close()
    (message,) = fake_robot.recorded_text_messages()
    assert (message.message, message.level) == ("it is late", buffer.TextMessage.LEVEL_WARN)
    assert message.HasField("timestamp")


def test_comment_gets_the_time_at_which_it_came(fake_robot, client):
    client.add_operator_comment("ok")
    (comment,) = fake_robot.recorded_operator_comments()
    assert comment.message == "ok"
    assert 0 <= fake_robot.now_ns() - comment.timestamp.ToNanoseconds() < 10e9


def test_blobs_keep_their_own_time_and_outlive_a_reboot(fake_robot, client):
    client.add_blob(b"data", "type", "channel", robot_timestamp=Timestamp(seconds=5))
    client.add_protobuf(Timestamp(seconds=3))
    fake_robot.reboot()
    first, second = fake_robot.recorded_blobs()
    assert (first.data, first.type_id, first.channel) == (b"data", "type", "channel")
    assert first.timestamp.seconds == 5
    assert second.type_id == "google.protobuf.Timestamp"


def test_ticks_need_a_schema(fake_robot, client):
    schema_id = client.register_signal_schema(
        [buffer.SignalSchema.Variable(name=BODY_FRAME_NAME)], "schema"
    )
    assert client.register_signal_schema([], "other") != schema_id
    client.add_signal_tick(b"1", schema_id)
    client.log_tick_schemas[99] = None
    response = client.add_signal_tick(b"2", 99)
    assert [tick.data for tick in fake_robot.recorded_signal_ticks()] == [b"1"]
    errors = buffer.RecordSignalTicksResponse.Error
    assert [(error.type, error.index) for error in response.errors] == [
        (errors.INVALID_SCHEMA_ID, 0)
    ]
    fake_robot.reboot()
    assert fake_robot.recorded_signal_ticks()


def test_events_are_found_by_source_type_level_and_time(fake_robot, fake_robot_sdk, data):
    log_event(fake_robot_sdk, "fall", HIGH, "ouch", 1000.0)
    log_event(fake_robot_sdk, "step", LOW, "tap", 2000.0)
    assert [event.type for event in fake_robot.recorded_events()] == ["fall", "step"]
    source = fake_robot_sdk.client_name
    for spec in (
        index.EventSpec(type="fall"),
        index.EventSpec(source=source, level=Int32Value(value=HIGH)),
    ):
        assert [event.type for event in ask(data, events=[spec]).events] == ["fall"]
    everything = [index.EventSpec()]
    late = TimeRange(start=Timestamp(seconds=2000))
    assert [event.type for event in ask(data, events=everything, time_range=late).events] == [
        "step"
    ]
    early = TimeRange(end=Timestamp(seconds=2000))
    found = ask(data, events=everything, time_range=early)
    assert [event.type for event in found.events] == ["fall"]
    found = ask(data, events=everything, max_events=1)
    assert (len(found.events), found.events_limited) == (1, True)
    assert not ask(data, comments=True).events


def test_comments_are_read_back(client, data):
    for text in ("one", "two"):
        client.add_operator_comment(text)
    found = ask(data, comments=True)
    assert [comment.message for comment in found.operator_comments] == ["one", "two"]
    assert not found.operator_comments_limited
    found = ask(data, comments=True, max_comments=1)
    assert found.operator_comments_limited
    assert not ask(data).operator_comments


def test_status_counts(client, data):
    client.add_operator_comment("one")
    client.add_blob(b"data", "type", "channel")
    status = data.get_data_buffer_status(get_blob_specs=True).data_buffer_status
    assert (status.num_comments, status.num_events) == (1, 0)
    assert [(spec.channel, spec.message_type) for spec in status.blob_specs] == [
        ("channel", "type")
    ]
    assert status.data_buffer_total_bytes > 0
    assert not data.get_data_buffer_status().data_buffer_status.blob_specs


WILD = Timestamp(seconds=10**15)


@pytest.mark.parametrize(
    ("method", "field", "bad"),
    [
        ("RecordTextMessages", "text_messages", {"timestamp": WILD}),
        ("RecordOperatorComments", "operator_comments", {"timestamp": Timestamp(nanos=-1)}),
        ("RecordDataBlobs", "blob_data", {"timestamp": WILD}),
        ("RecordSignalTicks", "tick_data", {"timestamp": WILD, "schema_id": 1}),
        ("RecordEvents", "events", {"start_time": WILD}),
        ("RecordEvents", "events", {"end_time": WILD}),
    ],
)
def test_call_with_a_time_out_of_range_leaves_nothing_that_readers_fail_on(
    client, data, method, field, bad
):
    client.register_signal_schema([], "schema")
    request = getattr(buffer, f"{method}Request")()
    getattr(request, field).add()
    getattr(request, field).add(**bad)
    response = getattr(DataBufferServiceStub(client.channel), method)(request)
    assert response.header.error.code == response.header.error.CODE_INVALID_REQUEST
    assert "out of range" in response.header.error.message
    found = ask(data, events=[index.EventSpec()], comments=True, time_range=TimeRange())
    assert not found.events
    assert not found.operator_comments
    assert data.get_data_buffer_status().data_buffer_status.data_buffer_total_bytes == 0


def test_times_out_of_range_are_invalid(data):
    with pytest.raises(InvalidRequestError, match="out of range"):
        ask(data, time_range=TimeRange(start=Timestamp(seconds=2**62)))
