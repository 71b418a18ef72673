"""Acquisitions: their status, their results, and their cancellation."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from bosdyn.api.data_acquisition_pb2 import CancelAcquisitionResponse, GetStatusResponse

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
    """An acquisition, from ACQUIRING by way of SAVING to its final status. Thread-safe.

    `metadata` describes all of its captures, each of which may take `timeout_s`.
    """

    def __init__(
        self, changes: Changes, request_id: int, action_id: Any, metadata: Any, timeout_s: float
    ) -> None:
        self._changes = changes
        self._response = GetStatusResponse(status=GetStatusResponse.STATUS_ACQUIRING)
        self._final_status = GetStatusResponse.STATUS_COMPLETE
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
            return self._response.status in _UNDER_WAY

    def write(self, response: Any) -> None:
        """Fill a `GetStatusResponse`."""
        with self._changes.reading():
            response.MergeFrom(self._response)

    def on_cancel(self, callback: Callable[[], object]) -> None:
        """Call `callback` at a cancellation; at once if it is cancelled already."""
        with self._changes.changing():
            if not self.cancelled.is_set():
                self._on_cancel.append(callback)
                return
        callback()

    def cancel(self) -> bool:
        """Stop acquiring; False if nothing is being acquired any more."""
        with self._changes.changing():
            if self._response.status == GetStatusResponse.STATUS_CANCEL_IN_PROGRESS:
                return True
            if self._response.status != GetStatusResponse.STATUS_ACQUIRING:
                return False
            self._response.status = GetStatusResponse.STATUS_CANCEL_IN_PROGRESS
            self.cancelled.set()
            callbacks = list(self._on_cancel)
        for callback in callbacks:
            callback()
        return True

    def fail(self, status: Any, *, data_errors: Any = (), service_errors: Any = ()) -> None:
        """Record a failed capture; the last failure's status becomes the final status."""
        with self._changes.changing():
            self._final_status = status
            self._response.data_errors.extend(data_errors)
            self._response.service_errors.extend(service_errors)

    def begin_saving(self) -> bool:
        """Go from ACQUIRING to SAVING; False if it was cancelled, which ends it."""
        with self._changes.changing():
            if self.cancelled.is_set():
                self._response.status = GetStatusResponse.STATUS_ACQUISITION_CANCELLED
                return False
            self._response.status = GetStatusResponse.STATUS_SAVING
            return True

    def add_saved(self, data_ids: Iterable[Any]) -> None:
        """Record saved captures."""
        with self._changes.changing():
            self._response.data_saved.extend(data_ids)

    def end(self) -> None:
        """Go from SAVING to the final status."""
        with self._changes.changing():
            self._response.status = self._final_status


class Jobs:
    """Acquisitions by request number; beyond `max_jobs`, the oldest ended one is dropped.

    At most `RUNNING_LIMIT` are under way at a time.
    """

    def __init__(self, changes: Changes, *, max_jobs: int = JOB_LIMIT) -> None:
        self._changes = changes
        self._max_jobs = max_jobs
        self._jobs: dict[int, Job] = {}
        self._last_id = 0

    def add(self, action_id: Any, metadata: Any, timeout_s: float) -> Job:
        """Begin an acquisition.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, for too many under way.
        """
        with self._changes.changing():
            if sum(job.is_under_way for job in self._jobs.values()) >= RUNNING_LIMIT:
                raise full("acquisitions under way", RUNNING_LIMIT)
            self._last_id += 1
            job = Job(self._changes, self._last_id, action_id, metadata, timeout_s)
            self._jobs[job.request_id] = job
            if len(self._jobs) > self._max_jobs:
                oldest = next(job for job in self._jobs.values() if not job.is_under_way)
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
