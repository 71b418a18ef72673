"""Acquisitions of the plugin: what is being stored on the robot, and what became of it."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from bosdyn.api.data_acquisition_pb2 import CancelAcquisitionResponse, GetStatusResponse

from spot_webcam.domain.errors import RobotError

# The robot asks for an acquisition until it has ended, within a minute; beyond this number the
# oldest are forgotten.
MAX_ACQUISITIONS = 64


class PendingStore(Protocol):
    """A call that stores one capture. Thread-safe; no method blocks."""

    def done(self) -> bool:
        """Return whether the call has ended."""
        ...

    def check(self) -> None:
        """Raise the `RobotError` of a call that has ended in one."""
        ...

    def cancel(self) -> None:
        """Give up a call that has not ended."""
        ...


class CaptureStore(Protocol):
    """The robot's store of captures. Thread-safe; never blocks."""

    def store_metadata(self, metadata: Any, data_id: Any) -> PendingStore:
        """Start to store an `AssociatedMetadata` under a `DataIdentifier`.

        Raises:
            RobotError: there is no connection to the robot.
        """
        ...


@dataclass(slots=True)
class _Acquisition:
    """`stores` are the captures' identifiers with their calls, or why there is no call."""

    stores: list[tuple[Any, PendingStore | RobotError]]
    is_cancelled: bool = False

    @property
    def is_done(self) -> bool:
        return all(isinstance(call, RobotError) or call.done() for _, call in self.stores)

    def cancel(self) -> None:
        self.is_cancelled = True
        for _, call in self.stores:
            if not isinstance(call, RobotError):
                call.cancel()


class Acquisitions:
    """The latest acquisitions, by their number. Thread-safe."""

    def __init__(self, store: CaptureStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._last_id = 0
        self._acquisitions: dict[int, _Acquisition] = {}

    def begin(self, captures: Iterable[tuple[Any, Any]]) -> int:
        """Start to store each `AssociatedMetadata` under its `DataIdentifier`; return a number."""
        stores = [(data_id, self._begun(metadata, data_id)) for metadata, data_id in captures]
        with self._lock:
            self._last_id += 1
            self._acquisitions[self._last_id] = _Acquisition(stores)
            while len(self._acquisitions) > MAX_ACQUISITIONS:
                self._acquisitions.pop(next(iter(self._acquisitions))).cancel()
            return self._last_id

    def _begun(self, metadata: Any, data_id: Any) -> PendingStore | RobotError:
        try:
            return self._store.store_metadata(metadata, data_id)
        except RobotError as error:
            return error

    def write_status(self, request_id: int, response: Any) -> None:
        """Fill a `GetStatusResponse`."""
        with self._lock:
            acquisition = self._acquisitions.get(request_id)
        if acquisition is None:
            response.status = GetStatusResponse.STATUS_REQUEST_ID_DOES_NOT_EXIST
        elif acquisition.is_cancelled:
            response.status = GetStatusResponse.STATUS_ACQUISITION_CANCELLED
        elif not acquisition.is_done:
            response.status = GetStatusResponse.STATUS_SAVING
        else:
            _write_results(acquisition, response)

    def cancel(self, request_id: int) -> Any:
        """Cancel, and return the `CancelAcquisitionResponse.Status`."""
        with self._lock:
            acquisition = self._acquisitions.get(request_id)
            if acquisition is None:
                return CancelAcquisitionResponse.STATUS_REQUEST_ID_DOES_NOT_EXIST
            if not acquisition.is_cancelled and acquisition.is_done:
                return CancelAcquisitionResponse.STATUS_FAILED_TO_CANCEL
            acquisition.cancel()
            return CancelAcquisitionResponse.STATUS_OK


def _write_results(acquisition: _Acquisition, response: Any) -> None:
    for data_id, call in acquisition.stores:
        error = _error_of(call)
        if error is None:
            response.data_saved.append(data_id)
        else:
            response.data_errors.add(data_id=data_id, error_message=str(error))
    response.status = (
        GetStatusResponse.STATUS_DATA_ERROR
        if response.data_errors
        else GetStatusResponse.STATUS_COMPLETE
    )


def _error_of(call: PendingStore | RobotError) -> RobotError | None:
    if isinstance(call, RobotError):
        return call
    try:
        call.check()
    except RobotError as error:
        return error
    return None
