"""`docs/architecture.md` is true: its four lists name the files that real paths pass through."""

import re
import threading
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.error import HTTPError

import grpc
import pytest
from bosdyn.api import image_pb2, image_service_pb2_grpc

from spot_webcam.app.daemon import Daemon
from spot_webcam.app.options import ServeOptions, cameras_of
from spot_webcam.app.settings import Timeouts
from spot_webcam.app.web import WebOptions
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.naming import parse_devices
from spot_webcam.fakes.robot import FakeRobot

ROOT = Path(__file__).parents[3]
SRC = f"{ROOT / 'src'}/"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
SOURCES = "\n".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.py")))
PATIENCE_S = 30.0
GUID, SECRET = "22222222-3333-4444-5555-666666666666", "a-secret-of-this-test"
# The thread of each path, by the title of its list.
THREADS = {
    "Frame": "capture-front",
    "Request": "grpc-call",
    "Fault": "fault-reporter",
    "Robot session": "robot-session",
}

# Names of the SDK, and of commands.
ELSEWHERE = {"CameraInterface", "GetImage", "serve", "controls"}
# Where the table of folders leaves out what stands before.
FOLDERS = (".", "src", "src/domain", "src/app", "src/adapters/bosdyn", "src/tools")

Recorded = dict[str, set[str]]


@contextmanager
def recording() -> Iterator[Recorded]:
    """Record, by thread name, the files whose functions are called on threads started inside."""
    recorded: Recorded = defaultdict(set)

    def record(frame: FrameType, event: str, _arg: Any) -> None:
        file, function = frame.f_code.co_filename, frame.f_code.co_name
        # No name of other code's thread: at its end there is none, and asking for it makes one.
        if event == "call" and function != "<module>" and file.startswith(SRC):
            # Any of the threads that answer calls.
            name = re.sub(r"^grpc-\d+$", "grpc-call", threading.current_thread().name)
            recorded[name].add(file)

    threading.setprofile(record)
    try:
        yield recorded
    finally:
        threading.setprofile(None)


@pytest.fixture(scope="module")
def passed() -> Recorded:
    """The files that each thread of a daemon passes through: a request, a fault, a session."""
    with FakeRobot() as robot, recording() as recorded:
        robot.register_payload(GUID, SECRET)
        options = ServeOptions(
            RobotAddress(robot.address, robot.port, robot.ca_file),
            PayloadCredentials(GUID, SECRET),
            robot.address,
            cameras_of(
                parse_devices(
                    ["front=synthetic:?size=64x48&fps=30", "rear=synthetic:?script=unplug@0s"]
                )
            ),
            # The source is always idle, so that requests wait for a frame.
            timeouts=Timeouts(idle_after_s=0.0),
            http=WebOptions("127.0.0.1", 0),
        )
        daemon = Daemon(options)
        daemon.start()
        try:
            assert daemon.registered.wait(PATIENCE_S)
            with grpc.insecure_channel(f"127.0.0.1:{daemon.port}") as channel:
                stub = image_service_pb2_grpc.ImageServiceStub(channel)
                request = image_pb2.GetImageRequest()
                request.image_requests.add(image_source_name="front", quality_percent=75)

                def is_answered_after_a_wait() -> bool:
                    recorded["grpc-call"].clear()
                    [answer] = stub.GetImage(request, timeout=PATIENCE_S).image_responses
                    has_waited = any("capture/waiting" in file for file in recorded["grpc-call"])
                    return has_waited and answer.status == image_pb2.ImageResponse.STATUS_OK

                # Not before the camera is open, and not if the request arrives with a frame.
                assert robot.wait_for(is_answered_after_a_wait, PATIENCE_S)
            assert robot.wait_for(robot.faults, PATIENCE_S)
            assert daemon.web is not None
            snapshot = f"{daemon.web.url}api/v1/sources/front/snapshot.jpg"

            def is_shown() -> bool:
                # 503 where a busy host had no time for the camera.
                with suppress(HTTPError), urllib.request.urlopen(snapshot, timeout=PATIENCE_S):  # noqa: S310 - http
                    return True
                return False

            assert robot.wait_for(is_shown, PATIENCE_S)
        finally:
            daemon.stop()
    return {
        name: {str(Path(file).relative_to(ROOT)) for file in files}
        for name, files in recorded.items()
    }


def section(title: str) -> str:
    """Return the part of the page below a title, up to the next one."""
    found = re.search(rf"^##+ {re.escape(title)}$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def files_of(text: str) -> set[str]:
    return set(re.findall(r"`((?:src|fakes|tests)/[\w/]+\.py)`", text))


EVERYWHERE = files_of(section("The four paths"))


@pytest.mark.parametrize("title", THREADS)
def test_every_file_that_a_path_passes_through_is_named(title: str, passed: Recorded) -> None:
    files = passed[THREADS[title]]
    assert files
    behaviour = {file for file in files if not file.startswith("src/domain/")}
    assert behaviour - EVERYWHERE <= files_of(section(title))


@pytest.mark.parametrize("title", THREADS)
def test_every_file_that_is_named_is_passed_through(title: str, passed: Recorded) -> None:
    assert re.search(r"^1\. ", section(title), re.MULTILINE)
    assert files_of(section(title)) <= set().union(*passed.values())


def test_every_thread_of_the_daemon_is_named(passed: Recorded) -> None:
    rows = re.findall(r"^\| ([\w, -]+) \|", section("Threads"), re.MULTILINE)
    named = {name for row in rows[1:] for name in row.split(", ")}
    # gRPC's own threads call back; their names are Python's.
    own = {name for name in passed if not re.match(r"Thread-|Dummy-", name)}
    known = {"front": "NAME", "rear": "NAME", "call": "N"}
    own = {re.sub(r"(front|rear|call)$", lambda found: known[found[1]], name) for name in own}
    seen = {re.sub(r"_\d+$", "_N", name) for name in own}
    expected = {"capture-NAME", "grpc-N", "robot-session", "fault-reporter"}
    assert expected | {"http", "http-picture_N"} <= seen <= named


def test_every_file_and_folder_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:src|fakes|tests|docs)/[\w/.]*)`", PAGE)
    named += re.findall(r"\]\(([^)]+)\)", PAGE)
    assert named
    for path in named:
        assert (ROOT / path).exists() or (ROOT / "docs" / path).exists(), path


def test_every_class_and_function_that_the_page_names_exists() -> None:
    defined = set(re.findall(r"(?:class|def) (\w+)", SOURCES))
    for name in re.findall(r"`([A-Za-z_]\w*(?:\.\w+)*)`", PAGE):
        last = name.rpartition(".")[2]
        paths = [ROOT / folder / name for folder in FOLDERS]
        is_module = any(path.is_dir() or path.with_suffix(".py").is_file() for path in paths)
        assert last in defined or is_module or name in ELSEWHERE, name


def test_glossary_is_short_and_its_classes_exist() -> None:
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| (`[^|]+`) \|$", GLOSSARY, re.MULTILINE)
    assert 20 <= len(rows) == GLOSSARY.count("\n| ") - 1 <= 25
    for row in rows:
        for name in re.findall(r"`(?:\w+\.)?(\w+)`", row):
            assert re.search(rf"(?:class|def) {name}\b", SOURCES), name
