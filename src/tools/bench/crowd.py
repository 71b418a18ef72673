"""The clients of all runs, in some processes that last as long as the bench."""

import base64
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.bench.child import HELLO_TIMEOUT_S, Child
from spot_webcam.tools.bench.figures import percentile

# Two clients each of the usual eight: a Python process of clients keeps up with a Python server,
# and more processes would only take turns on a small computer's cores.
PROCESSES = 4
# For a contender's first picture, and for the calls that are under way at the end of a run.
FIRST_PICTURE_S = 15.0
LAST_CALLS_S = 20.0


@dataclass(frozen=True, slots=True)
class Task:
    """What one client does: its requests in turn, `rate_hz` of them a second, 0 without pause.

    Each moment of a paced client is off by up to `jitter_s`.
    """

    requests: tuple[bytes, ...]
    rate_hz: float = 0.0
    jitter_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Takings:
    """What all clients of a run got."""

    pictures: int
    bytes: int
    failures: int
    why: str
    latencies_ms: list[float]
    ages_ms: list[float]

    def values(self, seconds: float) -> dict[str, float]:
        """Return the figures of a run of some length."""
        values: dict[str, float] = {
            "pictures_per_s": self.pictures / seconds,
            "failures": self.failures,
        }
        if self.pictures:
            values["kilobytes_per_picture"] = self.bytes / self.pictures / 1000
            values["latency_p50_ms"] = statistics.median(self.latencies_ms)
            values["latency_p99_ms"] = percentile(self.latencies_ms, 99)
        if self.ages_ms:
            values["age_p50_ms"] = statistics.median(self.ages_ms)
            values["age_p99_ms"] = percentile(self.ages_ms, 99)
        return values


class Crowd:
    """Starts the processes with the `with`, and ends them with it."""

    def __init__(self, folder: Path, stopping: threading.Event) -> None:
        self._folder = folder
        self._stopping = stopping
        self._stack = ExitStack()
        self._processes: list[Child] = []

    def __enter__(self) -> "Crowd":
        with ExitStack() as stack:
            for number in range(PROCESSES):
                log = self._folder / f"client{number}.log"
                child = Child("client", [], log, self._stopping)
                self._processes.append(stack.enter_context(child))
            for one in self._processes:
                one.hear(HELLO_TIMEOUT_S)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def capture(self, port: int, files: Mapping[bytes, Path] | Mapping[bytes, None]) -> None:
        """Wait for a good answer to each request, and write it to its file if it has one.

        Raises:
            CouldNotRun: there is none.
        """
        wanted = [[_text(one), "" if file is None else str(file)] for one, file in files.items()]
        end_s = time.monotonic() + FIRST_PICTURE_S
        job = {"port": port, "capture": wanted, "end_s": end_s}
        why = self._processes[0].ask(job, FIRST_PICTURE_S + LAST_CALLS_S)["why"]
        if why:
            raise CouldNotRun(f"no picture after {FIRST_PICTURE_S:g} s: {why}")

    def run(
        self,
        port: int,
        tasks: Sequence[Task],
        warm_s: float,
        seconds: float,
        during: Callable[[float, float], None],
    ) -> Takings:
        """Have all clients call, and count between begin and end.

        `during` is called at once with both, on the monotonic clock, and returns after the end.
        """
        begin_s = time.monotonic() + warm_s
        end_s = begin_s + seconds
        jobs: list[list[dict[str, Any]]] = [[] for _ in self._processes]
        for number, task in enumerate(tasks):
            jobs[number % len(jobs)].append(
                {
                    "requests": [_text(one) for one in task.requests],
                    "rate_hz": task.rate_hz,
                    "jitter_s": task.jitter_s,
                    "seed": number,
                }
            )
        busy = [(one, job) for one, job in zip(self._processes, jobs, strict=True) if job]
        for child, clients in busy:
            child.tell({"port": port, "begin_s": begin_s, "end_s": end_s, "clients": clients})
        during(begin_s, end_s)
        tallies = [tally for child, _ in busy for tally in child.hear(LAST_CALLS_S)]
        return Takings(
            pictures=sum(one["pictures"] for one in tallies),
            bytes=sum(one["bytes"] for one in tallies),
            failures=sum(one["failures"] for one in tallies),
            why=next((one["why"] for one in tallies if one["why"]), ""),
            latencies_ms=[ms for one in tallies for ms in one["latencies_ms"]],
            ages_ms=[ms for one in tallies for ms in one["ages_ms"]],
        )


def _text(request: bytes) -> str:
    return base64.b64encode(request).decode()
