from __future__ import annotations

from typing import Any

import pytest
from bosdyn.api import data_acquisition_pb2 as api

from spot_webcam.adapters.bosdyn.plugin.acquisitions import MAX_ACQUISITIONS, Acquisitions
from spot_webcam.domain.errors import RobotError, RobotRefused, RobotUnreachable

Status = api.GetStatusResponse
Cancel = api.CancelAcquisitionResponse


class Call:
    """A call that ends when the test says so."""

    def __init__(self) -> None:
        self.ended = False
        self.error: RobotError | None = None
        self.cancelled = False

    def done(self) -> bool:
        return self.ended

    def check(self) -> None:
        assert self.ended
        if self.error is not None:
            raise self.error

    def cancel(self) -> None:
        self.cancelled = True

    def end(self, error: RobotError | None = None) -> None:
        self.ended, self.error = True, error


class Store:
    """A store that records its calls; with `error` it has no connection."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.stored: list[tuple[Any, Any]] = []
        self.error: RobotError | None = None

    def store_metadata(self, metadata: Any, data_id: Any) -> Call:
        if self.error is not None:
            raise self.error
        self.stored.append((metadata, data_id))
        self.calls.append(Call())
        return self.calls[-1]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def acquisitions(store: Store) -> Acquisitions:
    return Acquisitions(store)


def begin(acquisitions: Acquisitions, *channels: str) -> int:
    return acquisitions.begin(
        (api.AssociatedMetadata(), api.DataIdentifier(channel=channel)) for channel in channels
    )


def status(acquisitions: Acquisitions, number: int) -> Any:
    response = Status()
    acquisitions.write_status(number, response)
    return response


def test_acquisition_is_complete_when_all_is_stored(
    acquisitions: Acquisitions, store: Store
) -> None:
    number = begin(acquisitions, "a", "b")
    store.calls[0].end()
    assert status(acquisitions, number).status == Status.STATUS_SAVING
    store.calls[1].end()
    for _ in range(2):
        complete = status(acquisitions, number)
        assert complete.status == Status.STATUS_COMPLETE
        assert [data_id.channel for data_id in complete.data_saved] == ["a", "b"]


def test_acquisition_of_nothing_is_complete(acquisitions: Acquisitions) -> None:
    assert status(acquisitions, begin(acquisitions)).status == Status.STATUS_COMPLETE


def test_capture_that_is_not_stored_is_an_error_beside_those_that_are(
    acquisitions: Acquisitions, store: Store
) -> None:
    number = begin(acquisitions, "a", "b")
    store.calls[0].end(RobotRefused("the store is full"))
    store.calls[1].end()
    failed = status(acquisitions, number)
    assert failed.status == Status.STATUS_DATA_ERROR
    [error] = failed.data_errors
    assert (error.data_id.channel, error.error_message) == ("a", "the store is full")
    assert [data_id.channel for data_id in failed.data_saved] == ["b"]


def test_robot_that_is_away_is_an_error_of_the_capture(
    acquisitions: Acquisitions, store: Store
) -> None:
    store.error = RobotUnreachable("not connected")
    failed = status(acquisitions, begin(acquisitions, "a"))
    assert failed.status == Status.STATUS_DATA_ERROR
    assert failed.data_errors[0].error_message == "not connected"


def test_cancellation_gives_the_calls_up(acquisitions: Acquisitions, store: Store) -> None:
    number = begin(acquisitions, "a", "b")
    for _ in range(2):
        assert acquisitions.cancel(number) == Cancel.STATUS_OK
    assert all(call.cancelled for call in store.calls)
    assert status(acquisitions, number).status == Status.STATUS_ACQUISITION_CANCELLED


def test_what_has_ended_is_not_cancelled(acquisitions: Acquisitions, store: Store) -> None:
    number = begin(acquisitions, "a")
    store.calls[0].end()
    assert acquisitions.cancel(number) == Cancel.STATUS_FAILED_TO_CANCEL
    assert status(acquisitions, number).status == Status.STATUS_COMPLETE


def test_unknown_numbers_do_not_exist(acquisitions: Acquisitions) -> None:
    assert status(acquisitions, 7).status == Status.STATUS_REQUEST_ID_DOES_NOT_EXIST
    assert acquisitions.cancel(7) == Cancel.STATUS_REQUEST_ID_DOES_NOT_EXIST


def test_oldest_acquisition_is_given_up_and_forgotten(
    acquisitions: Acquisitions, store: Store
) -> None:
    numbers = [begin(acquisitions, "a") for _ in range(MAX_ACQUISITIONS + 1)]
    assert len(set(numbers)) == len(numbers)
    assert store.calls[0].cancelled
    forgotten, kept = status(acquisitions, numbers[0]), status(acquisitions, numbers[1])
    assert forgotten.status == Status.STATUS_REQUEST_ID_DOES_NOT_EXIST
    assert kept.status == Status.STATUS_SAVING


def test_acquisition_without_a_call_is_forgotten_too(
    acquisitions: Acquisitions, store: Store
) -> None:
    store.error = RobotUnreachable("not connected")
    first = begin(acquisitions, "a")
    for _ in range(MAX_ACQUISITIONS):
        begin(acquisitions, "a")
    assert status(acquisitions, first).status == Status.STATUS_REQUEST_ID_DOES_NOT_EXIST
