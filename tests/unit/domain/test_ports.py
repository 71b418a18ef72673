import pytest

from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.ports import CameraMode


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        (CameraMode(640, 480, Layout.BGR8), "640x480 at unknown rate, bgr8"),
        (CameraMode(640, 480, Layout.BGR8, 29.97, "MJPG"), "640x480 at 29.97 fps, bgr8 MJPG"),
        (CameraMode(64, 48, Layout.GREY8, 30.0), "64x48 at 30 fps, grey8"),
    ],
)
def test_mode_reads_as_a_person_says_it(mode: CameraMode, text: str) -> None:
    assert str(mode) == text
