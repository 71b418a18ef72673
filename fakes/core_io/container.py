"""A container: its process, and the restart policy."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from spot_webcam.fakes.core_io import enter
from spot_webcam.fakes.core_io.enter import Description
from spot_webcam.fakes.core_io.isolation import Isolation

# Docker's: the pause doubles, and is short again after a process that ran for a while.
_FIRST_PAUSE_S, _MAX_PAUSE_S, _RAN_WELL_S = 0.1, 60.0, 10.0
# For the processes of a container to be gone after SIGKILL.
_END_S = 5.0


class Processes:
    """Processes of this computer."""

    def start(self, words: Sequence[str], log: int) -> "subprocess.Popen[bytes]":
        """Start a command in a session of its own: Ctrl-C of a terminal does not reach it."""
        return subprocess.Popen(  # noqa: S603 - the extension's own program
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )

    def first_child(self, pid: int) -> int | None:
        """Return the oldest child of a process, if it has one."""
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return int(children[0]) if children else None

    def kill(self, pid: int, number: signal.Signals) -> None:
        """Signal a process, if it is still there."""
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@dataclass(frozen=True, slots=True)
class Policy:
    """When a container is restarted, and how it is stopped."""

    restart: str
    stop_signal: signal.Signals
    stop_grace_s: float


class Container:
    """One container; a thread waits for its process, and starts it again by its policy.

    All methods are thread-safe. `command` is the whole command line.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        policy: Policy,
        processes: Processes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._policy = policy
        self._processes = processes or Processes()
        self._clock = clock
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self._thread = threading.Thread(target=self._supervise, name=f"container-{name}")

    @property
    def restarts(self) -> int:
        """Return how often the process was started again."""
        return max(0, self._starts - 1)

    @property
    def is_running(self) -> bool:
        """Whether the process runs."""
        with self._lock:
            return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Return the number of the container's first process on this computer, if it runs."""
        with self._lock:
            process = self._process
            return None if process is None else self._processes.first_child(process.pid)

    def start(self) -> None:
        """Start the process; to be called once."""
        self._thread.start()

    def stop(self) -> None:
        """Signal the process, kill it after its grace period, and wait for its end."""
        self._stopping.set()
        self._signal(self._policy.stop_signal)
        if self._thread.ident is None:
            return
        self._thread.join(self._policy.stop_grace_s)
        if self._thread.is_alive():
            self._signal(signal.SIGKILL)
            self._thread.join(_END_S)

    def _signal(self, number: signal.Signals) -> None:
        """Signal the container's first process: with it, the kernel ends all of the container."""
        pid = self.pid
        if pid is not None:
            self._processes.kill(pid, number)

    def _supervise(self) -> None:
        pause_s = _FIRST_PAUSE_S
        with self.log.open("ab") as log:
            while not self._stopping.is_set():
                began_s = self._clock()
                code = self._run(log.fileno())
                if not self._restarts_after(code):
                    return
                if self._clock() - began_s >= _RAN_WELL_S:
                    pause_s = _FIRST_PAUSE_S
                self._stopping.wait(pause_s)
                pause_s = min(2 * pause_s, _MAX_PAUSE_S)

    def _run(self, log: int) -> int:
        with self._lock:
            process = self._process = self._processes.start(self._command, log)
            self._starts += 1
        code = process.wait()
        with self._lock:
            self._process = None
        return code

    def _restarts_after(self, code: int) -> bool:
        restart = self._policy.restart
        return restart in {"always", "unless-stopped"} or (restart == "on-failure" and code != 0)


def command_line(isolation: Isolation, description: Description) -> list[str]:
    """Return the command of a container: it ends with the thread that starts it."""
    python = (sys.executable, "-I", "-S", enter.__file__, description.to_json())
    return ["setpriv", "--pdeathsig", "KILL", *isolation.words, *python]
