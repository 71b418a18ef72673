"""A process of the bench, and the bench's side of the talk with it."""

import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from spot_webcam.app.cli.command_line import CouldNotRun

# How often it is looked whether to go on waiting.
LOOK_S = 0.1
# A loaded machine needs some seconds to import OpenCV and gRPC.
HELLO_TIMEOUT_S = 60.0
END_TIMEOUT_S = 5.0


class Child:
    """Runs a module of this package until the end of the `with`, whatever happens.

    It ends by itself when the bench does, since its standard input ends then. Every method that
    waits raises `CouldNotRun`: the child has ended, does not answer, or `stopping` is set.
    """

    def __init__(self, module: str, words: list[str], log: Path, stopping: threading.Event) -> None:
        self.name = module
        self._log = log
        self._stopping = stopping
        self._heard = b""
        command = [sys.executable, "-m", f"spot_webcam.tools.bench.{module}", *words]
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                # A Ctrl-C is for the bench, which ends the others in order.
                start_new_session=True,
            )

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # After an error, as after a Ctrl-C, nobody waits for calls that are under way.
        self._end(at_once=kind is not None)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def tell(self, message: Any) -> None:
        """Send a message; does not wait for the answer."""
        if self._process.stdin is None:
            raise AssertionError("it was started with a pipe")
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
        except BrokenPipeError as error:
            raise self._ended() from error

    def hear(self, timeout_s: float) -> Any:
        """Return the next message."""
        deadline_s = time.monotonic() + timeout_s
        while b"\n" not in self._heard:
            if self._stopping.is_set():
                raise CouldNotRun("interrupted")
            if time.monotonic() >= deadline_s:
                raise CouldNotRun(f"{self.name} has not answered in {timeout_s:g} s")
            self._hear_more()
        line, _, self._heard = self._heard.partition(b"\n")
        return json.loads(line)

    def ask(self, message: Any, timeout_s: float) -> Any:
        """Send a message and return the answer."""
        self.tell(message)
        return self.hear(timeout_s)

    def _end(self, *, at_once: bool) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        if at_once or not self._has_ended():
            self._process.terminate()
            if not self._has_ended():
                self._process.kill()
                self._process.wait()

    def _has_ended(self) -> bool:
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _hear_more(self) -> None:
        stdout = self._process.stdout
        if stdout is None:
            raise AssertionError("it was started with a pipe")
        if select.select([stdout], [], [], LOOK_S)[0]:
            heard = os.read(stdout.fileno(), 1 << 16)
            if not heard:
                raise self._ended()
            self._heard += heard

    def _ended(self) -> CouldNotRun:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return CouldNotRun(f"{self.name} has ended: {lines[-1] if lines else 'it says nothing'}")
