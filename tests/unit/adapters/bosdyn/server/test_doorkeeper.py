import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.server.allowed_peers import AllowedPeers, parse_network
from spot_webcam.adapters.bosdyn.server.doorkeeper import MAX_COUNTED, Doorkeeper, address_of


def doorkeeper(*networks: str) -> Doorkeeper:
    return Doorkeeper(AllowedPeers(map(parse_network, networks)))


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
    assert not doorkeeper("0.0.0.0/0", "::/0").admits(peer)
    assert Doorkeeper().admits(peer)


@given(st.text())
def test_any_peer_is_judged(peer: str) -> None:
    doorkeeper("10.0.0.0/8").admits(peer)


def test_named_networks_are_let_in() -> None:
    keeper = doorkeeper("10.0.0.0/8", "fd00::/8")
    peers = ["ipv4:10.1.2.3:4", "ipv6:%5Bfd00::1%5D:4", "ipv4:11.1.2.3:4", "ipv6:%5B::1%5D:4"]
    assert [keeper.admits(peer) for peer in peers] == [True, True, False, False]


def test_refusals_of_a_peer_are_told_with_their_count(caplog: pytest.LogCaptureFixture) -> None:
    keeper = doorkeeper("10.0.0.0/8")
    with caplog.at_level(logging.WARNING):
        for port in range(1, 151):
            assert not keeper.admits(f"ipv4:192.168.1.7:{port}")
    told = [record.getMessage() for record in caplog.records]
    assert all(one.startswith("192.168.1.7 is neither") for one in told)
    counts = [one.partition(": ")[2].partition(" of its calls")[0] for one in told]
    assert counts == ["1", "10", "100"]
    assert told[0].endswith("add --allow-from 192.168.1.7")


def test_log_of_refusals_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    keeper = doorkeeper("10.0.0.0/8")
    with caplog.at_level(logging.WARNING):
        for number in range(MAX_COUNTED + 50):
            keeper.admits(f"ipv6:%5B2001:db8::{number:x}%5D:1")
    assert len(caplog.records) <= MAX_COUNTED + 3
    told = caplog.records[-1].getMessage()
    assert "more than 256 peers are neither the robot nor in --allow-from: 10 calls" in told
    assert "add --allow-from" not in told
