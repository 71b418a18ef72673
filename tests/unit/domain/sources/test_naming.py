import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import (
    Device,
    parse_device,
    parse_devices,
    with_certificates,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("0", "video0"),
        ("007", "video7"),
        ("/dev/video0", "video0"),
        ("/dev/v4l/by-id/usb-cam-index0", "usb-cam-index0"),
        ("recordings/walk.avi", "walk.avi"),
        ("walk.avi", "walk.avi"),
        ("rtsp://host/front", "front"),
        ("rtsp://host/front/", "front"),
        ("rtsp://host:554/live/front?profile=1/2", "front"),
        ("rtsp://user:secret@host/front", "front"),
        ("rtsp://host", "host"),
        ("synthetic:", "synthetic"),
        ("synthetic:?size=64x48", "synthetic"),
        ("synthetic:front?size=64x48", "front"),
        ("thermal:/dev/x", "x"),
        ("thermal:roof", "roof"),
        ("thermal:", "thermal"),
        ("thermal:?fps=9", "thermal"),
        ("gige://10.0.0.7/front", "front"),
        ("spinnaker:user:secret@front", "front"),
    ],
)
def test_source_takes_the_last_part_of_the_device_name(text: str, name: str) -> None:
    assert parse_device(text) == Device(name, DeviceAddress(text))


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("front=/dev/video0", Device("front", DeviceAddress("/dev/video0"))),
        ("front=0", Device("front", DeviceAddress("0"))),
        ("front=rtsp://host/x?a=b", Device("front", DeviceAddress("rtsp://host/x?a=b"))),
        (
            "pipe=v4l2src device=/dev/video0 ! appsink",
            Device("pipe", DeviceAddress("v4l2src device=/dev/video0 ! appsink")),
        ),
        ("a.b-c_d=synthetic:", Device("a.b-c_d", DeviceAddress("synthetic:"))),
    ],
)
def test_name_of_the_operator_is_used(text: str, device: Device) -> None:
    assert parse_device(text) == device


def test_file_with_an_equals_sign_in_its_name_is_a_file() -> None:
    device = Device("take=2.avi", DeviceAddress("take=2.avi"))
    assert parse_device("take=2.avi", lambda text: text == "take=2.avi") == device


@pytest.mark.parametrize("text", ["", "/", "///", "?x", "v4l2src ! appsink", "my camera"])
def test_device_that_has_no_name_is_refused_with_the_way_to_give_one(text: str) -> None:
    with pytest.raises(CameraMisconfigured, match="NAME="):
        parse_device(text)


@pytest.mark.parametrize(
    ("text", "example"),
    [
        ("front cam=/dev/video0", "front-cam=/dev/video0"),
        ("front cam=0", "front-cam=0"),
        ("vue de côté=usb:ABC", "vue-de-c-t=usb:ABC"),
        ("-left=synthetic:", "left=synthetic:"),
        (" left = rtsp://10.0.0.7/a", "left=rtsp://10.0.0.7/a"),
        ("front cam=rtsp://host/x", "front-cam=rtsp://host/x"),
        ("ü=/dev/video0", "NAME=DEVICE"),
        ("=/dev/video0", "NAME=DEVICE"),
        ("front/left=/dev/video0", "front-left=/dev/video0"),
        ("rear/=synthetic:", "rear=synthetic:"),
    ],
)
def test_name_with_other_characters_is_refused_with_those_that_it_may_have(
    text: str, example: str
) -> None:
    with pytest.raises(CameraMisconfigured) as caught:
        parse_device(text)
    assert "letters of A to Z, digits, -, _ and . only" in str(caught.value)
    assert str(caught.value).endswith(f": write it as {example}")


@pytest.mark.parametrize("text", ["front=", "front cam="])
def test_name_without_a_device_is_refused(text: str) -> None:
    with pytest.raises(CameraMisconfigured, match="no device follows the name"):
        parse_device(text)


