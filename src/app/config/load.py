"""Load a configuration file: parse, validate, and turn into options."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from spot_webcam.app.cameras.isolation import Isolation, check_device
from spot_webcam.app.cameras.options import CameraOptions, CaptureOptions
from spot_webcam.app.cameras.schemes import file_exists
from spot_webcam.app.cli.arguments import check_robot_ca, credentials_in
from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.http_options import (
    check_certificate,
    http_address,
    is_loopback,
    password_in,
)
from spot_webcam.app.cli.text_file import UnreadableFile, read_text_file
from spot_webcam.app.config.calibration import calibration_of
from spot_webcam.app.config.configuration import Configuration
from spot_webcam.app.config.model import (
    SIZE,
    CameraTable,
    ConfigurationFile,
    HttpTable,
    RegionTable,
)
from spot_webcam.app.config.positions import KeyPath, lines_of
from spot_webcam.app.config.problems import BadConfiguration, Problem, problems_of, wrong_value
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.media.transform import Transform
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.modes import ModeRequest
from spot_webcam.domain.sources.naming import Device, parse_device

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# The folder of systemd's credentials: `LoadCredential=` in a unit.
CREDENTIALS_DIRECTORY = "$CREDENTIALS_DIRECTORY"
_TAKEOVER = {"wait": None, "replace": True, "exit": False}


@dataclass(frozen=True, slots=True)
class Page:
    """What programs that ask the page of a daemon have to know."""

    listen: str
    password_file: Path | None
    certificate: Path | None


def load(file: Path, *, is_check: bool = False) -> Configuration:
    """Return what a file says.

    A check does without systemd's credentials, which only the service can read.

    Raises:
        BadConfiguration: the file cannot be used; the text names every reason.
    """
    text, data = _parsed(file)
    loading = _Loading(file, data, is_check)
    configuration = loading.configuration()
    if loading.problems:
        raise BadConfiguration(file, lines_of(text), loading.problems)
    return configuration


def load_page(file: Path) -> Page | None:
    """Return the page that a file names, whatever else it says; `None` if it names none.

    Raises:
        BadConfiguration: its table cannot be used.
    """
    text, data = _parsed(file)
    loading = _Loading(file, {key: value for key, value in data.items() if key == "http"}, True)
    try:
        table = ConfigurationFile.model_validate(loading.data).http
    except ValidationError as error:
        problems = problems_of(error, loading.data)
        raise BadConfiguration(file, lines_of(text), problems) from None
    return None if table is None else loading.page(table)


def _parsed(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = read_text_file(file)
    except UnreadableFile as error:
        raise BadConfiguration(file, {}, [Problem((), str(error))]) from error
    try:
        return text, tomllib.loads(text)
    except ValueError as error:  # also of a number with thousands of digits
        problem = Problem((), f"no TOML: {error}")
        raise BadConfiguration(file, {(): _line_of(error, text)}, [problem]) from None
    except RecursionError:
        problem = Problem((), "no configuration: its brackets are nested too deeply")
        raise BadConfiguration(file, {}, [problem]) from None


def _line_of(error: Exception, text: str) -> int:
    """Return the line that a parser's message names."""
    words = str(error).partition("(at line ")[2]
    number = words.partition(",")[0]
    return int(number) if number.isdecimal() else text.count("\n") + 1


