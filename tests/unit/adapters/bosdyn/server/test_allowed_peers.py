import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.server.allowed_peers import (
    AllowedPeers,
    parse_address,
    parse_network,
)


def allows(networks: list[str], address: str, robot: tuple[str, ...] = ()) -> bool:
    peers = AllowedPeers(map(parse_network, networks))
    peers.learn_robot(robot)
    parsed = parse_address(address)
    assert parsed is not None
    return peers.allows(parsed)


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
    peers = AllowedPeers([])
    robot = parse_address("192.168.80.3")
    assert robot is not None
    assert not peers.robot_known
    assert not peers.allows(robot)
    peers.learn_robot(["192.168.80.3", "fd00::3"])
    assert peers.robot_known
    assert peers.allows(robot)


def test_name_that_no_longer_resolves_leaves_the_addresses_that_were_known() -> None:
    peers = AllowedPeers([])
    peers.learn_robot(["192.168.80.3"])
    peers.learn_robot([])
    peers.learn_robot(["no address"])
    assert peers.robot_known


@pytest.mark.parametrize("text", ["", "robot", "192.168.50.0/33", "10.0.0.0/8/8", "10.0.0"])
def test_what_is_no_network_is_told_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no network: give one such as 192\.168\.50\.0/24"):
        parse_network(text)


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    parse_address(text)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_mapped_and_plain_addresses_are_the_same_peer(
    address: ipaddress.IPv4Address, prefix: int
) -> None:
    assert allows([f"{address}/{prefix}"], f"::ffff:{address}")
