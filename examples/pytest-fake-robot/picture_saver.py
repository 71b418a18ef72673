"""Saves a picture of every source of a robot: picture_saver.py ROBOT [FOLDER]."""

import sys
import time
from pathlib import Path

import bosdyn.client
import bosdyn.client.util
from bosdyn.client import RpcError
from bosdyn.client.image import ImageClient, build_image_request

TRIES, PAUSE_S = 5, 0.2


def take_pictures(robot, folder):
    """Save a JPEG of each visual source; return the files."""
    client = robot.ensure_client(ImageClient.default_service_name)
    requests = [
        build_image_request(source.name)
        for source in client.list_image_sources()
        if source.image_type == source.IMAGE_TYPE_VISUAL
    ]
    files = []
    for response in client.get_image(requests):
        file = Path(folder, f"{response.source.name}.jpg")
        file.write_bytes(response.shot.image.data)
        files.append(file)
    return files


def take_pictures_patiently(robot, folder):
    """Try again while the robot does not answer."""
    for _ in range(TRIES - 1):
        try:
            return take_pictures(robot, folder)
        except RpcError:
            time.sleep(PAUSE_S)
    return take_pictures(robot, folder)


def main():
    """Run the program."""
    sdk = bosdyn.client.create_standard_sdk("picture-saver")
    robot = sdk.create_robot(sys.argv[1])
    bosdyn.client.util.authenticate(robot)
    for file in take_pictures_patiently(robot, *(sys.argv[2:] or ["."])):
        print(file)


if __name__ == "__main__":
    main()
