"""Client of the robot's data acquisition and its store, for one image service."""

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
    """Requests and counts stored pictures. Every method blocks and raises `RobotError`."""

    def __init__(self, link: RobotLink, service_name: str) -> None:
        self._link = link
        self._service_name = service_name

    def offered(self) -> set[str] | None:
        """Return the listed sources of the service, or `None` if the service is not listed."""
        with robot_errors():
            capabilities = self._acquisition().get_service_info(timeout=self._link.rpc_timeout_s)
        found = [
            service
            for service in capabilities.image_sources
            if service.service_name == self._service_name
        ]
        return {name for service in found for name in service.image_source_names} if found else None

    def acquire(self, source_name: str, group: str, time_ns: int) -> int:
        """Request a picture, and return the number of the request; `time_ns` is robot time."""
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
        errors = [error.error_message for error in (*answer.data_errors, *answer.service_errors)]
        return _status_name(answer.status), "; ".join(filter(None, errors))

    def stored(self, source_name: str, group: str) -> int:
        """Return the number of stored pictures of a source in the group."""
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
