"""The robot's store of captures, which data acquisition keeps."""

from typing import Any

from bosdyn.client.data_acquisition_store import DataAcquisitionStoreClient

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.link import RobotLink


class PendingCall:
    """A call to the robot that runs without a thread of ours. Thread-safe."""

    def __init__(self, future: Any) -> None:
        self._future = future

    def done(self) -> bool:
        """Return whether the call has ended."""
        ended: bool = self._future.done()
        return ended

    def check(self) -> None:
        """Raise the `RobotError` of a call that has ended in one."""
        with robot_errors():
            self._future.result()

    def cancel(self) -> None:
        """Give up a call that has not ended."""
        self._future.cancel()


class BosdynCaptureStore:
    """Stores metadata with a payload's token. Thread-safe; never blocks."""

    def __init__(self, link: RobotLink) -> None:
        self._link = link

    def store_metadata(self, metadata: Any, data_id: Any) -> PendingCall:
        """Start to store an `AssociatedMetadata` under a `DataIdentifier`.

        Raises:
            RobotError: there is no connection to the robot.
        """
        store = self._link.client(DataAcquisitionStoreClient.default_service_name)
        with robot_errors():
            return PendingCall(
                store.store_metadata_async(metadata, data_id, timeout=self._link.rpc_timeout_s)
            )
