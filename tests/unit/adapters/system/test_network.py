from __future__ import annotations

import socket
import sys
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


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's tables of sockets")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_connection_is_found_until_it_ends(address: str) -> None:
    network = SystemNetwork()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        listener = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip("there is no IPv6")
    with listener, socket.create_connection(listener.getsockname()[:2]):
        assert network.is_connected_to(address)
    assert not any(map(network.is_connected_to, FOREIGN))


def table(root: Path, name: str, *sockets: tuple[str, str]) -> None:
    folder = root / "proc/self/net"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"   0: 00000000:0000 {remote} {state} 00000000:00000000" for remote, state in sockets]
    (folder / name).write_text("\n".join(["  sl  local_address rem_address   st", *lines, ""]))


@pytest.mark.skipif(sys.byteorder != "little", reason="the tables are of this computer's order")
def test_connections_are_those_of_the_kernel_s_tables(tmp_path: Path) -> None:
    network = SystemNetwork(tmp_path)
    assert not network.is_connected_to("192.0.2.77")  # no tables
    table(tmp_path, "tcp", ("4D0200C0:01BB", "01"), ("4E0200C0:01BB", "06"))
    mapped = "0000000000000000FFFF00004F0200C0:01BB"
    table(tmp_path, "tcp6", ("B80D0120000000000000000077000000:01BB", "01"), (mapped, "01"))
    connected = ["192.0.2.77", "2001:db8::77", "192.0.2.79", "2001:db8::77%eth0"]
    assert [address for address in connected if network.is_connected_to(address)] == connected
    assert not network.is_connected_to("192.0.2.78")  # it was closed


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
