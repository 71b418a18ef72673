"""Camera classes of every age, called as they want to be called: by the adapter's rules."""

from collections.abc import Callable
from typing import Any

from spot_webcam.adapters.camera_interface.signatures import (
    capture_arguments,
    hides_old_capture,
    own_params,
    takes_custom_params,
    takes_request,
)
from spot_webcam.image_service_helpers.picture_copies import copied

__all__ = [
    "call_decode",
    "capture_arguments",
    "hides_old_capture",
    "own_params",
    "takes_custom_params",
    "takes_request",
]


def call_decode(decode: Callable[..., Any], data: Any, image: Any, request: Any) -> None:
    """Call a decode function of any age; `request` may be `None`."""
    takes = takes_request(decode)
    if takes is None:
        try:
            decode(copied(data), image, request)
        except TypeError as error:
            try:
                _decode_by_format(decode, data, image, request)
            except TypeError:  # then it is no matter of the signature
                raise error from None
    elif takes:
        decode(data, image, request)
    else:
        _decode_by_format(decode, data, image, request)


def _decode_by_format(decode: Callable[..., Any], data: Any, image: Any, request: Any) -> None:
    if request:
        decode(data, image, request.image_format, request.quality_percent)
    else:
        decode(data, image, None, None)
