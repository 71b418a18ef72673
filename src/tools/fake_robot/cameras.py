"""Image service on the fake robot, for the program that runs on it."""

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spot_webcam.app.cameras.schemes import file_exists
from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.app.daemon import Daemon
from spot_webcam.app.options import SERVICE_NAME, ServeOptions, cameras_of
from spot_webcam.domain.errors import CameraMisconfigured, RobotError
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.naming import parse_devices
from spot_webcam.fakes.sdk_programs import Target
from spot_webcam.tools.robot_clients.image_client import ImageRequester

REGISTERED_TIMEOUT_S = 20.0
# A camera without a picture by then is served nevertheless: it may be absent on purpose.
PICTURES_TIMEOUT_S = 5.0
POLL_S = 0.1


@contextmanager
def served_cameras(
    options: argparse.Namespace, target: Target, ca_file: Path, stopping: threading.Event
) -> Iterator[None]:
    """Serve the cameras as `web-cam-service`; they have delivered pictures when the block begins.

    Raises:
        Misused: a device name is invalid here, or the payload is not authorized.
        CouldNotRun: the service is not registered in time, or the event is set.
    """
    if options.unauthorized:
        raise Misused("--with-camera needs a payload that is authorized: no --unauthorized")
    address = RobotAddress(target.address, target.port, ca_file)
    credentials = PayloadCredentials(options.guid, options.secret)
    try:
        devices = parse_devices(options.with_camera, file_exists)
        daemon = Daemon(ServeOptions(address, credentials, target.address, cameras_of(devices)))
    except CameraMisconfigured as error:
        raise Misused(str(error)) from error
    try:
        daemon.start()
        _wait_until_registered(daemon, stopping)
        _wait_for_pictures(address, target, [device.source_name for device in devices], stopping)
        yield
    finally:
        daemon.stop()


def _wait_until_registered(daemon: Daemon, stopping: threading.Event) -> None:
    for _ in range(round(REGISTERED_TIMEOUT_S / POLL_S)):
        if daemon.registered.wait(POLL_S):
            return
        if stopping.is_set():
            raise CouldNotRun("interrupted")
    raise CouldNotRun(f"the robot does not take {SERVICE_NAME}: -v tells why")


def _wait_for_pictures(
    address: RobotAddress, target: Target, names: list[str], stopping: threading.Event
) -> None:
    end_s = time.monotonic() + PICTURES_TIMEOUT_S
    try:
        client = ImageRequester(address, target.user, target.password, SERVICE_NAME)
        try:
            while any(result.status is not Status.OK for result in client.get_images(names)):
                if stopping.wait(POLL_S) or time.monotonic() > end_s:
                    return
        finally:
            client.close()
    except RobotError as error:
        raise CouldNotRun(f"the robot does not give the cameras' pictures: {error}") from error
