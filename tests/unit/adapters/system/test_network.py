from __future__ import annotations

from pathlib import Path

import pytest

from spot_webcam.adapters.system.network import SystemNetwork

# Addresses of documentation, which no computer has.
FOREIGN = ("192.0.2.77", "2001:db8::77")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_loopback_is_reached_from_itself(address: str) -> None:
    assert SystemNetwork().address_towards(address) in (address, None)  # None without IPv6
    assert SystemNetwork().address_towards("127.0.0.1") == "127.0.0.1"


@pytest.mark.parametrize("address", ["fe80::1", "no address", "300.0.0.1"])
def test_address_without_a_route_gives_none(address: str) -> None:
    assert SystemNetwork().address_towards(address) is None


def test_own_addresses_are_known_from_foreign_ones() -> None:
    network = SystemNetwork()
    assert network.has("127.0.0.1")
    for address in FOREIGN:
        assert not network.has(address)


def interface(root: Path, name: str, index: int, link: int) -> None:
    folder = root / "sys/class/net" / name
    folder.mkdir(parents=True)
    (folder / "ifindex").write_text(f"{index}\n")
    (folder / "iflink").write_text(f"{link}\n")


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_container_with_a_network_of_its_own_is_bridged(tmp_path: Path, mark: str) -> None:
    interface(tmp_path, "lo", 1, 1)
    interface(tmp_path, "eth0", 7, 8)
    (tmp_path / "sys/class/net/bonding_masters").write_text("")
    assert not SystemNetwork(tmp_path).is_bridged()  # a computer with VLANs
    (tmp_path / mark).parent.mkdir(exist_ok=True)
    (tmp_path / mark).touch()
    assert SystemNetwork(tmp_path).is_bridged()


def test_container_with_its_host_s_network_is_not_bridged(tmp_path: Path) -> None:
    (tmp_path / ".dockerenv").touch()
    assert not SystemNetwork(tmp_path).is_bridged()
    interface(tmp_path, "eth0", 2, 2)
    interface(tmp_path, "veth1", 7, 8)
    assert not SystemNetwork(tmp_path).is_bridged()
