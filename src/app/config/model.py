"""Model of the configuration file: its tables and keys, and what each accepts."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from spot_webcam.app.cli.arguments import HOST_NAME
from spot_webcam.app.config.keys import (
    Text,
    full,
    key,
    listen_address,
    network,
    no_bool,
    own_host,
    plain_values,
    robot_host,
)
from spot_webcam.app.options import AUTHORITY, SERVICE_NAME
from spot_webcam.domain.geometry.camera_model import CameraModel, Lens
from spot_webcam.domain.media.transform import Region

SIZE = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_FOURCC = re.compile(r"[!-~]{3}[ -~]")
_PATHS = "a path, absolute or from this file's folder; it may begin with $CREDENTIALS_DIRECTORY/"


class Table(BaseModel):
    """A table of the file. Types are strict: a number in quotes is a text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class RobotTable(Table):
    """The robot, and how it reaches this computer."""

    hostname: Annotated[str, AfterValidator(robot_host)] | None = key(
        None,
        "address of the robot; required, here or as ROBOT on the command line",
        "a host name or an IP address, such as 192.168.80.3",
        "192.168.80.3",
    )
    port: Annotated[int, Field(ge=1, le=65535)] = key(
        443, "port of the robot, of a fake one", "a number from 1 to 65535", 8443
    )
    ca_file: Text | None = key(
        None,
        "PEM certificates to trust instead of the SDK's, as for a fake robot",
        _PATHS,
        "robot-ca.pem",
    )
    host_ip: Annotated[str, AfterValidator(own_host)] | None = key(
        None,
        "this computer's address as the robot reaches it; by default the one from which it"
        " reaches the robot",
        "a host name or an IP address, such as 192.168.50.5",
        "192.168.50.5",
    )


class CredentialsTable(Table):
    """The payload's credentials.

    Without this table they are SPOT_WEBCAM_GUID and SPOT_WEBCAM_SECRET of the environment.
    """

    file: Text = key(
        ...,
        "file with the GUID on line 1 and the secret on line 2; of a systemd credential,"
        " $CREDENTIALS_DIRECTORY/NAME",
        _PATHS,
        "/opt/payload_credentials/payload_guid_and_secret",
        secret=True,
    )


class ServiceTable(Table):
    """The image service in the robot's directory, and who may call it."""

    name: Text = key(
        SERVICE_NAME, "name of the service; missions record it", "a text", "arm-cam-service"
    )
    authority: Annotated[str, full(HOST_NAME)] = key(
        AUTHORITY,
        "authority of the service",
        "a host name of letters, digits, - and .",
        "robot-arm-cam",
    )
    port: Annotated[int, Field(ge=0, le=65535)] = key(
        0, "port to listen on; 0 for any free one", "a number from 0 to 65535", 21000
    )
    takeover: Literal["wait", "replace", "exit"] = key(
        "wait",
        "when another daemon serves this name: wait for its end, replace it, or exit with 1",
        '"wait", "replace" or "exit"',
        "replace",
    )
    allow_from: list[Annotated[str, AfterValidator(network)]] = key(
        [],
        "networks that are answered beside the robot; every peer if there is none",
        "a list of networks or addresses, such as 192.168.50.0/24",
        ["192.168.50.0/24"],
    )


class HotplugTable(Table):
    """Cameras that are plugged in while the daemon runs (Linux)."""

    patterns: list[Text] = key(
        [],
        "serve each of them whose name matches",
        "a list of patterns, such as usb:*",
        ["usb:*"],
    )


class HttpTable(Table):
    """Page, metrics and health over HTTP; needs `spot-webcam[http]`. There is none by default."""

    listen: Annotated[str, AfterValidator(listen_address)] = key(
        ...,
        "where to listen: this computer alone unless a host is given, 0.0.0.0 is every interface",
        "[HOST:]PORT, such as 8080 or 0.0.0.0:8080",
        "8080",
    )
    password_file: Text | None = key(
        None,
        "file with the password of the page; required unless this computer alone is listened on",
        _PATHS,
        "page-password",
        secret=True,
    )
    certificate: Text | None = key(
        None, "PEM certificate chain, for https", _PATHS, "page-certificate.pem"
    )
    key: Text | None = key(
        None, "PEM private key of the certificate", _PATHS, "page-key.pem", secret=True
    )


