"""A client like any other: the SDK's own, through the robot."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import bosdyn.client
from bosdyn.api import image_pb2
from bosdyn.client.image import ImageClient, build_image_request

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.robot_access import RobotAddress
from spot_webcam.domain.timing import NANOSECONDS

GET_IMAGE_TIMEOUT_S = 5.0
LOGIN_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a client got for one source.

    `acquired_robot_ns` and `image` are only good for status OK; `round_trip_s` is that of the
    whole call.
    """

    source_name: str
    status: Status
    image: image_pb2.Image
    acquired_robot_ns: int
    round_trip_s: float
    message: str


def sightings(
    source_names: Sequence[str], response: image_pb2.GetImageResponse, round_trip_s: float
) -> list[Sighting]:
    """Return what an answer holds for each source that was asked for."""
    return [
        Sighting(
            name,
            Status(one.status),
            one.shot.image,
            one.shot.acquisition_time.seconds * NANOSECONDS + one.shot.acquisition_time.nanos,
            round_trip_s,
            response.header.error.message,
        )
        for name, one in zip(source_names, response.image_responses, strict=True)
    ]


class ImageRequester:
    """Gets pictures from a service of a robot. Every method raises `RobotError`."""

    def __init__(self, address: RobotAddress, user: str, password: str, service_name: str) -> None:
        """Log in and find the service in the robot's directory."""
        ca = None if address.ca_file is None else str(address.ca_file)
        sdk = bosdyn.client.create_standard_sdk("spot-webcam", cert_resource_glob=ca)
        self._robot = sdk.create_robot(address.host)
        self._robot.update_secure_channel_port(address.port)
        with robot_errors():
            self._robot.authenticate(user, password, timeout=LOGIN_TIMEOUT_S)
            self._robot.sync_with_directory()
            self._client: ImageClient = self._robot.ensure_client(service_name)

    def look(self, source_names: Sequence[str]) -> list[Sighting]:
        """Ask for one picture of each source in one call."""
        requests = [build_image_request(name) for name in source_names]
        began_s = time.perf_counter()
        # Not get_image(): that raises for the first answer that is not OK and drops the others.
        with robot_errors():
            response = self._client.call(
                self._client._stub.GetImage,  # noqa: SLF001 - see above
                image_pb2.GetImageRequest(image_requests=requests),
                timeout=GET_IMAGE_TIMEOUT_S,
            )
        return sightings(source_names, response, time.perf_counter() - began_s)

    def close(self) -> None:
        """End the SDK's threads and channels."""
        self._robot._shutdown()  # noqa: SLF001 - the SDK offers no other way to end its threads
        self._robot.shutdown()
