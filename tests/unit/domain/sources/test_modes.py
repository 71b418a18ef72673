import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.modes import (
    OfferedMode,
    SizeRange,
    asked_for,
    choose_mode,
    rates_between,
)

ANY = ModeRequest()
USB2 = [
    OfferedMode("YUYV", 640, 480, 30.0),
    OfferedMode("YUYV", 1280, 720, 10.0),
    OfferedMode("YUYV", 1920, 1080, 5.0),
    OfferedMode("YUYV", 3840, 2160, 2.0),
    OfferedMode("MJPG", 640, 480, 30.0),
    OfferedMode("MJPG", 1280, 720, 60.0),
    OfferedMode("MJPG", 1920, 1080, 30.0),
    OfferedMode("MJPG", 1920, 1080, 15.0),
]


def _best(*modes: tuple[str, int, int, float | None]) -> str:
    return str(choose_mode([OfferedMode(*mode) for mode in modes], ANY).mode)


def test_fluent_jpeg_wins_over_more_pixels_in_slow_motion() -> None:
    choice = choose_mode(USB2, ANY)
    assert choice.mode == OfferedMode("MJPG", 1920, 1080, 30.0)
    assert choice.warnings == ()


def test_raw_only_camera_gives_its_fluent_mode() -> None:
    assert choose_mode(USB2[:4], ANY).mode == USB2[0]


@pytest.mark.parametrize(
    ("modes", "best"),
    [
        # Rates beyond 30 fps are worth no pixels.
        ([("MJPG", 1280, 720, 120.0), ("MJPG", 1920, 1080, 30.0)], "MJPG 1920x1080 at 30 fps"),
        # JPEG, where it is as good.
        ([("YUYV", 640, 480, 60.0), ("MJPG", 640, 480, 30.0)], "MJPG 640x480 at 30 fps"),
        ([("YUYV", 1920, 1080, 30.0), ("MJPG", 640, 480, 30.0)], "YUYV 1920x1080 at 30 fps"),
        # Then the higher rate.
        ([("MJPG", 640, 480, 30.0), ("MJPG", 640, 480, 60.0)], "MJPG 640x480 at 60 fps"),
        # The larger of two with as many pixels a second.
        ([("YUYV", 640, 480, 30.0), ("YUYV", 1280, 480, 15.0)], "YUYV 1280x480 at 15 fps"),
        # Nothing fluent: the most pixels a second.
        ([("YUYV", 640, 480, 10.0), ("YUYV", 3840, 2160, 1.0)], "YUYV 3840x2160 at 1 fps"),
        # No rates reported: an ordinary camera is believed in.
        ([("YUYV", 640, 480, None), ("YUYV", 1280, 720, 5.0)], "YUYV 640x480"),
        # 14.99 is 15.
        ([("YUYV", 640, 480, 30.0), ("YUYV", 1280, 720, 14.99)], "YUYV 1280x720 at 14.99 fps"),
        # Of equals, the driver's first.
        ([("UYVY", 640, 480, 30.0), ("YUYV", 640, 480, 30.0)], "UYVY 640x480 at 30 fps"),
    ],
)
def test_rule(modes: list[tuple[str, int, int, float | None]], best: str) -> None:
    assert _best(*modes) == best


@pytest.mark.parametrize(
    ("request_", "mode"),
    [
        (ModeRequest(cols=640, rows=480), "MJPG 640x480 at 30 fps"),
        (ModeRequest(codec="YUYV"), "YUYV 640x480 at 30 fps"),
        (ModeRequest(codec="JPEG", fps=15), "MJPG 1920x1080 at 15 fps"),
        (ModeRequest(fps=59.94), "MJPG 1280x720 at 60 fps"),
        (ModeRequest(cols=3840), "YUYV 3840x2160 at 2 fps"),
    ],
)
def test_what_is_asked_for_is_taken_silently(request_: ModeRequest, mode: str) -> None:
    choice = choose_mode(USB2, request_)
    assert (str(choice.mode), choice.warnings) == (mode, ())


@pytest.mark.parametrize(
    ("request_", "mode"),
    [
        (ModeRequest(codec="H264"), "MJPG 1920x1080 at 30 fps"),
        (ModeRequest(cols=1300, rows=700), "MJPG 1280x720 at 60 fps"),
        (ModeRequest(codec="YUYV", cols=1280, rows=720, fps=30), "YUYV 1280x720 at 10 fps"),
        (ModeRequest(cols=1920, rows=1080, fps=12), "MJPG 1920x1080 at 15 fps"),
    ],
)
def test_what_is_not_there_gives_the_nearest_with_a_warning(
    request_: ModeRequest, mode: str
) -> None:
    choice = choose_mode(USB2, request_)
    assert str(choice.mode) == mode
    (warning,) = choice.warnings
    assert warning.startswith(f"the camera has no {asked_for(request_)}: taking {mode}; nearest")
    assert warning.count(" at ") == 4 + (request_.fps is not None)


def test_request_is_described_in_words() -> None:
    assert asked_for(ANY) == "the best mode"
    assert asked_for(ModeRequest(codec="MJPG", rows=720, fps=30)) == "MJPG anyx720 at 30 fps"


def test_camera_without_modes_is_refused() -> None:
    with pytest.raises(CameraMisconfigured, match="no mode"):
        choose_mode([], ANY)


MODES = st.builds(
    OfferedMode,
    st.sampled_from(["MJPG", "YUYV", "NV12"]),
    st.integers(1, 8192),
    st.integers(1, 8192),
    st.none() | st.floats(0.1, 500),
)
REQUESTS = st.builds(
    ModeRequest,
    st.none() | st.integers(1, 8192),
    st.none() | st.integers(1, 8192),
    st.none() | st.floats(0.1, 500),
    st.none() | st.sampled_from(["MJPG", "YUYV"]),
)


@given(st.lists(MODES, min_size=1, max_size=8), REQUESTS)
def test_choice_is_one_of_the_offered_whatever_is_asked(
    offered: list[OfferedMode], request_: ModeRequest
) -> None:
    choice = choose_mode(offered, request_)
    assert choice.mode in offered


@given(st.lists(MODES, min_size=1, max_size=8), st.integers(0, 7))
def test_mode_that_is_asked_for_exactly_is_taken(offered: list[OfferedMode], at: int) -> None:
    mode = offered[at % len(offered)]
    request_ = ModeRequest(mode.cols, mode.rows, mode.fps, mode.fourcc)
    choice = choose_mode(offered, request_)
    assert choice.warnings == ()
    assert (choice.mode.fourcc, choice.mode.cols) == (mode.fourcc, mode.cols)


def test_range_of_sizes_is_its_standard_members() -> None:
    sizes = SizeRange(320, 1920, 8, 180, 1080, 4)
    assert (640, 480) in sizes.sizes(ANY)
    assert (1920, 1080) in sizes.sizes(ANY)
    assert (3840, 2160) not in sizes.sizes(ANY)
    assert (1000, 700) in sizes.sizes(ModeRequest(1000, 700))
    assert (1001, 700) not in sizes.sizes(ModeRequest(1001, 700))


def test_range_of_sizes_without_standard_ones_is_its_largest() -> None:
    assert SizeRange(1, 100, 0, 1, 90, 0).sizes(ANY) == [(100, 90)]


def test_range_of_rates_is_its_standard_members() -> None:
    assert rates_between(8, 61, ANY) == [10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 60.0, 61]
    assert 12 in rates_between(8, 61, ModeRequest(fps=12))
    assert 99 not in rates_between(8, 61, ModeRequest(fps=99))
