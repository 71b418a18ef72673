"""Isolated cameras: calls, hangs, crashes and interrupts."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from spot_webcam.adapters.isolated import (
    ChildTimeouts,
    IsolatedCamera,
    IsolatedControlledCamera,
)
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraCrashed,
    CameraError,
    CameraMisconfigured,
    NoData,
    ParametersRefused,
    StaleFrame,
)
from spot_webcam.domain.media.image import Picture
from tests.timing import PATIENCE_S, eventually

from .conftest import SMALL, TIMEOUTS, WORKER, Gone, Isolate, pid_of, take

SHORT = ChildTimeouts(open_s=30.0, first_grabs_s=0.1, margin_s=0.0, call_s=0.1, close_s=0.1)
METHODS = ["grab", "retrieve", "settings", "controls", "read", "write"]


def do(camera: IsolatedControlledCamera, method: str) -> None:
    """Call one method, after those that must come before it."""
    camera.open()
    if method in ("grab", "retrieve"):
        camera.grab()
    calls: dict[str, Callable[[], object]] = {
        "retrieve": camera.retrieve,
        "settings": camera.settings,
        "controls": camera.controls,
        "read": lambda: camera.read(["x"]),
        "write": lambda: camera.write({"x": 1}),
    }
    calls.get(method, lambda: None)()


def test_after_a_crash_the_next_open_works(isolate: Isolate, gone: Gone) -> None:
    recipes: list[object] = [[SMALL, "grab", "segfault"], SMALL]
    camera = isolate(lambda: recipes.pop(0))
    camera.open()
    dead = pid_of(camera)
    with pytest.raises(CameraCrashed, match="died of SIGSEGV"):
        camera.grab()
    assert gone(dead)
    with pytest.raises(NoData, match="not open"):
        camera.grab()
    camera.open()
    assert take(camera) is not None
    assert camera.pid != dead


@pytest.mark.parametrize("method", [*METHODS, "make", "open"])
def test_crash_is_recognised_by_its_signal(isolate: Isolate, method: str) -> None:
    camera = isolate([SMALL, method, "segfault"])
    with pytest.raises(CameraCrashed, match="the process of the camera died of SIGSEGV"):
        do(camera, method)
    assert camera.pid is None


@pytest.mark.parametrize(
    ("deed", "reported"),
    [
        ("kill", r"died of SIGKILL \(by the kernel, if memory ran out\)"),
        ("leave", "ended with exit code 3"),
        ("lack", "ran out of threads, memory or descriptors: raise"),
        ("nonsense", "sent an invalid reply"),
    ],
)
def test_other_ends_are_reported(isolate: Isolate, deed: str, reported: str) -> None:
    camera = isolate([SMALL, "grab", deed])
    with pytest.raises(CameraCrashed, match=reported):
        do(camera, "grab")
    assert camera.pid is None


@pytest.mark.parametrize("method", METHODS)
def test_hang_is_ended_by_ending_the_process(isolate: Isolate, method: str, gone: Gone) -> None:
    camera = isolate([SMALL, method, "native_hang"], SHORT)
    camera.open()
    pid = pid_of(camera)
    with pytest.raises(StaleFrame, match=f"hangs in {method}: its process was ended"):
        do(camera, method)
    assert gone(pid)


@pytest.mark.parametrize("deed", ["ignore_and_sleep", "spawn_and_hang"])
def test_hang_is_ended_whatever_it_is(isolate: Isolate, deed: str) -> None:
    camera = isolate([SMALL, "grab", deed], SHORT)
    camera.open()
    pid = pid_of(camera)
    with pytest.raises(StaleFrame):
        camera.grab()
    assert eventually(lambda: not group_of(pid))


def group_of(pid: int) -> list[str]:
    """Return the processes of a group that are not dead."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
            if group == str(pid) and state not in "ZX":
                found.append(stat.parent.name)
    return found


@pytest.mark.parametrize("method", ["make", "open"])
def test_hang_while_opening_is_ended(isolate: Isolate, method: str) -> None:
    camera = isolate([SMALL, method, "native_hang"], ChildTimeouts(open_s=1.0))
    # Under load the start alone may take so long.
    with pytest.raises(StaleFrame, match=r"hangs in (make|open)"):
        camera.open()
    assert camera.pid is None


def test_close_that_hangs_ends_the_process_and_raises_nothing(isolate: Isolate, gone: Gone) -> None:
    camera = isolate([SMALL, "close", "native_hang"], SHORT)
    camera.open()
    pid = pid_of(camera)
    camera.close()
    assert gone(pid)
    camera.open()
    assert take(camera) is not None


@pytest.mark.parametrize(
    ("deed", "kind", "reported"),
    [
        ("gone", CameraAbsent, "gone for good"),
        ("refuse", ParametersRefused, "no such parameters"),
        ("defect", NoData, "unexpected KeyError: 'a defect'"),
    ],
)
@pytest.mark.parametrize("method", ["make", *METHODS])
def test_errors_are_raised_here_as_there(
    isolate: Isolate, method: str, deed: str, kind: type[CameraError], reported: str
) -> None:
    camera = isolate([SMALL, method, deed])
    with pytest.raises(CameraError) as raised:
        do(camera, method)
    assert type(raised.value) is kind
    assert str(raised.value) == reported
    # An error is no crash: the process stays, if there is a camera in it.
    assert (camera.pid is None) == (method == "make")


