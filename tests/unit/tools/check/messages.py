"""Hand-made messages of a good service, for tests to spoil."""

from typing import Any

import cv2
import numpy as np
from bosdyn.api import header_pb2, image_pb2

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.findings import Verdict
from spot_webcam.tools.robot_clients.check_client import CLIENT_NAME, Reply

Image = image_pb2.Image
Response = image_pb2.ImageResponse
COLS, ROWS = 64, 48
# Robot time of all calls.
NOW_NS = 1_000_000 * NANOSECONDS


def make_source(**fields: Any) -> Any:
    usual = {
        "name": "front",
        "cols": COLS,
        "rows": ROWS,
        "image_type": image_pb2.ImageSource.IMAGE_TYPE_VISUAL,
        "image_formats": [Image.FORMAT_JPEG, Image.FORMAT_RAW],
        "pixel_formats": [Image.PIXEL_FORMAT_RGB_U8, Image.PIXEL_FORMAT_GREYSCALE_U8],
    }
    return image_pb2.ImageSource(**{**usual, **fields})


def rgb_scene(cols: int = COLS, rows: int = ROWS) -> Any:
    """Red to the left, blue to the right."""
    pixels = np.zeros((rows, cols, 3), np.uint8)
    pixels[:, : cols // 2, 0] = 200
    pixels[:, cols // 2 :, 2] = 150
    return pixels


def jpeg_of(rgb: Any) -> bytes:
    return bytes(cv2.imencode(".jpg", rgb[..., ::-1])[1].tobytes())


def make_answer(**image: Any) -> Any:
    usual = {
        "cols": COLS,
        "rows": ROWS,
        "format": Image.FORMAT_JPEG,
        "pixel_format": Image.PIXEL_FORMAT_RGB_U8,
    }
    answer = Response(status=Response.STATUS_OK, source=make_source())
    answer.shot.acquisition_time.seconds = NOW_NS // NANOSECONDS
    answer.shot.image.CopyFrom(Image(**{**usual, **image}))
    if "data" not in image:
        answer.shot.image.data = jpeg_of(rgb_scene())
    return answer


def make_request(**fields: Any) -> Any:
    return image_pb2.ImageRequest(**{"image_source_name": "front", **fields})


def make_reply(
    requests: list[Any], answers: list[Any], took_s: float = 0.01, service_clock_ns: int = NOW_NS
) -> Reply:
    """A call that was answered, with a header as it should be."""
    request = image_pb2.GetImageRequest(image_requests=requests)
    request.header.client_name = CLIENT_NAME
    request.header.request_timestamp.FromNanoseconds(NOW_NS)
    header = header_pb2.ResponseHeader(request_header=request.header)
    header.error.code = header_pb2.CommonError.CODE_OK
    header.request_received_timestamp.FromNanoseconds(service_clock_ns)
    header.response_timestamp.FromNanoseconds(service_clock_ns + 1)
    response = image_pb2.GetImageResponse(header=header, image_responses=answers)
    return Reply(request, response, NOW_NS, NOW_NS + int(took_s * NANOSECONDS))


def failed_reply(code: str, details: str = "") -> Reply:
    return Reply(image_pb2.GetImageRequest(), None, NOW_NS, NOW_NS + NANOSECONDS, code, details)


def verdicts(findings: Any) -> list[Verdict]:
    return [finding.verdict for finding in findings]


def reasons(findings: Any) -> str:
    return "; ".join(finding.reason for finding in findings)
