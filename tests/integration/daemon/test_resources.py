"""What a process needs may run out: it goes on, and ends with 0."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from bosdyn.api import image_pb2

from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.state.changes import Changes
from tests.raw_http2 import RawClient
from tests.timing import PATIENCE_S, eventually

# The camera is away again and again, so that there is something to log.
FLAPPING = "--device-name=flaps=synthetic:?fps=20&script=" + ",".join(
    f"fail@{0.3 + 0.6 * turn:.1f}s+0.3s" for turn in range(200)
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full and prlimit are Linux's")


def _serves_and_ends(robot: FakeRobot, client: Any, process: subprocess.Popen[bytes]) -> None:
    """Check that the daemon serves, and ends without a trace on the robot."""
    assert eventually(lambda: client.status("synthetic") == 1)
    process.terminate()
    assert process.wait(PATIENCE_S) == 0
    assert robot.services() == []
    assert robot.faults() == []


@pytest.mark.parametrize("flags", [(), ("-v",)], ids=["quiet", "verbose"])
def test_daemon_whose_log_nobody_reads_goes_on(
    flags: tuple[str, ...], robot: FakeRobot, serve_flags: list[str], connect: Callable[..., Any]
) -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "spot_webcam", *serve_flags, *flags]
    devices = [FLAPPING, "--device-name=synthetic:"]
    with subprocess.Popen([*command, *devices], stdout=writing, stderr=writing) as process:
        os.close(writing)
        assert os.read(reading, 1)
        os.close(reading)
        try:
            assert robot.wait_for(robot.fault_events, PATIENCE_S)
            _serves_and_ends(robot, connect(robot), process)
        finally:
            process.kill()


@pytest.mark.parametrize("flags", [(), ("-v",)], ids=["quiet", "verbose"])
def test_daemon_whose_log_is_read_no_more_goes_on(
    flags: tuple[str, ...], robot: FakeRobot, serve_flags: list[str], connect: Callable[..., Any]
) -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "spot_webcam", *serve_flags, *flags]
    devices = [FLAPPING, "--device-name=synthetic:"]
    with subprocess.Popen([*command, *devices], stdout=writing, stderr=writing) as process:
        try:
            assert os.read(reading, 1)
            # The reader lives, and the pipe is full from here on.
            while select.select([], [writing], [], 0)[1]:
                os.write(writing, b"x" * select.PIPE_BUF)
            faults = len(robot.fault_events())
            assert robot.wait_for(lambda: len(robot.fault_events()) > faults, PATIENCE_S)
            _serves_and_ends(robot, connect(robot), process)
        finally:
            process.kill()
            os.close(reading)
            os.close(writing)


def test_daemon_whose_disk_is_full_goes_on(
    robot: FakeRobot, serve_flags: list[str], connect: Callable[..., Any]
) -> None:
    command = [sys.executable, "-m", "spot_webcam", *serve_flags, FLAPPING]
    with (
        Path("/dev/full").open("wb") as full,
        subprocess.Popen(
            [*command, "--device-name=synthetic:"], stdout=full, stderr=full
        ) as process,
    ):
        try:
            assert robot.wait_for(robot.fault_events, PATIENCE_S)
            _serves_and_ends(robot, connect(robot), process)
        finally:
            process.kill()


def test_error_that_cannot_be_printed_is_still_reported_by_the_exit_code() -> None:
    command = [sys.executable, "-m", "spot_webcam", "serve", "127.0.0.1", "--host-ip=127.0.0.1"]
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*command, "--guid=alone"], stdout=full, stderr=full, timeout=PATIENCE_S, check=False
        )
    assert ended.returncode == 2


def test_daemon_that_runs_out_of_descriptors_goes_on(
    robot: FakeRobot, command: Any, serve_flags: list[str], connect: Callable[..., Any]
) -> None:
    process = command.start(*serve_flags, FLAPPING, "--device-name=synthetic:")
    process.wait_for(": registered")
    client = connect(robot)
    assert eventually(lambda: client.status("synthetic") == 1)
    pid = process.popen.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (_descriptors(pid), hard))
    port = int(robot.services()[0].endpoint.rpartition(":")[2])
    faults = len(robot.fault_events())
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(RawClient(port))
        spent_s = _cpu_s(pid)
        # Who is connected is served, and faults are reported to the robot, as always.
        assert robot.wait_for(lambda: len(robot.fault_events()) > faults, PATIENCE_S)
        assert client.status("synthetic") == 1
        # Connections that it cannot take keep no processor busy meanwhile.
        Changes().wait_for(lambda: False, 1.0)
        assert _cpu_s(pid) - spent_s < 1.0
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
    # Newcomers are served again.
    newcomer = connect(robot)
    assert eventually(lambda: newcomer.status("synthetic") == 1)
    process.popen.terminate()
    ended = process.end()
    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert robot.services() == []
    assert robot.faults() == []


@pytest.mark.slow
def test_daemon_that_was_stopped_does_not_blame_its_cameras(
    robot: FakeRobot, command: Any, serve_flags: list[str], connect: Callable[..., Any]
) -> None:
    names = [f"cam{number}" for number in range(4)]
    process = command.start(
        *serve_flags, *(f"--device-name={name}=synthetic:?size=64x48&fps=20" for name in names)
    )
    process.wait_for(": registered")
    client = connect(robot)
    for name in names:
        assert eventually(lambda name=name: client.status(name) == 1)
    for _ in range(3):
        process.popen.send_signal(signal.SIGSTOP)
        Changes().wait_for(lambda: False, 1.5)
        process.popen.send_signal(signal.SIGCONT)
        assert [client.status(name) for name in names] == [1] * len(names)
    # As long as a fault needs to be reported.
    Changes().wait_for(lambda: False, 1.5)
    assert [event for event in robot.fault_events() if event.kind == "trigger"] == []


# The daemon on a host with less memory than this one.
_SMALL_HOST = """
import sys
from spot_webcam.app.cli import entry
from spot_webcam.app.runtime import memory
memory_bytes = int(sys.argv.pop(1))
memory.memory_limit_bytes = lambda: memory_bytes
entry.main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("clients", "host_mib", "peak_mib"),
    [pytest.param(24, None, 450, id="many"), pytest.param(8, 300, 300, id="on a small host")],
)
def test_clients_of_raw_4k_take_no_memory_each(
    robot: FakeRobot,
    command: Any,
    serve_flags: list[str],
    program: Any,
    connect: Callable[..., Any],
    clients: int,
    host_mib: int | None,
    peak_mib: int,
) -> None:
    """A call that waits for its turn holds no picture; 24 took a gigabyte."""
    flags = [*serve_flags, "--device-name=cam=synthetic:?size=3840x2160"]
    if host_mib is not None:
        small_host = (sys.executable, program(_SMALL_HOST))
        process = command.start(str(host_mib * 2**20), *flags, program=small_host)
    else:
        process = command.start(*flags)
    process.wait_for(": registered")
    client = connect(robot)
    assert eventually(lambda: client.status("cam") == 1)
    port = int(robot.services()[0].endpoint.rpartition(":")[2])
    request = image_pb2.GetImageRequest()
    request.image_requests.add(image_source_name="cam", image_format=image_pb2.Image.FORMAT_RAW)

    def read(_: int) -> int:
        largest = 0
        # Each on a connection of its own.
        options = [("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            get_image = channel.unary_unary("/bosdyn.api.ImageService/GetImage")
            for _ in range(3):
                with suppress(grpc.RpcError):  # others come first
                    answer = get_image(request.SerializeToString(), timeout=PATIENCE_S)
                    largest = max(largest, len(answer))
        return largest

    with ThreadPoolExecutor(clients) as pool:
        assert max(pool.map(read, range(clients))) >= 3840 * 2160 * 3
    status = Path(f"/proc/{process.popen.pid}/status").read_text()
    [peak] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    assert int(peak.split()[1]) // 1024 <= peak_mib
    assert client.status("cam") == 1


def _descriptors(pid: int) -> int:
    return max(int(one.name) for one in Path(f"/proc/{pid}/fd").iterdir()) + 1


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