def test_password_is_not_shown_for_an_invalid_name() -> None:
    for text in ("front cam=rtsp://user:secret@host/x", "front cam=ptz:secret@host"):
        with pytest.raises(CameraMisconfigured) as caught:
            parse_device(text)
        assert "secret" not in str(caught.value)
        assert "NAME=DEVICE" in str(caught.value)


def test_existing_file_is_no_invalid_name() -> None:
    text = "my take=/2.avi"
    assert parse_device(text, lambda given: given == text).source_name == "2.avi"


def test_name_is_unicode_whatever_the_file_is_called() -> None:
    assert parse_device("clips/x\udcff.avi").source_name == "x\\udcff.avi"


def test_password_is_not_shown_in_the_refusal() -> None:
    with pytest.raises(CameraMisconfigured) as caught:
        parse_device("rtsp://user:secret@host/my camera")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://host/user=admin&password=secret&channel=1",
        "rtsp://host/user=admin_password=secret_channel=1.sdp",
        "http://host/a;pwd=secret",
        "http://host/token:secret/",
        "http://host/key_secret",
        "http://host/key=secret@x",
        "spinnaker:secret@front",  # a word of any meaning
    ],
)
def test_no_source_is_named_by_a_password(text: str) -> None:
    with pytest.raises(CameraMisconfigured, match="write it as NAME=") as caught:
        parse_device(text)
    assert "secret" not in str(caught.value)
    assert parse_device(f"front={text}") == Device("front", DeviceAddress(text))


def test_file_may_be_called_like_a_secret() -> None:
    assert parse_device("/videos/key_scene.avi").source_name == "key_scene.avi"


def test_password_does_not_become_the_name_of_the_source() -> None:
    assert parse_device("rtsp://user:secret@host").source_name == "host"


def test_name_may_stand_before_a_device_name_too_long_for_a_file() -> None:
    device = "videotestsrc ! " + "x" * 300
    assert parse_device(f"front={device}") == Device("front", DeviceAddress(device))


@given(st.text(max_size=20))
def test_any_device_name_is_parsed_or_refused(text: str) -> None:
    try:
        device = parse_device(text)
    except CameraMisconfigured:
        return
    assert device.source_name
    assert " " not in device.source_name
    assert "/" not in device.source_name
    assert text.endswith(device.address.reveal())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://user:secret@host/front", "rtsp://host/front"),
        ("rtsp://user@host/front", "rtsp://host/front"),
        ("rtsp://user:p@ss@host/front", "rtsp://host/front"),
        ("rtsp://user:pa/ss@host/x", "rtsp://host/x"),
        ("rtsp://user:p@s/s@host/x", "rtsp://host/x"),
        ("rtsp://user:12/34@host/x", "rtsp://host/x"),
        ("rtsp://user:p?s@host/x", "rtsp://host/x"),
        ("rtsp://user:p#s@host:554/x", "rtsp://host:554/x"),
        ("rtsp://user:p@s@host/x?pw=secret", "rtsp://host/x?..."),
        ("http://host:81/x?mail=a@b", "http://host:81/x?..."),
        ("http://host/x?mail=a@b", "http://host/x?..."),
        ("http://[::1]:81/x?mail=a@b", "http://[::1]:81/x?..."),
        ("rtsp://host/a@b", "rtsp://host/a@b"),
        ("rtsp://host:554/a", "rtsp://host:554/a"),
        (
            "rtspsrc location=rtsp://h/x user-id=u user-pw=p ! appsink",
            "rtspsrc location=rtsp://h/x user-id=... user-pw=... ! appsink",
        ),
        ("rtspsrc user-pw=p ! appsink", "rtspsrc user-pw=... ! appsink"),
        ('rtspsrc user-pw="p q" ! appsink', "rtspsrc user-pw=... ! appsink"),
        ("rtsp://host/user=admin&password=S3&channel=1", "rtsp://host/user=..."),
        ("rtsp://host/channel=1&Password=S3", "rtsp://host/channel=1&Password=..."),
        ("rtsp://host/ch1_password=S3_x=1.sdp", "rtsp://host/ch1_password=..."),
        ("http://host/a;pwd=S3", "http://host/a;pwd=..."),
        ("http://host:81/token:S3/front", "http://host:81/token:..."),
        ("http://host/live_key_S3/front", "http://host/live_key_..."),
        ("http://host/x#apikey=S3", "http://host/x#apikey=..."),
        ("rtsp://host:81/password=S3@x", "rtsp://..."),
        ("rtsp://admin:password=S3@host/x", "rtsp://..."),
        ("rtsp://token:554/monkey_cage", "rtsp://token:554/monkey_cage"),
        ("/videos/token=1.avi", "/videos/token=1.avi"),
        ("/dev/video0", "/dev/video0"),
        (
            "rtspsrc location=rtsp://u:p@host/x ! appsink",
            "rtspsrc location=rtsp://host/x ! appsink",
        ),
    ],
)
def test_user_and_password_are_not_shown(text: str, shown: str) -> None:
    assert str(DeviceAddress(text)) == shown


