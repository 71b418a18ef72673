"""Client of an image service through the robot, built on the SDK's own client."""

from collections.abc import Sequence
from dataclasses import dataclass

import bosdyn.client
from bosdyn.api import image_pb2
from bosdyn.client.image import ImageClient, build_image_request

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.robot_access import RobotAddress

GET_IMAGE_TIMEOUT_S = 5.0
LOGIN_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class ImageResult:
    """Answer for one source; `acquired_robot_ns` and `image` are valid for status OK only."""

    source_name: str
    status: Status
    image: image_pb2.Image
    acquired_robot_ns: int
    message: str


def image_results(
    source_names: Sequence[str], response: image_pb2.GetImageResponse
) -> list[ImageResult]:
    """Return the answer for each requested source."""
    return [
        ImageResult(
            name,
            Status(answer.status),
            answer.shot.image,
            answer.shot.acquisition_time.ToNanoseconds(),
            response.header.error.message,
        )
        for name, answer in zip(source_names, response.image_responses, strict=True)
    ]


class ImageRequester:
    """Gets pictures from a service of a robot. Every method raises `RobotError`."""

    def __init__(self, address: RobotAddress, user: str, password: str, service_name: str) -> None:
        """Log in and find the service in the robot's directory."""
        ca = None if address.ca_file is None else str(address.ca_file)
        sdk = bosdyn.client.create_standard_sdk("spot-webcam", cert_resource_glob=ca)
        self._robot = sdk.create_robot(address.target)
        self._robot.update_secure_channel_port(address.port)
        with robot_errors():
            self._robot.authenticate(user, password, timeout=LOGIN_TIMEOUT_S)
            self._robot.sync_with_directory()
            self._client: ImageClient = self._robot.ensure_client(service_name)

    def get_images(self, source_names: Sequence[str]) -> list[ImageResult]:
        """Request one picture of each source in one call."""
        requests = [build_image_request(name) for name in source_names]
        # Not get_image(): that raises for the first answer that is not OK and drops the others.
        with robot_errors():
            response = self._client.call(
                self._client._stub.GetImage,  # noqa: SLF001 - see above
                image_pb2.GetImageRequest(image_requests=requests),
                timeout=GET_IMAGE_TIMEOUT_S,
            )
        return image_results(source_names, response)

    def close(self) -> None:
        """End the SDK's threads and channels."""
        self._robot._shutdown()  # noqa: SLF001 - the SDK offers no other way to end its threads
        self._robot.shutdown()
