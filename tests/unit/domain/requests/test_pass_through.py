"""Which requests get the camera's own JPEG, by what transcoding has saved."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.frames.frame_store import Frame
from spot_webcam.domain.media.image import ImageFormat, JpegPicture, Layout, Picture, PixelFormat
from spot_webcam.domain.requests.encoding import (
    FRUGAL_PART,
    FRUGAL_QUALITY,
    GROWTH,
    PAYING_PART,
    STILL_PAYING_PART,
    EncodingPlan,
    ImageRequest,
    PassThrough,
    Refusal,
    plan_encoding,
)
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS

PERIOD_S = 5.0
OWN_BYTES = 1000
COLOUR = JpegPicture(bytes(OWN_BYTES), 8, 6, 3, 85, has_huffman_tables=True)
GREY = replace(COLOUR, components=1)
RGB, GREY_PIXELS = PixelFormat.RGB_U8, PixelFormat.GREYSCALE_U8
DEFAULT = ImageRequest("cam", quality_percent=75.0)

qualities = st.integers(1, 100)
jpegs = st.sampled_from([COLOUR, GREY])
unset = st.sampled_from([0.0, -1.0, float("nan"), float("-inf")])
own_format = st.sampled_from([ImageFormat.UNKNOWN, ImageFormat.JPEG])
# What a transcode leaves of the camera's bytes.
limits = [round(part * OWN_BYTES) for part in (PAYING_PART, STILL_PAYING_PART)]
paying = st.integers(1, limits[0]).map(lambda size: size / OWN_BYTES)
between = st.integers(limits[0] + 1, limits[1]).map(lambda size: size / OWN_BYTES)
wasted = st.integers(limits[1] + 1, 4 * OWN_BYTES).map(lambda size: size / OWN_BYTES)


def planned(request: ImageRequest, jpeg: JpegPicture) -> EncodingPlan:
    """Return what a request would get if nothing was passed through."""
    plan = plan_encoding(request, ImageSource("cam", jpeg.layout, jpeg.cols, jpeg.rows))
    assert not isinstance(plan, Refusal)
    return plan


@dataclass
class Source:
    """The JPEGs of one source, and what becomes of requests for them."""

    policy: PassThrough = field(default_factory=lambda: PassThrough(PERIOD_S))
    now_s: float = 0.0
    encodes: int = 0
    # Whether the last frame that was passed through is to be encoded afterwards.
    is_trial: bool = False

    def frame(self, picture: JpegPicture | Picture = COLOUR) -> Frame:
        """Return a frame of this moment."""
        return Frame(picture, 1, 0, int(self.now_s * NANOSECONDS))

    def begins(self, jpeg: JpegPicture = COLOUR, request: ImageRequest = DEFAULT) -> bool:
        """Begin to answer, and return whether the frame has to be encoded."""
        plan = planned(request, jpeg)
        decided, self.is_trial = self.policy.decide(plan, request, self.frame(jpeg))
        assert decided in {plan, replace(plan, quality=0, pass_through=True)}
        return not decided.pass_through

    def ends(
        self, part: float, jpeg: JpegPicture = COLOUR, request: ImageRequest = DEFAULT
    ) -> bool:
        """Return whether the answer is the encoding, which has this part of the JPEG's bytes."""
        self.encodes += 1
        size = max(1, round(part * len(jpeg.data)))
        self.policy.record(planned(request, jpeg), self.frame(jpeg), size)
        return self.begins(jpeg, request)

    def begins_trial(self, jpeg: JpegPicture = COLOUR, request: ImageRequest = DEFAULT) -> bool:
        """Begin to answer, and return whether a JPEG that is passed is encoded afterwards."""
        assert not self.begins(jpeg, request)
        return self.is_trial

    def transcodes(
        self, part: float, jpeg: JpegPicture = COLOUR, request: ImageRequest = DEFAULT
    ) -> bool:
        """Answer one request, and return whether by a transcode."""
        if self.begins(jpeg, request):
            return self.ends(part, jpeg, request)
        if self.is_trial:
            self.ends(part, jpeg, request)
        return False


def always_passes(request: ImageRequest, jpeg: JpegPicture) -> bool:
    """Whether a request gets the camera's own bytes, without a trial of what would be saved."""
    return not Source().begins(jpeg, request)


def never_passes(request: ImageRequest, jpeg: JpegPicture) -> bool:
    """Whether a request gets an encoding, even if that is larger."""
    source = Source()
    return all(source.transcodes(2.0, jpeg, request) for _ in range(3))


