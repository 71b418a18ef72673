"""Threads that take what was asked for, and store it."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

from bosdyn.api.data_acquisition_pb2 import AssociatedMetadata, DataIdentifier, GetStatusResponse

from spot_webcam.fakes.robot.acquisition.asking import Asking
from spot_webcam.fakes.robot.acquisition.captures import CaptureKind, Captures
from spot_webcam.fakes.robot.acquisition.job import Job, Jobs
from spot_webcam.fakes.robot.acquisition.shots import Shot, Take
from spot_webcam.fakes.robot.state.refusals import CallRefused

_THREADS = 8
METADATA_CHANNEL = "metadata"

_LOG = logging.getLogger(__name__)


class Acquirer:
    """Runs acquisitions, at most 8 at a time; there are no threads before the first."""

    def __init__(self, asking: Asking, captures: Captures, jobs: Jobs) -> None:
        self._asking = asking
        self._captures = captures
        self._jobs = jobs
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    def start(self, action_id: Any, metadata: Any, shots: Sequence[Shot], timeout_s: float) -> int:
        """Begin an acquisition, and return its number.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, when too many are under way.
        """
        job = self._jobs.add(action_id, metadata, timeout_s)
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(
                    _THREADS, thread_name_prefix="fake-robot-acquisition"
                )
            self._threads.submit(self._run, job, shots)
        return job.request_id

    def cancel(self) -> None:
        """Cancel and forget every acquisition; returns at once."""
        self._jobs.cancel_all()

    def close(self) -> None:
        """Cancel and forget every acquisition, and wait for the threads to end."""
        self.cancel()
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=True)

    def _run(self, job: Job, shots: Sequence[Shot]) -> None:
        try:
            self._acquire(job, shots)
        except Exception:  # noqa: BLE001 - a job without an end would be under way for ever
            _LOG.exception("acquisition %d broke off", job.request_id)
            job.fail(GetStatusResponse.STATUS_INTERNAL_ERROR)
            if job.begin_saving():
                job.end()

    def _acquire(self, job: Job, shots: Sequence[Shot]) -> None:
        takes: list[Take] = []
        for _, together in groupby(sorted(shots, key=lambda one: one.order), lambda one: one.order):
            if job.cancelled.is_set():
                break
            batch = list(together)
            for shot in batch:
                shot.start(self._asking, job)
            for shot in batch:
                takes += shot.finish(job)
        if not job.begin_saving():
            return
        if job.metadata.data.fields:
            takes.append(_metadata_of(job))
        for take in takes:
            self._store(job, take)
        job.end()

    def _store(self, job: Job, take: Take) -> None:
        try:
            capture = self._captures.add(take.kind, take.data_id, take.content)
        except CallRefused:
            job.fail(GetStatusResponse.STATUS_INTERNAL_ERROR)
            return
        job.note_saved([capture.data_id()])


def _metadata_of(job: Job) -> Take:
    about = DataIdentifier(action_id=job.action_id)
    content = AssociatedMetadata(reference_id=about, metadata=job.metadata)
    data_id = DataIdentifier(action_id=job.action_id, channel=METADATA_CHANNEL)
    return Take(CaptureKind.METADATA, data_id, content.SerializeToString())
