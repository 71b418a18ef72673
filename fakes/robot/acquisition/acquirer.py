"""Threads that run acquisitions."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

from bosdyn.api.data_acquisition_pb2 import AssociatedMetadata, DataIdentifier, GetStatusResponse

from spot_webcam.fakes.robot.acquisition.captures import CaptureKind, Captures
from spot_webcam.fakes.robot.acquisition.image_task import Capture, Task
from spot_webcam.fakes.robot.acquisition.job import Job, Jobs
from spot_webcam.fakes.robot.acquisition.service_caller import ServiceCaller
from spot_webcam.fakes.robot.state.refusals import CallRefused

_THREADS = 8
METADATA_CHANNEL = "metadata"

_LOG = logging.getLogger(__name__)


class Acquirer:
    """Runs acquisitions, at most 8 at a time; starts its threads at the first."""

    def __init__(self, caller: ServiceCaller, captures: Captures, jobs: Jobs) -> None:
        self._caller = caller
        self._captures = captures
        self._jobs = jobs
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    def start(self, action_id: Any, metadata: Any, tasks: Sequence[Task], timeout_s: float) -> int:
        """Start an acquisition, and return its number.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, for too many under way.
        """
        job = self._jobs.add(action_id, metadata, timeout_s)
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(
                    _THREADS, thread_name_prefix="fake-robot-acquisition"
                )
            self._threads.submit(self._run, job, tasks)
        return job.request_id

    def cancel(self) -> None:
        """Cancel and forget every acquisition; returns at once."""
        self._jobs.cancel_all()

    def close(self) -> None:
        """Cancel and forget every acquisition, and join the threads."""
        self.cancel()
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=True)

    def _run(self, job: Job, tasks: Sequence[Task]) -> None:
        try:
            self._acquire(job, tasks)
        except Exception:  # noqa: BLE001 - the job must end, or it is under way for ever
            _LOG.exception("acquisition %d broke off", job.request_id)
            job.fail(GetStatusResponse.STATUS_INTERNAL_ERROR)
            if job.begin_saving():
                job.end()

    def _acquire(self, job: Job, tasks: Sequence[Task]) -> None:
        captures: list[Capture] = []
        for _, group in groupby(sorted(tasks, key=_order), _order):
            if job.cancelled.is_set():
                break
            batch = list(group)
            for task in batch:
                task.start(self._caller, job)
            for task in batch:
                captures += task.finish(job)
        if not job.begin_saving():
            return
        if job.metadata.data.fields:
            captures.append(_metadata_of(job))
        for capture in captures:
            self._store(job, capture)
        job.end()

    def _store(self, job: Job, capture: Capture) -> None:
        try:
            stored = self._captures.add(capture.kind, capture.data_id, capture.content)
        except CallRefused:
            job.fail(GetStatusResponse.STATUS_INTERNAL_ERROR)
            return
        job.add_saved([stored.data_id()])


def _order(task: Task) -> int:
    return task.order


def _metadata_of(job: Job) -> Capture:
    about = DataIdentifier(action_id=job.action_id)
    content = AssociatedMetadata(reference_id=about, metadata=job.metadata)
    data_id = DataIdentifier(action_id=job.action_id, channel=METADATA_CHANNEL)
    return Capture(CaptureKind.METADATA, data_id, content.SerializeToString())
