"""Tasks of an acquisition; image captures."""

from dataclasses import dataclass
from typing import Any, Protocol

import grpc
from bosdyn.api.data_acquisition_pb2 import DataError, DataIdentifier, GetStatusResponse
from bosdyn.api.header_pb2 import CommonError
from bosdyn.api.image_pb2 import GetImageRequest, GetImageResponse, ImageResponse

from spot_webcam.fakes.robot.acquisition.captures import CaptureKind
from spot_webcam.fakes.robot.acquisition.job import Job
from spot_webcam.fakes.robot.acquisition.service_caller import PendingCall, ServiceCaller
from spot_webcam.fakes.robot.state.refusals import CallRefused

IMAGE_SERVICE = "bosdyn.api.ImageService"
_GET_IMAGE = f"/{IMAGE_SERVICE}/GetImage"


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture to be stored."""

    kind: CaptureKind
    data_id: Any
    content: bytes


class Task(Protocol):
    """Captures of one service; tasks of equal `order` run together, low orders first."""

    order: int

    def start(self, caller: ServiceCaller, job: Job) -> None:
        """Start the captures; returns at once."""
        ...

    def finish(self, job: Job) -> list[Capture]:
        """Block until the captures are done, failed or cancelled; failures go to the job."""
        ...


class ImageTask:
    """Capture of a picture of an image service."""

    def __init__(self, capture: Any) -> None:
        self.order = order_of(capture)
        self._service_name: str = capture.image_service
        self._request = capture.image_request
        if not capture.HasField("image_request"):
            self._request.image_source_name = capture.image_source
            self._request.pixel_format = capture.pixel_format
        self._call: PendingCall

    def start(self, caller: ServiceCaller, job: Job) -> None:
        """Request the picture."""
        request = GetImageRequest(image_requests=[self._request])
        self._call = caller.start(
            self._service_name, _GET_IMAGE, request, GetImageResponse, job.timeout_s
        )
        job.on_cancel(self._call.cancel)

    def finish(self, job: Job) -> list[Capture]:
        """Wait for the picture."""
        channel = f"{self._service_name}_{self._request.image_source_name}"
        data_id = DataIdentifier(action_id=job.action_id, channel=channel)
        try:
            response = self._call.result()
        except CallRefused as refusal:
            status, message = status_of(refusal), refusal.details
        else:
            status, message = GetStatusResponse.STATUS_DATA_ERROR, _error_of(response)
        if message:
            job.fail(status, data_errors=[DataError(data_id=data_id, error_message=message)])
            return []
        shot = response.image_responses[0].shot
        return [Capture(CaptureKind.IMAGE, data_id, shot.SerializeToString())]


def status_of(refusal: CallRefused) -> Any:
    """Return the acquisition's status after a failed call."""
    if refusal.code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return GetStatusResponse.STATUS_TIMEDOUT
    return GetStatusResponse.STATUS_DATA_ERROR


def _error_of(response: Any) -> str:
    error = response.header.error
    if error.code not in (error.CODE_OK, error.CODE_UNSPECIFIED):
        return f"{name_of(CommonError.Code, error.code)} {error.message}".rstrip()
    if not response.image_responses:
        return "the response has no image"
    status = response.image_responses[0].status
    if status != ImageResponse.STATUS_OK:
        return name_of(ImageResponse.Status, status)
    return ""


def order_of(capture: Any) -> int:
    """Return a capture's place in its acquisition; 0 with a `bosdyn-api` that knows no order."""
    order = getattr(capture, "order", None)
    return getattr(order, "value", 0)


def name_of(enum: Any, number: int) -> str:
    """Return the name of an enum's value; a service may send unknown values."""
    return str(enum.Name(number)) if number in enum.values() else f"number {number}"
