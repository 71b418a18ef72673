"""Captures of data-acquisition plugins, which store what they take by themselves."""

import time
from typing import Any

from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api.data_acquisition_pb2 import GetStatusResponse, PluginServiceError

from spot_webcam.fakes.robot.acquisition.asking import Ask, Asking
from spot_webcam.fakes.robot.acquisition.job import Job
from spot_webcam.fakes.robot.acquisition.shots import Take, name_of, status_of
from spot_webcam.fakes.robot.state.refusals import CallRefused

PLUGIN_SERVICE = "bosdyn.api.DataAcquisitionPluginService"
_LOOK_AGAIN_S = 0.1
_ANSWER_TIMEOUT_S = 5.0
_WORKING = (GetStatusResponse.STATUS_ACQUIRING, GetStatusResponse.STATUS_SAVING)


class PluginShot:
    """All that one acquisition wants of one plugin."""

    def __init__(self, service_name: str, captures: list[Any]) -> None:
        self.order = min(capture.order.value for capture in captures)
        self._service_name = service_name
        self._captures = captures
        self._asking: Asking
        self._ask: Ask

    def start(self, asking: Asking, job: Job) -> None:
        """Ask the plugin to begin."""
        self._asking = asking
        request = api.AcquirePluginDataRequest(action_id=job.action_id, metadata=job.metadata)
        request.acquisition_requests.data_captures.extend(self._captures)
        for capture in self._captures:
            request.data_id.add(action_id=job.action_id, channel=capture.name)
        self._ask = self._start("AcquirePluginData", request, api.AcquirePluginDataResponse)

    def finish(self, job: Job) -> list[Take]:
        """Ask the plugin how it gets on until it is done; nothing is left to be stored."""
        try:
            answer = self._ask.answer()
            if answer.status != api.AcquirePluginDataResponse.STATUS_OK:
                name = name_of(api.AcquirePluginDataResponse.Status, answer.status)
                self._fail(job, PluginServiceError.STATUS_REQUEST_ERROR, name)
                return []
            self._follow(job, answer.request_id)
        except CallRefused as refusal:
            self._fail(
                job,
                PluginServiceError.STATUS_REQUEST_ERROR,
                refusal.details,
                status_of(refusal),
            )
        return []

    def _follow(self, job: Job, request_id: int) -> None:
        deadline_s = time.monotonic() + job.timeout_s
        request = api.GetStatusRequest(request_id=request_id)
        while True:
            if job.cancelled.is_set():
                cancel = api.CancelAcquisitionRequest(request_id=request_id)
                self._start("CancelAcquisition", cancel, api.CancelAcquisitionResponse).answer()
                return
            status = self._start("GetStatus", request, GetStatusResponse).answer()
            if status.status == GetStatusResponse.STATUS_COMPLETE:
                job.note_saved(status.data_saved)
                return
            if status.status not in _WORKING:
                job.fail(
                    status.status,
                    data_errors=status.data_errors,
                    service_errors=status.service_errors,
                )
                return
            if time.monotonic() > deadline_s:
                message = f"not done after {job.timeout_s:g} s"
                timed_out = GetStatusResponse.STATUS_TIMEDOUT
                self._fail(job, PluginServiceError.STATUS_GETSTATUS_ERROR, message, timed_out)
                return
            job.cancelled.wait(_LOOK_AGAIN_S)

    def _start(self, method: str, request: Any, response_type: Any) -> Ask:
        path = f"/{PLUGIN_SERVICE}/{method}"
        return self._asking.start(
            self._service_name, path, request, response_type, _ANSWER_TIMEOUT_S
        )

    def _fail(self, job: Job, error: Any, message: str, status: Any = None) -> None:
        job.fail(
            status or GetStatusResponse.STATUS_INTERNAL_ERROR,
            service_errors=[
                PluginServiceError(service_name=self._service_name, error=error, message=message)
            ],
        )
