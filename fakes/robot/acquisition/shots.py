"""What one acquisition takes, each from one service."""

from dataclasses import dataclass
from typing import Any, Protocol

import grpc
from bosdyn.api.data_acquisition_pb2 import DataError, DataIdentifier, GetStatusResponse
from bosdyn.api.header_pb2 import CommonError
from bosdyn.api.image_pb2 import GetImageRequest, GetImageResponse, ImageResponse

from spot_webcam.fakes.robot.acquisition.asking import Ask, Asking
from spot_webcam.fakes.robot.acquisition.captures import CaptureKind
from spot_webcam.fakes.robot.acquisition.job import Job
from spot_webcam.fakes.robot.state.refusals import CallRefused

IMAGE_SERVICE = "bosdyn.api.ImageService"
_GET_IMAGE = f"/{IMAGE_SERVICE}/GetImage"


@dataclass(frozen=True, slots=True)
class Take:
    """A capture to be stored."""

    kind: CaptureKind
    data_id: Any
    content: bytes


class Shot(Protocol):
    """Something to be acquired; shots of one `order` are taken together, low orders first."""

    order: int

    def start(self, asking: Asking, job: Job) -> None:
        """Begin; returns at once."""
        ...

    def finish(self, job: Job) -> list[Take]:
        """Block until it is done or failed or cancelled; failures are noted in the job."""
        ...


class ImageShot:
    """A picture of an image service."""

    def __init__(self, capture: Any) -> None:
        self.order = capture.order.value
        self._service_name: str = capture.image_service
        self._request = capture.image_request
        if not capture.HasField("image_request"):
            self._request.image_source_name = capture.image_source
            self._request.pixel_format = capture.pixel_format
        self._ask: Ask

    def start(self, asking: Asking, job: Job) -> None:
        """Ask for the picture."""
        request = GetImageRequest(image_requests=[self._request])
        self._ask = asking.start(
            self._service_name, _GET_IMAGE, request, GetImageResponse, job.timeout_s
        )
        job.when_cancelled(self._ask.cancel)

    def finish(self, job: Job) -> list[Take]:
        """Wait for the picture."""
        channel = f"{self._service_name}_{self._request.image_source_name}"
        data_id = DataIdentifier(action_id=job.action_id, channel=channel)
        try:
            answer = self._ask.answer()
        except CallRefused as refusal:
            job.fail(
                status_of(refusal),
                data_errors=[DataError(data_id=data_id, error_message=refusal.details)],
            )
            return []
        trouble = _trouble_of(answer)
        if trouble:
            job.fail(
                GetStatusResponse.STATUS_DATA_ERROR,
                data_errors=[DataError(data_id=data_id, error_message=trouble)],
            )
            return []
        shot = answer.image_responses[0].shot
        return [Take(CaptureKind.IMAGE, data_id, shot.SerializeToString())]


def status_of(refusal: CallRefused) -> Any:
    """Return the acquisition's status after a call that failed."""
    if refusal.code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return GetStatusResponse.STATUS_TIMEDOUT
    return GetStatusResponse.STATUS_DATA_ERROR


def _trouble_of(answer: Any) -> str:
    error = answer.header.error
    if error.code not in (error.CODE_OK, error.CODE_UNSPECIFIED):
        return f"{name_of(CommonError.Code, error.code)} {error.message}".rstrip()
    if not answer.image_responses:
        return "no picture came"
    status = answer.image_responses[0].status
    if status != ImageResponse.STATUS_OK:
        return name_of(ImageResponse.Status, status)
    return ""


def name_of(enum: Any, number: int) -> str:
    """Return the name of an enum's value; a service may send any number."""
    return str(enum.Name(number)) if number in enum.values() else f"number {number}"
