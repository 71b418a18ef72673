"""Cameras whose JPEGs strict decoders refuse, through the robot, by the SDK's client."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import simplejpeg
from bosdyn.api import image_pb2

from spot_webcam.app.cameras.options import CameraOptions, CaptureOptions
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.domain.sources.naming import parse_devices
from spot_webcam.fakes.cameras import read_sequence

JPEG, RAW = image_pb2.Image.FORMAT_JPEG, image_pb2.Image.FORMAT_RAW
OK = image_pb2.ImageResponse.STATUS_OK
IMAGE_DATA_ERROR = image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR
COLS, ROWS = 160, 96
CAMERA = f"synthetic:?size={COLS}x{ROWS}&fps=6&seed=3&codec=mjpg"
DAMAGED = f"{CAMERA}&script=flip@0.5s"


def wanted(**fields: Any) -> Any:
    return image_pb2.ImageRequest(image_source_name="synthetic", **fields)


@pytest.mark.parametrize(
    ("manners", "logged"),
    [
        ("restart=10,stray=1", "stray bytes before restart markers"),
        ("restart=10,stray=10", "stray bytes before restart markers"),
        ("scan-header", "a progressive scan header in a sequential JPEG"),
        ("gap=608", "bytes between segments"),
        ("end-zeros=15", "stray bytes before the end marker"),
        ("end-zeros=16", "stray bytes before the end marker"),
        ("sampling=410", "uncommon chroma sampling"),
        ("sampling=unequal", "uncommon chroma sampling"),
        ("orientation=6", "EXIF orientation 6"),
        ("tail-zeros=4000", ""),
        ("progressive", ""),
    ],
)
def test_whole_pictures_are_served_alike_in_every_form_and_without_a_fault(
    serve: Callable[..., Any], caplog: pytest.LogCaptureFixture, manners: str, logged: str
) -> None:
    caplog.set_level("INFO")
    serving = serve(f"{CAMERA}&manners={manners}")
    serving.wait_for_pictures()
    statuses = set()
    for _ in range(4):
        answers = serving.client.get(
            wanted(),
            wanted(image_format=JPEG, quality_percent=100),
            wanted(image_format=JPEG, quality_percent=95, resize_ratio=0.5),
            wanted(image_format=RAW),
        )
        statuses |= {answer.status for answer in answers}
        jpegs = [inspect_jpeg(answer.shot.image.data) for answer in answers[:3]]
        assert {jpeg.oddities for jpeg in jpegs} == {""}
        assert [(jpeg.cols, jpeg.rows) for jpeg in jpegs] == [
            *[(COLS, ROWS)] * 2,
            (COLS // 2, ROWS // 2),
        ]
        shown = [simplejpeg.decode_jpeg(jpeg.data, "RGB", strict=True) for jpeg in jpegs]
        raw = np.frombuffer(answers[3].shot.image.data, np.uint8).reshape(ROWS, COLS, 3)
        assert np.abs(shown[0].astype(int) - raw).mean() < 3
        assert len({read_sequence(picture) for picture in [*shown, raw]}) == 1
    assert statuses == {OK}
    assert [event for event in serving.robot.fault_events() if event.kind == "trigger"] == []
    named = [record.getMessage() for record in caplog.records if "its JPEGs" in record.getMessage()]
    assert named == [
        f"synthetic: its JPEGs have {oddity}: harmless; clients get them without"
        for oddity in [logged]
        if oddity
    ]


def test_damage_is_served_of_the_camera_that_it_is_asked_of(serve: Callable[..., Any]) -> None:
    [tolerated, refused] = parse_devices([f"tolerated={DAMAGED}", f"refused={DAMAGED}"])
    serving = serve(
        cameras=(
            CameraOptions(tolerated, CaptureOptions(serve_damaged=True)),
            CameraOptions(refused),
        )
    )
    serving.wait_for_pictures()
    assert serving.eventually(lambda: serving.client.status("refused") == IMAGE_DATA_ERROR)
    assert serving.client.status("tolerated") == OK


def test_damage_is_served_of_all_cameras(serve: Callable[..., Any]) -> None:
    damaged = f"{CAMERA}&script=flip@0s"
    serving = serve(f"one={damaged}", f"other={damaged}", serve_damaged=True)
    serving.wait_for_pictures()
    assert [serving.client.status(name) for name in ("one", "other")] == [OK, OK]