@given(jpegs, qualities, own_format, unset)
def test_request_without_a_quality_gets_any(
    jpeg: JpegPicture, quality: int, image_format: ImageFormat, percent: float
) -> None:
    request = ImageRequest("cam", image_format, quality_percent=percent)
    assert always_passes(request, replace(jpeg, quality=quality))


@given(jpegs, qualities, qualities, own_format)
def test_request_for_the_cameras_quality_or_a_better_one_needs_no_trial(
    jpeg: JpegPicture, own: int, asked: int, image_format: ImageFormat
) -> None:
    request = ImageRequest("cam", image_format, quality_percent=float(asked))
    assert always_passes(request, replace(jpeg, quality=own)) == (own <= asked)


@pytest.mark.parametrize(
    ("own", "asked", "passes"),
    [(85, 84.5, True), (85, 84.4, False), (100, 1000.0, True), (1, 0.2, True), (2, 0.2, False)],
)
def test_quality_is_compared_with_the_one_that_would_be_made(
    own: int, asked: float, passes: bool
) -> None:
    request = ImageRequest("cam", quality_percent=asked)
    assert always_passes(request, replace(COLOUR, quality=own)) is passes


@given(jpegs, st.floats(0.01, 0.9), st.floats(0.0, 100.0))
def test_other_size_is_never_the_cameras(jpeg: JpegPicture, ratio: float, quality: float) -> None:
    request = ImageRequest("cam", resize_ratio=ratio, quality_percent=quality)
    assert never_passes(request, jpeg)


@pytest.mark.parametrize("ratio", [0.0, 1.0, 0.999])
def test_ratio_that_leaves_the_size_is_full_size(ratio: float) -> None:
    assert always_passes(ImageRequest("cam", resize_ratio=ratio), COLOUR)


@given(jpegs, st.sampled_from([ImageFormat.RAW, ImageFormat.RLE]), st.floats(0.0, 100.0))
def test_other_image_format_is_never_the_cameras(
    jpeg: JpegPicture, image_format: ImageFormat, quality: float
) -> None:
    request = ImageRequest("cam", image_format, GREY_PIXELS, quality_percent=quality)
    assert never_passes(request, jpeg)


@pytest.mark.parametrize(
    ("jpeg", "pixel_format", "passes"),
    [
        (COLOUR, PixelFormat.UNKNOWN, True),
        (COLOUR, RGB, True),
        (COLOUR, GREY_PIXELS, False),
        (GREY, PixelFormat.UNKNOWN, True),
        (GREY, GREY_PIXELS, True),
    ],
)
def test_pixel_format_must_be_the_cameras(
    jpeg: JpegPicture, pixel_format: PixelFormat, passes: bool
) -> None:
    request = ImageRequest("cam", pixel_format=pixel_format)
    assert always_passes(request, jpeg) is passes
    assert never_passes(request, jpeg) is not passes


def test_grey_jpeg_is_not_passed_where_colour_was_planned() -> None:
    request = ImageRequest("cam", ImageFormat.JPEG, RGB)
    plan = planned(request, COLOUR)
    assert PassThrough(PERIOD_S).decide(plan, request, Source().frame(GREY)) == (plan, False)


@given(jpegs, st.floats(0.0, 100.0))
def test_jpeg_without_huffman_tables_is_encoded_again(jpeg: JpegPicture, quality: float) -> None:
    bare = replace(jpeg, has_huffman_tables=False)
    assert never_passes(ImageRequest("cam", quality_percent=quality), bare)


@given(jpegs, st.floats(0.0, 100.0))
def test_jpeg_without_quantisation_tables_is_encoded_again(
    jpeg: JpegPicture, quality: float
) -> None:
    bare = replace(jpeg, quality=None)
    assert never_passes(ImageRequest("cam", quality_percent=quality), bare)


def test_pixels_have_nothing_to_pass_through() -> None:
    picture = Picture(Layout.GREY8.dtype.type([[1]]), Layout.GREY8)
    plan = planned(DEFAULT, COLOUR)
    assert PassThrough(PERIOD_S).decide(plan, DEFAULT, Source().frame(picture)) == (plan, False)


@given(jpegs, st.floats(0.0, 100.0))
def test_with_transcode_nothing_passes(jpeg: JpegPicture, quality: float) -> None:
    source = Source(PassThrough(PERIOD_S, transcode=True))
    request = ImageRequest("cam", quality_percent=quality)
    assert all(source.transcodes(2.0, jpeg, request) for _ in range(3))


