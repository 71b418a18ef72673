"""Encoding of messages between the processes, and refusal of everything else."""

import json
import os
import pickle
import struct
from collections.abc import Mapping, Sequence
from dataclasses import fields
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.isolated.encoding import MAX_BYTES, OtherVersion, decode, encode
from spot_webcam.adapters.isolated.messages import (
    CAMERA_ERRORS,
    Argument,
    FrameReply,
    Grabbed,
    Message,
    Outcome,
    PictureAt,
    PixelForm,
    Reply,
    Request,
)
from spot_webcam.adapters.isolated.shared_memory import SLOTS
from spot_webcam.domain.errors import CameraError, NoData
from spot_webcam.domain.geometry.camera_model import CameraModel, Lens
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, ModeRequest
from spot_webcam.domain.sources.controls import Control, ControlKind

NATURAL_FIELDS = {"number", "slot", "length", "rows", "cols", "components", "skipped"}
# What stands before the JSON of every message of this version.
FINGERPRINT = encode(Request(1, "make")).partition(b"{")[0]


TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    # With lone surrogates, as a device name that is not UTF-8 has them.
    str: TEXT,
    bytes: st.binary(max_size=20),
    CameraError: st.sampled_from(CAMERA_ERRORS).flatmap(lambda kind: st.builds(kind, TEXT)),
    **{kind: st.from_type(kind) for kind in (bool, float, type(None), Layout, ControlKind)},
    CameraModel: st.builds(
        lambda focal, lens, some: CameraModel(
            *(focal, 500.0, 320.0, 240.0), lens=lens, distortion=tuple(some[: len(lens.value[1])])
        ),
        *(st.floats(1.0, 1e4), st.sampled_from(Lens)),
        st.lists(st.floats(-1.0, 1.0), min_size=5, max_size=5),
    ),
}


def values(hint: Any, field: str = "") -> st.SearchStrategy[Any]:
    """Return values of a type as the messages may hold them."""
    if hint in VALUES:
        return VALUES[hint]
    arguments = [values(one, field) for one in get_args(hint)]
    if isinstance(hint, UnionType):
        return st.one_of(arguments)
    if get_origin(hint) is Sequence:
        return st.lists(arguments[0], max_size=3)
    if get_origin(hint) is Mapping:
        return st.dictionaries(*arguments, max_size=3)
    if hint is int:
        natural = field in NATURAL_FIELDS
        most = SLOTS - 1 if field == "slot" else 2**31 - 1
        return st.integers(0 if natural else -(2**63), most if natural else 2**63 - 1)
    hints = get_type_hints(hint)
    return st.builds(hint, *(values(hints[one.name], one.name) for one in fields(hint)))


FRAME_REQUESTS = st.builds(
    Request,
    st.integers(0, 2**32 - 1),
    st.sampled_from(["grab", "retrieve", "skip"]),
    st.none() | st.integers(0, SLOTS - 1),
)


@given(values(Request) | values(Reply) | values(FrameReply) | FRAME_REQUESTS)
def test_message_arrives_as_it_was_sent(message: Message) -> None:
    # By their texts: NaN differs from itself, errors from each other, and 1.0 must not become 1.
    assert repr(decode(encode(message))) == repr(message)


MENU = Control("mode", "Mode", ControlKind.MENU, 0, 2, 1, 1, {0: "off", 2: "on"}, switches=True)
MODEL = CameraModel(500.5, 500, 320, 240, cols=640, rows=480)


@pytest.mark.parametrize(
    "outcome",
    [
        None,
        CameraMode(640, 480, Layout.BGR8, None, "MJPG", MODEL),
        CaptureSettings(0.01, 6.0, {"gain": 3}, b"\x00\xff"),
        [MENU],
        {"gain": 3},
        b"\x0a\x00",
    ],
    ids=repr,
)
def test_outcome_arrives_as_it_was_sent(outcome: Outcome) -> None:
    assert decode(encode(Reply(7, outcome))) == Reply(7, outcome)


JPEG_FORM = JpegPicture(b"", 640, 480, 3, None, True, oddities="EXIF orientation 3")


