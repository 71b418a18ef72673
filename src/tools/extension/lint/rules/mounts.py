"""Rules of the ports, volumes and devices of a service."""

from spot_webcam.tools.extension.lint.finding import error, warning

PORT_FORM = error(
    "port-form",
    'ports are written as `"N:N"`',
    "docker-compose refuses the file otherwise",
    'write "21000:21000", in quotes',
)
PORT_RANGE = error(
    "port-range",
    "published ports are from 21000 to 22000",
    "the firewall of the CORE I/O accepts no others, and the robot forwards only these",
    "publish a port from 21000 to 22000",
)
PORT_RESERVED = error(
    "port-reserved",
    "TCP port 21443 is not published",
    "the firewall excepts it",
    "publish another port",
)
PORT_UNEQUAL = error(
    "port-unequal",
    "a port has the same number within the container and outside",
    "the service registers the port that it listens on, where the robot would not find it",
    'let the service listen on the published port: "N:N"',
)
PORT_LOOPBACK = error(
    "port-loopback",
    "ports are published on all addresses",
    "the robot does not reach 127.0.0.1 of the CORE I/O",
    "leave the address out",
)
PORT_TWICE = error(
    "port-twice",
    "a port is published once",
    "the second container cannot start",
    "give each service its own",
)
PORT_UNPUBLISHED = error(
    "port-unpublished",
    "the number after `--port` of a command is published",
    "the robot cannot reach the service otherwise",
    "add the port to ports",
)
VOLUME_FORM = error(
    "volume-form",
    "volumes are written as `SOURCE:TARGET[:ro]`, with an absolute target",
    "docker-compose refuses the file otherwise",
    "write SOURCE:TARGET:ro",
)
VOLUME_UNDECLARED = error(
    "volume-undeclared",
    "named volumes are declared in the top-level `volumes`",
    "docker-compose refuses the file otherwise",
    "declare it, or write ./NAME for a folder of the extension",
)
HOST_PATH = warning(
    "host-path",
    "mounts come from `/data/.extensions`, or from paths that every CORE I/O has",
    "the root file system is read-only: Docker cannot make what is missing, and does not start the"
    " container",
    "keep files in the extension's folder: ./FOLDER or /data/.extensions/NAME/FOLDER",
)
SOURCE_MISSING = warning(
    "mount-missing",
    "what is mounted from the extension's own folder is in the archive or kept by `files_to_save`",
    "Docker makes an empty folder in its place, of root's, also where a file is meant",
    "pack the file or folder",
)
NOT_SAVED = warning(
    "mount-not-saved",
    "folders of the extension that a container can write are in `directories_to_save`",
    "an upgrade replaces the extension's folder, and what was written is lost",
    "add it to directories_to_save (files: files_to_save), or mount it :ro",
)
DEVICE_LINK = error(
    "device-link",
    "devices are not mounted by links such as `/dev/v4l/by-id/...`",
    "a link cannot be mounted: Docker resolves it once, and the container fails after a replug",
    "mount /dev:/dev and /run/udev:/run/udev:ro, with device_cgroup_rules",
)
DEVICE_NUMBER = warning(
    "device-number",
    "devices that can be replugged, such as `/dev/video0`, are not named by `devices`",
    "the container does not start without the device, and loses it when it is plugged in again",
    "mount /dev:/dev and /run/udev:/run/udev:ro, with device_cgroup_rules",
)
CGROUP_RULES = error(
    "device-cgroup-rules",
    "a container with `/dev` mounted has `device_cgroup_rules`, or is privileged",
    "it sees the devices, but may not open them (inferred)",
    'add device_cgroup_rules: ["c 81:* rmw"] (81: video4linux)',
)
DOCKER_SOCKET = warning(
    "docker-socket",
    "Docker's socket is not mounted",
    "with it a container is root on the CORE I/O",
    "leave it out",
)
CREDENTIALS = error(
    "credentials-mount",
    "what names `/opt/payload_credentials/payload_guid_and_secret` mounts it",
    "the file does not exist in the container otherwise",
    "add its path, twice, with :ro to volumes",
)
CREDENTIALS_WRITABLE = warning(
    "credentials-writable",
    "the payload's credentials are mounted `:ro`",
    "every extension uses the same file",
    "add :ro",
)
RULES = (
    *(PORT_FORM, PORT_RANGE, PORT_RESERVED, PORT_UNEQUAL, PORT_LOOPBACK, PORT_TWICE),
    *(PORT_UNPUBLISHED, VOLUME_FORM, VOLUME_UNDECLARED, HOST_PATH, SOURCE_MISSING, NOT_SAVED),
    *(DEVICE_LINK, DEVICE_NUMBER, CGROUP_RULES, DOCKER_SOCKET, CREDENTIALS, CREDENTIALS_WRITABLE),
)