class LiveDataTable(Table):
    """Health of the cameras on the tablet."""

    enabled: bool = key(
        False,
        "register a data acquisition plugin too, named after the service with -health",
        "true or false",
        True,
    )


class LogTable(Table):
    """The log."""

    verbose: bool = key(False, "log everything, with tracebacks", "true or false", True)
    format: Literal["text", "json", "journal"] = key(
        "text",
        "text for people, json for programs, or journal for journald with fields",
        '"text", "json" or "journal"',
        "journal",
    )


class RegionTable(Table):
    """A rectangle of a picture, as fractions of its width and height."""

    x: float = key(..., "left edge", "a number from 0 to 1", 0.25)
    y: float = key(..., "upper edge", "a number from 0 to 1", 0.0)
    width: float = key(..., "width", "a number above 0; x + width is up to 1", 0.5)
    height: float = key(..., "height", "a number above 0; y + height is up to 1", 1.0)

    @model_validator(mode="after")
    def _within_the_picture(self) -> "RegionTable":
        self.region()
        return self

    def region(self) -> Region:
        """Return it for the domain."""
        return Region(self.x, self.y, self.width, self.height)


_Pair = Annotated[list[float], Field(min_length=2, max_length=2)]
_PAIR = "a list of two numbers, along columns and along rows"
LENSES = {lens.value[0]: lens for lens in Lens}


class LensTable(Table):
    """A camera model, of the camera's own pictures; a calibration file of ours has these keys."""

    model: Literal["pinhole", "brown_conrady", "kannala_brandt"] = key(
        ..., "kind of the lens", '"pinhole", "brown_conrady" or "kannala_brandt"', "brown_conrady"
    )
    size: Annotated[str, full(SIZE)] = key(
        ..., "size of the calibrated pictures", "COLSxROWS in pixels, such as 1920x1080", "1280x720"
    )
    focal_px: _Pair = key(..., "focal lengths in pixels", _PAIR, [1000.0, 1000.0])
    principal_px: _Pair = key(
        ..., "principal point; the centre of the first pixel is 0, 0", _PAIR, [639.5, 359.5]
    )
    skew_px: _Pair = key([0.0, 0.0], "skew in pixels", _PAIR, [0.5, 0.0])
    distortion: list[float] = key(
        [],
        "coefficients, in OpenCV's order",
        "a list: of pinhole empty, of brown_conrady k1, k2, p1, p2, k3, of kannala_brandt k1 to k4",
        [-0.1, 0.01, 0.0, 0.0, 0.0],
    )

    @model_validator(mode="after")
    def _complete(self) -> "LensTable":
        self.camera_model()
        return self

    def camera_model(self) -> CameraModel:
        """Return it for the domain."""
        size = SIZE.fullmatch(self.size)
        cols, rows = (int(size[1]), int(size[2])) if size else (0, 0)
        lens, distortion = LENSES[self.model], tuple(self.distortion)
        (focal_x, focal_y), (centre_x, centre_y) = self.focal_px, self.principal_px
        skew_x, skew_y = self.skew_px
        pinhole = (focal_x, focal_y, centre_x, centre_y, skew_x, skew_y)
        return CameraModel(*pinhole, cols, rows, lens, distortion)