UPGRADED = """
import runpy, sys
from spot_webcam.adapters.isolated import encoding
encoding._FINGERPRINT = b"00000000 "
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_process_of_another_version_says_to_restart_the_daemon() -> None:
    command = [sys.executable, "-c", UPGRADED, str(WORKER)]
    camera = IsolatedCamera(command, lambda: SMALL, TIMEOUTS)
    with pytest.raises(CameraMisconfigured, match="new version: restart the daemon"):
        camera.open()
    assert camera.pid is None


def test_outcome_that_cannot_be_sent_is_an_error_of_the_camera(isolate: Isolate) -> None:
    camera = isolate([SMALL, "read", "answer_an_object"])
    camera.open()
    with pytest.raises(NoData, match="unexpected TypeError: a value of type object cannot"):
        camera.read(["x"])
    assert take(camera) is not None


def test_outcome_of_another_type_ends_the_process(isolate: Isolate) -> None:
    camera = isolate([SMALL, "read", "answer_a_text"])
    camera.open()
    with pytest.raises(CameraCrashed, match=r"invalid message: Reply\.outcome cannot be a dict"):
        camera.read(["x"])
    assert camera.pid is None


def test_orderly_close_keeps_the_process(isolate: Isolate) -> None:
    camera = isolate(SMALL)
    camera.open()
    first = pid_of(camera)
    assert take(camera) is not None
    camera.close()
    with pytest.raises(NoData, match="not open"):
        camera.grab()
    camera.open()
    assert take(camera) is not None
    assert camera.pid == first


def test_stream_time_comes_with_the_grab(isolate: Isolate) -> None:
    camera = isolate([SMALL, "", "gone"])
    camera.open()
    camera.grab()
    assert camera.stream_time_ns() == 42
    other = isolate(SMALL)
    other.open()
    assert other.grab() is not None
    assert other.stream_time_ns() is None


def assert_interrupt_ends(call: Callable[[], object], camera: IsolatedCamera, begun: Path) -> None:
    """Interrupt a call that hangs in another thread."""
    raised: list[CameraError] = []

    def hang() -> None:
        try:
            call()
        except CameraError as error:
            raised.append(error)

    thread = threading.Thread(target=hang)
    thread.start()
    assert eventually(begun.exists)
    camera.interrupt()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert [str(error) for error in raised] == ["the camera was interrupted"]


def test_interrupt_ends_a_grab_at_once(isolate: Isolate, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    camera = isolate([SMALL, "grab", "native_hang", str(begun)])
    camera.open()
    assert_interrupt_ends(camera.grab, camera, begun)
    # It stands, and the end is quick.
    with pytest.raises(NoData, match="interrupted"):
        camera.grab()
    with pytest.raises(NoData, match="interrupted"):
        camera.write({})
    camera.close()
    assert camera.pid is None


def test_interrupt_ends_an_open_at_once(isolate: Isolate, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    camera = isolate([SMALL, "open", "native_hang", str(begun)])
    assert_interrupt_ends(camera.open, camera, begun)
    assert camera.pid is None


def test_controls_can_be_put_back_after_an_interrupt(isolate: Isolate) -> None:
    timeouts = replace(TIMEOUTS, interrupt_grace_s=PATIENCE_S)
    camera = isolate("synthetic:?size=64x48&fps=10&controls=1", timeouts)
    camera.open()
    raised: list[CameraError] = []
    grabbed = threading.Event()

    def grab() -> None:
        try:
            while True:
                camera.grab()
                grabbed.set()
        except CameraError as error:
            raised.append(error)

    thread = threading.Thread(target=grab)
    thread.start()
    assert grabbed.wait(PATIENCE_S)
    camera.interrupt()
    thread.join(PATIENCE_S)
    camera.write({"brightness": 7})
    assert camera.read(["brightness"]) == {"brightness": 7}
    camera.close()
    assert camera.pid is None


def test_one_that_hangs_costs_no_other_a_frame(isolate: Isolate, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    good = isolate("synthetic:?size=64x48&fps=100")
    bad = isolate([SMALL, "grab", "native_hang", str(begun)])
    good.open()
    bad.open()

    def hang() -> None:
        with suppress(NoData):
            bad.grab()

    hanging = threading.Thread(target=hang)
    hanging.start()
    assert eventually(begun.exists)
    numbers = [take(good) for _ in range(50)]
    assert None not in numbers
    assert len(set(numbers)) == 50
    assert hanging.is_alive()
    bad.interrupt()
    hanging.join(PATIENCE_S)
    assert not hanging.is_alive()


def test_pictures_are_kept_over_the_end_of_the_process(isolate: Isolate) -> None:
    camera = isolate(SMALL)
    camera.open()
    held = []
    for _ in range(20):
        camera.grab()
        picture = camera.retrieve()
        assert isinstance(picture, Picture)
        held.append((picture, picture.pixels.tobytes()))
    os.kill(pid_of(camera), signal.SIGKILL)
    with pytest.raises(CameraCrashed):
        camera.grab()
    camera.open()
    for _ in range(20):
        take(camera)
    assert all(picture.pixels.tobytes() == before for picture, before in held)
    assert len({before for _, before in held}) == 20