@dataclass
class _Loading:
    """Collects the problems of one file, while it is turned into options."""

    file: Path
    data: dict[str, Any]
    is_check: bool
    problems: list[Problem] = field(default_factory=list)
    # By their names, as keys of a set that keeps its order.
    credentials: dict[str, None] = field(default_factory=dict)

    def configuration(self) -> Configuration:
        try:
            model = ConfigurationFile.model_validate(self.data)
        except ValidationError as error:
            self.problems += problems_of(error, self.data)
            # What is right by itself is checked further, so that all errors are found at once.
            self._check_names()
            model = ConfigurationFile.model_validate(self._right_part())
        else:
            self._check_names()
        found = [self._camera(index, table) for index, table in enumerate(model.cameras)]
        cameras = tuple(camera for camera in found if camera is not None)
        flags = dict(self._flags(model))
        return Configuration(flags, cameras, tuple(self.credentials))

    def _camera_tables(self) -> list[Any]:
        tables = self.data.get("cameras")
        return tables if isinstance(tables, list) else []

    def _right_part(self) -> dict[str, Any]:
        """Return the data without the tables with problems, and the cameras without such keys.

        A camera whose device is wrong is another one, so that the others keep their numbers.
        """
        wrong = {problem.path[:3] for problem in self.problems}
        tables = {path[0] for path in wrong} | {"cameras"}
        right = {key: value for key, value in self.data.items() if key not in tables}
        cameras = []
        for index, table in enumerate(self._camera_tables()):
            path = ("cameras", index)
            if path in wrong or (*path, "device") in wrong:
                cameras.append({"device": "0"})
            else:
                kept = {key: value for key, value in table.items() if (*path, key) not in wrong}
                cameras.append(kept)
        return {**right, "cameras": cameras}

    def _flags(self, model: ConfigurationFile) -> Iterator[tuple[str, object]]:
        robot, service = model.robot, model.service
        yield "hostname", robot.hostname
        yield "robot_port", robot.port
        yield "robot_ca", self._ca_file(robot.ca_file)
        yield "host_ip", robot.host_ip
        if model.credentials is not None:
            yield "payload_credentials_file", self._credentials(model.credentials.file)
        yield "service_name", service.name
        yield "authority", service.authority
        yield "port", service.port
        yield "takeover", _TAKEOVER[service.takeover]
        yield "allow_from", [ip_network(text, strict=False) for text in service.allow_from]
        yield "hotplug", list(model.hotplug.patterns)
        if model.http is not None:
            yield from self._http_flags(model.http)
        yield "live_data", model.live_data.enabled
        yield "verbose", model.log.verbose
        yield "log_format", model.log.format

    def _http_flags(self, table: HttpTable) -> Iterator[tuple[str, object]]:
        password_file = self._http_file(table, "password_file")
        certificate, key = self._http_file(table, "certificate"), self._http_file(table, "key")
        if password_file is not None:
            with self._noting(("http", "password_file")):
                password_in(password_file, "the file")
        elif table.password_file is None and not is_loopback(http_address(table.listen)[0]):
            self._wrong(("http", "listen"), "it is open to the network: set password_file too")
        if (table.certificate is None) != (table.key is None):
            given = "key" if table.certificate is None else "certificate"
            self._wrong(("http", given), "certificate and key belong together: set both")
        elif certificate is not None and key is not None:
            with self._noting(("http", "certificate")):
                check_certificate(certificate, key, "certificate and key")
        yield "http", table.listen
        yield "http_password_file", password_file
        yield "http_certificate", certificate
        yield "http_key", key

    def page(self, table: HttpTable) -> Page:
        """Return where the page is, and the files for those who ask it."""
        password_file = self._http_file(table, "password_file")
        return Page(table.listen, password_file, self._http_file(table, "certificate"))

    def _http_file(self, table: HttpTable, name: str) -> Path | None:
        written = getattr(table, name)
        return None if written is None else self._path(written, ("http", name))

    def _ca_file(self, written: str | None) -> Path | None:
        path = ("robot", "ca_file")
        file = None if written is None else self._path(written, path)
        if file is not None:
            with self._noting(path):
                check_robot_ca(file, "the file")
        return file

    def _credentials(self, written: str) -> str | None:
        path = ("credentials", "file")
        file = self._path(written, path)
        if file is None:
            return None
        with self._noting(path):
            credentials_in(file, "the file")
        return str(file)

    @contextmanager
    def _noting(self, path: KeyPath) -> Iterator[None]:
        """Note what a check of the command line finds as a problem of a key."""
        try:
            yield
        except Misused as error:
            self._wrong(path, str(error))

    def _path(self, written: str, path: KeyPath) -> Path | None:
        """Return a path of the file; `None` if it cannot be known, which is a problem."""
        if written.startswith(f"{CREDENTIALS_DIRECTORY}/"):
            name = written.removeprefix(f"{CREDENTIALS_DIRECTORY}/")
            self.credentials[name] = None
            folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
            if not folder:
                if not self.is_check:
                    reason = "CREDENTIALS_DIRECTORY is not set: start it as a systemd service with"
                    self._wrong(path, f"{reason} LoadCredential=")
                return None
            return Path(folder, name)
        return self.file.parent / written

    def _wrong(self, path: KeyPath, reason: str) -> None:
        self.problems.append(wrong_value(path, self.data, reason))

    def _camera(self, index: int, table: CameraTable) -> CameraOptions | None:
        path: KeyPath = ("cameras", index)
        try:
            device = self._device(path, table)
        except CameraMisconfigured as error:
            self._wrong((*path, "device"), str(error))
            return None
        options = CameraOptions(device, _capture(table, self._camera_model(path, table)))
        try:
            # As the daemon does: a device that can never be opened is found now.
            check_device(device, options.capture.mode, options.capture.isolation)
        except CameraMisconfigured as error:
            is_certificate = table.certificate is not None and "certificate" in str(error)
            self._wrong((*path, "certificate" if is_certificate else "device"), str(error))
        return options

    def _device(self, path: KeyPath, table: CameraTable) -> Device:
        written = table.device.get_secret_value()
        name = table.name or _default_name(written)
        address = DeviceAddress(self._with_user(path, table, written))
        certificate = table.certificate or ""
        if certificate and not certificate.startswith("sha256:"):
            certificate = str(self._path(certificate, (*path, "certificate")) or "")
        if certificate and not address.has_scheme("https"):
            self._wrong((*path, "certificate"), "device is no https:// address")
        return Device(name, address, certificate)

    def _with_user(self, path: KeyPath, table: CameraTable, written: str) -> str:
        """Return the device with the camera's user and password."""
        if table.user is None:
            if table.password_file is not None:
                self._wrong((*path, "password_file"), "there is no user")
            return written
        scheme, mark, rest = written.partition("://")
        if not mark or "@" in rest.partition("/")[0]:
            self._wrong((*path, "user"), "device is no URL, or has a user already")
            return written
        userinfo = quote(table.user, safe="")
        if table.password_file is not None:
            userinfo += f":{quote(self._password(path, table.password_file), safe='')}"
        return f"{scheme}://{userinfo}@{rest}"

    def _password(self, path: KeyPath, written: str) -> str:
        path = (*path, "password_file")
        file = self._path(written, path)
        if file is None:
            return ""
        try:
            password = read_text_file(file).partition("\n")[0].rstrip("\r")
        except UnreadableFile as error:
            self._wrong(path, f"the file {error}")
            return ""
        if not password:
            self._wrong(path, "the file's first line is empty")
        return password

    def _camera_model(self, path: KeyPath, table: CameraTable) -> CameraModel | None:
        if table.lens is not None:
            if table.calibration is not None:
                self._wrong((*path, "calibration"), "there is a table lens too: delete one of them")
            return table.lens.camera_model()
        if table.calibration is None:
            return None
        path = (*path, "calibration")
        file = self._path(table.calibration, path)
        try:
            return None if file is None else calibration_of(file)
        except ValueError as error:
            self._wrong(path, f"the file cannot be used: {error}")
        return None

    def _check_names(self) -> None:
        """Find sources of one name, whatever else is wrong with their cameras."""
        seen: dict[str, int] = {}
        for index, table in enumerate(self._camera_tables()):
            name = _name_of(table)
            if name is None:
                continue
            first = seen.setdefault(name, index)
            if first != index:
                key = "name" if "name" in table else "device"
                reason = f"cameras[{first}] would be source {name!r} too: name one of them"
                self._wrong(("cameras", index, key), reason)


