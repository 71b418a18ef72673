from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from spot_webcam.adapters.camera_interface.picture_copies import copied, is_same, rereadable
from spot_webcam.adapters.camera_interface.recorded_stream import RecordedStream


class HttpAnswer:
    """A stream that is read once, and that has attributes."""

    def __init__(self, body: bytes) -> None:
        self.left = io.BytesIO(body)
        self.headers = {"Content-Type": "image/jpeg"}
        self.decode_content = False

    def read(self, size: int = -1) -> bytes:
        return self.left.read(size)


class AsAWhole(HttpAnswer):
    def read(self) -> bytes:  # type: ignore[override]
        return self.left.read()


class Handle:
    """As OpenCV's: what it reads is no bytes."""

    def read(self) -> tuple[bool, str]:
        return True, "pixels"


def _replay(kind: type[HttpAnswer] = HttpAnswer) -> RecordedStream:
    replay = rereadable(kind(b"one\ntwo\n"))
    assert isinstance(replay, RecordedStream)
    return replay


@pytest.mark.parametrize("kind", [HttpAnswer, AsAWhole])
def test_a_stream_is_read_by_everybody_from_its_beginning(kind: type[HttpAnswer]) -> None:
    first = _replay(kind)
    assert first.read(4) == b"one\n"
    second = copied(first)
    assert second.read() == b"one\ntwo\n"
    assert (first.read(), first.read(), second.read(1)) == (b"two\n", b"", b"")


def test_it_is_a_file_as_others() -> None:
    replay = _replay()
    assert replay.readable()
    assert replay.seekable()
    assert list(replay) == [b"one\n", b"two\n"]
    assert (replay.seek(-4, io.SEEK_END), replay.tell(), replay.read()) == (4, 4, b"two\n")
    assert (replay.seek(1), replay.seek(1, io.SEEK_CUR), replay.readline()) == (1, 2, b"e\n")
    assert replay.read(None, decode_content=True) == b"two\n"
    assert io.BufferedReader(copied(replay)).read() == b"one\ntwo\n"
    replay.close()
    assert copied(replay).read(3) == b"one"


def test_no_more_is_read_than_is_asked_for() -> None:
    """Some streams have no end."""
    answer = HttpAnswer(b"one\ntwo\n")
    assert copied(rereadable(answer)).read(3) == b"one"
    assert answer.left.tell() == 3


def test_all_else_is_the_original_s() -> None:
    answer = HttpAnswer(b"")
    replay = rereadable(answer)
    assert replay.headers == answer.headers
    replay.decode_content = True
    assert answer.decode_content
    assert not hasattr(replay, "absent")


def test_what_only_looks_like_a_stream_reads_as_ever() -> None:
    assert copied(rereadable(Handle())).read() == (True, "pixels")
    assert rereadable(HttpAnswer) is HttpAnswer


def test_a_stream_in_memory_stays_what_it_is() -> None:
    stream = rereadable(io.BytesIO(b"data"))
    assert isinstance(stream, io.BytesIO)
    for _ in range(2):
        assert copied(stream).getvalue() == copied(stream).read() == b"data"


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((2, 2), np.uint8),
        bytearray(4),
        [np.zeros(3), "name"],
        (np.zeros(3), 7),
        {"left": np.zeros(3)},
    ],
)
def test_what_one_decoding_changes_is_its_own(image: Any) -> None:
    before = repr(image)
    mine = copied(rereadable(image))
    assert type(mine) is type(image)
    held = mine["left"] if isinstance(mine, dict) else mine
    (held[0] if isinstance(held, list | tuple) else held)[0] = 9
    assert repr(image) == before != repr(mine)


def test_what_cannot_be_copied_is_shared() -> None:
    def fail() -> None:
        raise OSError

    another_class = SimpleNamespace(copy=dict)
    for image in (b"data", None, SimpleNamespace(), SimpleNamespace(copy=fail), another_class):
        assert copied(rereadable(image)) is image


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b"a", b"a", True),
        (b"a", b"b", False),
        (b"a", bytearray(b"a"), False),
        (np.zeros(3), np.zeros(3), True),
        (np.zeros(3), np.ones(3), False),
        (np.zeros(3), np.zeros(4), False),
        (io.BytesIO(b"a"), io.BytesIO(b"a"), True),
        (io.BytesIO(b"a"), io.BytesIO(b"b"), False),
        (SimpleNamespace(), SimpleNamespace(), False),
    ],
)
def test_two_pictures_are_the_same_if_they_show_the_same(one: Any, other: Any, same: bool) -> None:
    assert is_same(one, other) is same
    assert is_same(one, one)
