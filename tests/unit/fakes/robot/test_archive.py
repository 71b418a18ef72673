"""Names inside the zip file that come from hostile or careless clients."""

from __future__ import annotations

import io
import zipfile

import pytest
from bosdyn.api.data_acquisition_pb2 import CaptureActionId, DataIdentifier
from hypothesis import example, given
from hypothesis import strategies as st

from spot_webcam.fakes.robot.acquisition.archive import write_archive
from spot_webcam.fakes.robot.acquisition.captures import CaptureKind, Captures
from spot_webcam.fakes.robot.changes import Changes

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
        assert all(one not in ("", ".", "..") for one in part)
        assert all(one.isprintable() and one.isascii() for one in part)


@pytest.mark.parametrize(
    ("now_ns", "date"), [(-(2**62), "1970-01-01_00-00-00"), (2**70, "9999-12-31_23-59-59")]
)
def test_times_without_a_date_get_the_nearest(now_ns, date):
    assert all(f"/{date}/" in path for path in paths_of(DataIdentifier(), now_ns))
