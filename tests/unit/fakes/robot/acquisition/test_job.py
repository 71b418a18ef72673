"""Status of an acquisition, and its cancellation callbacks."""

import pytest
from bosdyn.api.data_acquisition_pb2 import (
    CancelAcquisitionResponse,
    CaptureActionId,
    DataError,
    DataIdentifier,
    GetStatusResponse,
    Metadata,
)

from spot_webcam.fakes.robot.acquisition.job import Jobs
from spot_webcam.fakes.robot.state.changes import Changes

Cancelled = CancelAcquisitionResponse


@pytest.fixture
def jobs():
    return Jobs(Changes())


@pytest.fixture
def job(jobs):
    return jobs.add(CaptureActionId(), Metadata(), 1.0)


def status_of(job):
    response = GetStatusResponse()
    job.write(response)
    return GetStatusResponse.Status.Name(response.status)


def test_acquiring_saving_complete(job):
    assert status_of(job) == "STATUS_ACQUIRING"
    assert job.begin_saving()
    assert status_of(job) == "STATUS_SAVING"
    assert job.is_under_way
    job.end()
    assert status_of(job) == "STATUS_COMPLETE"
    assert not job.is_under_way


def test_failure_shows_at_the_end_and_what_was_saved_stays(job):
    job.fail(GetStatusResponse.STATUS_TIMEDOUT, data_errors=[DataError(error_message="late")])
    assert status_of(job) == "STATUS_ACQUIRING"
    job.begin_saving()
    job.add_saved([DataIdentifier(id=3)])
    job.end()
    response = GetStatusResponse()
    job.write(response)
    assert response.status == GetStatusResponse.STATUS_TIMEDOUT
    assert [item.error_message for item in response.data_errors] == ["late"]
    assert [item.id for item in response.data_saved] == [3]


def test_cancellation_tells_everyone_once_and_late_comers_at_once(jobs, job):
    called = []
    job.on_cancel(lambda: called.append("early"))
    assert jobs.cancel(job.request_id) == Cancelled.STATUS_OK
    assert jobs.cancel(job.request_id) == Cancelled.STATUS_OK
    job.on_cancel(lambda: called.append("late"))
    assert called == ["early", "late"]
    assert status_of(job) == "STATUS_CANCEL_IN_PROGRESS"
    assert not job.begin_saving()
    assert status_of(job) == "STATUS_ACQUISITION_CANCELLED"


def test_what_is_being_saved_is_not_cancelled_any_more(jobs, job):
    job.begin_saving()
    assert jobs.cancel(job.request_id) == Cancelled.STATUS_FAILED_TO_CANCEL
    job.end()
    assert status_of(job) == "STATUS_COMPLETE"
