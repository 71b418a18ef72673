"""`serve --allow-from`: who is answered."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import pytest
from bosdyn.api import image_pb2, image_service_pb2_grpc

from spot_webcam.adapters.bosdyn.server import peer_allowlist
from spot_webcam.adapters.bosdyn.server.peer_allowlist import PeerAllowlist, parse_network
from spot_webcam.fakes.robot import FakeRobot
from tests.timing import PATIENCE_S

GET_IMAGE = "/bosdyn.api.ImageService/GetImage"
Call = Callable[..., grpc.StatusCode]


@pytest.fixture
def call() -> Iterator[Call]:
    """Send bytes to a port by an address of this host, and return the code of the answer."""
    with ExitStack() as stack:

        def call(
            port: int, method: str = GET_IMAGE, host: str = "127.0.0.1", data: bytes = b""
        ) -> grpc.StatusCode:
            options = [("grpc.use_local_subchannel_pool", 1)]
            channel = stack.enter_context(grpc.insecure_channel(f"{host}:{port}", options))
            try:
                channel.unary_unary(method)(data, timeout=PATIENCE_S)
            except grpc.RpcError as error:
                return error.code()
            return grpc.StatusCode.OK

        yield call


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """All calls of this test come from another host, as gRPC tells it."""
    seen = peer_allowlist.address_of

    def elsewhere(peer: str) -> Any:
        assert seen(peer) is not None  # what real gRPC says of a peer is read
        return seen("ipv4:203.0.113.7:1")

    monkeypatch.setattr(peer_allowlist, "address_of", elsewhere)


def test_robot_itself_is_answered_beside_the_named(serve: Callable[..., Any]) -> None:
    serving = serve("synthetic:", allow_from=(parse_network("203.0.113.0/24"),))
    serving.wait_for_pictures()


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_everyone_is_answered_where_nobody_is_named(
    host: str, robot: FakeRobot, start_daemon: Callable[..., Any], call: Call
) -> None:
    daemon = start_daemon(robot, "synthetic:")
    assert call(daemon.port, host=host) is grpc.StatusCode.OK


def test_peer_by_ipv6_is_distinguished_from_the_robot(
    robot: FakeRobot, start_daemon: Callable[..., Any], call: Call
) -> None:
    daemon = start_daemon(robot, "synthetic:", allow_from=(parse_network("203.0.113.0/24"),))
    assert call(daemon.port, host="[::1]") is grpc.StatusCode.PERMISSION_DENIED
    assert robot.wait_for(lambda: call(daemon.port) is grpc.StatusCode.OK, PATIENCE_S)
    second = start_daemon(
        robot,
        "synthetic:",
        allow_from=(parse_network("::1"),),
        service_name="second",
        authority="second",
    )
    assert call(second.port, host="[::1]") is grpc.StatusCode.OK


@pytest.mark.usefixtures("stranger")
def test_stranger_is_refused_whatever_it_sends(
    robot: FakeRobot, start_daemon: Callable[..., Any], call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = start_daemon(robot, "synthetic:", allow_from=(parse_network("10.0.0.0/8"),))
    image_service = (GET_IMAGE, "/bosdyn.api.ImageService/ListImageSources", "/no/Method")
    calls = [(method, data) for method in image_service for data in (b"", b"\xff" * 100)]
    calls += [
        ("/grpc.health.v1.Health/Check", b""),
        ("/grpc.health.v1.Health/Watch", b""),
        ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", b""),
    ]
    for method, data in calls:
        assert call(daemon.port, method, data=data) is grpc.StatusCode.PERMISSION_DENIED
    reported = [one.getMessage() for one in caplog.records if "--allow-from" in one.getMessage()]
    assert len(reported) == 1
    assert "203.0.113.7" in reported[0]
    assert robot.faults() == []


@pytest.mark.usefixtures("stranger")
def test_named_peer_is_answered(
    robot: FakeRobot, start_daemon: Callable[..., Any], call: Call
) -> None:
    networks = (parse_network("10.0.0.0/8"), parse_network("203.0.113.0/24"))
    daemon = start_daemon(robot, "synthetic:", allow_from=networks)
    assert call(daemon.port) is grpc.StatusCode.OK


def test_stranger_is_refused_before_it_has_sent_its_request(
    robot: FakeRobot,
    start_daemon: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PeerAllowlist, "allows", lambda *_: False)
    daemon = start_daemon(robot, "synthetic:", allow_from=(parse_network("10.0.0.0/8"),))
    with grpc.insecure_channel(f"127.0.0.1:{daemon.port}") as channel:

        def never() -> Iterator[bytes]:
            refused.wait()
            yield from ()

        refused = threading.Event()
        answer = channel.stream_unary(GET_IMAGE).future(never(), timeout=PATIENCE_S)
        assert answer.code() is grpc.StatusCode.PERMISSION_DENIED
        refused.set()


def test_listing_is_in_order_beside_the_flag(
    robot: FakeRobot, start_daemon: Callable[..., Any]
) -> None:
    daemon = start_daemon(robot, "synthetic:", allow_from=(parse_network("127.0.0.0/8"),))
    with grpc.insecure_channel(f"127.0.0.1:{daemon.port}") as channel:
        stub = image_service_pb2_grpc.ImageServiceStub(channel)
        answer = stub.ListImageSources(image_pb2.ListImageSourcesRequest(), timeout=PATIENCE_S)
    assert [one.name for one in answer.image_sources] == ["synthetic"]


def test_network_that_is_none_costs_one_line(run_here: Callable[..., Any]) -> None:
    ended = run_here(
        *("serve", "127.0.0.1", "--host-ip", "127.0.0.1", "--guid", "a", "--secret", "b"),
        *("--allow-from", "192.168.50.0/33"),
    )
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "invalid network '...': expected a network" in ended.err
