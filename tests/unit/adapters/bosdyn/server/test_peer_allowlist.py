import ipaddress
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.server.peer_allowlist import (
    MAX_COUNTED,
    PeerAllowlist,
    address_of,
    parse_address,
    parse_network,
)


def allowlist(*networks: str) -> PeerAllowlist:
    return PeerAllowlist(map(parse_network, networks))


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:127.0.0.1:40000", "127.0.0.1"),
        ("ipv6:%5B::1%5D:40000", "::1"),
        ("ipv6:[::1]:40000", "::1"),
        ("ipv6:%5B::ffff:10.0.0.3%5D:40000", "10.0.0.3"),
        ("ipv6:%5Bfe80::1%25eth0%5D:40000", "fe80::1"),
        ("ipv6:%5Bfe80::1%252%5D:40000", "fe80::1"),
    ],
)
def test_address_is_read_from_a_peer(peer: str, address: str) -> None:
    assert str(address_of(peer)) == address


@pytest.mark.parametrize("peer", ["", "unix:", "unix:/tmp/a", "unix-abstract:a", "ipv4:", "ipv4:x"])
def test_peer_without_an_address_is_refused_once_anyone_is_named(peer: str) -> None:
    assert address_of(peer) is None
    assert not allowlist("0.0.0.0/0", "::/0").allows(peer)
    assert PeerAllowlist().allows(peer)


@given(st.text())
def test_any_peer_is_judged(peer: str) -> None:
    allowlist("10.0.0.0/8").allows(peer)


def test_named_networks_are_let_in() -> None:
    peers = allowlist("10.0.0.0/8", "fd00::/8")
    names = ["ipv4:10.1.2.3:4", "ipv6:%5Bfd00::1%5D:4", "ipv4:11.1.2.3:4", "ipv6:%5B::1%5D:4"]
    assert [peers.allows(peer) for peer in names] == [True, True, False, False]


def test_refusals_of_a_peer_are_reported_with_their_count(caplog: pytest.LogCaptureFixture) -> None:
    peers = allowlist("10.0.0.0/8")
    with caplog.at_level(logging.WARNING):
        for port in range(1, 151):
            assert not peers.allows(f"ipv4:192.168.1.7:{port}")
    reported = [record.getMessage() for record in caplog.records]
    assert all(one.startswith("192.168.1.7 is neither") for one in reported)
    counts = [one.partition(": ")[2].partition(" of its calls")[0] for one in reported]
    assert counts == ["1", "10", "100"]
    assert reported[0].endswith("add --allow-from 192.168.1.7")


def test_log_of_refusals_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    peers = allowlist("10.0.0.0/8")
    with caplog.at_level(logging.WARNING):
        for number in range(MAX_COUNTED + 50):
            peers.allows(f"ipv6:%5B2001:db8::{number:x}%5D:1")
    assert len(caplog.records) <= MAX_COUNTED + 3
    reported = caplog.records[-1].getMessage()
    assert "more than 256 peers are neither the robot nor in --allow-from: 10 calls" in reported
    assert "add --allow-from" not in reported


def allows(networks: list[str], address: str) -> bool:
    version = ipaddress.ip_address(address).version
    peer = f"ipv4:{address}:1" if version == 4 else f"ipv6:[{address}]:1"
    return allowlist(*networks).allows(peer)


@pytest.mark.parametrize(
    ("network", "address", "allowed"),
    [
        ("192.168.50.0/24", "192.168.50.3", True),
        ("192.168.50.0/24", "192.168.51.3", False),
        ("192.168.50.7/24", "192.168.50.3", True),  # bits below the mask mean nothing
        ("192.168.50.3", "192.168.50.3", True),
        ("192.168.50.3", "192.168.50.4", False),
        ("192.168.50.0/24", "::ffff:192.168.50.3", True),
        ("::ffff:192.168.50.0/120", "192.168.50.3", True),
        ("::ffff:192.168.50.0/120", "192.168.51.3", False),
        ("::/0", "192.168.50.3", False),
        ("0.0.0.0/0", "fd00::1", False),
        ("fd00::/8", "fd12::1", True),
        ("fe80::/10", "fe80::1%eth0", True),
        ("2001:db8::/96", "2001:db8::1", True),
    ],
)
def test_address_is_allowed_within_a_named_network(
    network: str, address: str, allowed: bool
) -> None:
    assert allows([network], address) is allowed


def test_robot_is_allowed_once_its_addresses_are_known() -> None:
    peers = allowlist("203.0.113.0/24")
    robot = "ipv4:192.168.80.3:1"
    assert not peers.update_robot([])
    assert not peers.allows(robot)
    assert peers.update_robot(["192.168.80.3", "fd00::3"])
    assert peers.allows(robot)


def test_name_that_no_longer_resolves_leaves_the_addresses_that_were_known() -> None:
    peers = allowlist("203.0.113.0/24")
    peers.update_robot(["192.168.80.3"])
    assert peers.update_robot([])
    assert peers.update_robot(["no address"])
    assert peers.allows("ipv4:192.168.80.3:1")


@pytest.mark.parametrize("text", ["", "robot", "192.168.50.0/33", "10.0.0.0/8/8", "10.0.0"])
def test_invalid_network_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^invalid network .* such as 192\.168\.50\.0/24$"):
        parse_network(text)


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    parse_address(text)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_mapped_and_plain_addresses_are_the_same_peer(
    address: ipaddress.IPv4Address, prefix: int
) -> None:
    assert allows([f"{address}/{prefix}"], f"::ffff:{address}")
