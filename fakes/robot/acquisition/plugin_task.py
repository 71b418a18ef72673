"""Captures by data-acquisition plugins, which store them by themselves."""

import time
from typing import Any

from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api.data_acquisition_pb2 import GetStatusResponse, PluginServiceError

from spot_webcam.fakes.robot.acquisition.image_task import Capture, name_of, order_of, status_of
from spot_webcam.fakes.robot.acquisition.job import Job
from spot_webcam.fakes.robot.acquisition.service_caller import PendingCall, ServiceCaller
from spot_webcam.fakes.robot.state.refusals import CallRefused

PLUGIN_SERVICE = "bosdyn.api.DataAcquisitionPluginService"
_POLL_INTERVAL_S = 0.1
_CALL_TIMEOUT_S = 5.0
_UNDER_WAY = (GetStatusResponse.STATUS_ACQUIRING, GetStatusResponse.STATUS_SAVING)


class PluginTask:
    """All captures of one acquisition by one plugin."""

    def __init__(self, service_name: str, captures: list[Any]) -> None:
        self.order = min(order_of(capture) for capture in captures)
        self._service_name = service_name
        self._captures = captures
        self._caller: ServiceCaller
        self._call: PendingCall

    def start(self, caller: ServiceCaller, job: Job) -> None:
        """Start the plugin's acquisition."""
        self._caller = caller
        request = api.AcquirePluginDataRequest(action_id=job.action_id, metadata=job.metadata)
        request.acquisition_requests.data_captures.extend(self._captures)
        for capture in self._captures:
            request.data_id.add(action_id=job.action_id, channel=capture.name)
        self._call = self._start("AcquirePluginData", request, api.AcquirePluginDataResponse)

    def finish(self, job: Job) -> list[Capture]:
        """Poll the plugin's status until it is done; returns no captures to store."""
        try:
            answer = self._call.result()
            if answer.status == api.AcquirePluginDataResponse.STATUS_OK:
                self._poll(job, answer.request_id)
            else:
                name = name_of(api.AcquirePluginDataResponse.Status, answer.status)
                self._fail(job, name, GetStatusResponse.STATUS_INTERNAL_ERROR)
        except CallRefused as refusal:
            self._fail(job, refusal.details, status_of(refusal))
        return []

    def _poll(self, job: Job, request_id: int) -> None:
        deadline_s = time.monotonic() + job.timeout_s
        request = api.GetStatusRequest(request_id=request_id)
        while not job.cancelled.is_set():
            status = self._start("GetStatus", request, GetStatusResponse).result()
            if status.status == GetStatusResponse.STATUS_COMPLETE:
                job.add_saved(status.data_saved)
                return
            if status.status not in _UNDER_WAY:
                job.fail(
                    status.status,
                    data_errors=status.data_errors,
                    service_errors=status.service_errors,
                )
                return
            if time.monotonic() > deadline_s:
                self._fail(
                    job,
                    f"not done after {job.timeout_s:g} s",
                    GetStatusResponse.STATUS_TIMEDOUT,
                    PluginServiceError.STATUS_GETSTATUS_ERROR,
                )
                return
            job.cancelled.wait(_POLL_INTERVAL_S)
        cancel = api.CancelAcquisitionRequest(request_id=request_id)
        self._start("CancelAcquisition", cancel, api.CancelAcquisitionResponse).result()

    def _start(self, method: str, request: Any, response_type: Any) -> PendingCall:
        path = f"/{PLUGIN_SERVICE}/{method}"
        return self._caller.start(self._service_name, path, request, response_type, _CALL_TIMEOUT_S)

    def _fail(
        self,
        job: Job,
        message: str,
        status: Any,
        error: Any = PluginServiceError.STATUS_REQUEST_ERROR,
    ) -> None:
        service_error = PluginServiceError(
            service_name=self._service_name, error=error, message=message
        )
        job.fail(status, service_errors=[service_error])
