import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.media.rle import MAX_RUN, run_length_encode

# Runs: how many equal pixels, and which.
runs = st.lists(st.tuples(st.integers(1, 700), st.integers(0, 65535)), min_size=1, max_size=12)


def decoded(data: bytes, dtype: str) -> list[int]:
    pairs = np.frombuffer(data, [("count", "u1"), ("pixel", dtype)])
    assert (pairs["count"] > 0).all()
    return np.repeat(pairs["pixel"], pairs["count"]).tolist()


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2"])
@given(runs)
def test_decoding_gives_the_pixels_back(dtype: str, runs: list[tuple[int, int]]) -> None:
    largest = 255 if dtype == "u1" else 65535
    pixels = [min(value, largest) for count, value in runs for _ in range(count)]
    data = run_length_encode(np.array(pixels, dtype))
    assert decoded(data, dtype) == pixels


def test_runs_go_on_across_rows() -> None:
    assert run_length_encode(np.array([[7, 7], [7, 9]], np.uint8)) == bytes([3, 7, 1, 9])


@pytest.mark.parametrize(
    ("length", "counts"),
    [
        (MAX_RUN - 1, [254]),
        (MAX_RUN, [255]),
        (MAX_RUN + 1, [255, 1]),
        (2 * MAX_RUN, [255, 255]),
        (2 * MAX_RUN + 3, [255, 255, 3]),
    ],
)
def test_long_runs_are_cut_at_what_a_byte_counts(length: int, counts: list[int]) -> None:
    data = run_length_encode(np.full((1, length), 5, np.uint8))
    assert data == bytes(part for count in counts for part in (count, 5))
