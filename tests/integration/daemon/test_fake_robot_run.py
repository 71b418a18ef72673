"""`spot-webcam fake-robot run`: unmodified programs, as processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.control.server import ControlServer
from tests.timing import PATIENCE_S

PYTHON = sys.executable
RUN = ("fake-robot", "run")

# A program as the SDK's users write them: it knows nothing of a fake robot.
PROGRAM = """
import sys
import bosdyn.client
import bosdyn.client.util

sdk = bosdyn.client.create_standard_sdk("a-program")
for address in sys.argv[1:]:
    robot = sdk.create_robot(address)
    bosdyn.client.util.authenticate(robot)
    print(robot.get_id().nickname, len(robot.list_services()) > 5)
"""
PAYLOAD = """
import sys
import bosdyn.client

robot = bosdyn.client.create_standard_sdk("a-payload").create_robot("spot")
client = robot.ensure_client("payload-registration")
try:
    client.get_payload_auth_token(*sys.argv[1:])
except Exception as error:
    print(type(error).__name__)
"""
DOWNLOADS = """
import pathlib, sys, time
import bosdyn.client.util
from bosdyn.api.data_acquisition_pb2 import AcquisitionRequestList, ImageSourceCapture
from bosdyn.client import data_acquisition_helpers as helpers

