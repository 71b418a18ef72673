"""Frames of isolated cameras: skipped ones, and those that are retrieved with their grab."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from spot_webcam.adapters.isolated import ChildTimeouts, IsolatedCamera
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cameras.isolation import Isolation, isolated_or_not
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraCrashed,
    CameraError,
    NoData,
    StaleFrame,
)
from spot_webcam.domain.media.image import Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device
from tests.recordings import write_recording
from tests.timing import eventually

from .conftest import SMALL, TIMEOUTS, Gone, Isolate, pid_of, take

SHORT = ChildTimeouts(open_s=30.0, first_grabs_s=0.1, margin_s=0.0, call_s=0.1, close_s=0.1)
# After so many pictures in a row the child retrieves the next with its grab.
FEW = 5


def test_child_grabs_by_itself_while_it_skips(isolate: Isolate, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    camera = isolate([SMALL, "grab", "touch", str(begun), "20"])
    camera.open()
    camera.grab()
    camera.skip()
    # Without another call.
    assert eventually(begun.exists)
    camera.grab()
    assert camera.last_grab().skipped >= 19
    camera.grab()
    assert camera.last_grab().skipped == 0


def test_picture_after_skipping_is_a_new_one(isolate: Isolate) -> None:
    camera = isolate(SMALL)
    camera.open()
    numbers = []
    for _ in range(20):
        numbers.append(take(camera))
        camera.skip()
    assert None not in numbers
    assert numbers == sorted(set(numbers))


def test_crash_while_skipping_is_reported_by_the_next_grab(isolate: Isolate, gone: Gone) -> None:
    camera = isolate([SMALL, "grab", "segfault", "", "3"])
    camera.open()
    camera.grab()
    pid = pid_of(camera)
    camera.skip()
    assert eventually(lambda: gone(pid))
    with pytest.raises(CameraCrashed, match="died of SIGSEGV"):
        camera.grab()
    camera.open()
    assert take(camera) is not None


def test_skipping_reports_a_crash(isolate: Isolate) -> None:
    camera = isolate(SMALL)
    camera.open()
    pid = pid_of(camera)
    os.kill(pid, signal.SIGKILL)
    # Until its last thread has closed the socket; the camera reaps it.
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(CameraCrashed, match="died of SIGKILL"):
        camera.skip()
    with pytest.raises(NoData, match="not open"):
        camera.skip()


def test_hang_while_skipping_is_ended_by_the_next_grab(isolate: Isolate, gone: Gone) -> None:
    camera = isolate([SMALL, "grab", "native_hang"], SHORT)
    camera.open()
    pid = pid_of(camera)
    camera.skip()
    with pytest.raises(StaleFrame, match="hangs in grab: its process was ended"):
        camera.grab()
    assert gone(pid)


def test_hang_while_skipping_is_ended_by_other_calls(isolate: Isolate, gone: Gone) -> None:
    camera = isolate([SMALL, "grab", "native_hang"], SHORT)
    camera.open()
    pid = pid_of(camera)
    camera.skip()
    with pytest.raises(StaleFrame, match="hangs in grab: its process was ended"):
        camera.write({})
    assert gone(pid)


@pytest.mark.parametrize(
    ("deed", "kind", "reported"),
    [
        ("gone", CameraAbsent, "gone for good"),
        ("defect", NoData, "unexpected KeyError: 'a defect'"),
    ],
)
def test_error_while_skipping_is_raised_by_the_next_grab(
    isolate: Isolate, deed: str, kind: type[CameraError], reported: str
) -> None:
    camera = isolate([SMALL, "grab", deed])
    camera.open()
    camera.skip()
    with pytest.raises(CameraError) as raised:
        camera.grab()
    assert type(raised.value) is kind
    assert str(raised.value) == reported
    assert camera.pid is not None


def test_controls_are_set_while_skipping(isolate: Isolate) -> None:
    camera = isolate("synthetic:?size=64x48&fps=500&controls=1")
    camera.open()
    camera.skip()
    camera.write({"brightness": 7})
    camera.skip()
    assert camera.read(["brightness"]) == {"brightness": 7}
    assert take(camera) is not None


def test_interrupt_ends_skipping(isolate: Isolate) -> None:
    camera = isolate(["synthetic:?size=64x48&fps=500", "", "gone"], TIMEOUTS)
    camera.open()
    camera.skip()
    camera.interrupt()
    for call in (camera.grab, camera.skip, camera.retrieve):
        with pytest.raises(NoData, match="interrupted"):
            call()
    # As controls are restored after an interrupt, if the camera is quick enough.
    with suppress(NoData):
        camera.write({})
    camera.close()
    assert camera.pid is None
    camera.open()
    assert take(camera) is not None


def test_open_after_an_interrupt_starts_another_process(isolate: Isolate) -> None:
    """A reply that was abandoned may have had the descriptor of new memory."""
    camera = isolate(SMALL)
    camera.open()
    first = pid_of(camera)
    for _ in range(FEW):
        take(camera)
    camera.interrupt()
    camera.open()
    assert pid_of(camera) != first
    assert take(camera) is not None


def test_pictures_may_change_their_size_while_they_are_retrieved_with_their_grab(
    isolate: Isolate,
) -> None:
    camera = isolate([SMALL, "retrieve", "enlarge", "", str(FEW)])
    camera.open()
    held = []
    for _ in range(3 * FEW):
        camera.grab()
        picture = camera.retrieve()
        assert isinstance(picture, Picture)
        held.append((picture, picture.pixels.tobytes()))
    assert held[0][0].rows == 48
    assert held[-1][0].rows == 4 * 48
    assert all(picture.pixels.tobytes() == before for picture, before in held)


def test_error_of_a_picture_that_is_retrieved_with_its_grab_is_raised_by_retrieve(
    isolate: Isolate,
) -> None:
    camera = isolate([SMALL, "retrieve", "gone", "", str(FEW)])
    camera.open()
    for _ in range(FEW):
        take(camera)
    camera.grab()
    with pytest.raises(CameraAbsent, match="gone for good"):
        camera.retrieve()
    # The same camera, which fails now whenever it is called.
    camera.grab()
    with pytest.raises(CameraAbsent, match="gone for good"):
        camera.retrieve()


def test_crash_while_retrieving_with_the_grab_is_reported(isolate: Isolate) -> None:
    camera = isolate([SMALL, "retrieve", "segfault", "", str(FEW)])
    camera.open()
    for _ in range(FEW):
        take(camera)
    with pytest.raises(CameraCrashed, match="died of SIGSEGV"):
        take(camera)
    assert camera.pid is None


def test_pictures_that_nobody_needs_are_not_retrieved(isolate: Isolate, tmp_path: Path) -> None:
    retrieved = tmp_path / "retrieved"
    camera = isolate([SMALL, "retrieve", "touch", str(retrieved), "1"])
    camera.open()
    assert take(camera) is not None
    for _ in range(20):
        camera.grab()
    assert not retrieved.exists()
    assert take(camera) is not None
    assert retrieved.exists()


def test_picture_retrieved_with_its_grab_is_that_of_the_grab(isolate: Isolate) -> None:
    camera = isolate(SMALL)
    camera.open()
    numbers = []
    for number in range(40):
        camera.grab()
        # Those of a row, and some that nobody looks at.
        if number % 10 < 7:
            numbers.append(take(camera))
    assert None not in numbers
    assert numbers == sorted(set(numbers))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Write JPEGs that are larger than what malloc keeps by default."""
    random = np.random.default_rng(7)
    path = tmp_path / "noise.avi"
    write_recording(
        path,
        [random.integers(0, 255, (480, 640, 3), np.uint8) for _ in range(3)],
        size=(640, 480),
        fps=200.0,
    )
    return path


def faults_of(pid: int) -> int:
    """Return how many pages the kernel has given to a process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[7])


def test_child_keeps_memory_from_picture_to_picture(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    device = Device("camera", DeviceAddress(str(recording)))
    camera = isolated_or_not(device, ModeRequest(), SystemClock(), Isolation.ALWAYS)
    assert isinstance(camera, IsolatedCamera)
    camera.open()
    size = 0
    try:
        for _ in range(10):
            camera.grab()
            camera.retrieve()
        pid = pid_of(camera)
        before = faults_of(pid)
        for _ in range(20):
            camera.grab()
            picture = camera.retrieve()
            assert isinstance(picture, JpegPicture)
            size = len(picture.data)
        pages = (faults_of(pid) - before) / 20
    finally:
        camera.interrupt()
        camera.close()
    assert size > 200_000
    assert pages < size / 4096 / 2
