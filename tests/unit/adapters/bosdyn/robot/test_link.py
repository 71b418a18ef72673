import base64
import json

import pytest

from spot_webcam.adapters.bosdyn.robot.link import token_end_ns


def token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.signature"


@pytest.mark.parametrize("name", ["a", "ab", "abc", "abcd"])
def test_end_of_a_token_is_its_claim_whatever_its_padding(name: str) -> None:
    assert token_end_ns(token({"sub": name, "exp": 1_700_000_000})) == 1_700_000_000_000_000_000


@pytest.mark.parametrize(
    "text", ["", "opaque", "a.b.c", "..", token({}), token([]), token({"exp": "never"})]
)
def test_token_that_does_not_say_has_no_known_end(text: str) -> None:
    assert token_end_ns(text) is None
