"""`docker-compose.yml` of the extension, for docker-compose 1.28 and newer."""

from spot_webcam.tools.extension.names import (
    CREDENTIALS_FILE,
    CREDENTIALS_FOLDER,
    EXTENSION,
    EXTENSIONS_FOLDER,
    IMAGE_PORT,
    OWN_MOUNT,
    PAGE_PORT,
    SETTINGS_EXTENSION,
    SETTINGS_MOUNT,
)

_CREDENTIALS = f"{CREDENTIALS_FOLDER}/{CREDENTIALS_FILE}"


def compose_file(tag: str, user: str, memory: str) -> bytes:
    """Return the file; `user` is the number of the container's user."""
    text = f"""\
version: "3.5"
services:
  spot-webcam:
    image: {tag}
    user: "{user}"
    restart: unless-stopped
    stop_grace_period: 5s
    # The robot reaches the container by the address of the CORE I/O (host_ip in the settings).
    network_mode: bridge
    ports:
      - "{IMAGE_PORT}:{IMAGE_PORT}"
      - "{PAGE_PORT}:{PAGE_PORT}"
    environment:
      CREDENTIALS_DIRECTORY: {CREDENTIALS_FOLDER}
    volumes:
      - {_CREDENTIALS}:{_CREDENTIALS}:ro
      # Settings of an extension of their own, and those of this one.
      - {EXTENSIONS_FOLDER}/{SETTINGS_EXTENSION}/:{SETTINGS_MOUNT}/:ro
      - {EXTENSIONS_FOLDER}/{EXTENSION}/:{OWN_MOUNT}/:ro
      # Not `devices`: a camera that is plugged in later, or again, has another device file.
      - /dev:/dev
      - /run/udev:/run/udev:ro
    device_cgroup_rules:
      - "c 81:* rmw"
    group_add:
      - video
    # Nothing of the robot's ends before this does.
    oom_score_adj: 1000
    deploy:
      resources:
        limits:
          memory: {memory}
"""
    return text.encode()
