import numpy as np
import pytest

from spot_webcam.adapters.v4l2.modes import GrantedMode
from spot_webcam.adapters.v4l2.pixels import damage_check, is_readable, layout_of, raw_picture
from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.image import Layout

COLS, ROWS = 8, 4
# A frame of one colour in each format, and what its pixels must be.
WHITE = [255, 255, 255]
CASES = {
    "YUYV": (bytes([235, 128, 235, 128]) * 16, WHITE),
    "YVYU": (bytes([235, 128, 235, 128]) * 16, WHITE),
    "UYVY": (bytes([128, 235, 128, 235]) * 16, WHITE),
    "NV12": (bytes([235]) * 32 + bytes([128]) * 16, WHITE),
    "NV21": (bytes([235]) * 32 + bytes([128]) * 16, WHITE),
    "YU12": (bytes([235]) * 32 + bytes([128]) * 16, WHITE),
    "YV12": (bytes([235]) * 32 + bytes([128]) * 16, WHITE),
    "BGR3": (bytes([1, 2, 3]) * 32, [1, 2, 3]),
    "RGB3": (bytes([1, 2, 3]) * 32, [1, 2, 3]),
    "AR24": (bytes([1, 2, 3, 0]) * 32, [1, 2, 3]),
    "XR24": (bytes([1, 2, 3, 9]) * 32, [1, 2, 3]),
    "BGR4": (bytes([1, 2, 3, 9]) * 32, [1, 2, 3]),
    "RGGB": ((bytes([30, 20] * 4) + bytes([20, 10] * 4)) * 2, [10, 20, 30]),
    "GRBG": ((bytes([20, 30] * 4) + bytes([10, 20] * 4)) * 2, [10, 20, 30]),
    "GBRG": ((bytes([20, 10] * 4) + bytes([30, 20] * 4)) * 2, [10, 20, 30]),
    "BA81": ((bytes([10, 20] * 4) + bytes([20, 30] * 4)) * 2, [10, 20, 30]),
    "GREY": (bytes([77]) * 32, 77),
    "Y16": (bytes([0x34, 0x12]) * 32, 0x1234),
    "Z16": (bytes([0x34, 0x12]) * 32, 0x1234),
}


def _mode(fourcc: str, cols: int = COLS, rows: int = ROWS, stride: int = 0) -> GrantedMode:
    return GrantedMode(fourcc, cols, rows, 30.0, stride, 0)


@pytest.mark.parametrize("fourcc", CASES)
def test_format_becomes_a_picture(fourcc: str) -> None:
    data, pixel = CASES[fourcc]
    picture = raw_picture(data, _mode(fourcc))
    assert (picture.cols, picture.rows, picture.layout) == (COLS, ROWS, layout_of(fourcc))
    assert np.all(picture.pixels == pixel)
    assert not picture.pixels.flags.writeable
    assert is_readable(fourcc)


@pytest.mark.parametrize("fourcc", [one for one in CASES if one not in {"YU12", "YV12"}])
def test_padding_of_rows_is_left_out(fourcc: str) -> None:
    data, pixel = CASES[fourcc]
    lines = ROWS * 3 // 2 if fourcc.startswith("NV") else ROWS
    row_bytes = len(data) // lines
    rows = [data[at : at + row_bytes] for at in range(0, len(data), row_bytes)]
    padded = bytes([99] * 5).join(rows)
    picture = raw_picture(padded, _mode(fourcc, stride=row_bytes + 5))
    assert np.all(picture.pixels == pixel)


def test_padded_planes_are_refused() -> None:
    with pytest.raises(CorruptFrame, match="padded"):
        raw_picture(bytes(1000), _mode("YU12", stride=COLS + 8))


@pytest.mark.parametrize("fourcc", CASES)
def test_too_few_bytes_are_corrupt(fourcc: str) -> None:
    data, _ = CASES[fourcc]
    with pytest.raises(CorruptFrame, match="too few"):
        raw_picture(data[:-1], _mode(fourcc))
    judge = damage_check(_mode(fourcc))
    assert judge(len(data) - 1, 4096, _unread)
    assert not judge(len(data), len(data), _unread)


def test_size_that_the_format_cannot_have_is_corrupt() -> None:
    with pytest.raises(CorruptFrame, match="cannot convert"):
        raw_picture(bytes(1000), _mode("NV12", 8, 3))


def _unread() -> bytes:
    raise AssertionError("read")


def test_jpeg_buffers_are_judged_by_their_fill() -> None:
    judge = damage_check(_mode("MJPG"))
    assert judge(0, 100, _unread)
    assert judge(100, 100, lambda: b"\xff\xd8 truncated")
    assert not judge(100, 100, lambda: b"\xff\xd8 whole \xff\xd9" + bytes(80))
    assert not judge(99, 100, _unread)
    assert layout_of("MJPG") is Layout.BGR8


def test_what_no_picture_can_be_made_of_is_known() -> None:
    assert not is_readable("H264")
