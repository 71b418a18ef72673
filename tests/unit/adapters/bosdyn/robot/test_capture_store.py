from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.client.exceptions import TimedOutError

from spot_webcam.adapters.bosdyn.robot.capture_store import BosdynCaptureStore
from spot_webcam.domain.errors import RobotUnreachable


class Robot:
    """A link, and the SDK's client of the store behind it."""

    rpc_timeout_s = 1.5

    def __init__(self) -> None:
        self.is_closed = False
        self.calls: list[tuple[Any, Any, float]] = []
        self.future: Future[None] = Future()

    def client(self, service_name: str) -> Any:
        assert service_name == "data-acquisition-store"
        return self

    def store_metadata_async(self, metadata: Any, data_id: Any, *, timeout: float) -> Any:
        if self.is_closed:
            raise ValueError("Cannot invoke RPC on closed channel!")
        self.calls.append((metadata, data_id, timeout))
        return self.future


@pytest.fixture
def robot() -> Robot:
    return Robot()


@pytest.fixture
def store(robot: Robot) -> BosdynCaptureStore:
    return BosdynCaptureStore(robot)  # type: ignore[arg-type]


METADATA, DATA_ID = api.AssociatedMetadata(), api.DataIdentifier(channel="health")


def test_metadata_are_stored_without_waiting(store: BosdynCaptureStore, robot: Robot) -> None:
    call = store.store_metadata(METADATA, DATA_ID)
    assert robot.calls == [(METADATA, DATA_ID, 1.5)]
    assert not call.done()
    robot.future.set_result(None)
    assert call.done()
    call.check()


def test_error_of_the_call_is_the_domains(store: BosdynCaptureStore, robot: Robot) -> None:
    call = store.store_metadata(METADATA, DATA_ID)
    robot.future.set_exception(TimedOutError(None))
    with pytest.raises(RobotUnreachable, match="does not answer"):
        call.check()


def test_call_can_be_given_up(store: BosdynCaptureStore, robot: Robot) -> None:
    store.store_metadata(METADATA, DATA_ID).cancel()
    assert robot.future.cancelled()


def test_closed_channel_is_an_error_of_the_robot(store: BosdynCaptureStore, robot: Robot) -> None:
    robot.is_closed = True
    with pytest.raises(RobotUnreachable):
        store.store_metadata(METADATA, DATA_ID)
