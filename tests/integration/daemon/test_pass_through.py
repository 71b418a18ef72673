"""A camera's own JPEGs, through the robot, by the SDK's client."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from bosdyn.api import image_pb2

from spot_webcam.domain.media.grayscale import to_grayscale
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.cameras import jpeg_frame, parse_synthetic_device, read_sequence
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from tests.recordings import write_recording

JPEG, RAW = image_pb2.Image.FORMAT_JPEG, image_pb2.Image.FORMAT_RAW
GREY8, RGB8 = image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U8, image_pb2.Image.PIXEL_FORMAT_RGB_U8
OK = image_pb2.ImageResponse.STATUS_OK
IMAGE_DATA_ERROR = image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR

COLS, ROWS = 160, 96
FPS = 10
CAMERA = f"synthetic:?size={COLS}x{ROWS}&fps={FPS}&seed=3&codec=mjpg"
# The robot's estimate of the skew is good to half a round trip.
TOLERANCE_NS = NANOSECONDS // 2
STALENESS_LIMIT_NS = NANOSECONDS


def decoded(data: bytes) -> Any:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels


def sequence_of(data: bytes) -> int:
    sequence = read_sequence(decoded(data))
    assert sequence is not None
    return sequence


def own_frame(device_name: str, sequence: int) -> bytes:
    """Return what the camera delivered at a sequence number."""
    return jpeg_frame(parse_synthetic_device(device_name), sequence)


def acquired_ns(answer: Any) -> int:
    nanoseconds: int = answer.shot.acquisition_time.ToNanoseconds()
    return nanoseconds


def wanted(source_name: str = "synthetic", **fields: Any) -> Any:
    return image_pb2.ImageRequest(image_source_name=source_name, **fields)


@pytest.mark.parametrize(
    ("more", "pixel_format"), [("", RGB8), ("&layout=grey8&quality=60", GREY8)]
)
@pytest.mark.parametrize("quality", [0, 75, 90, 100])
def test_full_size_requests_get_the_cameras_bytes(
    serve: Callable[..., Any], more: str, pixel_format: int, quality: int
) -> None:
    serving = serve(CAMERA + more)
    serving.wait_for_pictures()
    for fields in ({}, {"image_format": JPEG}, {"resize_ratio": 1.0}):
        image = serving.client.ask("synthetic", quality_percent=quality, **fields).shot.image
        assert image.data == own_frame(CAMERA + more, sequence_of(image.data))
        assert (image.format, image.pixel_format) == (JPEG, pixel_format)
        assert (image.cols, image.rows) == (COLS, ROWS)


def test_other_requests_are_encoded_again(serve: Callable[..., Any]) -> None:
    serving = serve(CAMERA)
    serving.wait_for_pictures()
    own, low, half, grey = serving.client.get(
        wanted(),
        wanted(quality_percent=30),
        wanted(quality_percent=90, resize_ratio=0.5),
        wanted(quality_percent=90, pixel_format=GREY8),
    )
    own_jpeg, low_jpeg, half_jpeg, grey_jpeg = (
        inspect_jpeg(answer.shot.image.data) for answer in (own, low, half, grey)
    )
    assert own_jpeg.quality == 85
    assert (low_jpeg.quality, low_jpeg.cols, low_jpeg.rows) == (30, COLS, ROWS)
    assert (half_jpeg.quality, half_jpeg.cols, half_jpeg.rows) == (90, COLS // 2, ROWS // 2)
    assert (grey_jpeg.quality, grey_jpeg.components) == (90, 1)
    assert len(low_jpeg.data) < len(own_jpeg.data)
    # All of one call show one frame.
    assert len({sequence_of(answer.shot.image.data) for answer in (own, low, half, grey)}) == 1


def test_recording_passes_through_unless_a_transcode_saves_a_quarter(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    pattern = Pattern(COLS, ROWS, 3, Layout.BGR8, FPS)
    pictures = [pattern.frame(sequence) for sequence in range(2 * FPS)]
    random = np.random.default_rng(3)
    noisy = [
        (picture + random.normal(0.0, 5.0, picture.shape)).clip(0, 255).astype(np.uint8)
        for picture in pictures
    ]
    small, large = tmp_path / "small.avi", tmp_path / "large.avi"
    # FFmpeg's tables look like those of a quality of 90, but its JPEGs are small.
    write_recording(small, pictures, size=(COLS, ROWS), fps=FPS, backend=cv2.CAP_FFMPEG)
    write_recording(large, noisy, size=(COLS, ROWS), fps=FPS, backend=cv2.CAP_OPENCV_MJPEG)
    serving = serve(f"small={small}", f"large={large}")
    serving.wait_for_pictures()

    def pictures_of(name: str) -> list[bytes]:
        """Return one frame in its own quality, in the default one, and in a low one."""
        requests = [wanted(name, quality_percent=quality) for quality in (0, 75, 30)]
        return [answer.shot.image.data for answer in serving.client.get(*requests)]

    for _ in range(5):
        own, default, _ = pictures_of("small")
        assert own in small.read_bytes()
        assert default == own
        own, default, low = pictures_of("large")
        assert own in large.read_bytes()
        assert [inspect_jpeg(data).quality for data in (default, low)] == [75, 30]
        assert len(low) < len(default) <= 0.75 * len(own)


def test_pixels_are_those_of_the_cameras_bytes(serve: Callable[..., Any]) -> None:
    serving = serve(CAMERA)
    serving.wait_for_pictures()
    own, rgb, grey = serving.client.get(
        wanted(), wanted(image_format=RAW), wanted(image_format=RAW, pixel_format=GREY8)
    )
    assert acquired_ns(own) == acquired_ns(rgb) == acquired_ns(grey)
    assert (rgb.shot.image.pixel_format, grey.shot.image.pixel_format) == (RGB8, GREY8)
    bgr = decoded(own.shot.image.data)
    assert rgb.shot.image.data == bgr[:, :, ::-1].tobytes()
    assert grey.shot.image.data == to_grayscale(Picture(bgr, Layout.BGR8)).pixels.tobytes()


def test_padding_does_not_reach_the_client(serve: Callable[..., Any]) -> None:
    serving = serve(f"{CAMERA}&script=pad@0")
    serving.wait_for_pictures()
    data = serving.client.ask("synthetic").shot.image.data
    assert data == own_frame(CAMERA, sequence_of(data))


def test_damaged_frames_are_never_served_and_old_ones_never_as_new(
    serve: Callable[..., Any],
) -> None:
    # Each outage is shorter than the staleness limit, the last one is not, and ends.
    damages = ["truncate", "garbage", "header", "empty", "tiny"]
    script = ",".join(f"{event}@{0.3 + 0.4 * at:g}s+0.2s" for at, event in enumerate(damages))
    name = f"{CAMERA}&script={script},garbage@2.5s+2s"
    serving = serve(name)
    serving.wait_for_pictures()
    served: dict[int, int] = {}
    statuses: list[int] = []

    def done() -> bool:
        begun_ns = serving.robot.now_ns()
        answer = serving.client.ask("synthetic")
        statuses.append(answer.status)
        if answer.status == OK:
            data = answer.shot.image.data
            sequence = sequence_of(data)
            assert data == own_frame(CAMERA, sequence)
            # One frame has one time, whenever it is asked for.
            assert served.setdefault(sequence, acquired_ns(answer)) == acquired_ns(answer)
            assert acquired_ns(answer) >= begun_ns - STALENESS_LIMIT_NS - TOLERANCE_NS
        else:
            assert answer.status == IMAGE_DATA_ERROR
            assert not answer.HasField("shot")
        return answer.status == OK and IMAGE_DATA_ERROR in statuses

    assert serving.eventually(done)
    (first, first_ns), *others = sorted(served.items())
    assert others
    for sequence, time_ns in others:
        expected_ns = first_ns + (sequence - first) * NANOSECONDS // FPS
        assert abs(time_ns - expected_ns) < NANOSECONDS // (2 * FPS)


# At 50 pictures a second the camera is opened again meanwhile, as too many on end are damaged.
@pytest.mark.parametrize("fps", [4, 50])
def test_lasting_damage_costs_one_fault_and_one_clear(serve: Callable[..., Any], fps: int) -> None:
    serving = serve(f"damaged=synthetic:?size=64x48&fps={fps}&codec=mjpg&script=garbage@0.3s+2.5s")
    statuses: list[int] = []

    def events() -> list[tuple[str, str, str]]:
        return [
            (event.fault_name, event.kind, event.outcome) for event in serving.robot.fault_events()
        ]

    def reported() -> list[tuple[str, str]]:
        return [(kind, outcome) for name, kind, outcome in events() if "damaged" in name]

    def cleared() -> bool:
        statuses.append(serving.client.status("damaged"))
        return ("clear", "OK") in reported()

    assert serving.eventually(cleared)
    assert set(statuses) == {OK, IMAGE_DATA_ERROR}
    assert statuses[-1] == OK
    assert {name for name, _, _ in events() if "damaged" in name} == {
        "Decoding Image damaged Failure"
    }
    assert reported() == [("trigger", "OK"), ("clear", "OK")]
    assert serving.faults() == []


def test_parameters_get_a_picture_that_was_taken_with_them(serve: Callable[..., Any]) -> None:
    serving = serve(CAMERA)
    serving.wait_for_pictures()
    asked = wanted()
    asked.custom_params.values["brightness"].int_value.value = 60
    [bright] = serving.client.get(asked)
    assert bright.status == OK
    data = bright.shot.image.data
    plain = decoded(own_frame(CAMERA, sequence_of(data)))
    # Levels near white cannot rise by 60.
    assert decoded(data).mean() - plain.mean() > 30
    used = bright.shot.capture_params.custom_params.values
    assert used["brightness"].int_value.value == 60
    # Nobody asks for them any more: the camera goes back.
    assert serving.eventually(
        lambda: (
            (data := serving.client.ask("synthetic").shot.image.data)
            == own_frame(CAMERA, sequence_of(data))
        )
    )
