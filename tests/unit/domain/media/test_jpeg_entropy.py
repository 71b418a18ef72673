import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.image import Pixels
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.domain.media.jpeg_entropy import leftover_bytes
from spot_webcam.fakes.cameras.jpeg_manners import SAMPLINGS, parse_manners

PIXELS: Pixels = np.random.default_rng(1).integers(0, 256, (40, 56, 3), np.uint8)
SCAN = b"\xff\xda"


def written(manners: str, pixels: Pixels = PIXELS) -> bytes:
    return inspect_jpeg(parse_manners(manners).written(pixels)).data


@given(
    st.sampled_from(sorted(set(SAMPLINGS) - {"cmyk"})),
    st.integers(0, 12),
    st.integers(0, 20),
    st.booleans(),
)
def test_bytes_after_the_data_are_counted(
    sampling: str, restart: int, stray: int, grey: bool
) -> None:
    pixels = PIXELS[:, :, 0] if grey else PIXELS
    manners = f"sampling={sampling}"
    if restart:
        manners += f",restart={restart}"
    assert leftover_bytes(written(manners, pixels)) == 0
    assert leftover_bytes(written(f"{manners},end-zeros={stray}", pixels)) == stray


def test_most_stray_bytes_of_an_interval_count() -> None:
    assert leftover_bytes(written("restart=3,stray=7")) == 7
    assert leftover_bytes(written("restart=3,stray=7,end-zeros=9")) == 9


def test_smooth_picture_has_short_blocks() -> None:
    assert leftover_bytes(written("", np.full((40, 56, 3), 90, np.uint8))) == 0


def test_last_marker_may_follow_the_data() -> None:
    assert leftover_bytes(written("last-restart")) == 0


@pytest.mark.parametrize("manners", ["progressive", "no-tables"])
def test_other_forms_are_not_followed(manners: str) -> None:
    assert leftover_bytes(written(manners)) is None


def test_scan_whose_table_is_missing_is_not_followed() -> None:
    data = written("")
    at = data.index(SCAN)
    assert leftover_bytes(data[: at + 6] + b"\x30" + data[at + 7 :]) is None


@pytest.mark.parametrize(
    ("manners", "reason"),
    [
        ("cut=50", "end early"),
        ("restart=3,cut=50", "end early"),
        ("restart=3,lost-restart", "restart markers are missing"),
        ("restart=3,swapped-restarts", "out of sequence"),
    ],
)
def test_missing_data_are_found(manners: str, reason: str) -> None:
    with pytest.raises(CorruptFrame, match=reason):
        leftover_bytes(written(manners))


def replaced(filling: bytes) -> bytes:
    """A JPEG with all of its data replaced."""
    data = written("")
    start = data.index(SCAN) + 14
    length = len(data) - 2 - start
    return data[:start] + (filling * length)[:length] + b"\xff\xd9"


def test_what_is_no_code_is_found() -> None:
    # The table of DC has no code of ones.
    with pytest.raises(CorruptFrame, match="no code"):
        leftover_bytes(replaced(b"\xff\0"))


def test_too_many_coefficients_are_found() -> None:
    # A difference of 0, and runs of 15 zeros until the end is passed.
    with pytest.raises(CorruptFrame, match="more than 64"):
        leftover_bytes(
            replaced(bytes([0b00111111, 0b11100111, 0b11111001, 0b11111110, 0b01111111]))
        )
