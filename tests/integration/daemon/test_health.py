"""Health and reflection on the image port, with the clients that gRPC has for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from spot_webcam.adapters.bosdyn.server.dispatcher import MAX_STREAMS
from spot_webcam.app.daemon import Daemon
from spot_webcam.fakes.robot import FakeRobot
from tests.integration.daemon.conftest import StartDaemon
from tests.timing import PATIENCE_S, eventually

Status = health_pb2.HealthCheckResponse
Channels = Callable[[Daemon], grpc.Channel]


@pytest.fixture
def channel_to() -> Iterator[Channels]:
    """Make channels to the port of a daemon."""
    with ExitStack() as stack:
        yield lambda daemon: stack.enter_context(
            grpc.insecure_channel(
                f"127.0.0.1:{daemon.port}", options=(("grpc.use_local_subchannel_pool", 1),)
            )
        )


def _check(channel: grpc.Channel, name: str) -> int:
    request = health_pb2.HealthCheckRequest(service=name)
    status: int = health_pb2_grpc.HealthStub(channel).Check(request, timeout=PATIENCE_S).status
    return status


def _watch(channel: grpc.Channel, name: str) -> Any:
    request = health_pb2.HealthCheckRequest(service=name)
    return health_pb2_grpc.HealthStub(channel).Watch(request, timeout=PATIENCE_S)


def test_health_is_that_of_each_source(
    robot: FakeRobot, begin_daemon: StartDaemon, channel_to: Channels
) -> None:
    daemon = begin_daemon(robot, "good=synthetic:", "dark=synthetic:?script=black@0s")
    channel = channel_to(daemon)
    assert eventually(lambda: _check(channel, "good") == Status.SERVING)
    assert eventually(lambda: _check(channel, "dark") == Status.NOT_SERVING)
    assert _check(channel, "") == Status.SERVING
    with pytest.raises(grpc.RpcError) as refused:
        _check(channel, "side")
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND  # type: ignore[attr-defined]


def test_watch_shows_a_camera_that_is_unplugged_and_back(
    robot: FakeRobot, begin_daemon: StartDaemon, channel_to: Channels
) -> None:
    daemon = begin_daemon(robot, "front=synthetic:?script=unplug@3s+3s")
    watched = (answer.status for answer in _watch(channel_to(daemon), "front"))
    assert Status.NOT_SERVING in watched
    assert Status.SERVING in watched


def test_watches_are_bounded_and_starve_nobody(
    robot: FakeRobot,
    begin_daemon: StartDaemon,
    channel_to: Channels,
    call_directly: Callable[[Daemon, str], Any],
) -> None:
    daemon = begin_daemon(robot, "front=synthetic:")
    channel = channel_to(daemon)
    watches = [_watch(channel, "front") for _ in range(MAX_STREAMS)]
    for watch in watches:
        next(watch)
    with pytest.raises(grpc.RpcError) as refused:
        next(_watch(channel, "front"))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED  # type: ignore[attr-defined]
    assert len(call_directly(daemon, "front").image_responses) == 1
    watches.pop().cancel()

    def is_answered() -> bool:
        try:
            next(_watch(channel, "front"))
        except grpc.RpcError:
            return False
        return True

    assert eventually(is_answered)


def test_watch_ends_as_any_call_that_takes_long(
    robot: FakeRobot,
    begin_daemon: StartDaemon,
    channel_to: Channels,
    timeouts: dict[str, float],
) -> None:
    timeouts["call_s"] = 1.0
    daemon = begin_daemon(robot, "front=synthetic:")
    with pytest.raises(grpc.RpcError) as ended:
        list(_watch(channel_to(daemon), "front"))
    assert ended.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED  # type: ignore[attr-defined]
    assert ended.value.details() == "the call took too long, or was not read"  # type: ignore[attr-defined]


def test_reflection_describes_the_image_service(
    robot: FakeRobot, begin_daemon: StartDaemon, channel_to: Channels
) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel_to(begin_daemon(robot, "synthetic:")))
    ask = reflection_pb2.ServerReflectionRequest
    requests = [ask(list_services="*"), ask(file_containing_symbol="bosdyn.api.ImageService")]
    listed, described = stub.ServerReflectionInfo(iter(requests), timeout=PATIENCE_S)
    assert [one.name for one in listed.list_services_response.service] == [
        "bosdyn.api.ImageService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    ]
    files = described.file_descriptor_response.file_descriptor_proto
    assert any(b"ListImageSources" in file for file in files)


@pytest.mark.parametrize(
    "method",
    [
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ],
)
def test_malformed_request_is_refused(
    method: str, robot: FakeRobot, begin_daemon: StartDaemon, channel_to: Channels
) -> None:
    call = channel_to(begin_daemon(robot, "synthetic:")).stream_stream(method)
    with pytest.raises(grpc.RpcError) as refused:
        list(call(iter([b"\xff\xff"]), timeout=PATIENCE_S))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT  # type: ignore[attr-defined]
