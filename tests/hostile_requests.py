"""Requests that no good client sends: anything that the protocol can express, and bytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from bosdyn.api import image_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

# Messages hold one another without end: parameters in lists in dictionaries of parameters.
DEEPEST = 5
_FLOATS = st.one_of(
    st.sampled_from(
        [0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, 75.0, 100.5, math.nan, math.inf, -math.inf]
    ),
    st.floats(),
)
_TEXTS = st.one_of(
    st.text(max_size=20), st.sampled_from(["", "\x00", "/dev/video0", "\u202e", "x" * 3000])
)


def _integers(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    low = -(1 << bits - 1) if signed else 0
    high = (1 << bits - signed) - 1
    return st.one_of(
        st.sampled_from([low, -1 if signed else 0, 0, 1, high]), st.integers(low, high)
    )


_F = FieldDescriptor
_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    _F.TYPE_DOUBLE: _FLOATS,
    _F.TYPE_FLOAT: _FLOATS,
    _F.TYPE_INT64: _integers(64, signed=True),
    _F.TYPE_INT32: _integers(32, signed=True),
    _F.TYPE_SINT64: _integers(64, signed=True),
    _F.TYPE_SINT32: _integers(32, signed=True),
    _F.TYPE_UINT64: _integers(64, signed=False),
    _F.TYPE_UINT32: _integers(32, signed=False),
    _F.TYPE_BOOL: st.booleans(),
    _F.TYPE_STRING: _TEXTS,
    _F.TYPE_BYTES: st.binary(max_size=100),
    # Every number is one: proto3's enumerations are open.
    _F.TYPE_ENUM: st.one_of(st.integers(-1, 9), _integers(32, signed=True)),
}


def messages(
    descriptor: Descriptor, special: dict[str, st.SearchStrategy[Any]], depth: int = 0
) -> st.SearchStrategy[Any]:
    """Make messages of a type, every field of it; `special` are strategies by field names."""
    make = GetMessageClass(descriptor)
    fields = {
        field.name: special[field.name] if field.name in special else _values(field, special, depth)
        for field in descriptor.fields
        if depth < DEEPEST or field.type != _F.TYPE_MESSAGE
    }
    # One of each group that excludes one another comes last, and so holds.
    return st.fixed_dictionaries({}, optional=fields).map(lambda given: make(**given))


def _values(
    field: FieldDescriptor, special: dict[str, st.SearchStrategy[Any]], depth: int
) -> st.SearchStrategy[Any]:
    kind = field.message_type
    if kind is None:
        return (
            st.lists(_SCALARS[field.type], max_size=4)
            if field.is_repeated
            else _SCALARS[field.type]
        )
    if kind.GetOptions().map_entry:
        key, value = kind.fields_by_name["key"], kind.fields_by_name["value"]
        keys = st.one_of(special.get("custom param", st.nothing()), _SCALARS[key.type])
        values = st.deferred(lambda: messages(value.message_type, special, depth + 1))
        return st.dictionaries(keys, values, max_size=3)
    inner = st.deferred(lambda: messages(kind, special, depth + 1))
    return st.lists(inner, max_size=3) if field.is_repeated else inner


def image_requests(sources: Sequence[str], params: Sequence[str]) -> st.SearchStrategy[Any]:
    """Make requests for one picture, most of them for a source that there is."""
    known = st.sampled_from(list(sources))
    special = {
        "image_source_name": st.one_of(known, known, _TEXTS),
        "custom param": st.sampled_from([*params, "nonsense"]),
    }
    return messages(image_pb2.ImageRequest.DESCRIPTOR, special)


def get_image_requests(sources: Sequence[str], params: Sequence[str]) -> st.SearchStrategy[Any]:
    """Make calls for pictures: of few, of many, and of too many."""
    one = image_requests(sources, params)
    many = st.tuples(one, st.sampled_from([1, 1, 1, 1, 1, 1, 1, 1, 5, 64, 65])).map(
        lambda both: [both[0]] * both[1]
    )
    header = messages(
        image_pb2.GetImageRequest.DESCRIPTOR.fields_by_name["header"].message_type, {}
    )
    asked = st.one_of(st.lists(one, max_size=4), many)
    return st.builds(
        lambda head, requests: image_pb2.GetImageRequest(header=head, image_requests=requests),
        header,
        asked,
    )


def list_requests() -> st.SearchStrategy[Any]:
    """Make calls for the list of sources."""
    return messages(image_pb2.ListImageSourcesRequest.DESCRIPTOR, {})


def method_names() -> st.SearchStrategy[str]:
    """Make names of methods: ours, nearly ours, and any that HTTP/2 lets through."""
    letters = st.characters(min_codepoint=33, max_codepoint=126)
    return st.one_of(
        st.sampled_from(
            [
                "/bosdyn.api.ImageService/GetImages",
                "/bosdyn.api.ImageService/",
                "/bosdyn.api.ImageServic/GetImage",
                "/grpc.reflection.v1alpha.ServerReflection/ServerReflection",
                "/",
            ]
        ),
        st.text(letters, max_size=40).map(lambda text: f"/{text}"),
    )
