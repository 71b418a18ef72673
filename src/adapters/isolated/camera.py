"""A camera of any kind, in a child process."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from spot_webcam.adapters.isolated.messages import Argument, Grabbed, PictureAt
from spot_webcam.adapters.isolated.process import Answer, WorkerProcess, close_all
from spot_webcam.adapters.isolated.shared_memory import PictureReader
from spot_webcam.domain.errors import CameraCrashed, CameraError, NoData
from spot_webcam.domain.health.staleness import REMEMBERED_INTERVALS, StalenessEstimator
from spot_webcam.domain.instant import LastGrab
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.timing import NANOSECONDS

_Value = TypeVar("_Value")

# After so many retrieved pictures in a row the next one is expected to be needed, too. More than
# one: the single picture by which a source without requests is validated is followed by none.
RETRIEVED_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class ChildTimeouts:
    """Maximum duration of each call before the process is killed.

    `open_s` includes the start of the process. The first grabs may take `first_grabs_s`, later
    grabs the staleness limit of the source plus `margin_s`, which leaves the camera time to
    report its own error. After an interrupt, a running call gets `interrupt_grace_s` to end.
    """

    open_s: float = 10.0
    first_grabs_s: float = 3.0
    margin_s: float = 0.5
    call_s: float = 2.0
    close_s: float = 1.0
    interrupt_grace_s: float = 0.2


class IsolatedCamera:
    """A `Camera`, `Interruptible`, `StreamTimed` and `Autonomous` one, in a child process.

    If a call hangs, the process is killed (`StaleFrame`). A crash raises `CameraCrashed`. The next
    `open` starts another process. The camera's own errors are raised unchanged. `close` keeps the
    process for the next `open`, except after an interrupt. Pictures are in shared memory, and are
    never overwritten. While the caller retrieves picture after picture, the child retrieves each
    with its grab: one message to the child and one back.
    """

    def __init__(
        self,
        command: Sequence[str],
        recipe: Callable[[], Argument],
        timeouts: ChildTimeouts | None = None,
    ) -> None:
        """`command` runs `serve_camera`; `recipe` returns, at each start, the argument of `make`.

        The argument is sent through a socket, and is invisible to other users of this computer.
        """
        self._command = list(command)
        self._recipe = recipe
        self.timeouts = timeouts or ChildTimeouts()
        self._lock = threading.Lock()
        self._interrupted = False
        self._worker: WorkerProcess | None = None
        self._open = False
        self._reader = PictureReader()
        self._period = StalenessEstimator()
        self._grabs = 0
        self._waited_ns = 0
        self._grabbed = Grabbed()
        # Of the last grab, if it was retrieved with it and not read yet.
        self._picture_at: PictureAt | None = None
        self._delay_ns = 0
        self._is_retrieved = False
        self._retrieved_in_a_row = 0
        self._skipping_since_ns: int | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the child, if it runs."""
        worker = self._worker
        return None if worker is None else worker.pid

    def open(self) -> CameraMode:
        """Start the process if none runs, and open the camera there."""
        deadline_s = time.monotonic() + self.timeouts.open_s
        if self._interrupted:  # a reply that nobody received may have had the memory of pictures
            self._drop()
        with self._lock:
            self._interrupted = False
        self._open = False
        self._skipping_since_ns = None
        self._picture_at = None
        if self._worker is None:
            self._start(deadline_s)
        mode = self._ask("open", None, deadline_s - time.monotonic(), CameraMode)
        self._open = True
        self._period.opened(mode)
        self._grabs = 0
        return mode

    def _start(self, deadline_s: float) -> None:
        worker = WorkerProcess(self._command, self.timeouts.interrupt_grace_s)
        with self._lock:
            self._worker = worker
            if self._interrupted:
                worker.wake()
        self._reader = PictureReader()
        try:
            self._ask("make", self._recipe(), deadline_s - time.monotonic(), type(None))
        except BaseException:
            self._drop()
            raise

    def grab(self) -> int | None:
        """Wait for the next frame of the child process."""
        self._require_running()
        asked_ns = time.monotonic_ns()
        begun_ns = self._skipping_since_ns or asked_ns
        self._skipping_since_ns = None
        self._retrieved_in_a_row = self._retrieved_in_a_row + 1 if self._is_retrieved else 0
        self._is_retrieved = False
        is_expected = self._retrieved_in_a_row >= RETRIEVED_IN_A_ROW
        slot = self._reader.free_slot() if is_expected else None
        self._picture_at = None
        self._grabbed = self._ask_frame("grab", slot, self._grab_timeout_s())
        self._picture_at = self._grabbed.picture
        ended_ns = time.monotonic_ns()
        # By the child's clock, which is ours, as far as that can be.
        self._delay_ns = min(max(0, ended_ns - self._grabbed.grabbed_ns), ended_ns - asked_ns)
        # Only the time spent waiting: on demand, minutes may pass between two grabs.
        self._waited_ns += ended_ns - begun_ns
        grabs = 1 + self._grabbed.skipped
        self._period.delivered(self._waited_ns, grabs)
        self._grabs += grabs
        return self._grabbed.device_timestamp_ns

    def _grab_timeout_s(self) -> float:
        limit_s = self._period.limit_ns / NANOSECONDS
        if self._grabs <= REMEMBERED_INTERVALS:
            # The rate that the camera reports may be wrong.
            limit_s = max(limit_s, self.timeouts.first_grabs_s)
        return limit_s + self.timeouts.margin_s

    def stream_time_ns(self) -> int | None:
        """Return the stream time of the last grab."""
        return self._grabbed.stream_ns

    def skip(self) -> None:
        """Let the child process grab and drop pictures until the next call."""
        self._require_running()
        worker = self._worker
        if worker is not None and self._skipping_since_ns is None:
            try:
                worker.send("skip", None)
            except CameraError:
                self._drop()
                raise
            self._skipping_since_ns = time.monotonic_ns()

    def last_grab(self) -> LastGrab:
        """Return how the last grab went."""
        return LastGrab(self._grabbed.skipped, self._delay_ns)

    def retrieve(self) -> Picture | JpegPicture:
        """Return the picture, in the shared memory where the child wrote it."""
        self._require_running()
        at, self._picture_at = self._picture_at, None
        if at is None:
            slot = self._reader.free_slot()
            at = self._ask_frame("retrieve", slot, self.timeouts.call_s).picture
        self._is_retrieved = True
        if at is None:
            raise self._sent_invalid_picture("it is missing")
        try:
            return self._reader.read(at)
        except ValueError as error:
            raise self._sent_invalid_picture(str(error)) from error

    def _ask_frame(self, method: str, slot: int | None, timeout_s: float) -> Grabbed:
        answer = self._answer(method, slot, timeout_s)
        try:
            if answer.fds:
                self._reader.attach(answer.fds.pop())
        except (OSError, ValueError) as error:
            raise self._sent_invalid_picture(str(error)) from error
        finally:
            close_all(answer.fds)
        return _expected(answer.outcome, Grabbed)

    def _sent_invalid_picture(self, reason: str) -> CameraCrashed:
        self._drop()
        return CameraCrashed(f"the process of the camera sent an invalid picture: {reason}")

    def settings(self) -> CaptureSettings:
        """Ask for them over there."""
        self._require_open()
        return self._ask("settings", None, self.timeouts.call_s, CaptureSettings)

    def close(self) -> None:
        """Close the camera in the child process; kill the process if that takes too long."""
        self._open = False
        if self._worker is not None:
            try:
                self._ask("close", None, self.timeouts.close_s, type(None))
            except CameraError:
                self._drop()
        if self._interrupted:
            self._drop()

    def interrupt(self) -> None:
        """End a blocked call, and later calls that would block, until the next `open`."""
        with self._lock:
            self._interrupted = True
            if self._worker is not None:
                self._worker.wake()

    def _require_open(self) -> None:
        if not self._open:
            raise NoData("the camera is not open")

    def _require_running(self) -> None:
        self._require_open()
        if self._interrupted:
            raise NoData("the camera was interrupted")

    def _ask(
        self, method: str, argument: Argument, timeout_s: float, expected: type[_Value]
    ) -> _Value:
        answer = self._answer(method, argument, timeout_s)
        close_all(answer.fds)
        return _expected(answer.outcome, expected)

    def _answer(self, method: str, argument: Argument, timeout_s: float) -> Answer:
        if self._skipping_since_ns is not None and method not in ("grab", "close"):
            if self._interrupted:
                self._skipping_since_ns = None
            else:
                self.grab()  # its time limit is that of a picture
        worker = self._worker
        if worker is None:
            raise NoData("the camera is not open")
        waits = method in ("make", "open", "grab")
        try:
            answer = worker.ask(method, argument, timeout_s, waits=waits)
        except CameraError:
            # The late reply to an interrupted grab is dropped: the process can stay.
            if method != "grab" or not worker.alive:
                self._drop()
            raise
        if isinstance(answer.outcome, CameraError):
            close_all(answer.fds)
            raise answer.outcome
        return answer

    def _drop(self) -> None:
        """Kill the process."""
        self._open = False
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()


def _expected(outcome: object, kind: type[_Value]) -> _Value:
    if not isinstance(outcome, kind):
        raise CameraCrashed(f"the process of the camera answered {type(outcome).__name__}")
    return outcome
