"""Client of the daemon itself, independent of the robot."""

from collections.abc import Sequence

import grpc
from bosdyn.api import image_pb2, image_service_pb2_grpc
from bosdyn.client.image import build_image_request

from spot_webcam.domain.errors import RobotUnreachable
from spot_webcam.tools.robot_clients.image_client import (
    GET_IMAGE_TIMEOUT_S,
    ImageResult,
    image_results,
)

METHOD = "/bosdyn.api.ImageService/GetImage"
_CHANNEL_OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_receive_message_length", -1),
)


class DirectClient:
    """Calls an image service in plaintext, as the robot does."""

    def __init__(self, host: str, port: int) -> None:
        """Connect at the first call."""
        self._channel = grpc.insecure_channel(f"{host}:{port}", options=_CHANNEL_OPTIONS)
        self._stub = image_service_pb2_grpc.ImageServiceStub(self._channel)
        self._send: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(METHOD)

    def get_images(self, source_names: Sequence[str]) -> list[ImageResult]:
        """Request one picture of each source in one call.

        Raises:
            RobotUnreachable: no answer.
        """
        requests = [build_image_request(name) for name in source_names]
        try:
            response = self._stub.GetImage(
                image_pb2.GetImageRequest(image_requests=requests), timeout=GET_IMAGE_TIMEOUT_S
            )
        except grpc.RpcError as error:
            raise RobotUnreachable(f"the daemon does not answer: {error.code().name}") from error
        return image_results(source_names, response)

    def listed_sizes(self) -> dict[str, tuple[int, int]]:
        """Return `(cols, rows)` of each source in the list of sources.

        Raises:
            RobotUnreachable: no answer.
        """
        try:
            response = self._stub.ListImageSources(
                image_pb2.ListImageSourcesRequest(), timeout=GET_IMAGE_TIMEOUT_S
            )
        except grpc.RpcError as error:
            raise RobotUnreachable(f"the daemon does not answer: {error.code().name}") from error
        return {source.name: (source.cols, source.rows) for source in response.image_sources}

    def send(self, request: bytes) -> str:
        """Send bytes as a `GetImage` request, and return the statuses or the gRPC code."""
        try:
            answer = self._send(request, timeout=GET_IMAGE_TIMEOUT_S)
        except grpc.RpcError as error:
            return str(error.code().name)
        response = image_pb2.GetImageResponse.FromString(answer)
        names = {
            image_pb2.ImageResponse.Status.Name(answer.status)
            for answer in response.image_responses
        }
        return ", ".join(sorted(name.removeprefix("STATUS_") for name in names)) or "nothing"

    def call_and_cancel(self, request: bytes) -> None:
        """Send bytes as a `GetImage` request, and cancel the call at once."""
        self._send.future(request, timeout=GET_IMAGE_TIMEOUT_S).cancel()

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()
