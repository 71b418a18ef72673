"""PictureTimeout, timestamps of senders, kinds of content, and trust in certificates."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from spot_webcam.adapters.http_camera import Trust
from spot_webcam.adapters.http_camera.content import Content, ContentType, content_of
from spot_webcam.adapters.http_camera.picture_timeout import LONG_S, MAX_S, SHORT_S, PictureTimeout
from spot_webcam.adapters.http_camera.timestamps import MAX_AGE_NS, SenderClock, timestamp_ns
from spot_webcam.domain.errors import CameraMisconfigured

NOW_NS = 1_700_000_000_000_000_000


# PictureTimeout.


def test_timeouts_alternate_until_a_picture_came() -> None:
    timeout = PictureTimeout()
    timeouts = []
    for _ in range(4):
        timeouts.append(timeout.timeout_s)
        timeout.timed_out()
    assert timeouts == [SHORT_S, LONG_S, SHORT_S, LONG_S]


@pytest.mark.parametrize(
    ("period_s", "timeout_s"), [(0.03, 2.0), (1.0, 4.0), (3.0, 12.0), (60, MAX_S)]
)
def test_timeout_follows_the_slowest_period(period_s: float, timeout_s: float) -> None:
    timeout = PictureTimeout()
    for _ in range(3):
        timeout.delivered(period_s)
    assert timeout.timeout_s == timeout_s


def test_camera_that_has_become_quick_is_noticed_sooner() -> None:
    timeout = PictureTimeout()
    timeout.delivered(5.0)
    for _ in range(10):
        timeout.delivered(0.1)
    assert timeout.timeout_s == SHORT_S


# Timestamps.


@pytest.mark.parametrize(
    ("text", "stamp_ns"),
    [
        ("1700000000.123456", 1_700_000_000_123_456_000),
        (" 12.5 ", 12_500_000_000),
        ("7", 7_000_000_000),
        ("0.000000", 0),
        ("1.1234567891", 1_123_456_789),
        ("", None),
        ("-1", None),
        ("1e9", None),
        ("yesterday", None),
        ("9" * 40, None),
    ],
)
def test_timestamp_is_in_seconds(text: str, stamp_ns: int | None) -> None:
    assert timestamp_ns({"x-timestamp": text}) == stamp_ns


def test_part_without_timestamp_has_none() -> None:
    assert timestamp_ns({}) is None
    assert SenderClock().capture_time_ns(None, NOW_NS) is None


def test_times_shortly_before_the_arrival_are_capture_times() -> None:
    clock = SenderClock()
    for number in range(3):
        arrived_ns = NOW_NS + number * 40_000_000
        assert clock.capture_time_ns(arrived_ns - MAX_AGE_NS, arrived_ns) == arrived_ns - MAX_AGE_NS


@pytest.mark.parametrize("age_ns", [-1, MAX_AGE_NS + 1, NOW_NS])
def test_other_clock_is_not_believed_any_more(age_ns: int) -> None:
    clock = SenderClock()
    assert clock.capture_time_ns(NOW_NS - age_ns, NOW_NS) is None
    assert clock.capture_time_ns(NOW_NS + 1, NOW_NS + 2) is None


def test_time_that_does_not_rise_is_none() -> None:
    clock = SenderClock()
    assert clock.capture_time_ns(NOW_NS, NOW_NS) == NOW_NS
    assert clock.capture_time_ns(NOW_NS, NOW_NS + 5) is None


# Kinds of content.


@pytest.mark.parametrize(
    ("value", "media_type", "boundary"),
    [
        ("multipart/x-mixed-replace;boundary=--a", "multipart/x-mixed-replace", "--a"),
        ('Multipart/Mixed; charset=x; Boundary = "a b;c"', "multipart/mixed", "a b;c"),
        ('multipart/x-mixed-replace; boundary="open', "multipart/x-mixed-replace", "open"),
        ("multipart/x-mixed-replace; boundary=", "multipart/x-mixed-replace", ""),
        ("image/jpeg, image/jpeg", "image/jpeg", ""),
        ("", "", ""),
    ],
)
def test_content_type_is_parsed_as_cameras_write_it(
    value: str, media_type: str, boundary: str
) -> None:
    assert ContentType.of({"Content-Type": value}) == ContentType(media_type, boundary)
    assert ContentType.of({}) == ContentType("", "")


JPEG, TEXT, BINARY = b"\xff\xd8\xff\xe0", b"hello", b"\0\0\0\x18ftyp"


@pytest.mark.parametrize(
    ("media_type", "start", "has_length", "content"),
    [
        ("multipart/x-mixed-replace", b"", False, Content.STREAM),
        ("multipart/mixed", b"", True, Content.STREAM),
        ("video/x-motion-jpeg", b"", False, Content.STREAM),
        ("image/jpg", b"", True, Content.PICTURE),
        ("text/html", JPEG, True, Content.PICTURE),
        ("", JPEG, False, Content.STREAM),
        ("text/plain", b"\r\n--picture\r\n", False, Content.STREAM),
        ("", b"Content-Type: image/jpeg\r\n\r\n\xff\xd8", False, Content.STREAM),
        ("text/plain", b"\r\nContent-Length: 9\n", False, Content.STREAM),
        ("video/mp4", BINARY, True, Content.VIDEO),
        ("", BINARY, False, Content.VIDEO),
        ("application/octet-stream", b"", False, Content.VIDEO),
        ("application/mp4", BINARY, True, Content.VIDEO),
    ],
)
def test_content_is_known_by_type_and_start(
    media_type: str, start: bytes, has_length: bool, content: Content
) -> None:
    kind = ContentType(media_type, "")
    assert content_of("http://host/x", kind, start, has_length=has_length) is content


@pytest.mark.parametrize(
    ("media_type", "start", "says"),
    [
        ("text/html", TEXT, "web page"),
        ("application/xhtml+xml", TEXT, "web page"),
        ("text/plain", b" <!DOCTYPE HTML>", "web page"),
        ("", TEXT, "sends text"),
        ("image/webp", BINARY, "sends image/webp"),
        ("audio/x-mpegurl", TEXT, "playlist"),
        ("application/dash+xml", TEXT, "playlist"),
        ("video/mp4", b"#EXTM3U", "playlist"),
    ],
)
def test_other_content_is_refused_with_a_remedy(media_type: str, start: bytes, says: str) -> None:
    with pytest.raises(CameraMisconfigured, match=says):
        content_of("http://host/x", ContentType(media_type, ""), start, has_length=True)


# Trust.

HEX = "0123456789abcdef" * 4
PAIRS = ":".join(HEX[at : at + 2] for at in range(0, 64, 2)).upper()


@pytest.mark.parametrize("text", [HEX, HEX.upper(), f"sha256:{HEX}", f"SHA256:{PAIRS}", PAIRS])
def test_fingerprint_is_known_in_all_its_forms(text: str) -> None:
    assert Trust.parse(text) == Trust(fingerprint=HEX)


def test_file_is_trusted_if_it_holds_a_certificate(tmp_path: Path) -> None:
    ca, other = tmp_path / "ca.pem", tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(ca)
    other.write_text("no certificate")
    assert Trust.parse(str(ca)) == Trust(ca_file=str(ca))
    assert Trust.parse("") == Trust()
    with pytest.raises(CameraMisconfigured, match="no readable PEM certificate"):
        Trust.parse(str(other))


@pytest.mark.parametrize("text", [HEX[1:], f"md5:{HEX}", "/nowhere/ca.pem", "a\0b", "x" * 5000])
def test_text_that_is_neither_is_refused(text: str) -> None:
    with pytest.raises(CameraMisconfigured, match="PEM"):
        Trust.parse(text)
