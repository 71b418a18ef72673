"""Answers to challenges: the examples of the RFCs, and a guard that checks them by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.sources.authentication import (
    Authenticator,
    Challenge,
    Credentials,
    parse_challenges,
)
from spot_webcam.fakes.cameras.network import Guard

# RFC 7616, section 3.9.1.
MUFASA = Credentials("Mufasa", "Circle of Life")
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
EXAMPLE = (
    f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={{}}, nonce="{NONCE}",'
    ' opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
SHA_256, MD5 = EXAMPLE.format("SHA-256"), EXAMPLE.format("MD5")


def answer(
    *challenges: str, credentials: Credentials = MUFASA, target: str = "/dir/index.html"
) -> str:
    authenticator = Authenticator(credentials, lambda: CNONCE)
    assert authenticator.accept(parse_challenges(challenges))
    value = authenticator.authorization("GET", target)
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("challenge", "response"),
    [
        (SHA_256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        (MD5, "8ca523f5e9506fed4657c9700eebdbec"),
    ],
)
def test_answer_is_that_of_the_rfc(challenge: str, response: str) -> None:
    value = answer(challenge)
    assert value.startswith('Digest username="Mufasa", realm="http-auth@example.org"')
    assert f'response="{response}"' in value
    assert "qop=auth, nc=00000001" in value


def test_answer_without_qop_is_that_of_rfc_2069() -> None:
    # Its example, as corrected by erratum 749.
    value = answer(
        'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
        credentials=Credentials("Mufasa", "CircleOfLife"),
    )
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in value
    assert "qop" not in value
    assert "nc" not in value.partition("response")[2]


def test_best_challenge_is_answered_in_whatever_order() -> None:
    for values in ([MD5, SHA_256, "Basic"], [f"Basic realm=x, {SHA_256}, {MD5}"]):
        assert "algorithm=SHA-256" in answer(*values)
    assert answer("Basic realm=x", "NTLM", credentials=Credentials("Aladdin", "open sesame")) == (
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    )


@pytest.mark.parametrize(
    "challenges",
    [[], ["NTLM"], ["Negotiate abc=="], ["Digest nonce=x, algorithm=SHA-3"], ["Digest qop=x"]],
)
def test_challenge_that_is_not_known_is_not_answered(challenges: list[str]) -> None:
    authenticator = Authenticator(MUFASA)
    assert not authenticator.accept(parse_challenges(challenges))
    assert authenticator.authorization("GET", "/") is None


def test_nothing_is_answered_without_a_user() -> None:
    authenticator = Authenticator(None)
    assert not authenticator.accept(parse_challenges([MD5]))
    assert authenticator.authorization("GET", "/") is None


def test_challenges_are_parsed_with_all_their_oddities() -> None:
    value = 'DIGEST Realm = "a \\"b\\", c=d" ,nonce="", stale=TRUE,, Basic  realm="x"'
    assert parse_challenges([value, "realm=lost", ""]) == [
        Challenge("digest", {"realm": 'a "b", c=d', "nonce": "", "stale": "TRUE"}),
        Challenge("basic", {"realm": "lost"}),
    ]
    assert parse_challenges(["realm=lost"]) == []


def test_realm_is_quoted_again() -> None:
    assert 'realm="a \\"b\\""' in answer('Digest realm="a \\"b\\"", nonce="1"')


def test_letters_beyond_latin_are_sent_as_utf_8() -> None:
    value = answer('Digest realm="x", nonce="1"', credentials=Credentials("Zoë", "Ω"))
    assert 'username="ZoÃ«"' in value
    assert value.encode("latin-1").decode("utf-8")


def test_uses_of_a_nonce_are_counted() -> None:
    authenticator = Authenticator(MUFASA, lambda: CNONCE)
    authenticator.accept(parse_challenges([MD5]))
    values = [authenticator.authorization("GET", "/") or "" for _ in range(3)]
    assert ["nc=0000000" + str(count) in value for count, value in enumerate(values, 1)] == [
        True
    ] * 3
    assert not authenticator.is_stale
    authenticator.accept(parse_challenges([f"{MD5}, stale=true"]))
    assert authenticator.is_stale
    assert "nc=00000001" in (authenticator.authorization("GET", "/") or "")


@pytest.mark.parametrize("userinfo", ["", "user", "user:p:w", "u%20s:%40%3a", ":"])
def test_credentials_are_those_of_a_url(userinfo: str) -> None:
    expected = {
        "": None,
        "user": Credentials("user", ""),
        "user:p:w": Credentials("user", "p:w"),
        "u%20s:%40%3a": Credentials("u s", "@:"),
        ":": Credentials("", ""),
    }
    assert Credentials.parse(userinfo) == expected[userinfo]
    assert "p:w" not in repr(Credentials.parse(userinfo))


SCHEMES = [
    "Basic",
    *(f"Digest {algorithm}" for algorithm in ("MD5", "SHA-256", "SHA-512-256")),
    *(f"Digest {algorithm}" for algorithm in ("MD5-sess", "SHA-256-sess", "")),
]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("qop", ["auth", "auth-int", "auth,auth-int", ""])
def test_guard_lets_the_right_user_in_and_no_other(scheme: str, qop: str) -> None:
    guard = Guard("Zoë", "pass:word", scheme, qop=qop)
    for password, is_right in [("pass:word", True), ("password", False), ("", False)]:
        authenticator = Authenticator(Credentials("Zoë", password))
        assert authenticator.accept(parse_challenges(guard.challenges()))
        for _ in range(2):
            value = authenticator.authorization("GET", "/x?y=z") or ""
            assert guard.admits(value.encode("latin-1").decode(), "/x?y=z") is is_right
    assert len(guard.accepted) == 2


@given(st.lists(st.text(max_size=60), max_size=3))
def test_any_challenge_is_parsed(values: list[str]) -> None:
    authenticator = Authenticator(MUFASA, lambda: CNONCE)
    if authenticator.accept(parse_challenges(values)):
        assert authenticator.authorization("GET", "/")
