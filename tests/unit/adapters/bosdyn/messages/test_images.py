from enum import IntEnum
from typing import Any

import pytest
from bosdyn.api import image_pb2

from spot_webcam.adapters.bosdyn.messages.images import (
    request_from_proto,
    source_to_proto,
    write_answer,
)
from spot_webcam.domain.geometry.camera_model import CameraModel, Lens
from spot_webcam.domain.media.image import (
    CaptureSettings,
    EncodedImage,
    ImageFormat,
    Layout,
    PixelFormat,
)
from spot_webcam.domain.requests.answer import Answer, Capture
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource, ImageType

IMAGE = EncodedImage(b"pixels", ImageFormat.RAW, PixelFormat.DEPTH_U16, 3, 1)

ASKED = image_pb2.ImageRequest()


@pytest.mark.parametrize(
    ("ours", "theirs", "prefix"),
    [
        (ImageFormat, image_pb2.Image.Format, "FORMAT_"),
        (PixelFormat, image_pb2.Image.PixelFormat, "PIXEL_FORMAT_"),
        (Status, image_pb2.ImageResponse.Status, "STATUS_"),
        (ImageType, image_pb2.ImageSource.ImageType, "IMAGE_TYPE_"),
    ],
)
def test_numbers_are_those_of_the_api(ours: type[IntEnum], theirs: Any, prefix: str) -> None:
    known = {f"{prefix}{one.name}": int(one) for one in ours}
    api = dict(theirs.items())
    assert known.items() <= api.items()
    assert set(api) - set(known) <= {f"{prefix}UNKNOWN"}


def test_request_is_read_as_it_is() -> None:
    proto = image_pb2.ImageRequest(
        image_source_name="front",
        image_format=image_pb2.Image.FORMAT_RAW,
        pixel_format=image_pb2.Image.PIXEL_FORMAT_RGB_U8,
        fallback_formats=[image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U8, 99],
        quality_percent=42.5,
        resize_ratio=0.25,
    )
    proto.custom_params.values["zoom"].int_value.value = 3
    assert request_from_proto(proto) == ImageRequest(
        "front",
        ImageFormat.RAW,
        PixelFormat.RGB_U8,
        (1, 99),
        42.5,
        0.25,
        {"zoom": 3},
        proto.custom_params.SerializeToString(),
    )


def test_empty_request_asks_for_nothing_in_particular() -> None:
    assert request_from_proto(image_pb2.ImageRequest()) == ImageRequest("")


@pytest.mark.parametrize("layout", Layout)
def test_source_is_written_with_all_that_it_offers(layout: Layout) -> None:
    source = ImageSource("front", layout, 640, 480)
    proto = source_to_proto(source)
    assert (proto.name, proto.cols, proto.rows) == ("front", 640, 480)
    assert tuple(proto.image_formats) == source.image_formats
    assert tuple(proto.pixel_formats) == source.pixel_formats
    assert proto.image_type == source.image_type
    assert proto.depth_scale == (1000.0 if layout is Layout.DEPTH16 else 0.0)
    assert proto.WhichOneof("camera_models") is None


@pytest.mark.parametrize(
    ("lens", "distortion", "field"),
    [
        (Lens.BROWN_CONRADY, (-0.3, 0.1, 0.01, -0.02, 0.005), "pinhole_brown_conrady"),
        (Lens.KANNALA_BRANDT, (-0.02, 0.01, -0.003, 0.001), "kannala_brandt"),
    ],
)
def test_camera_model_has_its_distortion(
    lens: Lens, distortion: tuple[float, ...], field: str
) -> None:
    model = CameraModel(500.0, 501.0, 320.0, 240.0, lens=lens, distortion=distortion)
    proto = source_to_proto(ImageSource("cam", Layout.BGR8, 640, 480, model))
    assert proto.WhichOneof("camera_models") == field
    intrinsics = getattr(proto, field).intrinsics
    assert intrinsics.pinhole_intrinsics.focal_length.y == 501.0
    names = ["k1", "k2", "p1", "p2", "k3"] if len(distortion) == 5 else ["k1", "k2", "k3", "k4"]
    # The API's floats have 24 bits.
    written = [getattr(intrinsics, name) for name in names]
    assert written == pytest.approx(list(distortion), rel=1e-6)


