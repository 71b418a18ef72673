"""Contenders: servers under test, each a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.domain.sources.address import OPENCV
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.bench.bare_server import METHOD
from spot_webcam.tools.bench.client import (
    PAUSE_AFTER_FAILURE_S,
    age_or_failure,
    answer_or_failure,
    open_channel,
)
from spot_webcam.tools.bench.loads import BARE, BASELINE, COLS, FOURCC, FPS, HELPER, ROWS, SERVE
from spot_webcam.tools.bench.process_tree import descendants

GUID, SECRET = "bench-payload", "bench-secret"
# A loaded machine needs some seconds to import OpenCV and gRPC, and to open four sources.
START_TIMEOUT_S = 60.0
END_TIMEOUT_S = 5.0
POLL_S = 0.05


def serve_command(
    robot: FakeRobot, service: str, *flags: str, python: str = sys.executable
) -> list[str]:
    """Return the command of a daemon at a fake robot, as a user starts it."""
    return [
        *(python, "-m", "spot_webcam", "serve", robot.address, "--host-ip", "127.0.0.1"),
        *("--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)),
        *("--guid", GUID, "--secret", SECRET),
        *("--service-name", service, "--authority", service),
        *flags,
    ]


@dataclass(frozen=True, slots=True)
class Sources:
    """What a contender serves: one device under several names."""

    device: str
    count: int = 1

    @property
    def names(self) -> list[str]:
        """The sources' names."""
        return [f"camera{number}" for number in range(self.count)]


class Contenders:
    """Starts contenders."""

    def __init__(
        self, robot: FakeRobot, folder: Path, baseline: str | None, stopping: threading.Event
    ) -> None:
        """Let daemons register at `robot`; keep logs and prepared answers in `folder`."""
        self._robot = robot
        self._log = folder / "log"
        self._answers = folder / "answers"
        self._answers.mkdir()
        self._baseline = baseline
        self._stopping = stopping
        self._started = 0
        robot.register_payload(GUID, SECRET)

    def start(self, name: str, sources: Sources) -> "Contender":
        """Start a contender, and wait until it listens; a daemon, until it is registered too.

        Raises:
            CouldNotRun: it has ended or does not listen, or the benchmark is stopping.
        """
        self._started += 1
        # A new name for each: an entry that a killed daemon left behind would delay the next one.
        service = f"bench-{os.getpid()}-{self._started}"
        port = _free_port()
        command = self._command(name, sources, port, service)
        contender = Contender(name, command, port, self._log, self._stopping)
        try:
            contender.wait_until(contender.is_listening, "listen")
            if name in {SERVE, BASELINE}:
                contender.wait_until(lambda: self._is_registered(service), "register")
        except CouldNotRun:
            contender.__exit__(None, None, None)
            raise
        return contender

    def keep_answers(self, answers: dict[bytes, bytes]) -> None:
        """Let the bare server send these, unless it has one to the same call already."""
        for call, answer in answers.items():
            file = self._answers / call.hex()
            if not file.exists():
                file.write_bytes(answer)

    def _is_registered(self, service: str) -> bool:
        return any(entry.name == service for entry in self._robot.services())

    def _command(self, name: str, sources: Sources, port: int, service: str) -> list[str]:
        if name == BARE:
            return _module("bare_server", str(port), str(self._answers))
        if name == HELPER:
            device = sources.device.removeprefix(OPENCV)
            return _module("sdk_helper", str(port), device, *sources.names)
        flags = ["--port", str(port)]
        flags += [f"--device-name={source}={sources.device}" for source in sources.names]
        if not Path(sources.device).is_file():
            flags += ["--res-width", str(COLS), "--res-height", str(ROWS)]
            flags += ["--fps", str(FPS), "--codec", FOURCC]
        python = self._baseline if name == BASELINE else None
        return serve_command(self._robot, service, *flags, python=python or sys.executable)


class Contender:
    """A server under test, until the end of the `with`."""

    def __init__(
        self, name: str, command: Sequence[str], port: int, log: Path, stopping: threading.Event
    ) -> None:
        self.name = name
        self.port = port
        self._log = log
        self._stopping = stopping
        try:
            with log.open("wb") as output:
                self._process = subprocess.Popen(  # noqa: S603 - our own programs
                    command,
                    # Its end tells the helper and the bare server that the benchmark has ended.
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                    # A Ctrl-C is for the benchmark, which ends the others in order.
                    start_new_session=True,
                )
        except OSError as error:
            raise CouldNotRun(f"{name} cannot be started: {error}") from error

    def __enter__(self) -> "Contender":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        children = list(descendants(self.pid))
        self._process.terminate()
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        if self._process.stdin is not None:
            self._process.stdin.close()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def check(self) -> None:
        """Raise `CouldNotRun` if the process has ended or the benchmark is stopping."""
        if self._stopping.is_set():
            raise CouldNotRun("interrupted")
        if self._process.poll() is not None:
            lines = self._log.read_text(errors="replace").strip().splitlines()
            raise CouldNotRun(
                f"{self.name} has ended with {self._process.returncode}:"
                f" {lines[-1] if lines else 'without a message'}"
            )

    def is_listening(self) -> bool:
        """Return whether the port accepts connections."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1.0).close()
        except OSError:
            return False
        return True

    def wait_until(self, condition: Callable[[], bool], verb: str) -> None:
        """Wait for a condition.

        Raises:
            CouldNotRun: see `check`; or it does not come true.
        """
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not condition():
            self.check()
            if time.monotonic() >= deadline_s:
                raise CouldNotRun(f"{self.name} did not {verb} within {START_TIMEOUT_S:.0f} s")
            self._stopping.wait(POLL_S)

    def answers(self, calls: Sequence[bytes], timeout_s: float) -> dict[bytes, bytes]:
        """Wait for an image in answer to each call, and return the answers.

        Raises:
            CouldNotRun: see `check`; or there is none.
        """
        deadline_s = time.monotonic() + timeout_s
        answers: dict[bytes, bytes] = {}
        with open_channel(self.port) as channel:
            method: Callable[..., bytes] = channel.unary_unary(METHOD)
            for call in calls:
                while call not in answers:
                    answer, failure = answer_or_failure(method, call)
                    failure = failure or age_or_failure(answer, 0)[1]
                    if not failure:
                        answers[call] = answer
                        break
                    self.check()
                    if time.monotonic() >= deadline_s:
                        raise CouldNotRun(
                            f"{self.name} sent no image within {timeout_s:.0f} s: {failure}"
                        )
                    self._stopping.wait(PAUSE_AFTER_FAILURE_S)
        return answers


def _module(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", f"spot_webcam.tools.bench.{module}", *words]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
