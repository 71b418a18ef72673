"""Clients in processes of their own, which last as long as the benchmark."""

import multiprocessing
import signal
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from types import TracebackType

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.bench.client import CALL_TIMEOUT_S, ClientCounters, Slice, run_slice
from spot_webcam.tools.bench.loads import ClientPlan

# A loaded machine needs some seconds to import gRPC.
START_TIMEOUT_S = 60.0
END_TIMEOUT_S = 5.0
POLL_S = 0.1


def slice_values(clients: Sequence[ClientCounters], seconds: float) -> dict[str, float]:
    """Return the values of a slice of this length; each name has its unit."""
    seconds += max(client.overtime_s for client in clients)
    values = {
        "pictures_per_s": sum(client.pictures for client in clients) / seconds,
        "failures": float(sum(client.failures for client in clients)),
    }
    if values["pictures_per_s"]:
        answer_bytes = sum(client.answer_bytes for client in clients)
        values["kb_per_picture"] = answer_bytes / sum(one.pictures for one in clients) / 1000
    latencies_ms = [ms for client in clients for ms in client.latencies_ms]
    ages_ms = [ms for client in clients for ms in client.ages_ms]
    for name, samples in (("latency", latencies_ms), ("age", ages_ms)):
        if samples:
            values[f"{name}_p50_ms"] = statistics.median(samples)
            values[f"{name}_p99_ms"] = percentile_99(samples)
    return values


def percentile_99(samples: Sequence[float]) -> float:
    """Return the smallest sample that 99 % do not exceed."""
    return sorted(samples)[-(-len(samples) * 99 // 100) - 1]


class LoadGenerator:
    """Processes of clients, from `__enter__` to `__exit__`."""

    def __init__(self, count: int, stopping: threading.Event) -> None:
        self._count = count
        self._stopping = stopping
        self._processes: list[multiprocessing.process.BaseProcess] = []
        self._pipes: list[Connection] = []

    def __enter__(self) -> "LoadGenerator":
        context = multiprocessing.get_context("spawn")
        # Children inherit the mask: a Ctrl-C is for the benchmark alone, which ends them. The
        # start of the resource tracker, with the first child otherwise, clears the mask.
        resource_tracker.ensure_running()
        unmasked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for _ in range(self._count):
                pipe, child_pipe = context.Pipe()
                process = context.Process(target=_work, args=(child_pipe,), daemon=True)
                process.start()
                child_pipe.close()
                self._processes.append(process)
                self._pipes.append(pipe)
            for pipe in self._pipes:
                self._receive(pipe, START_TIMEOUT_S)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, unmasked)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(END_TIMEOUT_S)
            process.kill()
        for pipe in self._pipes:
            pipe.close()

    def start(
        self, port: int, plans: Sequence[ClientPlan], warm_up_s: float, length_s: float
    ) -> "RunningLoad":
        """Let all clients call; they count after `warm_up_s` for `length_s`."""
        begin_s = time.monotonic() + warm_up_s
        end_s = begin_s + length_s
        busy = []
        for number, pipe in enumerate(self._pipes):
            clients = tuple(plans[number :: self._count])
            if clients:
                with _pipe_errors():
                    pipe.send(Slice(port, begin_s, end_s, clients, number))
                busy.append(pipe)
        return RunningLoad(begin_s, end_s, busy)

    def counters(self, load: "RunningLoad") -> list[ClientCounters]:
        """Wait for the end of a load, and return the counters of all clients.

        Raises:
            CouldNotRun: a process has ended or does not answer, or the benchmark is stopping.
        """
        # A call that is under way at the end may take its full timeout.
        timeout_s = max(0.0, load.end_s - time.monotonic()) + 2 * CALL_TIMEOUT_S
        received = [self._receive(pipe, timeout_s) for pipe in load.pipes]
        return [client for counters in received for client in counters]

    def _receive(self, pipe: Connection, timeout_s: float) -> list[ClientCounters]:
        deadline_s = time.monotonic() + timeout_s
        while not pipe.poll(POLL_S):
            if self._stopping.is_set():
                raise CouldNotRun("interrupted")
            if time.monotonic() >= deadline_s:
                raise CouldNotRun(f"a process of clients has not answered within {timeout_s:.0f} s")
        with _pipe_errors():
            counters: list[ClientCounters] = pipe.recv()
        return counters


@dataclass(frozen=True, slots=True)
class RunningLoad:
    """A load that was started; times are those of the monotonic clock."""

    begin_s: float
    end_s: float
    pipes: list[Connection]


@contextmanager
def _pipe_errors() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise CouldNotRun("a process of clients has ended unexpectedly") from error


def _work(pipe: Connection) -> None:
    """Run slices until the benchmark closes its end."""
    with suppress(EOFError, BrokenPipeError):
        pipe.send([])
        while True:
            pipe.send(run_slice(pipe.recv()))
