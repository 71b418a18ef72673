"""What the guard of a fake camera refuses; that it lets in is tested with real clients."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from spot_webcam.fakes.cameras.network import Guard


def digest(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()


def answer(guard: Guard, count: int = 1, target: str = "/x", nonce: str = "") -> str:
    """Return the right answer of RFC 7616, with one of the guard's nonces."""
    if not nonce:
        found = re.search('nonce="([^"]*)"', guard.challenges()[0])
        assert found is not None
        nonce = found[1]
    counted = f"{count:08x}"
    secret, request = digest("me", "camera", "pw"), digest("GET", target)
    response = digest(secret, nonce, counted, "c", "auth", request)
    return (
        f'Digest username="me", realm="camera", nonce="{nonce}", uri="{target}", cnonce="c",'
        f' qop=auth, nc={counted}, response="{response}"'
    )


def nonce_of(authorization: str) -> str:
    return authorization.partition('nonce="')[2].partition('"')[0]


def test_right_answer_is_let_in_once() -> None:
    guard = Guard("me", "pw")
    value = answer(guard)
    assert guard.admits(value, "/x") is True
    # Its count is no new one.
    assert guard.admits(value, "/x") is False
    assert guard.admits(answer(guard, 2, nonce=nonce_of(value)), "/x") is False
    assert guard.accepted == ["Digest MD5"]


@pytest.mark.parametrize(
    "change",
    [
        ("nonce=", "once="),
        ('uri="/x"', 'uri="/y"'),
        ("response=", "answer="),
        ("Digest ", "Else "),
        ("Digest ", "Basic "),
        ("cnonce", "algorithm=SHA-256, cnonce"),
    ],
)
def test_wrong_answer_is_refused(change: tuple[str, str]) -> None:
    guard = Guard("me", "pw")
    assert guard.admits(answer(guard).replace(*change), "/x") is False
    assert guard.admits("", "/x") is False
    assert guard.accepted == []


def test_nonce_is_stale_after_its_uses() -> None:
    guard = Guard("me", "pw", nonce_uses=1)
    first = answer(guard)
    assert guard.admits(first, "/x") is True
    assert guard.admits(answer(guard, 2, nonce=nonce_of(first)), "/x") is None
    assert "stale=TRUE" in guard.challenges(is_stale=True)[0]
    assert "stale" not in guard.challenges()[0]


def test_basic_is_let_in_where_it_is_offered() -> None:
    pair = base64.b64encode(b"me:pw").decode()
    assert Guard("me", "pw", "Basic").admits(f"Basic {pair}", "/") is True
    assert Guard("me", "pw", "Basic").admits("Basic eA==", "/") is False
    assert Guard("me", "pw", "Digest MD5").admits(f"Basic {pair}", "/") is False
    assert Guard("me", "pw", "NTLM").challenges() == ['NTLM realm="camera"']
