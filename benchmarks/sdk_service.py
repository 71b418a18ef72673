"""The SDK's own helper serving a synthetic camera, to measure against."""

import argparse
import time

import cv2
import numpy as np
from bosdyn.api import image_pb2, image_service_pb2_grpc
from bosdyn.client import create_standard_sdk
from bosdyn.client.directory_registration import (
    DirectoryRegistrationClient,
    DirectoryRegistrationKeepAlive,
)
from bosdyn.client.image import ImageClient
from bosdyn.client.image_service_helpers import (
    CameraBaseImageServicer,
    CameraInterface,
    VisualImageSource,
)
from bosdyn.client.server_util import GrpcServiceRunner

from spot_webcam.adapters.system_clock import SystemClock
from spot_webcam.fakes.cameras import synthetic_camera


class SyntheticInterface(CameraInterface):
    """The same frames as ours, encoded as the SDK's web cam example does."""

    def __init__(self, device_name: str) -> None:
        super().__init__()
        self._camera = synthetic_camera(device_name, SystemClock())
        self.mode = self._camera.open()

    def blocking_capture(self) -> tuple[np.ndarray, float]:
        self._camera.grab()
        return self._camera.retrieve().pixels, time.time()

    def image_decode(
        self,
        image_data: np.ndarray,
        image_proto: image_pb2.Image,
        image_req: image_pb2.ImageRequest,
    ) -> None:
        image_proto.pixel_format = image_pb2.Image.PIXEL_FORMAT_RGB_U8
        image_proto.format = image_pb2.Image.FORMAT_JPEG
        quality = [int(cv2.IMWRITE_JPEG_QUALITY), int(image_req.quality_percent) or 75]
        image_proto.data = cv2.imencode(".jpg", image_data, quality)[1].tobytes()


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--robot-port", type=int)
    parser.add_argument("--robot-ca")
    parser.add_argument("--guid")
    parser.add_argument("--secret")
    parser.add_argument("--service-name")
    parser.add_argument("--device-name")
    options = parser.parse_args()
    sdk = create_standard_sdk("sdk-service", cert_resource_glob=options.robot_ca)
    robot = sdk.create_robot("127.0.0.1")
    robot.update_secure_channel_port(options.robot_port)
    robot.authenticate_from_payload_credentials(options.guid, options.secret)
    camera = SyntheticInterface(options.device_name)
    source = VisualImageSource(
        "synthetic",
        camera,
        rows=camera.mode.rows,
        cols=camera.mode.cols,
        pixel_formats=[image_pb2.Image.PIXEL_FORMAT_RGB_U8],
    )
    servicer = CameraBaseImageServicer(robot, options.service_name, [source])
    runner = GrpcServiceRunner(
        servicer, image_service_pb2_grpc.add_ImageServiceServicer_to_server, 0
    )
    keep_alive = DirectoryRegistrationKeepAlive(
        robot.ensure_client(DirectoryRegistrationClient.default_service_name)
    )
    keep_alive.start(
        options.service_name,
        ImageClient.service_type,
        options.service_name,
        "127.0.0.1",
        runner.port,
    )
    with keep_alive:
        runner.run_until_interrupt()


if __name__ == "__main__":
    main()
