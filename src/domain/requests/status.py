"""Statuses of the API, and the mapping of errors to them; there is no other one."""

from enum import IntEnum

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


def status_of_error(error: Error) -> Status:
    """Return the status of a valid request that could not be served now.

    A picture without a robot time is an error: clients navigate by that time.
    """
    if isinstance(error, CameraError | EncodingError | NotSynchronized):
        return Status.IMAGE_DATA_ERROR
    return Status.SOURCE_DATA_ERROR
