"""Calls of a camera's `image_decode`, and what their failures mean."""

import io
from typing import Any

from spot_webcam.adapters.camera_interface.picture_copies import copied, rereadable
from spot_webcam.adapters.camera_interface.signatures import ImageDecode
from spot_webcam.domain.requests.status import Status
from spot_webcam.image_service_helpers.requests import plain
from spot_webcam.image_service_helpers.sdk_source import SdkSource
from spot_webcam.image_service_helpers.source_protos import empty_image


class CameraDecoder:
    """Calls of `image_decode` by one source. Thread-safe."""

    def __init__(self, source: SdkSource) -> None:
        self._source = source
        self._logged = ""

    def decode(self, image_data: Any, image: Any, request: Any) -> tuple[int, str]:
        """Fill an `Image` as a request asks for it, or with `None` as the camera wants.

        Returns the status for the answer, and why the camera failed, empty if it did not.
        """
        formats = self._source.supported_pixel_formats
        if request and request.pixel_format and request.pixel_format not in formats:
            return int(Status.UNSUPPORTED_PIXEL_FORMAT_REQUESTED), ""
        failure = self._failure(image_data, image, request)
        if not failure:
            self._logged = ""
            return int(Status.OK), ""
        return int(Status.UNSUPPORTED_IMAGE_FORMAT_REQUESTED), failure

    def decode_for_answer(self, image_data: Any, image: Any, request: Any) -> tuple[int, str]:
        """Do the same, but return a failure only if it is the camera's.

        A request is at fault if the plainest request for the same picture works.
        """
        image_data = rereadable(image_data)
        second = copied(image_data) if isinstance(image_data, io.IOBase) else image_data
        status, failure = self.decode(image_data, image, request)
        if not (failure and request):
            return status, failure
        source = self._source.image_source_proto
        plainest = plain(request, source)
        if request != plainest:
            other = empty_image(source, plainest.image_format)
            if not self._failure(second, other, plainest):
                self._source.logger.debug("%s: %s", self._source.image_source_name, failure)
                return status, ""
        return status, failure

    def logged(self, failure: str) -> str:
        """Return a message about a failure, which is logged once until a decoding succeeds."""
        message = f"{self._source.image_source_name}: cannot decode a picture: {failure}"
        if message != self._logged:
            self._source.logger.warning("%s", message)
        self._logged = message
        return message

    def _failure(self, image_data: Any, image: Any, request: Any) -> str:
        try:
            decode = ImageDecode(self._source.camera_interface.image_decode)
            copies = decode.may_call_twice
            decode(lambda: copied(image_data) if copies else image_data, image, request)
        except Exception as error:  # noqa: BLE001 - other people's code
            return f"{type(error).__name__}: {error}"
        return ""
