"""Zip files with names and contents of hostile or careless clients."""

import io
import zipfile

import pytest
from bosdyn.api.data_acquisition_pb2 import (
    AssociatedMetadata,
    CaptureActionId,
    DataIdentifier,
)
from google.protobuf import text_format
from hypothesis import example, given
from hypothesis import strategies as st

from spot_webcam.fakes.robot.acquisition.archive import write_archive
from spot_webcam.fakes.robot.acquisition.captures import CaptureKind, Captures
from spot_webcam.fakes.robot.state.changes import Changes

NAMES = st.text(max_size=100)


def paths_of(data_id, now_ns=5, extension=""):
    captures = Captures(Changes(), lambda: now_ns)
    for _ in range(2):
        captures.add(CaptureKind.DATA, data_id, b"", extension)
    file = io.BytesIO()
    write_archive(file, captures.all())
    with zipfile.ZipFile(file) as archive:
        return archive.namelist()


@example("g" * 200, "a" * 200, "c" * 200, "e" * 200)
@example("..", "..", "..", "..")
@given(group=NAMES, action=NAMES, channel=NAMES, extension=NAMES)
def test_paths_are_three_deep_distinct_and_lead_nowhere_else(group, action, channel, extension):
    action_id = CaptureActionId(group_name=group, action_name=action)
    first, second = paths_of(DataIdentifier(action_id=action_id, channel=channel), 5, extension)
    assert first != second
    assert len(first) < 400
    for part in (first.split("/"), second.split("/")):
        assert len(part) == 3
        assert all(part not in ("", ".", "..") for part in part)
        assert all(part.isprintable() and part.isascii() for part in part)


@pytest.mark.parametrize(
    ("now_ns", "date"), [(-(2**62), "1970-01-01_00-00-00"), (2**70, "9999-12-31_23-59-59")]
)
def test_times_without_a_date_get_the_nearest(now_ns, date):
    assert all(f"/{date}/" in path for path in paths_of(DataIdentifier(), now_ns))


def with_nan():
    message = AssociatedMetadata()
    message.metadata.data["heat"] = float("nan")
    return message


def with_impossible_time():
    message = AssociatedMetadata()
    message.reference_id.action_id.timestamp.seconds = 10**15
    return message


@pytest.mark.parametrize(
    ("message", "word"), [(with_nan(), "heat"), (with_impossible_time(), str(10**15))]
)
def test_metadata_that_json_cannot_hold_are_text_and_the_others_stay_as_they_are(message, word):
    captures = Captures(Changes(), lambda: 5)
    for metadata in (message, AssociatedMetadata()):
        captures.add(CaptureKind.METADATA, DataIdentifier(), metadata.SerializeToString())
    file = io.BytesIO()
    write_archive(file, captures.all())
    with zipfile.ZipFile(file) as archive:
        first, second = archive.namelist()
        text = archive.read(first).decode()
    assert first.endswith("1.txt")
    assert word in text
    assert text_format.Parse(text, AssociatedMetadata()).ByteSize() == message.ByteSize()
    assert second.endswith("2.json")
