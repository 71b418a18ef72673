"""Executor for gRPC that runs few calls at a time, and more while those wait (ADR 17)."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

_LOG = logging.getLogger(__name__)

# Between inspections. A job that is found running in two consecutive ones counts as blocked.
INSPECTION_S = 0.01
# Further jobs that are started then. Their number is bounded, because calls that begin at the same
# moment have no requests yet, and few of those may wait (`calls_without_request`).
BURST = 48


class CallJob:
    """The work of one call, with the part of a `Future` that gRPC uses: its end is reported."""

    __slots__ = ("_arguments", "_callbacks", "_ended", "_work")

    def __init__(self, work: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self._work = work
        self._arguments = arguments
        self._ended = False
        self._callbacks: deque[Callable[[Any], object]] = deque()

    def add_done_callback(self, callback: Callable[[Any], object]) -> None:
        """Call back with this job when it has ended, or at once if it has."""
        self._callbacks.append(callback)
        if self._ended:
            self._report_end()

    def run(self) -> None:
        """Do the work, and report its end; work that fails has ended too."""
        try:
            self._work(*self._arguments)
        except Exception:  # noqa: BLE001 - gRPC handles its own; this thread has other jobs
            _LOG.exception("defect while answering a call")
        self._ended = True
        self._report_end()

    def _report_end(self) -> None:
        # Two threads may be here at once; each callback is popped by one of them.
        while self._callbacks:
            try:
                callback = self._callbacks.popleft()
            except IndexError:
                return
            callback(self)


class _Worker:
    """A thread: its job, whether it counts as running, and the lock that it sleeps on."""

    __slots__ = ("is_running", "job", "wake")

    def __init__(self) -> None:
        self.job: CallJob | None = None
        self.is_running = False
        self.wake = threading.Lock()
        self.wake.acquire()


class CallExecutor:
    """Runs at most `max_running` jobs at once; the others wait in their order (ADR 17).

    Only one thread at a time has the interpreter, and each more that wants it costs switches. A
    job that is about to block calls `enter_blocking_region`, and another one runs in its place. A
    job that blocks without it, such as a call whose request does not arrive, is found by
    inspection. The thread that slept last is woken first. Threads are daemons.
    """

    def __init__(
        self, max_threads: int, max_running: int, inspection_s: float = INSPECTION_S
    ) -> None:
        """Make up to `max_threads` threads, running or blocked, when they are needed.

        Raises:
            RuntimeError: the operating system refuses even one thread.
        """
        self._max_threads = max_threads
        self._max_running = max_running
        self._inspection_s = inspection_s
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._sleeping: list[_Worker] = []
        self._queue: deque[CallJob] = deque()
        self._running = 0
        self._inspected: dict[_Worker, CallJob | None] = {}
        self._current = threading.local()
        self._closed = threading.Event()
        # Set while jobs wait: only then the running ones are inspected.
        self._has_queue = threading.Event()
        self._sleeping.append(self._start_worker())
        try:
            threading.Thread(
                target=self._inspect_repeatedly, name="grpc-inspect", daemon=True
            ).start()
        except BaseException:
            self.shutdown()
            raise

    def submit(self, work: Callable[..., object], /, *arguments: Any) -> CallJob:
        """Run the work on one of the threads.

        Raises:
            RuntimeError: the executor was shut down.
        """
        job = CallJob(work, arguments)
        with self._lock:
            if self._closed.is_set():
                raise RuntimeError("the executor was shut down")
            self._queue.append(job)
            self._start_jobs(self._max_running)
            has_queue = bool(self._queue)
        if has_queue and not self._has_queue.is_set():
            self._has_queue.set()
        return job

    def enter_blocking_region(self) -> None:
        """Let another job run: this thread's is about to block, and counts no more until its end.

        On a thread of another owner it does nothing.
        """
        worker: _Worker | None = getattr(self._current, "worker", None)
        if worker is not None:
            with self._lock:
                if worker.is_running:
                    self._discount(worker)
                    self._start_jobs(self._max_running)

    def inspect(self) -> None:
        """Find the jobs that have run since the last inspection; if any, run some more jobs."""
        with self._lock:
            running = [worker for worker in self._workers if worker.is_running]
            blocked = [worker for worker in running if self._inspected.get(worker) is worker.job]
            for worker in blocked:
                self._discount(worker)
            if blocked:
                self._start_jobs(self._running + BURST)
            self._inspected = {worker: worker.job for worker in self._workers if worker.is_running}
            if not self._queue:
                self._inspected = {}
                self._has_queue.clear()

    def shutdown(self) -> None:
        """Take no more jobs, and let the threads end when those taken are done."""
        with self._lock:
            self._closed.set()
            sleeping, self._sleeping = self._sleeping, []
        self._has_queue.set()
        for worker in sleeping:
            worker.wake.release()

    def _start_jobs(self, max_running: int) -> None:
        """Give waiting jobs to sleeping threads, or to new ones, until so many run."""
        while self._queue and self._running < max_running:
            worker = self._sleeping.pop() if self._sleeping else self._spawn()
            if worker is None:
                return
            self._give_job(worker)
            worker.wake.release()

    def _give_job(self, worker: _Worker) -> None:
        worker.job = self._queue.popleft()
        worker.is_running = True
        self._running += 1

    def _discount(self, worker: _Worker) -> None:
        worker.is_running = False
        self._running -= 1

    def _spawn(self) -> _Worker | None:
        if len(self._workers) >= self._max_threads:
            return None
        try:
            return self._start_worker()
        except RuntimeError:  # the operating system refuses: the existing threads do the work
            return None

    def _start_worker(self) -> _Worker:
        worker = _Worker()
        name = f"grpc-{len(self._workers)}"
        threading.Thread(target=self._run, args=(worker,), name=name, daemon=True).start()
        self._workers.append(worker)
        return worker

    def _run(self, worker: _Worker) -> None:
        self._current.worker = worker
        worker.wake.acquire()
        while worker.job is not None:
            worker.job.run()
            if not self._has_next(worker):
                worker.wake.acquire()

    def _has_next(self, worker: _Worker) -> bool:
        """Give a thread that has finished its job the next one, if it may run."""
        with self._lock:
            if worker.is_running:
                self._discount(worker)
            worker.job = None
            if self._queue and self._running < self._max_running:
                self._give_job(worker)
            elif self._closed.is_set():
                worker.wake.release()
            else:
                self._sleeping.append(worker)
            return worker.job is not None

    def _inspect_repeatedly(self) -> None:
        while self._has_queue.wait() and not self._closed.wait(self._inspection_s):
            self.inspect()
