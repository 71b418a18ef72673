"""The two pieces of protobuf's encoding that are put together and taken apart by hand.

In it a message is the fields that it has, one after the other, and a message within it is a field
with a length: https://protobuf.dev/programming-guides/encoding/
"""

from typing import Any

from google.protobuf.message import DecodeError

# How a field with a length is tagged: its number, and wire type 2.
_LENGTH_DELIMITED = 2
# Seven bits each, of a length of 32 bits.
_LONGEST_BYTES = 5


def field_tag(message: Any, field: str) -> bytes:
    """Return what stands before the length of a message's field."""
    return varint(message.DESCRIPTOR.fields_by_name[field].number << 3 | _LENGTH_DELIMITED)


def varint(number: int) -> bytes:
    """Return a number of 0 or more in protobuf's encoding: seven bits a byte, the lowest first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def read_varint(data: bytes, begin: int) -> tuple[int, int]:
    """Return the number that begins there, and where it has ended.

    Raises:
        DecodeError: it does not end, or is longer than that of any length.
    """
    number = 0
    for index, byte in enumerate(data[begin : begin + _LONGEST_BYTES]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, begin + index + 1
    raise DecodeError("a length that does not end")