@pytest.mark.parametrize(
    "grabbed",
    [
        Grabbed(),
        Grabbed(5, None, 2**62, 3),
        Grabbed(None, -(2**63), 7, 0, PictureAt(7, 3, PixelForm(1, 1, Layout.BGR8))),
        Grabbed(0, 0, 0, 2**32 - 1, PictureAt(0, 2**32 - 1, JPEG_FORM)),
    ],
    ids=repr,
)
def test_frame_arrives_as_it_was_sent(grabbed: Grabbed) -> None:
    assert decode(encode(FrameReply(7, grabbed))) == FrameReply(7, grabbed)


def test_messages_of_a_frame_are_short() -> None:
    at = PictureAt(3, 6_220_800, PixelForm(1080, 1920, Layout.BGR8))
    assert len(encode(Request(2**31, "grab", 3))) < 10
    assert len(encode(FrameReply(2**31, Grabbed(2**62, 2**62, 2**62, 0, at)))) < 100


@pytest.mark.parametrize("grabbed", [Grabbed(2**63), Grabbed(stream_ns=2**63), Grabbed(skipped=-1)])
def test_number_that_does_not_fit_is_refused_where_it_is_sent(grabbed: Grabbed) -> None:
    with pytest.raises(struct.error):
        encode(FrameReply(1, grabbed))


@pytest.mark.parametrize(
    "argument",
    [None, 3, "synthetic:", ["synthetic:", ModeRequest(640, 480, 29.97, "MJPG"), True], {"a": 1}],
    ids=repr,
)
def test_argument_arrives_as_it_was_sent(argument: Argument) -> None:
    assert decode(encode(Request(7, "make", argument))) == Request(7, "make", argument)


@pytest.mark.parametrize("kind", CAMERA_ERRORS)
def test_every_camera_error_arrives_with_its_class_and_text(kind: type[CameraError]) -> None:
    reply = decode(encode(Reply(1, kind("no such thing"))))
    assert isinstance(reply, Reply)
    assert type(reply.outcome) is kind
    assert str(reply.outcome) == "no such thing"


def test_error_whose_text_is_no_unicode_has_one_that_can_be_sent() -> None:
    reply = decode(FINGERPRINT + b'{"Reply":[1,{"NoData":"no x\\udcff.avi"}]}')
    assert isinstance(reply, Reply)
    assert str(reply.outcome) == "no x\\udcff.avi"


def test_name_of_a_file_that_is_no_unicode_arrives() -> None:
    request = Request(7, "make", ["x\udcff.avi", ModeRequest(), True])
    assert decode(encode(request)) == request


def test_longest_parameters_fit() -> None:
    settings = CaptureSettings(0.01, 6.0, {"gain": 3}, bytes(1 << 16))
    assert decode(encode(Reply(1, settings))) == Reply(1, settings)


def test_message_that_does_not_fit_is_refused_where_it_is_made() -> None:
    with pytest.raises(ValueError, match="bytes is too long: expected at most 131072"):
        encode(Reply(1, bytes(MAX_BYTES)))


class UsbGone(NoData):
    """An error that the other process does not know."""


@pytest.mark.parametrize("value", [object(), {1, 2}, UsbGone("gone"), KeyError("x")])
def test_value_that_is_not_listed_is_refused_where_it_is_sent(value: Any) -> None:
    with pytest.raises(TypeError, match=f"type {type(value).__name__} cannot be sent"):
        encode(Reply(1, value))


