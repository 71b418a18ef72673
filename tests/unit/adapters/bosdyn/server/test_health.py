from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2

from spot_webcam.adapters.bosdyn.server.health import IMAGE_SERVICE, HealthServicer

Status = health_pb2.HealthCheckResponse


class Context:
    """A call that ends when the test says so."""

    def __init__(self, *, has_ended: bool = False) -> None:
        self._has_ended = has_ended
        self._callbacks: list[Callable[[], None]] = []

    def add_callback(self, callback: Callable[[], None]) -> bool:
        self._callbacks.append(callback)
        return not self._has_ended

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise RuntimeError(code.name, details)

    def end(self) -> None:
        for callback in self._callbacks:
            callback()


def _statuses(servicer: HealthServicer, *names: str) -> list[int]:
    request = health_pb2.HealthCheckRequest
    return [
        Status.FromString(servicer.check(request(service=name), Context())).status  # type: ignore[arg-type]
        for name in names
    ]


@pytest.mark.parametrize(
    ("sources", "whole"),
    [
        ({"front": True, "back": False}, Status.SERVING),
        ({"front": False}, Status.NOT_SERVING),
        ({}, Status.NOT_SERVING),
    ],
)
def test_the_server_serves_if_a_source_does(sources: dict[str, bool], whole: int) -> None:
    servicer = HealthServicer(lambda: sources, 0.0)
    assert _statuses(servicer, "", IMAGE_SERVICE) == [whole, whole]
    by_name = [Status.SERVING if good else Status.NOT_SERVING for good in sources.values()]
    assert _statuses(servicer, *sources) == by_name


def test_unknown_name_is_not_found() -> None:
    servicer = HealthServicer(lambda: {"front": True}, 0.0)
    with pytest.raises(RuntimeError, match="NOT_FOUND"):
        _statuses(servicer, "back")


def test_watch_yields_changes_only_and_knows_sources_that_are_added() -> None:
    states = iter([{}, {}, {"front": False}, {"front": False}, {"front": True}])
    servicer = HealthServicer(lambda: next(states), 0.0)
    context: Any = Context()
    watched = servicer.watch(health_pb2.HealthCheckRequest(service="front"), context)
    seen = [Status.FromString(next(watched)).status for _ in range(3)]
    assert seen == [Status.SERVICE_UNKNOWN, Status.NOT_SERVING, Status.SERVING]
    context.end()
    assert list(watched) == []


def test_watch_of_a_call_that_has_ended_yields_nothing() -> None:
    servicer = HealthServicer(lambda: {"front": True}, 0.0)
    context: Any = Context(has_ended=True)
    assert list(servicer.watch(health_pb2.HealthCheckRequest(), context)) == []
