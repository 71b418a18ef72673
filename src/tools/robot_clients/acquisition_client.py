"""The robot's data acquisition and its store, of one image service."""

from typing import Any

from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api import data_acquisition_store_pb2 as store
from bosdyn.client.data_acquisition import DataAcquisitionClient
from bosdyn.client.data_acquisition_store import DataAcquisitionStoreClient
from google.protobuf.timestamp_pb2 import Timestamp

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.link import RobotLink

_UNDER_WAY = (api.GetStatusResponse.STATUS_ACQUIRING, api.GetStatusResponse.STATUS_SAVING)


class AcquisitionClient:
    """Has pictures taken and stored. Every method blocks for a call and raises `RobotError`."""

    def __init__(self, link: RobotLink, service_name: str) -> None:
        self._link = link
        self._service_name = service_name

    def offered(self) -> set[str] | None:
        """Return the sources that it knows of the service, or `None`: it does not know that."""
        with robot_errors():
            capabilities = self._acquisition().get_service_info(timeout=self._link.rpc_timeout_s)
        found = [
            one for one in capabilities.image_sources if one.service_name == self._service_name
        ]
        return {name for one in found for name in one.image_source_names} if found else None

    def acquire(self, source_name: str, group: str, time_ns: int) -> int:
        """Have a picture taken, and return the number of the request; `time_ns` is robot time."""
        requests = api.AcquisitionRequestList()
        requests.image_captures.add(image_service=self._service_name, image_source=source_name)
        timestamp = Timestamp()
        timestamp.FromNanoseconds(time_ns)
        with robot_errors():
            number: int = self._acquisition().acquire_data(
                requests, source_name, group, timestamp, timeout=self._link.rpc_timeout_s
            )
        return number

    def outcome(self, number: int) -> tuple[str, str] | None:
        """Return the status of a request and its errors, or `None` while it is under way."""
        with robot_errors():
            answer = self._acquisition().get_status(number, timeout=self._link.rpc_timeout_s)
        if answer.status in _UNDER_WAY:
            return None
        errors = [one.error_message for one in (*answer.data_errors, *answer.service_errors)]
        return _status_name(answer.status), "; ".join(filter(None, errors))

    def stored(self, source_name: str, group: str) -> int:
        """Return how many pictures are stored of a source under the group."""
        action = api.CaptureActionId(action_name=source_name, group_name=group)
        query = store.DataQueryParams(action_ids=store.ActionIdQuery(action_ids=[action]))
        with robot_errors():
            client = self._link.client(DataAcquisitionStoreClient.default_service_name)
            return len(client.list_stored_images(query, timeout=self._link.rpc_timeout_s))

    def _acquisition(self) -> Any:
        return self._link.client(DataAcquisitionClient.default_service_name)


def _status_name(number: int) -> str:
    try:
        name: str = api.GetStatusResponse.Status.Name(number)
    except ValueError:  # a robot may be newer than this SDK
        return f"status {number}"
    return name.removeprefix("STATUS_")
