"""Image services that are wrong only between calls, or between a picture and another one."""

# ruff: noqa: ARG002, N802 - the signatures are gRPC's, and the base class's

from __future__ import annotations

import threading
import time
from typing import Any

import cv2
import numpy as np
from bosdyn.api import image_pb2

from tests.integration.check.services import (
    COLS,
    ROWS,
    SOURCE,
    Image,
    Response,
    SmallService,
    scene,
    trigger_fault,
)

# Long enough for calls at once to meet, of frames of 20 ms.
OVERLAP_S = 0.03
FRAMES_BACK = 20


class OtherHeader(SmallService):
    """Repeats the header of whatever call came last."""

    def GetImage(self, request: Any, context: Any) -> Any:
        self.last = request.header
        time.sleep(OVERLAP_S)
        response = super().GetImage(request, context)
        response.header.request_header.CopyFrom(self.last)
        return response


class OtherPicture(SmallService):
    """Answers the request that came last."""

    def GetImage(self, request: Any, context: Any) -> Any:
        self.last = request
        time.sleep(OVERLAP_S)
        response = super().GetImage(self.last, context)
        response.header.request_header.CopyFrom(request.header)
        return response


class BackAmongOthers(SmallService):
    """Hands out an old picture to every second client while there are others."""

    def __init__(self, *of_all: Any) -> None:
        super().__init__(*of_all)
        self._lock = threading.Lock()
        self._under_way = self._served = 0

    def GetImage(self, request: Any, context: Any) -> Any:
        with self._lock:
            self._under_way += 1
        time.sleep(OVERLAP_S)
        with self._lock:
            self._served += 1
            is_behind = self._under_way > 1 and self._served % 2
            number = self.number() - (FRAMES_BACK if is_behind else 0)
        answers = [self.answer(asked, number) for asked in request.image_requests]
        with self._lock:
            self._under_way -= 1
        return image_pb2.GetImageResponse(header=self.header(request), image_responses=answers)


class OlderRaw(SmallService):
    def answer(self, request: Any, number: int) -> Any:
        is_raw = request.image_format == Image.FORMAT_RAW
        return super().answer(request, number - (FRAMES_BACK if is_raw else 0))


class RawBackInTime(SmallService):
    raws = 0

    def answer(self, request: Any, number: int) -> Any:
        if request.image_format == Image.FORMAT_RAW:
            self.raws += 1
            number -= self.raws * 25
        return super().answer(request, number)


class TwoSources(SmallService):
    """Good, with two sources."""

    def ListImageSources(self, request: Any, context: Any) -> Any:
        response = super().ListImageSources(request, context)
        response.image_sources.add().CopyFrom(self.source())
        response.image_sources[-1].name = "back"
        return response

    def refusal(self, request: Any) -> int | None:
        asked = image_pb2.ImageRequest()
        asked.CopyFrom(request)
        if asked.image_source_name == "back":
            asked.image_source_name = SOURCE
        return super().refusal(asked)

    def answer(self, request: Any, number: int) -> Any:
        answer = super().answer(request, number)
        if answer.status == Response.STATUS_OK:
            answer.source.name = request.image_source_name
        return answer


class FailsForAllAtOnce(TwoSources):
    """Raises for two sources' RAW at full size."""

    def GetImage(self, request: Any, context: Any) -> Any:
        asked = request.image_requests
        names = {request.image_source_name for request in asked}
        if len(names) > 1 and any(request.image_format == Image.FORMAT_RAW for request in asked):
            raise RuntimeError("no room")
        return super().GetImage(request, context)


class EmptyRaw(SmallService):
    def raw(self, pixels: Any) -> bytes:
        return bytes(pixels.nbytes)


class RawUpsideDown(SmallService):
    def scene(self, number: int) -> Any:
        pixels = scene(number)
        pixels[: ROWS // 4] = 255
        return pixels

    def raw(self, pixels: Any) -> bytes:
        return super().raw(np.ascontiguousarray(pixels[::-1]))


class CropsToResize(SmallService):
    def resized(self, pixels: Any, request: Any) -> Any:
        ratio = request.resize_ratio or 1
        rows, cols = max(1, round(ROWS * ratio)), max(1, round(COLS * ratio))
        return np.ascontiguousarray(pixels[:rows, :cols])


class RefusesToResize(SmallService):
    """Good but for that: says so by its status."""

    def refusal(self, request: Any) -> int | None:
        if request.resize_ratio not in (0, 1):
            return Response.STATUS_UNSUPPORTED_RESIZE_RATIO_REQUESTED
        return super().refusal(request)


class LenientWithParameters(SmallService):
    """Takes whatever it is given for those that it has, and tells it."""

    def source(self) -> Any:
        source = super().source()
        exposure = source.custom_params.specs["exposure"].spec.double_spec
        exposure.max_value.value, exposure.default_value.value = 10, 1
        mode = source.custom_params.specs["mode"].spec.string_spec
        mode.options.extend(["day", "night"])
        mode.default_value = "day"
        return source

    def answer(self, request: Any, number: int) -> Any:
        given = request.custom_params
        if given.values.keys() - {"exposure", "mode"}:
            answer = Response(status=Response.STATUS_CUSTOM_PARAMS_ERROR)
            answer.custom_param_error.status = answer.custom_param_error.STATUS_INVALID_VALUE
            return answer
        answer = super().answer(request, number)
        if answer.status == Response.STATUS_OK:
            answer.shot.capture_params.custom_params.CopyFrom(given)
        return answer


class NegativeSizes(SmallService):
    def fill(self, image: Any, request: Any, pixels: Any) -> None:
        super().fill(image, request, pixels)
        image.rows, image.cols = -image.rows, -image.cols


class UnknownError(SmallService):
    def header(self, request: Any) -> Any:
        header = super().header(request)
        header.error.code = 99
        return header


class GreyJpeg(SmallService):
    """Says RGB of a JPEG that has no colours."""

    def fill(self, image: Any, request: Any, pixels: Any) -> None:
        super().fill(image, request, pixels)
        if image.format == Image.FORMAT_JPEG and image.pixel_format == Image.PIXEL_FORMAT_RGB_U8:
            grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
            image.data = cv2.imencode(".jpg", grey)[1].tobytes()


class SteeringName(SmallService):
    """Has a source whose name clears the terminal."""

    NAME = "fr\x1b[2Jont"

    def source(self) -> Any:
        source = super().source()
        source.name = self.NAME
        return source

    def refusal(self, request: Any) -> int | None:
        asked = image_pb2.ImageRequest()
        asked.CopyFrom(request)
        if asked.image_source_name == self.NAME:
            asked.image_source_name = SOURCE
        return super().refusal(asked)


class UnpluggedSoon(SmallService):
    """Its camera goes away after some pictures, which it tells by a fault, as it should."""

    LAST = 35
    pictures = 0

    def answer(self, request: Any, number: int) -> Any:
        answer = super().answer(request, number)
        if answer.status != Response.STATUS_OK:
            return answer
        self.pictures += 1
        if self.pictures > self.LAST:
            trigger_fault(self.faults)
            return Response(status=Response.STATUS_IMAGE_DATA_ERROR, source=self.source())
        return answer
