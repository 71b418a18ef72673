"""Pictures that a decoding consumes or changes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from bosdyn.api import image_pb2

from spot_webcam.image_service_helpers import CameraInterface, VisualImageSource

RESPONSE = image_pb2.ImageResponse
IMAGE = image_pb2.Image


def _request(**fields: Any) -> Any:
    return image_pb2.ImageRequest(image_source_name="front", **fields)


class ReadsOnce(CameraInterface):  # type: ignore[misc]
    """As one behind HTTP: a capture is a stream, which its decoding reads."""

    def blocking_capture(self) -> tuple[Any, float]:  # type: ignore[override, unused-ignore]
        return io.BufferedReader(io.BytesIO(b"streamed")), 7.0  # type: ignore[arg-type, unused-ignore]

    def image_decode(  # type: ignore[override, unused-ignore]
        self, image_data: Any, image_proto: Any, image_format: Any, _quality: Any
    ) -> None:
        data = image_data.read()
        assert data == b"streamed", "read already"
        if image_format == IMAGE.FORMAT_RLE:
            raise ValueError("no RLE")
        image_proto.data = data


def test_a_stream_is_decoded_for_every_request(module: Any, serve: Any, get: Any) -> None:
    servicer = serve(module, module.VisualImageSource("front", ReadsOnce()))
    requests = [_request(image_format=one) for one in (1, 2, 3, 1)]
    answers = get(servicer, *requests, _request(quality_percent=5)).image_responses
    ok, refused = RESPONSE.STATUS_OK, RESPONSE.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED
    assert [answer.status for answer in answers] == [ok, ok, refused, ok, ok]
    assert answers[1].shot.image.data == b"streamed"


def test_a_stream_of_an_answer_may_be_read_twice(caplog: pytest.LogCaptureFixture) -> None:
    source = VisualImageSource("front", ReadsOnce())
    stream, _ = source.camera_interface.blocking_capture()
    status = source.decode_image(stream, IMAGE(), _request(image_format=3))
    assert status == RESPONSE.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED
    assert not caplog.text


class InPlace(CameraInterface):  # type: ignore[misc]
    def blocking_capture(self) -> tuple[Any, float]:  # type: ignore[override, unused-ignore]
        return np.zeros(3, np.uint8), 7.0

    def image_decode(self, image_data: Any, image_proto: Any, _request: Any) -> None:  # type: ignore[override, unused-ignore]
        image_data += 1
        image_proto.data = image_data.tobytes()


def test_what_a_decoding_changes_is_its_own(module: Any, serve: Any, get: Any) -> None:
    servicer = serve(module, module.VisualImageSource("front", InPlace()))
    answers = get(servicer, _request(), _request(quality_percent=5)).image_responses
    assert [answer.shot.image.data for answer in answers] == [b"\1\1\1"] * 2
