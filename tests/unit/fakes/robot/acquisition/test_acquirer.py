"""Every acquisition ends, also after a defect."""

import pytest
from bosdyn.api.data_acquisition_pb2 import CaptureActionId, GetStatusResponse, Metadata

from spot_webcam.fakes.robot.acquisition.acquirer import Acquirer
from spot_webcam.fakes.robot.acquisition.captures import Captures
from spot_webcam.fakes.robot.acquisition.job import Jobs
from spot_webcam.fakes.robot.state.changes import Changes

Status = GetStatusResponse


class BrokenTask:
    """Raises what nobody expects, after `before` was done."""

    order = 0

    def __init__(self, before=lambda _job: None):
        self._before = before

    def start(self, caller, job):
        pass

    def finish(self, job):
        self._before(job)
        raise ZeroDivisionError("a defect")


@pytest.fixture
def status_after(caplog):
    """Acquire one task, and return what becomes of it."""

    def acquire(task):
        changes = Changes()
        jobs = Jobs(changes)
        acquirer = Acquirer(None, Captures(changes, lambda: 5), jobs)
        job = jobs.find(acquirer.start(CaptureActionId(), Metadata(), [task], 1.0))
        assert changes.wait_for(lambda: not job.is_under_way, 10)
        acquirer.close()
        assert "acquisition 1 broke off" in caplog.text
        assert "a defect" in caplog.text
        response = Status()
        job.write(response)
        return response.status

    return acquire


def test_defect_ends_the_acquisition_and_is_logged(status_after):
    assert status_after(BrokenTask()) == Status.STATUS_INTERNAL_ERROR


def test_defect_after_a_cancellation_leaves_it_cancelled(status_after):
    task = BrokenTask(before=lambda job: job.cancel())
    assert status_after(task) == Status.STATUS_ACQUISITION_CANCELLED