def test_camera_model_is_a_pinhole() -> None:
    model = CameraModel(500.0, 501.0, 320.0, 240.0, 0.5, 0.25)
    proto = source_to_proto(ImageSource("front", Layout.BGR8, 640, 480, model))
    intrinsics = proto.pinhole.intrinsics
    assert (intrinsics.focal_length.x, intrinsics.focal_length.y) == (500.0, 501.0)
    assert (intrinsics.principal_point.x, intrinsics.principal_point.y) == (320.0, 240.0)
    assert (intrinsics.skew.x, intrinsics.skew.y) == (0.5, 0.25)


def test_camera_model_of_another_size_is_left_out() -> None:
    model = CameraModel(500.0, 500.0, 320.0, 240.0, cols=640, rows=480)
    full = source_to_proto(ImageSource("front", Layout.BGR8, 640, 480, model))
    assert full.WhichOneof("camera_models") == "pinhole"
    half = source_to_proto(ImageSource("front", Layout.BGR8, 320, 240, model))
    assert half.WhichOneof("camera_models") is None


def test_source_whose_parameters_cannot_be_read_is_listed_without_them() -> None:
    proto = source_to_proto(ImageSource("front", Layout.BGR8, 640, 480, parameter_spec=b"\xff"))
    assert proto.name == "front"
    assert not proto.HasField("custom_params")


def test_good_answer_has_a_picture_with_its_formats_and_size() -> None:
    proto = image_pb2.ImageResponse()
    capture = Capture(IMAGE, 12_345_678_901_234_567, CaptureSettings())
    write_answer(Answer(Status.OK, ImageSource("front", Layout.DEPTH16), capture), ASKED, proto)
    image = proto.shot.image
    assert proto.status == image_pb2.ImageResponse.STATUS_OK
    assert proto.source.name == "front"
    assert (image.data, image.cols, image.rows) == (b"", 3, 1)
    assert image.format == image_pb2.Image.FORMAT_RAW
    assert image.pixel_format == image_pb2.Image.PIXEL_FORMAT_DEPTH_U16
    assert proto.shot.acquisition_time.ToNanoseconds() == 12_345_678_901_234_567
    assert not proto.HasField("custom_param_error")


@pytest.mark.parametrize(
    ("settings", "exposure_ns", "gain"),
    [
        (CaptureSettings(), None, 0.0),
        (CaptureSettings(exposure_s=1.25), 1_250_000_000, 0.0),
        (CaptureSettings(exposure_s=0.0001, gain_db=12.0), 100_000, 12.0),
        (CaptureSettings(gain_db=0.0), None, 0.0),
    ],
)
def test_settings_are_written_where_the_camera_tells_them(
    settings: CaptureSettings, exposure_ns: int | None, gain: float
) -> None:
    proto = image_pb2.ImageResponse()
    write_answer(Answer(Status.OK, None, Capture(IMAGE, 0, settings)), ASKED, proto)
    params = proto.shot.capture_params
    assert params.HasField("exposure_duration") == (exposure_ns is not None)
    assert params.exposure_duration.ToNanoseconds() == (exposure_ns or 0)
    assert params.gain == gain


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.OK])
def test_other_answers_have_no_picture(status: Status) -> None:
    proto = image_pb2.ImageResponse()
    write_answer(Answer(status, message="why"), ASKED, proto)
    assert proto.status == status
    assert not proto.HasField("shot")
    assert not proto.HasField("source")
    assert proto.HasField("custom_param_error") == (status is Status.CUSTOM_PARAMS_ERROR)
