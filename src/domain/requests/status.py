"""From what happened to what the API calls it. The only place that maps statuses."""

from enum import Enum, IntEnum

from spot_webcam.domain.errors import CameraError, EncodingError, Error, NotSynchronized


class Status(IntEnum):
    """Numbers as `bosdyn.api.ImageResponse.Status`; its UNKNOWN is never sent."""

    OK = 1
    UNKNOWN_CAMERA = 2
    SOURCE_DATA_ERROR = 3
    IMAGE_DATA_ERROR = 4
    UNSUPPORTED_IMAGE_FORMAT_REQUESTED = 5
    UNSUPPORTED_PIXEL_FORMAT_REQUESTED = 6
    UNSUPPORTED_RESIZE_RATIO_REQUESTED = 7
    CUSTOM_PARAMS_ERROR = 8


class Cause(Enum):
    """Why a request cannot be served, whatever the camera does."""

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
    """Return the status of a request that asks for what the source does not do."""
    return _CAUSES[cause]


def status_of_error(error: Error) -> Status:
    """Return the status of a good request that could not be fulfilled now.

    A picture without a robot time is no picture: the time is what its user navigates by.
    """
    if isinstance(error, CameraError | EncodingError | NotSynchronized):
        return Status.IMAGE_DATA_ERROR
    return Status.SOURCE_DATA_ERROR