def _name_of(table: object) -> str | None:
    if not isinstance(table, dict):
        return None
    name, device = table.get("name"), table.get("device")
    if isinstance(name, str):
        return name
    try:
        return _default_name(device) if name is None and isinstance(device, str) else None
    except CameraMisconfigured:
        return None


def _default_name(written: str) -> str:
    try:
        device = parse_device(written, file_exists)
    except CameraMisconfigured:
        raise CameraMisconfigured("no name can be taken from it: set the key name") from None
    if device.address != DeviceAddress(written):
        raise CameraMisconfigured("a name stands in the key name, not before the device")
    return device.source_name


def _capture(table: CameraTable, camera_model: CameraModel | None) -> CaptureOptions:
    size = SIZE.fullmatch(table.size) if table.size else None
    cols, rows = (int(size[1]), int(size[2])) if size else (None, None)
    return CaptureOptions(
        mode=ModeRequest(cols, rows, table.fps, table.codec),
        on_demand=table.on_demand,
        isolation=Isolation(table.isolation),
        transform=Transform(
            table.rotation,
            table.mirror,
            None if table.crop is None else table.crop.region(),
            tuple(map(RegionTable.region, table.masks)),
        ),
        camera_model=camera_model,
        quality=table.quality,
        transcode=table.transcode,
        serve_damaged=table.serve_damaged,
        staleness_limit_s=table.staleness_limit_s,
        restore_controls=table.restore_controls,
        parameters=table.parameters,
    )