SECRETS = st.text("ab12/?#@:&=%[].", max_size=12)


@given(SECRETS)
def test_no_password_with_letters_of_its_own_is_shown(secret: str) -> None:
    assert "ZZ" not in str(DeviceAddress(f"rtsp://operator:ZZ{secret}ZZ@host/front"))


@given(
    st.sampled_from(["password=", "Pass:", "pwd=", "pw=", "token_", "key=", "auth:", "secret="]),
    SECRETS,
    st.sampled_from(["/", "/user=admin&", "/a;", "/x?", "/x#", "/ch1_"]),
)
def test_no_password_of_a_path_is_shown(key: str, secret: str, before: str) -> None:
    assert "ZZ" not in str(DeviceAddress(f"rtsp://host:554{before}{key}ZZ{secret}ZZ&channel=1"))


def test_devices_keep_their_order() -> None:
    names = ["rtsp://host/front", "0", "rear=synthetic:"]
    assert [one.source_name for one in parse_devices(names)] == ["front", "video0", "rear"]


@pytest.mark.parametrize("texts", [["0", "/dev/video0"], ["0", "0"], ["a=0", "a=1"]])
def test_two_devices_with_one_name_are_refused(texts: list[str]) -> None:
    with pytest.raises(CameraMisconfigured, match="name one of them"):
        parse_devices(texts)


def test_passwords_are_not_shown_when_two_names_clash() -> None:
    with pytest.raises(CameraMisconfigured) as caught:
        parse_devices(["rtsp://a:secret@one/front", "rtsp://a:secret@two/front"])
    assert "secret" not in str(caught.value)
    assert "rtsp://one/front" in str(caught.value)


# Certificates.

DEVICES = parse_devices(["front=https://u:secret@host/x", "rear=HTTPS://h/y", "0"])


def test_certificates_belong_to_their_sources() -> None:
    devices = with_certificates(DEVICES, ["rear=sha256:AB=", "front=/etc/front ca.pem"])
    assert [device.certificate for device in devices] == ["/etc/front ca.pem", "sha256:AB=", ""]
    assert [device.address for device in devices] == [device.address for device in DEVICES]
    assert with_certificates(DEVICES, []) == DEVICES


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["front"], "expected NAME=sha256:FINGERPRINT"),
        (["front="], "with NAME of front, rear, video0"),
        (["back=ca.pem"], "with NAME of front, rear, video0"),
        (["video0=ca.pem"], "--trust-certificate video0: 0 is no https:// address"),
        (["front=a.pem", "front=b.pem"], "--trust-certificate front is given twice"),
    ],
)
def test_certificate_of_no_source_is_refused(texts: list[str], says: str) -> None:
    with pytest.raises(CameraMisconfigured, match=re.escape(says)) as refused:
        with_certificates(DEVICES, texts)
    assert "secret" not in str(refused.value)


def test_certificate_without_any_device_is_refused() -> None:
    with pytest.raises(CameraMisconfigured, match="with NAME of a source"):
        with_certificates([], ["front=ca.pem"])
