from typing import Any

import pytest
from bosdyn.api import header_pb2, image_pb2
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.messages.images import request_from_proto
from spot_webcam.adapters.bosdyn.messages.varint import varint
from spot_webcam.adapters.bosdyn.server.request_reader import (
    MAX_KIND_BYTES,
    MAX_KINDS,
    ImageCall,
    RequestReader,
)

MOST = 8

names = st.text(max_size=200)
times = st.builds(Timestamp, seconds=st.integers(-5, 2**45), nanos=st.integers(-5, 10**9))
headers = st.builds(
    lambda name, time, silent: header_pb2.RequestHeader(
        client_name=name, request_timestamp=time, disable_rpc_logging=silent
    ),
    names,
    st.none() | times,
    st.booleans(),
)
requests = st.builds(
    lambda name, quality, ratio: image_pb2.ImageRequest(
        image_source_name=name, quality_percent=quality, resize_ratio=ratio
    ),
    names,
    st.floats(0, 100),
    st.floats(0, 1),
)
messages = st.builds(
    lambda header, wanted: image_pb2.GetImageRequest(header=header, image_requests=wanted),
    st.none() | headers,
    st.lists(requests, max_size=3),
)


def message_for(name: str, header: Any = None) -> Any:
    wanted = [image_pb2.ImageRequest(image_source_name=name)]
    return image_pb2.GetImageRequest(header=header, image_requests=wanted)


def assert_says(call: ImageCall, message: Any) -> None:
    assert header_pb2.RequestHeader.FromString(call.header) == message.header
    assert list(call.protos) == list(message.image_requests)
    assert list(call.requests) == [request_from_proto(one) for one in message.image_requests]
    assert call.size_bytes == message.ByteSize()


def assert_read_as_protobuf_does(reader: RequestReader, data: bytes) -> None:
    try:
        message = image_pb2.GetImageRequest.FromString(data)
    except DecodeError:
        with pytest.raises(DecodeError):
            reader.read(data)
    else:
        call = reader.read(data)
        assert header_pb2.RequestHeader.FromString(call.header) == message.header
        assert list(call.protos) == list(message.image_requests)


@given(st.lists(messages, min_size=1, max_size=6))
def test_each_call_is_read_as_protobuf_reads_it(calls: list[Any]) -> None:
    reader = RequestReader(MOST)
    for message in [*calls, *calls]:
        assert_says(reader.read(message.SerializeToString()), message)


@given(st.binary(max_size=60).flatmap(lambda data: st.sampled_from([data, b"\n" + data])))
def test_what_protobuf_cannot_read_is_refused_as_protobuf_does(data: bytes) -> None:
    assert_read_as_protobuf_does(RequestReader(MOST), data)


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"\n\x05abc",
        b"\n\xff\xff\xff\xff\xff\xff",
        b"\n\x02\xff\xff" + message_for("cam").SerializeToString(),
    ],
)
def test_broken_header_is_refused_though_the_rest_is_known(data: bytes) -> None:
    reader = RequestReader(MOST)
    reader.read(message_for("cam").SerializeToString())
    with pytest.raises(DecodeError):
        reader.read(data)


@given(times)
def test_equal_requests_at_another_time_are_read_once(time: Timestamp) -> None:
    reader = RequestReader(MOST)
    usual = {"client_name": "me", "request_timestamp": {"seconds": 1_700_000_000, "nanos": 5}}
    first = reader.read(message_for("cam", usual).SerializeToString())
    message = message_for("cam", {"client_name": "me", "request_timestamp": time})
    again = reader.read(message.SerializeToString())
    assert_says(again, message)
    if time.seconds >= 0 and time.nanos >= 0 and time.seconds < 2**42:
        assert again.requests is first.requests


@given(st.binary(max_size=14), st.binary(max_size=3))
def test_what_stands_for_the_time_is_read_as_protobuf_reads_it(time: bytes, more: bytes) -> None:
    """After a good message of the same kind is known."""
    reader = RequestReader(MOST)
    body = message_for("cam").SerializeToString()
    name = b"\x12\x02me"
    for stamp in (b"\x08\x05", time):
        header = b"\n" + varint(len(stamp)) + stamp + more + name
        data = b"\n" + varint(len(header)) + header + body
        assert_read_as_protobuf_does(reader, data)


@pytest.mark.parametrize("name", ["", "me", "n" * 115])
def test_caller_is_the_client_s_name_however_long_the_header_is(name: str) -> None:
    reader = RequestReader(MOST)
    for nanos in (0, 5, 2**28):
        header = {"client_name": name, "request_timestamp": {"seconds": 2**30, "nanos": nanos}}
        call = reader.read(message_for("cam", header).SerializeToString())
        assert call.caller == name.encode()


def test_second_header_is_merged_with_each_first_one() -> None:
    second = image_pb2.GetImageRequest(header={"disable_rpc_logging": True}).SerializeToString()
    reader = RequestReader(MOST)
    for name in ("one", "two", "one"):
        data = message_for("cam", {"client_name": name}).SerializeToString() + second
        header = header_pb2.RequestHeader.FromString(reader.read(data).header)
        assert header == header_pb2.RequestHeader(client_name=name, disable_rpc_logging=True)


def test_more_requests_than_there_may_be_are_counted_and_not_read() -> None:
    wanted = [image_pb2.ImageRequest()] * (MOST + 1)
    data = image_pb2.GetImageRequest(image_requests=wanted).SerializeToString()
    call = RequestReader(MOST).read(data)
    assert (call.number, call.protos, call.requests) == (MOST + 1, (), ())


def test_header_that_comes_last_is_found() -> None:
    message = message_for("cam", {"client_name": "late"})
    header = image_pb2.GetImageRequest(header=message.header).SerializeToString()
    data = message_for("cam").SerializeToString() + header
    reader = RequestReader(MOST)
    for _ in range(2):
        assert_says(reader.read(data), message)


def test_only_so_many_kinds_are_remembered_and_no_large_ones() -> None:
    reader = RequestReader(MOST)
    for number in range(MAX_KINDS + 1):
        reader.read(message_for(f"cam{number}").SerializeToString())
    reader.read(message_for("c" * MAX_KIND_BYTES).SerializeToString())
    assert len(reader._known) == 1
