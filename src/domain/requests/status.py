"""Mapping of errors and refusals to the statuses of the API; there is no other one."""

from enum import Enum, IntEnum

from spot_webcam.domain.errors import CameraError, EncodingError, Error, NotSynchronized


class Status(IntEnum):
    """Status of an answer, numbered as `bosdyn.api.ImageResponse.Status`; UNKNOWN is never sent."""

    OK = 1
    UNKNOWN_CAMERA = 2
    SOURCE_DATA_ERROR = 3
    IMAGE_DATA_ERROR = 4
    UNSUPPORTED_IMAGE_FORMAT_REQUESTED = 5
    UNSUPPORTED_PIXEL_FORMAT_REQUESTED = 6
    UNSUPPORTED_RESIZE_RATIO_REQUESTED = 7
    CUSTOM_PARAMS_ERROR = 8


class Cause(Enum):
    """Why a request cannot be served, independent of the camera's state."""

    UNKNOWN_SOURCE = "unknown source"
    IMAGE_FORMAT = "image format"
    PIXEL_FORMAT = "pixel format"
    RESIZE_RATIO = "resize ratio"
    CUSTOM_PARAMS = "custom parameters"


_CAUSES = {
    Cause.UNKNOWN_SOURCE: Status.UNKNOWN_CAMERA,
    Cause.IMAGE_FORMAT: Status.UNSUPPORTED_IMAGE_FORMAT_REQUESTED,
    Cause.PIXEL_FORMAT: Status.UNSUPPORTED_PIXEL_FORMAT_REQUESTED,
    Cause.RESIZE_RATIO: Status.UNSUPPORTED_RESIZE_RATIO_REQUESTED,
    Cause.CUSTOM_PARAMS: Status.CUSTOM_PARAMS_ERROR,
}


def status_of_refusal(cause: Cause) -> Status:
    """Return the status of a request for what the source does not offer."""
    return _CAUSES[cause]


def status_of_error(error: Error) -> Status:
    """Return the status of a valid request that could not be served now.

    A picture without a robot time is an error: clients navigate by that time.
    """
    if isinstance(error, CameraError | EncodingError | NotSynchronized):
        return Status.IMAGE_DATA_ERROR
    return Status.SOURCE_DATA_ERROR
