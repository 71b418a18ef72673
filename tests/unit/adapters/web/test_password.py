import base64

from spot_webcam.adapters.web.password import LOCKED_S, MAX_ADDRESSES, MAX_ATTEMPTS, Password


class Time:
    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def basic(password: str, user: str = "spot") -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def test_any_user_with_the_password_is_accepted() -> None:
    password = Password("geheim:nis ß")
    assert password.accepts("10.0.0.1", basic("geheim:nis ß"))
    assert password.accepts("10.0.0.1", basic("geheim:nis ß", user=""))
    assert not password.accepts("10.0.0.1", basic("geheim"))
    assert not password.accepts("10.0.0.1", basic(""))


def test_what_is_no_password_is_no_attempt() -> None:
    password = Password("geheimnis")
    for header in (None, "", "Basic", "Basic !!", "Bearer abc", "Basic ä"):
        for _ in range(2 * MAX_ATTEMPTS):
            assert not password.accepts("10.0.0.1", header)
    assert password.locked_s("10.0.0.1") == 0.0


def test_address_waits_after_too_many_wrong_ones_and_others_do_not() -> None:
    now = Time()
    password = Password("geheimnis", now)
    for _ in range(MAX_ATTEMPTS):
        assert password.locked_s("10.0.0.1") == 0.0
        assert not password.accepts("10.0.0.1", basic("wrong"))
    assert password.locked_s("10.0.0.1") == LOCKED_S
    assert password.locked_s("10.0.0.2") == 0.0
    now.s += LOCKED_S
    assert password.locked_s("10.0.0.1") == 0.0
    assert not password.accepts("10.0.0.1", basic("wrong"))
    assert password.locked_s("10.0.0.1") == 0.0


def test_right_one_forgives_the_wrong_ones() -> None:
    password = Password("geheimnis")
    for _ in range(3):
        for _ in range(MAX_ATTEMPTS - 1):
            password.accepts("10.0.0.1", basic("wrong"))
        assert password.accepts("10.0.0.1", basic("geheimnis"))
    assert password.locked_s("10.0.0.1") == 0.0


def test_memory_of_wrong_attempts_is_bounded() -> None:
    password = Password("geheimnis", Time())
    for _ in range(MAX_ATTEMPTS):
        password.accepts("first", basic("wrong"))
    for number in range(MAX_ADDRESSES):
        password.accepts(f"other-{number}", basic("wrong"))
    assert password.locked_s("first") == 0.0


def test_ipv6_network_is_one_address() -> None:
    """A host chooses its addresses in it, and would have five attempts for each."""
    password = Password("geheimnis")
    for number in range(MAX_ATTEMPTS):
        assert not password.accepts(f"2001:db8::{number}", basic("wrong"))
    assert password.locked_s("2001:db8::1:2:3:4") > 0
    assert password.locked_s("fe80::1%eth0") == 0.0
    assert password.locked_s("2001:db8:0:1::") == 0.0


def test_mapped_ipv4_address_and_what_is_no_address_are_their_own() -> None:
    password = Password("geheimnis")
    for _ in range(MAX_ATTEMPTS):
        assert not password.accepts("::ffff:10.0.0.1", basic("wrong"))
        assert not password.accepts("", basic("wrong"))
    assert password.locked_s("::ffff:10.0.0.1") > 0
    assert password.locked_s("::ffff:10.0.0.2") == 0.0
    assert password.locked_s("") > 0
