import pytest

from spot_webcam.adapters.web.hosts import KnownHosts


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "127.0.0.1:8080",
        "192.168.50.5",
        "[::1]:8080",
        "[fe80::1%eth0]",
        "payload-computer:80",
        "PAYLOAD-computer.",
    ],
)
def test_addresses_and_own_names_are_accepted(host: str) -> None:
    assert KnownHosts(["payload-computer", ""]).accepts_host(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "127.0.0.1.evil.example:8080",
        "localhost.evil.example",
        "user@localhost",
        "localhost:8080/x",
        "::1",
        "[localhost]",
        "127.0.0.1:999999",
        "1.2.3",
    ],
)
def test_names_that_anybody_can_give_us_are_refused(host: str | None) -> None:
    assert not KnownHosts(["payload-computer"]).accepts_host(host)


def test_origin_is_this_very_server_or_none() -> None:
    hosts = KnownHosts([])
    assert hosts.accepts_origin(None, "http", "localhost:8080")
    assert hosts.accepts_origin("http://localhost:8080", "http", "LocalHost:8080")
    for origin in ("null", "https://localhost:8080", "http://localhost", "http://evil.example"):
        assert not hosts.accepts_origin(origin, "http", "localhost:8080")
