"""`serve --on-demand`: a picture for each request."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from bosdyn.api import image_pb2

from spot_webcam.fakes.cameras import read_sequence

OK = image_pb2.ImageResponse.STATUS_OK
IMAGE_DATA_ERROR = image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR


def sequence_of(answer: Any) -> int:
    picture = cv2.imdecode(np.frombuffer(answer.shot.image.data, np.uint8), cv2.IMREAD_COLOR)
    sequence = read_sequence(picture)
    assert sequence is not None
    return sequence


def test_every_call_gets_a_picture_of_its_own(serve: Callable[..., Any]) -> None:
    serving = serve("synthetic:?fps=5", on_demand=True)
    serving.wait_for_pictures()
    # In the background mode two of these three would fall into one period of the camera.
    answers = [serving.client.ask("synthetic") for _ in range(3)]
    assert [answer.status for answer in answers] == [OK] * 3
    sequences = [sequence_of(answer) for answer in answers]
    times = [answer.shot.acquisition_time.ToNanoseconds() for answer in answers]
    assert sequences == sorted(set(sequences))
    assert times == sorted(set(times))


def test_requests_of_one_call_share_a_picture(serve: Callable[..., Any]) -> None:
    serving = serve("synthetic:?fps=20", on_demand=True)
    serving.wait_for_pictures()
    request = image_pb2.ImageRequest(image_source_name="synthetic")
    first, second = serving.client.get(request, request)
    assert first.shot.acquisition_time == second.shot.acquisition_time


def test_waits_of_several_cameras_overlap_and_answers_keep_their_order(
    serve: Callable[..., Any],
) -> None:
    names = ["a", "b", "c"]
    serving = serve(*(f"synthetic:{name}?fps=20" for name in names), on_demand=True)
    serving.wait_for_pictures()
    asked = [image_pb2.ImageRequest(image_source_name=name) for name in reversed(names)]
    answers = serving.client.get(*asked)
    assert [answer.source.name for answer in answers] == ["c", "b", "a"]
    assert {answer.status for answer in answers} == {OK}


def test_camera_that_fails_is_reported_and_comes_back(serve: Callable[..., Any]) -> None:
    serving = serve("flaky=synthetic:?fps=20&script=fail@0.3s+1.2s", on_demand=True)
    fault = "Image Capture Failure for flaky"
    serving.wait_for_status("flaky", IMAGE_DATA_ERROR)
    assert serving.eventually(lambda: fault in serving.faults())
    serving.wait_for_status("flaky", OK)
    assert serving.eventually(lambda: not serving.faults())
