"""The pieces of protobuf's encoding that are put together by hand.

In it a message is the fields that it has, one after the other, and a message within it is a field
with a length: https://protobuf.dev/programming-guides/encoding/
"""

from typing import Any

# How fields are tagged: their number, and the type of what follows.
_VARINT, _LENGTH_DELIMITED = 0, 2


def field_tag(message: Any, field: str) -> bytes:
    """Return what stands before the length of a message's field."""
    return _tag(message, field, _LENGTH_DELIMITED)


def number_tag(message: Any, field: str) -> bytes:
    """Return what stands before the number in a message's field."""
    return _tag(message, field, _VARINT)


def _tag(message: Any, field: str, wire_type: int) -> bytes:
    return varint(message.DESCRIPTOR.fields_by_name[field].number << 3 | wire_type)


def varint(number: int) -> bytes:
    """Return a number of 0 or more in protobuf's encoding: seven bits a byte, the lowest first."""
    if number <= 0x7F:
        return bytes((number,))
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