# What transcoding saves.


@given(st.lists(paying, min_size=1))
def test_transcode_that_saves_a_quarter_is_the_answer(parts: list[float]) -> None:
    source = Source()
    assert all(source.transcodes(part) for part in parts)


@given(st.lists(wasted, min_size=1), st.floats(0.0, 1.0))
def test_transcode_that_saves_little_is_never_the_answer_and_seldom_made(
    parts: list[float], step_s: float
) -> None:
    source = Source()
    for part in parts:
        assert not source.transcodes(part)
        source.now_s += step_s
    assert source.encodes <= 1 + source.now_s / PERIOD_S


@given(st.booleans(), st.lists(between, min_size=1))
def test_sizes_that_vary_about_the_limit_change_nothing(pays: bool, parts: list[float]) -> None:
    source = Source()
    assert source.transcodes(0.5 if pays else 1.0) is pays
    for part in parts:
        source.now_s += PERIOD_S
        assert source.transcodes(part) is pays


@given(st.lists(st.tuples(st.floats(0.01, 4.0), st.floats(0.0, 9.0), st.integers(100, 5000))))
def test_no_transcode_of_a_frame_leaves_more_than_the_limit(
    frames: list[tuple[float, float, int]],
) -> None:
    source = Source()
    for part, step_s, own_bytes in frames:
        jpeg = replace(COLOUR, data=bytes(own_bytes))
        if source.transcodes(part, jpeg):
            assert part <= STILL_PAYING_PART + 1 / own_bytes
        source.now_s += step_s


def test_next_trial_is_after_a_period() -> None:
    source = Source()
    assert not source.transcodes(1.0)
    source.now_s = PERIOD_S - 0.1
    assert not source.begins_trial()
    source.now_s = PERIOD_S
    assert not source.transcodes(0.5)  # the trial is made after the answer
    assert source.transcodes(0.5)


def test_what_no_longer_pays_is_known_at_once() -> None:
    source = Source()
    assert source.transcodes(0.5)
    assert not source.transcodes(1.2)
    assert not source.begins()


def test_a_trial_is_made_once_and_no_request_waits_for_it() -> None:
    source = Source()
    assert not source.transcodes(1.0)
    source.now_s = PERIOD_S
    assert source.begins_trial()
    assert not source.begins_trial()
    assert source.ends(0.5)
    assert source.begins()
    assert not source.is_trial


def test_requests_that_wait_for_the_first_trial_get_the_same() -> None:
    for part in (0.5, 0.78, 1.0):
        source = Source()
        assert source.begins()
        assert source.begins()
        assert source.ends(part) == source.ends(part) == (part <= PAYING_PART)


def test_new_quantisation_tables_are_tried_at_once() -> None:
    source = Source()
    assert not source.transcodes(1.0)
    assert source.begins(replace(COLOUR, quality=86))
    assert not source.begins()


def test_each_requested_quality_is_known_for_itself() -> None:
    source, low = Source(), ImageRequest("cam", quality_percent=30.0)
    assert not source.transcodes(1.0)
    assert source.transcodes(0.5, request=low)
    assert not source.begins()


@pytest.mark.parametrize("quality", [FRUGAL_QUALITY, FRUGAL_QUALITY + 1])
def test_who_asks_for_a_low_quality_gets_what_is_smaller(quality: int) -> None:
    low = ImageRequest("cam", quality_percent=float(quality))
    assert Source().transcodes(FRUGAL_PART, request=low) == (quality == FRUGAL_QUALITY)
    assert not Source().transcodes(FRUGAL_PART + 0.01, request=low)


def test_jpeg_that_grew_is_tried_at_once() -> None:
    source = Source()
    assert not source.transcodes(1.0)
    most = replace(COLOUR, data=bytes(int(GROWTH * OWN_BYTES)))
    larger = replace(COLOUR, data=bytes(int(GROWTH * OWN_BYTES) + 1))
    assert not source.begins_trial(most)
    assert source.begins_trial(larger)
    assert not source.ends(1.0, larger)
    # Of pictures that come in turn, only the first larger one is tried.
    assert not source.begins_trial()
    assert not source.begins_trial(larger)


def test_frame_that_is_older_than_the_last_trial_needs_none() -> None:
    source = Source(now_s=2 * PERIOD_S)
    assert not source.transcodes(1.0)
    source.now_s = 0.0
    assert not source.begins()
    assert not source.begins_trial()