class Evil:
    """Would run a command where it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("exit 1",)


def reply(outcome: str) -> bytes:
    return FINGERPRINT + b'{"Reply":[1,%s]}' % outcome.encode()


def pixels(rows: str = "1", layout: str = '{"Layout":"BGR8"}') -> bytes:
    return frame(f'{{"PixelForm":[{rows},1,{layout}]}}')


def frame(form: str) -> bytes:
    at = PictureAt(0, 3, PixelForm(1, 1, Layout.BGR8))
    return encode(FrameReply(1, Grabbed(picture=at))).partition(b"{")[0] + form.encode()


def test_hostile_messages_differ_from_good_ones_by_little() -> None:
    assert decode(reply("null")) == Reply(1, None)
    at = PictureAt(0, 3, PixelForm(1, 1, Layout.BGR8))
    assert decode(pixels()) == FrameReply(1, Grabbed(picture=at))


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Evil()),
        FINGERPRINT + pickle.dumps(Evil()),
        b"",
        b"nonsense",
        FINGERPRINT,
        FINGERPRINT + b"null",
        FINGERPRINT + b"{}",
        FINGERPRINT + b'{"Grabbed":[1,2]}',
        FINGERPRINT + b'{"Reply":[1,null],"Request":[1,"x",null]}',
        FINGERPRINT + b'{"Reply":[1]}',
        FINGERPRINT + b'{"Reply":[1,null,null]}',
        FINGERPRINT + b'{"Reply":{}}',
        FINGERPRINT + b'{"Reply":[-1,null]}',
        FINGERPRINT + b'{"Reply":[true,null]}',
        FINGERPRINT + b"[" * 100_000,
        FINGERPRINT + b'{"dict":' * 16_000,
        FINGERPRINT + b"9" * 100_000,
        encode(Reply(1, None)) + b"x",
        encode(Reply(1, None))[:-3],
        # Classes that messages do not hold, though their modules are imported.
        reply('{"Picture":[null,null]}'),
        reply('{"PurePath":["/"]}'),
        reply('{"object":[]}'),
        reply('{"Layout":"__class__"}'),
        reply('{"Layout":["BGR8"]}'),
        reply('{"Layout":"BGR8"}'),
        reply('{"ModeRequest":[1,1,null,null]}'),
        reply('{"NoData":1}'),
        reply('{"NoData":["a","b"]}'),
        reply('{"bytes":"?"}'),
        reply('{"bytes":"YQ="}'),
        reply('{"bytes":[1]}'),
        reply('{"dict":[["a",1.5]]}'),
        reply('{"dict":[["\\ud800",1]]}'),
        reply('{"dict":[[1,1]]}'),
        reply('{"dict":[[[],1]]}'),
        reply('{"dict":[["a"]]}'),
        reply('{"dict":[["a",9223372036854775808]]}'),
        reply('[{"Layout":"BGR8"}]'),
        reply("[[]]"),
        reply("1.0"),
        reply('"text"'),
        pixels()[:-1],
        pixels() + b"x",
        pixels(rows="null"),
        pixels(rows="true"),
        pixels(rows="1.0"),
        pixels(rows="-1"),
        frame(""),
        frame("null"),
        frame('{"CaptureSettings":[null,null,{"dict":[]},{"bytes":""}]}'),
        frame('{"NoData":"nothing"}'),
        encode(FrameReply(1, Grabbed()))[:-1],
        b"F",
        b"G",
        encode(Request(1, "grab", 1))[:-1],
        encode(Request(1, "skip")) + b"x",
        pixels(rows="2147483648"),
        pixels(rows="NaN"),
        pixels(layout='"BGR8"'),
        pixels(layout='{"ControlKind":"MENU"}'),
        pixels(layout='{"Layout":"BGR9"}'),
    ],
    ids=lambda data: data[:60].decode("ascii", "replace"),
)
def test_nothing_else_is_read(data: bytes) -> None:
    with pytest.raises(ValueError, match="invalid message"):
        decode(data)


TAGS = st.sampled_from(
    [
        *("bytes", "dict", "Request", "Reply", "Grabbed", "PixelForm", "JpegPicture"),
        *("CameraMode", "CameraModel", "CaptureSettings", "Control", "Layout", "NoData"),
        *("BGR8", "int"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TAGS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TAGS, inner, max_size=2),
    max_leaves=20,
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a good message in which some bytes are others, or missing."""
    message = draw(values(Reply) | values(FrameReply))
    data = bytearray(encode(message))
    start = draw(st.integers(len(FINGERPRINT) if isinstance(message, Reply) else 0, len(data)))
    end = draw(st.integers(start, min(start + 4, len(data))))
    data[start:end] = draw(st.binary(max_size=4))
    return bytes(data)


@given(
    st.binary()
    | st.binary().map(FINGERPRINT.__add__)
    | JSON.map(lambda value: FINGERPRINT + json.dumps(value).encode())
    | JSON.map(lambda value: FINGERPRINT + json.dumps({"Reply": [1, value]}).encode())
    | damaged()
)
def test_whatever_comes_is_a_message_or_refused(data: bytes) -> None:
    try:
        message = decode(data)
    except ValueError:
        return
    assert repr(decode(encode(message))) == repr(message)


def test_reason_for_a_refusal_is_short() -> None:
    with pytest.raises(ValueError, match="invalid message") as refused:
        decode(reply('{"%s":1}' % ("x" * 100_000)))
    assert len(str(refused.value)) < 200


def test_other_version_is_distinguished_from_nonsense() -> None:
    with pytest.raises(OtherVersion, match="another version"):
        decode(b"00000000 whatever that version sends")