robot = bosdyn.client.create_standard_sdk("a-program").create_robot(sys.argv[1])
bosdyn.client.util.authenticate(robot)
robot.time_sync.wait_for_sync()
wanted = AcquisitionRequestList()
wanted.image_captures.append(
    ImageSourceCapture(image_service="image", image_source="frontleft_fisheye_image")
)
assert helpers.acquire_and_process_request(
    robot.ensure_client("data-acquisition"), wanted, "group", "action"
)
times = helpers.make_time_query_params(time.time() - 60, time.time() + 60, robot)
came = helpers.download_data_REST(times, sys.argv[1], robot.user_token, "came")
print()
print(came, *(one.suffix for one in pathlib.Path().rglob("REST/*")))
"""


@pytest.fixture
def _no_file_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give temporary files a folder of its own, here and in processes; all must be removed."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


@pytest.fixture
def run(command: Any, _no_file_left: None) -> Callable[..., Any]:
    """Run a program."""
    return lambda *words: command.run(*RUN, *words)


def test_program_reaches_the_fake_robot_whatever_address_it_gives(
    run: Callable[..., Any], program: Callable[[str], str]
) -> None:
    addresses = ("192.168.80.3", "spot.invalid", "127.0.0.1")
    ended = run("--", PYTHON, program(PROGRAM), *addresses)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.count(" True\n") == len(addresses)


def test_programs_that_it_starts_reach_it_too(
    run: Callable[..., Any], program: Callable[[str], str]
) -> None:
    file = program(PROGRAM)
    starter = f"import subprocess; subprocess.run(['{PYTHON}', '{file}', 'spot'], check=True)"
    for words in (("sh", "-c", f"'{PYTHON}' '{file}' spot"), (PYTHON, "-c", starter)):
        ended = run("--", *words)
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.endswith(" True\n")


def test_sdk_s_own_command_line(run: Callable[..., Any]) -> None:
    ended = run(PYTHON, "-m", "bosdyn.client", "ROBOT", "self-ip")  # the -- may be left out
    assert "127.0.0.1" in ended.out
    assert ended.err == ""


def test_proxies_are_not_asked_for_it(
    run: Callable[..., Any], program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    ended = run("--", PYTHON, program(PROGRAM), "spot")
    assert (ended.code, ended.err) == (0, "")


def test_tests_keep_the_fake_robots_of_their_own(
    run: Callable[..., Any], program: Callable[[str], str]
) -> None:
    file = program(
        "import bosdyn.client\n"
        "def test_own(fake_robot, fake_robot_sdk):\n"
        "    assert fake_robot_sdk.get_id()\n"
        "    assert any('RobotId' in call.method for call in fake_robot.calls())\n"
        "def test_the_other():\n"
        "    sdk = bosdyn.client.create_standard_sdk('a-test')\n"
        "    assert sdk.create_robot('spot').get_id()\n"
    )
    ended = run("--", PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", file)
    assert ended.out.splitlines()[-1].startswith("2 passed"), ended.out


def test_cameras_are_served_to_it(run: Callable[..., Any]) -> None:
    ended = run(
        *("--with-camera", "left=synthetic:?size=80x60", "--with-camera=synthetic:"),
        *("--", PYTHON, "-m", "bosdyn.client", "ROBOT"),
        *("image", "get-image", "--service-name=web-cam-service", "left"),
    )
    assert (ended.code, ended.err) == (0, "")


def test_downloads_come_from_it(run: Callable[..., Any], program: Callable[[str], str]) -> None:
    ended = run("--", PYTHON, program(DOWNLOADS), "192.168.80.3")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("True .zip\n")


def test_streams_arguments_and_exit_code_are_the_program_s(
    command: Any, program: Callable[[str], str]
) -> None:
    file = program(
        "import sys; print(sys.argv[1:], sys.stdin.read()); print('e', file=sys.stderr);sys.exit(9)"
    )
    ended = subprocess.run(
        [PYTHON, "-m", "spot_webcam", *RUN, "--", PYTHON, file, "--port", "-v", "--", "x"],
        input="given",
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert (ended.returncode, ended.stderr) == (9, "e\n")
    assert ended.stdout == "['--port', '-v', '--', 'x'] given\n"


def test_environment_is_otherwise_as_it_was(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRPC_VERBOSITY", raising=False)
    monkeypatch.setenv("BOSDYN_CLIENT_USERNAME", "somebody")
    names = ("GRPC_VERBOSITY", "BOSDYN_CLIENT_USERNAME", "BOSDYN_CLIENT_PASSWORD")
    ended = run("--", PYTHON, "-c", f"import os; print(*map(os.environ.get, {names}))")
    assert ended.out == "None user password\n"


def test_sitecustomize_of_the_program_s_own_runs(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sitecustomize.py").write_text("import sys; sys.own = 'own'")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "own"))
    ended = run("--", PYTHON, "-c", "import sys; print(sys.own, sys.path[1])")
    assert ended.out.split() == ["own", str(tmp_path / "own")]


@pytest.mark.parametrize("before", [True, False])
def test_flags_of_the_robot_may_stand_before_run_or_after_it(
    command: Any, program: Callable[[str], str], tmp_path: Path, *, before: bool
) -> None:
    file = program(PAYLOAD)
    ca_file = tmp_path / "ca.pem"
    flags = ("--guid=g", "--secret=s", "--unauthorized", "--ca-file", str(ca_file))
    words = ("fake-robot", *flags, "run") if before else ("fake-robot", "run", *flags)
    ended = command.run(*words, "--", PYTHON, file, "g", "s")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "PayloadNotAuthorizedError\n"
    assert "BEGIN CERTIFICATE" in ca_file.read_text()


@pytest.mark.usefixtures("_no_file_left")
@pytest.mark.parametrize(
    ("words", "code", "reported"),
    [
        ((), 2, "say which program"),
        (("--",), 2, "say which program"),
        (("--", "no-such-program"), 127, "there is no program 'no-such-program'"),
        (("--", "/etc/hostname.d"), 127, "there is no program"),
        (("--", "/"), 126, "cannot run '/'"),
        (("--", "python3", "-I", "x.py"), 2, "leave -I out"),
        (("--with-camera", "synthetic:?size=x", "--", "true"), 2, "size"),
        (("--attach", "--port", "1", "--", "true"), 2, "leave it out, or --attach"),
        (("--attach", "--port", "0", "--", "true"), 2, "--port is for a new robot"),
        (("--attach", "--ca-file", "x", "--", "true"), 2, "--ca-file is for a new robot"),
        (("--attach", "--unauthorized", "--", "true"), 2, "--unauthorized is for a new robot"),
        (("--attach", "--authorize-all", "--", "true"), 2, "--authorize-all is for a new robot"),
        (("--guid", "", "--", "true"), 2, "--guid must not be empty"),
        (("--attach", "--control-port", "1", "--", "true"), 1, "no fake robot takes orders"),
    ],
)
def test_what_cannot_be_run_is_reported_in_a_line(
    run_here: Callable[..., Any], words: tuple[str, ...], code: int, reported: str
) -> None:
    ended = run_here(*RUN, *words)
    assert ended.code == code, ended.err
    assert reported in ended.err
    assert ended.err.count("\n") == 1


def test_program_that_is_no_python_is_reported(run: Callable[..., Any]) -> None:
    ended = run("--", "true")
    assert ended.code == 0
    assert "true has started no Python" in ended.err
    assert run("--", PYTHON, "-c", "pass").err == ""


def test_script_that_is_not_executable_is_reported_how_to_run(
    run: Callable[..., Any], program: Callable[[str], str]
) -> None:
    file = program("")
    ended = run("--", file)
    assert ended.code == 126
    assert f"say python3 {file}" in ended.err


@pytest.mark.fake_robot(users={"operator": "secret"})
def test_running_robot_is_used_and_left_running(
    run: Callable[..., Any], program: Callable[[str], str], fake_robot: FakeRobot
) -> None:
    with ControlServer(fake_robot) as control:
        words = ("--attach", "--control-port", str(control.port))
        ended = run(*words, "--", PYTHON, program(PROGRAM), "spot")
    assert (ended.code, ended.err) == (0, "")
    assert any(call.method.endswith("/GetAuthToken") for call in fake_robot.calls())
    assert fake_robot.is_up
