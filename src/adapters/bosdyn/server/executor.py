"""The threads that answer calls: few at a time, and more where those have to wait."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

_LOG = logging.getLogger(__name__)

# Only one thread at a time has the interpreter, and each more that wants it costs turns of the
# scheduler. On two processors, with eight clients of 1080p JPEG: one thread for each call gave
# 0.70 of a bare server's rate, four 0.82, three 0.85, two 0.93, and one 0.77.
AT_WORK = 2
# A job that is found at work twice in a row, so long apart, is taken for one that waits.
LOOK_S = 0.01
# So many more work then. Not all that wait: calls that begin at once have no requests as yet, and
# of those only so many are let be.
SURGE = 48

_here = threading.local()


class CallJob:
    """The work of one call, and what gRPC asks of its `Future`: to be told of its end."""

    __slots__ = ("_arguments", "_callbacks", "_ended", "_work")

    def __init__(self, work: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self._work = work
        self._arguments = arguments
        self._ended = False
        self._callbacks: deque[Callable[[Any], object]] = deque()

    def add_done_callback(self, callback: Callable[[Any], object]) -> None:
        """Have it called with this job when that has ended, or at once if it has."""
        self._callbacks.append(callback)
        if self._ended:
            self._tell()

    def run(self) -> None:
        """Do the work, and tell of its end; work that fails has ended too."""
        try:
            self._work(*self._arguments)
        except Exception:  # noqa: BLE001 - gRPC looks after its own; the thread has others to do
            _LOG.exception("a defect in answering a call")
        self._ended = True
        self._tell()

    def _tell(self) -> None:
        # Two threads may be here at once; each callback is popped by one of them.
        while self._callbacks:
            try:
                callback = self._callbacks.popleft()
            except IndexError:
                return
            callback(self)


class _Worker:
    """A thread: what it does, whether it counts as one at work, and what it rests on."""

    __slots__ = ("counts", "job", "wake")

    def __init__(self) -> None:
        self.job: CallJob | None = None
        self.counts = False
        self.wake = threading.Lock()
        self.wake.acquire()


class CallExecutor:
    """An executor for gRPC. Its threads are daemons, and are made when they are needed.

    `at_work` of them answer calls; other calls wait for one of these, in their order. A thread
    that is about to wait calls `enter_blocking_region`, and counts no more until its call is
    answered; one that does not is found out, such as that of a call whose request does not
    come. Of threads at rest the one that was at work last comes first, the others sleep on.
    """

    def __init__(self, most: int, at_work: int = AT_WORK, look_s: float = LOOK_S) -> None:
        """Make up to `most` threads, at work or waiting; look after them every `look_s`.

        Raises:
            RuntimeError: the host gives not one thread.
        """
        self._most = most
        self._at_work = at_work
        self._look_s = look_s
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._resting: list[_Worker] = []
        self._waiting: deque[CallJob] = deque()
        # How many workers count as being at work.
        self._working = 0
        self._seen: dict[_Worker, CallJob | None] = {}
        self._closed = threading.Event()
        # Set while calls wait: then it is looked after those at work.
        self._crowded = threading.Event()
        self._resting.append(self._hire())
        try:
            threading.Thread(target=self._look_on, name="grpc-look", daemon=True).start()
        except BaseException:
            self.shutdown()
            raise

    def submit(self, work: Callable[..., object], /, *arguments: Any) -> CallJob:
        """Have it done by one of the threads.

        Raises:
            RuntimeError: they were shut down.
        """
        job = CallJob(work, arguments)
        with self._lock:
            if self._closed.is_set():
                raise RuntimeError("these threads were shut down")
            self._waiting.append(job)
            self._put_to_work(self._at_work)
            crowded = bool(self._waiting)
        if crowded and not self._crowded.is_set():
            self._crowded.set()
        return job

    def look(self) -> None:
        """Find out which jobs last since the last look; if any do, let some more work."""
        with self._lock:
            working = [one for one in self._workers if one.counts]
            stuck = [one for one in working if self._seen.get(one) is one.job]
            for worker in stuck:
                self._discount(worker)
            if stuck:
                self._put_to_work(self._working + SURGE)
            self._seen = {one: one.job for one in self._workers if one.counts}
            if not self._waiting:
                self._seen = {}
                self._crowded.clear()

    def enter_blocking_region(self, worker: _Worker) -> None:
        """Let another one work while this one waits."""
        with self._lock:
            if worker.counts:
                self._discount(worker)
                self._put_to_work(self._at_work)

    def shutdown(self) -> None:
        """Take no more jobs, and let the threads end when those taken are done."""
        with self._lock:
            self._closed.set()
            resting, self._resting = self._resting, []
        self._crowded.set()
        for worker in resting:
            worker.wake.release()

    def _put_to_work(self, at_work: int) -> None:
        """Give calls that wait to workers at rest, or to new ones, until so many work."""
        while self._waiting and self._working < at_work:
            worker = self._resting.pop() if self._resting else self._hired()
            if worker is None:
                return
            self._give(worker)
            worker.wake.release()

    def _give(self, worker: _Worker) -> None:
        worker.job = self._waiting.popleft()
        worker.counts = True
        self._working += 1

    def _discount(self, worker: _Worker) -> None:
        worker.counts = False
        self._working -= 1

    def _hired(self) -> _Worker | None:
        if len(self._workers) >= self._most:
            return None
        try:
            return self._hire()
        except RuntimeError:  # the host has no more for us: those that there are do it
            return None

    def _hire(self) -> _Worker:
        worker = _Worker()
        name = f"grpc-{len(self._workers)}"
        threading.Thread(target=self._run, args=(worker,), name=name, daemon=True).start()
        self._workers.append(worker)
        return worker

    def _run(self, worker: _Worker) -> None:
        _here.worker = self, worker
        worker.wake.acquire()
        while worker.job is not None:
            worker.job.run()
            if not self._next(worker):
                worker.wake.acquire()

    def _next(self, worker: _Worker) -> bool:
        """Give a worker that has done its job the next one, if it is for it to do."""
        with self._lock:
            if worker.counts:
                self._discount(worker)
            worker.job = None
            if self._waiting and self._working < self._at_work:
                self._give(worker)
            elif self._closed.is_set():
                worker.wake.release()
            else:
                self._resting.append(worker)
            return worker.job is not None

    def _look_on(self) -> None:
        while self._crowded.wait() and not self._closed.wait(self._look_s):
            self.look()


def enter_blocking_region() -> None:
    """Say that this thread is about to wait; for threads that answer no call it does nothing."""
    here: tuple[CallExecutor, _Worker] | None = getattr(_here, "worker", None)
    if here is not None:
        threads, worker = here
        threads.enter_blocking_region(worker)
