"""Masking of credentials in the text forms of an address and in scrubbed texts."""

import copy
import logging
import pickle
from urllib.parse import quote, unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.address import URL_SCHEMES, DeviceAddress
from spot_webcam.domain.sources.naming import parse_device, parse_devices

PASSWORD = "QZXmarker"
ADDRESS = DeviceAddress(f"rtsp://admin:{PASSWORD}@10.0.0.7/gate")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        # Characters that a password may have.
        ("rtsp://admin:my secret@10.0.0.7/gate", "rtsp://10.0.0.7/gate"),
        ("rtsp://admin:a\tb\nc@host/x", "rtsp://host/x"),
        ("rtsp://admin:a ! b@host/x", "rtsp://host/x"),
        ("rtsp://admin:a\"b'c@host/x", "rtsp://host/x"),
        ("rtsp://us/er:pw@host/x", "rtsp://..."),
        ("rtsp://us?er:pw@host/x", "rtsp://..."),
        ("rtsp://user:12?34@host/x", "rtsp://..."),
        ("rtsp://user:p@s?s@host/x", "rtsp://..."),
        ("rtsp://user:p@host/x?pw=se@cret", "rtsp://..."),
        # Mistyped.
        ("rtsp:/admin:PW@HOST/x", "rtsp:/HOST/x"),
        ("rtsp//admin:PW@HOST/x", "rtsp//HOST/x"),
        ("rtsp:admin:PW@HOST/x", "rtsp:HOST/x"),
        ("RTSP:\\\\admin:PW@HOST", "RTSP:\\\\HOST"),
        ("rtps://admin:PW@HOST/x", "...@HOST/x"),
        ("rtsp;//admin:PW@HOST/x", "..."),
        (" rtsp://admin:PW@HOST/x", "...@HOST/x"),
        ("//admin:PW@HOST/x", "..."),
        ("/admin:PW@HOST/x", "..."),
        ("admin:PW@HOST/x", "...@HOST/x"),
        ("admin:p://q@HOST/x", "...@HOST/x"),
        ("HOST/user=admin&password=my secret", "HOST/user=..."),
        ("HOST/x?token=PW", "HOST/x?..."),
        ("rtsp://admin:PW%40HOST/x", "rtsp://..."),
        ("rtsp://admin%3APW%40HOST/x", "..."),
        ("rtsp%3A%2F%2Fadmin%3APW%40HOST%2Fx", "..."),
        ("rtsp://admin:PW\uff20HOST/x", "rtsp://..."),
        ("rtsp://admin:PW/HOST", "rtsp://..."),
        ("rtsp://admin:PW", "rtsp://..."),
        ("http://HOST/x%3Fpassword%3DPW", "..."),
        ("http://HOST/x;session=PW", "http://HOST/x;session=..."),
        ("name:rtsp://admin:PW@HOST/x", "...@HOST/x"),
        # Other packages'.
        ("ptz:admin:PW:HOST", "..."),
        ('ptz:{"user":"admin"}', "..."),
        ("ptz:HOST:81/x", "ptz:HOST:81/x"),
        ("ptz:admin:PW@HOST", "...@HOST"),
        ("ptz:admin:a ! b@HOST", "..."),
        ("ptz:HOST,password=PW", "ptz:HOST,password=..."),
        ("ptz:user:PW@HOST", "...@HOST"),
        ("ptz:password=P@W@HOST", "..."),
        ("gige://admin:PW@HOST/x", "...@HOST/x"),
        ("gige://HOST/x", "gige://HOST/x"),
        ("opencv:rtsp://admin:PW@HOST/x", "opencv:rtsp://HOST/x"),
        # Pipelines.
        (
            'rtspsrc location="rtsp://u:p ! q@h/x" user-pw="my \\" ! x" ! appsink',
            "rtspsrc location=rtsp://h/x user-pw=... ! appsink",
        ),
        ("rtspsrc location=rtsp://u:my secret@h/x ! appsink", "..."),
        ("rtspsrc location=rtsp://u:my x=secret@h/x ! appsink", "..."),
        ("rtspsrc user-pw=my secret num=1 ! appsink", "rtspsrc user-pw=... num=1 ! appsink"),
        ('rtspsrc user-pw="my secret ! appsink', "rtspsrc user-pw=..."),
        (
            'souphttpsrc extra-headers="h,Authorization=x y" ! appsink',
            "souphttpsrc extra-headers=h,Authorization=... ! appsink",
        ),
        # What can hold no credentials is legible.
        ("/dev/v4l/by-id/usb-Foo_Bar@1-video-index0",) * 2,
        ("/videos/a:b@c.avi",) * 2,
        ("./a:b@c.avi",) * 2,
        ("C:\\videos\\a@b.avi",) * 2,
        ("front@night.avi",) * 2,
        ("name:Cam: Cam @ desk",) * 2,
        ("synthetic:front?size=64x48&fps=5",) * 2,
        ("rtsp://host/a@b",) * 2,
        ("rtsp://host/a%20b.avi",) * 2,
        ("http://[fe80::1%25eth0]:8080/x",) * 2,
        ('v4l2src device=/dev/video0 ! "video/x-raw, width=640" ! appsink',) * 2,
    ],
)
def test_what_may_be_credentials_is_not_shown(written: str, shown: str) -> None:
    assert str(DeviceAddress(written)) == shown