class CameraTable(Table):
    """A camera; repeatable."""

    name: Annotated[str, full(_NAME)] | None = key(
        None,
        "name of the source, which missions record; by default the last part of device",
        "letters, digits, -, _ and ., the first a letter or a digit",
        "front",
    )
    device: SecretStr = key(
        ...,
        "the camera: an index, a path, a video file, a URL, a pipeline, usb:SERIAL, name:LABEL,"
        " synthetic:?OPTIONS or SCHEME:ADDRESS",
        "a device, such as /dev/video0 or rtsp://10.0.0.7/stream1",
        "/dev/video0",
    )
    user: Text | None = key(None, "user of a network camera", "a text", "viewer", secret=True)
    password_file: Text | None = key(
        None,
        "file whose first line is the user's password",
        _PATHS,
        "$CREDENTIALS_DIRECTORY/front-password",
        secret=True,
    )
    certificate: Text | None = key(
        None,
        "what to trust of an https:// camera, instead of this computer's authorities",
        "sha256:FINGERPRINT, or the path of a PEM file",
        "front-ca.pem",
    )
    size: Annotated[str, full(SIZE)] | None = key(
        None, "size to request of the camera", "COLSxROWS in pixels, such as 1280x720", "1280x720"
    )
    fps: Annotated[float, Field(gt=0, le=1000)] | None = key(
        None,
        "rate to request of the camera",
        "a number of pictures per second above 0 and up to 1000, such as 30",
        15.0,
    )
    codec: Annotated[str, full(_FOURCC)] | None = key(
        None, "codec to request of the camera", "a FOURCC of four letters, such as MJPG", "MJPG"
    )
    isolation: Literal["auto", "always", "never"] = key(
        "auto",
        "whether it runs in a process of its own; auto: if OpenCV or another package reads it",
        '"auto", "always" or "never"',
        "always",
    )
    on_demand: bool = key(
        False, "capture for each request, not at the camera's rate", "true or false", True
    )
    rotation: Annotated[Literal[0, 90, 180, 270], BeforeValidator(no_bool)] = key(
        0, "turn the pictures clockwise, in degrees", "0, 90, 180 or 270", 180
    )
    mirror: bool = key(False, "swap left and right, after the rotation", "true or false", True)
    crop: RegionTable | None = key(
        None,
        "serve this part of the camera's own picture alone",
        "a table with x, y, width and height, fractions of the picture",
        {"x": 0.25, "y": 0.0, "width": 0.5, "height": 1.0},
    )
    masks: list[RegionTable] = key(
        [],
        "make these parts of the camera's own picture black",
        "a list of tables with x, y, width and height, fractions of the picture",
        [{"x": 0.0, "y": 0.0, "width": 0.2, "height": 0.1}],
    )
    calibration: Text | None = key(
        None,
        "camera model from a file: a table as lens in TOML, or YAML of ROS (camera_info), Kalibr"
        " or OpenCV",
        _PATHS,
        "front-lens.yaml",
    )
    lens: LensTable | None = key(
        None,
        "camera model, in place of calibration",
        "a table with model, size, focal_px, principal_px, skew_px and distortion",
        {
            "model": "pinhole",
            "size": "1280x720",
            "focal_px": [1000.0, 1000.0],
            "principal_px": [639.5, 359.5],
        },
    )
    quality: Annotated[int, Field(ge=1, le=100)] | None = key(
        None,
        "JPEG quality for requests that name none; by default the camera's own JPEG, else 75",
        "a number from 1 to 100",
        60,
    )
    transcode: bool = key(
        False,
        "encode every JPEG instead of passing the camera's own through",
        "true or false",
        True,
    )
    serve_damaged: bool = key(False, "serve JPEGs that are damaged within", "true or false", True)
    staleness_limit_s: Annotated[float, Field(ge=0.1, le=300)] | None = key(
        None,
        "maximum age of a picture that is served; by default five frame periods, 1 s at least",
        "a number of seconds from 0.1 to 300",
        3.0,
    )
    restore_controls: bool = key(
        False, "reset the camera's controls to their defaults at the end", "true or false", True
    )
    parameters: Annotated[dict[str, Any], AfterValidator(plain_values)] = key(
        {},
        "custom parameters of the camera, such as its controls, for requests that set none",
        "a table of numbers, texts, true and false",
        {"brightness": 10},
    )


class ConfigurationFile(Table):
    """The whole file."""

    robot: RobotTable = Field(default_factory=RobotTable)
    credentials: CredentialsTable | None = None
    service: ServiceTable = Field(default_factory=ServiceTable)
    hotplug: HotplugTable = Field(default_factory=HotplugTable)
    http: HttpTable | None = None
    live_data: LiveDataTable = Field(default_factory=LiveDataTable)
    log: LogTable = Field(default_factory=LogTable)
    cameras: list[CameraTable] = Field(default_factory=list)


def tables() -> Iterator[tuple[str, type[Table]]]:
    """Return header and model of each table, in the order of the file."""
    yield "[robot]", RobotTable
    yield "[credentials]", CredentialsTable
    yield "[service]", ServiceTable
    yield "[hotplug]", HotplugTable
    yield "[http]", HttpTable
    yield "[live_data]", LiveDataTable
    yield "[log]", LogTable
    yield "[[cameras]]", CameraTable
