"""One acquisition: where it stands, and what became of its captures."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from bosdyn.api.data_acquisition_pb2 import (
    CancelAcquisitionResponse,
    GetStatusResponse,
)

from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.refusals import full

JOB_LIMIT = 256
RUNNING_LIMIT = 32

_UNDER_WAY = (
    GetStatusResponse.STATUS_ACQUIRING,
    GetStatusResponse.STATUS_SAVING,
    GetStatusResponse.STATUS_CANCEL_IN_PROGRESS,
)


class Job:
    """An acquisition that goes from ACQUIRING over SAVING to an end.

    `metadata` is about all of its captures, each of which may take `timeout_s`. All methods may
    be called from any thread.
    """

    def __init__(
        self, changes: Changes, request_id: int, action_id: Any, metadata: Any, timeout_s: float
    ) -> None:
        self._changes = changes
        self._status = GetStatusResponse.STATUS_ACQUIRING
        self._saved: list[Any] = []
        self._errors: list[Any] = []
        self._service_errors: list[Any] = []
        self._worst = GetStatusResponse.STATUS_COMPLETE
        self._on_cancel: list[Callable[[], object]] = []
        self.request_id = request_id
        self.action_id = action_id
        self.metadata = metadata
        self.timeout_s = timeout_s
        self.cancelled = threading.Event()

    @property
    def is_under_way(self) -> bool:
        """Whether it has not ended yet."""
        with self._changes.reading():
            return self._status in _UNDER_WAY

    def write(self, response: Any) -> None:
        """Fill a `GetStatusResponse`."""
        with self._changes.reading():
            response.status = self._status
            response.data_saved.extend(self._saved)
            response.data_errors.extend(self._errors)
            response.service_errors.extend(self._service_errors)

    def when_cancelled(self, act: Callable[[], object]) -> None:
        """Call this on a cancellation, at once when it was cancelled already."""
        with self._changes.changing():
            if not self.cancelled.is_set():
                self._on_cancel.append(act)
                return
        act()

    def cancel(self) -> bool:
        """Give up what is still being acquired; False when nothing is any more."""
        with self._changes.changing():
            if self._status == GetStatusResponse.STATUS_CANCEL_IN_PROGRESS:
                return True
            if self._status != GetStatusResponse.STATUS_ACQUIRING:
                return False
            self._status = GetStatusResponse.STATUS_CANCEL_IN_PROGRESS
            self.cancelled.set()
            acts = list(self._on_cancel)
        for act in acts:
            act()
        return True

    def fail(self, status: Any, *, data_errors: Any = (), service_errors: Any = ()) -> None:
        """Note that a capture failed; the last failure's status will be the end's."""
        with self._changes.changing():
            self._worst = status
            self._errors.extend(data_errors)
            self._service_errors.extend(service_errors)

    def begin_saving(self) -> bool:
        """Go from ACQUIRING to SAVING; False when it was cancelled."""
        with self._changes.changing():
            if self.cancelled.is_set():
                self._status = GetStatusResponse.STATUS_ACQUISITION_CANCELLED
                return False
            self._status = GetStatusResponse.STATUS_SAVING
            return True

    def note_saved(self, data_ids: Iterable[Any]) -> None:
        """Note what was saved."""
        with self._changes.changing():
            self._saved.extend(data_ids)

    def end(self) -> None:
        """Go from SAVING to COMPLETE, or to what went wrong."""
        with self._changes.changing():
            self._status = self._worst


class Jobs:
    """Acquisitions by request number; the oldest ended ones of more than `JOB_LIMIT` go.

    At most `RUNNING_LIMIT` are under way at a time.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._jobs: OrderedDict[int, Job] = OrderedDict()
        self._last_id = 0

    def add(self, action_id: Any, metadata: Any, timeout_s: float) -> Job:
        """Begin an acquisition.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, when too many are under way.
        """
        with self._changes.changing():
            if sum(job.is_under_way for job in self._jobs.values()) >= RUNNING_LIMIT:
                raise full("acquisitions under way", RUNNING_LIMIT)
            self._last_id += 1
            job = Job(self._changes, self._last_id, action_id, metadata, timeout_s)
            self._jobs[job.request_id] = job
            if len(self._jobs) > JOB_LIMIT:
                oldest = next(one for one in self._jobs.values() if not one.is_under_way)
                del self._jobs[oldest.request_id]
            return job

    def find(self, request_id: int) -> Job | None:
        """Return the acquisition of that number."""
        with self._changes.reading():
            return self._jobs.get(request_id)

    def cancel(self, request_id: int) -> Any:
        """Cancel, and return the `CancelAcquisitionResponse.Status`."""
        job = self.find(request_id)
        if job is None:
            return CancelAcquisitionResponse.STATUS_REQUEST_ID_DOES_NOT_EXIST
        if job.cancel():
            return CancelAcquisitionResponse.STATUS_OK
        return CancelAcquisitionResponse.STATUS_FAILED_TO_CANCEL

    def cancel_all(self) -> None:
        """Cancel whatever is under way, and forget all, as a reboot does."""
        with self._changes.changing():
            jobs = list(self._jobs.values())
            self._jobs.clear()
        for job in jobs:
            job.cancel()