def test_no_way_of_printing_shows_credentials() -> None:
    forms = [
        *(str(ADDRESS), repr(ADDRESS), f"{ADDRESS}", f"{ADDRESS!r}", f"{ADDRESS:>60}"),
        *("%s" % ADDRESS, "{}".format(ADDRESS), repr([ADDRESS])),  # noqa: UP031, UP032
        repr(parse_device(ADDRESS.reveal())),
    ]
    assert all("10.0.0.7" in form and PASSWORD not in form for form in forms)
    assert f"{ADDRESS:>30}" == f"{'rtsp://10.0.0.7/gate':>30}"


def test_log_record_shows_no_credentials(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("opens %s (%r)", ADDRESS, {"address": ADDRESS})
    assert "10.0.0.7" in caplog.text
    assert PASSWORD not in caplog.text


def test_addresses_are_equal_when_what_was_written_is() -> None:
    other = DeviceAddress("rtsp://admin:other@10.0.0.7/gate")
    assert str(other) == str(ADDRESS)
    assert other != ADDRESS
    assert {ADDRESS: 1}[DeviceAddress(ADDRESS.reveal())] == 1


def test_copies_keep_the_credentials() -> None:
    pickled = pickle.loads(pickle.dumps(ADDRESS))  # noqa: S301 - our own
    copies = [copy.copy(ADDRESS), copy.deepcopy(ADDRESS), pickled]
    assert [one.reveal() for one in copies] == [ADDRESS.reveal()] * 3


def test_address_knows_whether_it_holds_secrets() -> None:
    assert DeviceAddress("rtsp://viewer:hunter2@10.0.0.7/front").is_secret
    assert not DeviceAddress("rtsp://10.0.0.7/front").is_secret


def test_prefix_is_known_and_taken_off_without_revealing() -> None:
    address = DeviceAddress("opencv:0")
    assert address.startswith("opencv:")
    assert address.startswith(("usb:", "opencv:"))
    assert address.removeprefix("opencv:") == DeviceAddress("0")


def test_scheme_is_known_in_any_case() -> None:
    assert DeviceAddress("HTTPS://u:p@host/x").has_scheme("http", "https")
    assert not DeviceAddress("rtsp://host/http://x").has_scheme("http")
    assert not DeviceAddress("http").has_scheme("http")
    assert DeviceAddress("http://host").prefixed("opencv:") == DeviceAddress("opencv:http://host")


# User and password, apart.


@pytest.mark.parametrize(
    ("written", "url", "userinfo"),
    [
        ("http://host/x", "http://host/x", ""),
        ("http://u:pw@host/x", "http://host/x", "u:pw"),
        ("rtsp://admin:2024#Cam@10.0.0.7:554/a#b", "rtsp://10.0.0.7:554/a#b", "admin:2024%23Cam"),
        ("http://u:p@ss@host/x", "http://host/x", "u:p%40ss"),
        ("http://u:p w@host/x", "http://host/x", "u:p%20w"),
        ("http://u:100%@host/x", "http://host/x", "u:100%25"),
        ("http://u:p%40ss@host/x", "http://host/x", "u:p%40ss"),
        ("http://u:a/b?c@host/x?q=1", "http://host/x?q=1", "u:a%2Fb%3Fc"),
        ("http://u:\u00fc@host/x", "http://host/x", "u:%C3%BC"),
        ("http://u@host/x", "http://host/x", "u"),
        ("http://@host/x", "http://host/x", ""),
        ("http://host/a@b", "http://host/a@b", ""),
        ("walk@night.avi", "walk@night.avi", ""),
    ],
)
def test_user_and_password_are_taken_out_with_escapes(
    written: str, url: str, userinfo: str
) -> None:
    address = DeviceAddress(written)
    assert address.split_userinfo() == (url, userinfo)
    escaped = address.escape_userinfo()
    assert escaped.split_userinfo() == (url, userinfo)
    assert str(escaped) == str(address)
    if userinfo:
        assert escaped.reveal() == url.replace("://", f"://{userinfo}@", 1)


def test_ambiguous_user_and_password_are_refused_and_not_shown() -> None:
    address = DeviceAddress("rtsp://user:12?34@host/x")
    with pytest.raises(CameraMisconfigured, match="%23") as refused:
        address.split_userinfo()
    assert "34" not in str(refused.value)
    assert address.escape_userinfo() == address


# Texts of others.


@pytest.mark.parametrize(
    ("written", "text", "scrubbed"),
    [
        ("rtsp://u:pw@h/x", "cannot open 'rtsp://u:pw@h/x'", "cannot open 'rtsp://h/x'"),
        (
            "rtsp://u:pw@h/x",
            "u:pw refused; up and pw are words",
            "... refused; up and pw are words",
        ),
        ("rtsp://u:long@h/x", "login failed: long", "login failed: ..."),
        ("rtsp://user:a%20b%2Fc@h/x", "bad 'a b/c'", "bad '...'"),
        ("rtsp://user:a b/c@h/x", "bad a%20b%2Fc, a+b%2Fc, a%20b/c", "bad ..., ..., ..."),
        ("rtsp://user:a\tbcd@h/x", r"bad 'a\tbcd'", "bad '...'"),
        ("rtsp://user:straße@h/x", r"bad 'stra\xdfe' stra%C3%9Fe", "bad '...' ..."),
        ("rtsp://user:pw@h/x", "Basic dXNlcjpwdw==", "Basic ..."),
        ("rtsp://u:pw@h/x?key=12345", "get /x?key=12345: 12345", "get /x?...: ..."),
        ("ptz:admin:PW@HOST", "cannot reach admin:PW@HOST", "cannot reach ..."),
        ("rtsp://h/x", "cannot open rtsp://h/x", "cannot open rtsp://h/x"),
        ("udp://@:1234", "udp://@:1234 fails", "udp://@:1234 fails"),
        ("rtspsrc user-pw=hunter2 ! appsink", "no hunter2", "no ..."),
        ("rtsp://h:81/password=S3@x", "bad S3@x at h:81", "bad ... at h:81"),
    ],
)
def test_credentials_are_scrubbed_from_texts_of_others(
    written: str, text: str, scrubbed: str
) -> None:
    assert DeviceAddress(written).scrub(text) == scrubbed


# Whatever is typed.

TEXTS = st.text(
    st.one_of(
        st.sampled_from(" \t\n/?#@:;=&%\"'\\!.,[]<>|$~"),
        st.characters(codec="utf-8"),
        st.sampled_from("ab1"),
    ),
    max_size=12,
)
RIGHT = [f"{scheme}://" for scheme in ("rtsp", "http", "HTTPS", "udp", "rtmp")]
MISTYPED = ["rtsp:/", "rtsp//", "rtsp:", "rtsp:///", "RTSP:\\\\", "//", " rtsp://", "", "rtps://"]
PLUGINS = ["ptz:", "gige://", "opencv:rtsp://", "opencv:"]
TAILS = ["", "/x", ":554/live/front", "/x?channel=1&subtype=0", "/"]


Typed = tuple[str, str, str]


@st.composite
def credentials(draw: st.DrawFn) -> tuple[str, str]:
    """A user and a password, with the marker in one of them or both."""
    user, password, end = draw(TEXTS).replace(":", ""), draw(TEXTS), draw(TEXTS)
    where = draw(st.sampled_from(["user", "password", "both"]))
    if where != "password":
        user += PASSWORD
    if where != "user":
        password += PASSWORD
    return user, password + end


@st.composite
def urls(draw: st.DrawFn) -> Typed:
    """An address, right or wrong, with its user and its password."""
    scheme = draw(st.sampled_from(RIGHT + MISTYPED + PLUGINS))
    user, password = draw(credentials())
    assume(not _reads_otherwise(scheme, user, password))
    return f"{scheme}{user}:{password}@host{draw(st.sampled_from(TAILS))}", user, password


def _reads_otherwise(scheme: str, user: str, password: str) -> bool:
    """Whether the text is a URL with a query, a path, a drive, a label or a scheme by itself."""
    if "=" in f"{user}:{password}".partition("?")[2]:
        return True
    if scheme not in {"", "opencv:"}:
        return False
    ours = {"synthetic", "usb", "name", "opencv", *URL_SCHEMES}
    return not user.isidentifier() or len(user) == 1 or user.lower() in ours


def _pipeline(layout: str) -> st.SearchStrategy[Typed]:
    def typed(drawn: tuple[str, str]) -> Typed:
        user, password = (one.replace("\\", "\\\\").replace('"', '\\"') for one in drawn)
        return layout.format(user=user, password=password), *drawn

    return credentials().map(typed)


def _without_quotes(layout: str) -> st.SearchStrategy[Typed]:
    texts = TEXTS.map(lambda text: "".join(one for one in text if one.isalnum() or one in "@:/?#"))
    return texts.map(lambda text: (layout.format(text + PASSWORD), "u", text + PASSWORD))


PIPELINES = st.one_of(
    _pipeline('rtspsrc location="rtsp://{user}:{password}@h/x" ! appsink'),
    _pipeline('rtspsrc user-id="{user}" user-pw="{password}" ! appsink'),
    _without_quotes("rtspsrc user-id=u user-pw={} ! appsink"),
    _without_quotes("rtspsrc location=rtsp://u:{}@h/x ! appsink"),
)


def _parsed(words: list[str]) -> str:
    try:
        return repr(parse_devices(words))
    except CameraMisconfigured as error:
        return str(error)


def spoken(typed: Typed) -> str:
    """Return all that is said of an address, in a log, in errors and as the source's name."""
    text, user, password = typed
    address = DeviceAddress(text)
    devices = ([text], [f"front={text}"], [text, text], [f"a={text}", f"a={text}"])
    parts = (text, user, password, f"{user}:{password}", f"{user}:{password}@host")
    foreign = [
        form
        for one in parts
        for form in (one, quote(one, safe=""), quote(one, safe=":/"), repr(one))
    ]
    said = [
        *(str(address), repr(address), f"{address:>9}", "%s" % address),  # noqa: UP031
        *map(_parsed, devices),
        *(address.scrub(f"cannot open {one}: refused") for one in foreign),
    ]
    return "\n".join(said)


@given(st.one_of(urls(), PIPELINES))
def test_no_text_form_of_any_address_holds_its_credentials(typed: Typed) -> None:
    assert PASSWORD not in spoken(typed)


@given(st.sampled_from(RIGHT), TEXTS.filter(lambda text: ":" not in text), TEXTS)
def test_user_and_password_are_those_that_were_typed(scheme: str, user: str, password: str) -> None:
    address = DeviceAddress(f"{scheme}{user}:{password}@host/x")
    try:
        url, userinfo = address.split_userinfo()
    except CameraMisconfigured:
        return
    # A typed escape is one.
    typed = unquote(f"{user}:{password}")
    assume(url == f"{scheme}host/x")
    assert unquote(userinfo) == typed
    assert not set(userinfo) & set("/?#@[] ")


@given(st.one_of(TEXTS, st.text()))
def test_whatever_is_typed_has_a_text_form(text: str) -> None:
    address = DeviceAddress(text)
    assert address.reveal() == text
    assert address.scrub(f"{text}!").endswith("!")
