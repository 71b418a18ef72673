"""`spot-webcam serve`: run the production daemon."""

import argparse
import ipaddress
import logging
import platform
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bosdyn.client import util

from spot_webcam.app.cameras.isolation import Isolation, is_available
from spot_webcam.app.cameras.schemes import file_exists
from spot_webcam.app.cli.arguments import (
    checked_host,
    is_link_local,
    payload_credentials,
    port_number,
    quoted,
    robot_address,
)
from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun, Misused
from spot_webcam.app.cli.http_options import EXTRA, add_http_arguments, http_options
from spot_webcam.app.daemon import (
    AUTHORITY,
    SERVICE_NAME,
    Daemon,
    ServeOptions,
    require_resources,
)
from spot_webcam.app.monitoring.state_dump import StateDump
from spot_webcam.app.runtime.log_formats import LogFormat
from spot_webcam.app.runtime.memory import (
    FreeMemory,
    limits_within,
    memory_limit_bytes,
    share_one_arena,
)
from spot_webcam.app.runtime.signals import on_signal
from spot_webcam.app.web import WebUnavailable
from spot_webcam.domain.errors import CameraMisconfigured, as_unicode
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.robot_access import PayloadCredentials
from spot_webcam.domain.sources.naming import parse_devices, with_certificates

_LOG = logging.getLogger(__name__)

_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
DEFAULT_DEVICE = "/dev/video0"
# How often the main thread checks whether the session has given up.
POLL_S = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the SDK's own services, and ours."""
    util.add_base_arguments(parser)
    util.add_payload_credentials_arguments(parser)
    util.add_service_hosting_arguments(parser)
    # The SDK's add_service_endpoint_arguments() makes it mandatory.
    parser.add_argument(
        "--host-ip",
        metavar="ADDRESS",
        help="this computer's address as the robot reaches it (default: the one from which it"
        " reaches the robot)",
    )
    parser.add_argument(
        "--device-name",
        metavar="[NAME=]DEVICE",
        action="append",
        help="camera to serve, repeatable: an index, a path, a video file, a URL, a GStreamer"
        " pipeline, synthetic:?OPTIONS, or SCHEME:ADDRESS of a scheme that another package"
        " registers; NAME is the source's name, else the last part of"
        " DEVICE; NAME,serve-damaged does for one camera what --serve-damaged does for all"
        f" (default: {DEFAULT_DEVICE})",
    )
    parser.add_argument("--robot-port", type=port_number, default=443, help="(default: 443)")
    parser.add_argument(
        "--robot-ca",
        metavar="FILE",
        type=Path,
        help="PEM certificates to trust instead of the SDK's, as for a fake robot",
    )
    parser.add_argument("--service-name", default=SERVICE_NAME, help="(default: %(default)s)")
    parser.add_argument("--authority", default=AUTHORITY, help="(default: %(default)s)")
    _add_mode_arguments(parser.add_argument_group("requested of every device, granted or not"))
    parser.add_argument(
        "--on-demand",
        action="store_true",
        help="capture a frame for each request instead of at the camera's rate",
    )
    parser.add_argument(
        "--serve-damaged",
        action="store_true",
        help="serve JPEGs that are damaged within, of all cameras; for one, write --device-name"
        " NAME,serve-damaged=DEVICE",
    )
    parser.add_argument(
        "--trust-certificate",
        metavar="NAME=FINGERPRINT|FILE",
        action="append",
        default=[],
        help="trust the TLS certificate of source NAME, an https:// address, by its SHA-256"
        " fingerprint or by a PEM file, instead of by this computer's authorities (repeatable)",
    )
    parser.add_argument(
        "--transcode",
        action="store_true",
        help="re-encode every JPEG, even where the camera's own could be passed through",
    )
    parser.add_argument(
        "--hotplug",
        metavar="PATTERN",
        action="append",
        default=[],
        help="also serve each camera that is plugged in while running and whose name matches, such"
        " as usb:* (repeatable; Linux)",
    )
    parser.add_argument(
        "--allow-from",
        metavar="CIDR",
        type=_network,
        action="append",
        default=[],
        help="answer only the robot and this network or address, such as 192.168.50.0/24"
        " (repeatable; without it, every peer is answered)",
    )
    parser.add_argument(
        "--takeover",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="when another daemon serves this service name: replace it, or exit with 1; without"
        " either, wait until it has stopped",
    )
    parser.add_argument(
        "--restore-controls",
        action="store_true",
        help="reset every camera's controls to their defaults at the end",
    )
    parser.add_argument(
        "--isolate",
        choices=[isolation.value for isolation in Isolation],
        default=Isolation.AUTO.value,
        help="which cameras run in processes of their own, so that one that hangs or crashes does"
        " not affect others: auto isolates what OpenCV reads, such as streams and files, and the"
        " cameras of other packages (default: %(default)s; Linux)",
    )
    parser.add_argument(
        "--log-format",
        choices=[log_format.value for log_format in LogFormat],
        default=LogFormat.TEXT.value,
        help="text for people, json for programs (an object on each line), or journal for journald"
        " with fields (default: %(default)s)",
    )
    add_http_arguments(parser)


def _add_mode_arguments(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--res-width", metavar="PX", type=_positive)
    group.add_argument("--res-height", metavar="PX", type=_positive)
    group.add_argument("--fps", metavar="HZ", type=_rate)
    group.add_argument("--codec", metavar="FOURCC", type=_fourcc, help="such as MJPG")


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"invalid network {text!r}: expected a network such as 192.168.50.0/24, or an address"
        ) from None


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"invalid size {text!r}: expected a positive integer")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1000:
        raise argparse.ArgumentTypeError(
            f"invalid rate {text!r}: expected frames per second, such as 30"
        )
    return rate


def _fourcc(text: str) -> str:
    if len(text) != 4 or not text.isascii():
        raise argparse.ArgumentTypeError(
            f"invalid FOURCC {text!r}: expected four letters, such as MJPG"
        )
    return text


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Serve until the event is set, or an exception ends a thread of this process."""
    share_one_arena()
    wanted = _serve_options(options)
    require_resources(len(wanted.devices))
    daemon = _daemon(wanted)
    dump = StateDump(daemon.monitor)
    with _failures_of_threads() as failures, on_signal(signal.SIGUSR1, dump.request):
        daemon.start()
        memory = FreeMemory()
        while not stopping.wait(POLL_S) and daemon.refusal is None and not failures:
            memory.trim_when_due()
            dump.log_if_requested()
        stopped = stopping.is_set()
        if not daemon.stop():
            # A driver or a name server holds a thread.
            _LOG.warning(
                "threads still blocked at shutdown are left to the operating system: %s",
                ", ".join(daemon.left_behind()),
            )
    if failures and not stopped:
        raise failures[0]
    if daemon.refusal is not None and not stopped:
        raise CouldNotRun(str(daemon.refusal))
    return EXIT_STOPPED


@contextmanager
def _failures_of_threads() -> Iterator[list[BaseException]]:
    """Collect exceptions that end threads: a daemon without one of its threads must restart."""
    failures: list[BaseException] = []

    def collect(arguments: threading.ExceptHookArgs) -> None:
        failures.append(arguments.exc_value or arguments.exc_type())
        _LOG.debug("an exception ended a thread", exc_info=arguments.exc_value)

    before = threading.excepthook
    threading.excepthook = collect
    try:
        yield failures
    finally:
        threading.excepthook = before


def _serve_options(options: argparse.Namespace) -> ServeOptions:
    try:
        devices = parse_devices(options.device_name or _default_devices(options), file_exists)
        devices = with_certificates(devices, options.trust_certificate)
    except CameraMisconfigured as error:
        raise Misused(str(error)) from error
    if options.hotplug and platform.system() != "Linux":
        raise Misused("--hotplug needs Linux: name the cameras with --device-name")
    credentials = _credentials(options)
    _check_names(options)
    return ServeOptions(
        robot=robot_address(options),
        credentials=credentials,
        host_ip=_host_ip(options.host_ip),
        devices=devices,
        port=_checked_port(options.port),
        service_name=options.service_name,
        authority=options.authority,
        mode=ModeRequest(options.res_width, options.res_height, options.fps, options.codec),
        on_demand=options.on_demand,
        serve_damaged=options.serve_damaged,
        transcode=options.transcode,
        restore_controls=options.restore_controls,
        hotplug=tuple(options.hotplug),
        takeover=options.takeover,
        allow_from=tuple(options.allow_from),
        isolation=_isolation(options.isolate),
        http=http_options(options),
        limits=limits_within(memory_limit_bytes()),
    )


def _isolation(word: str) -> Isolation:
    isolation = Isolation(word)
    if isolation is Isolation.ALWAYS and not is_available():
        raise Misused("--isolate always needs Linux: leave it out")
    return isolation


def _default_devices(options: argparse.Namespace) -> list[str]:
    return [] if options.hotplug else [DEFAULT_DEVICE]


def _credentials(options: argparse.Namespace) -> PayloadCredentials:
    if options.guid is not None and not (options.guid and options.secret):
        raise Misused(
            "--guid and --secret belong together: expected both, or --payload-credentials-file"
        )
    if options.guid is None and not options.payload_credentials_file:
        raise Misused("--payload-credentials-file is empty: expected the name of a file")
    return payload_credentials(options)


def _checked_port(port: int) -> int:
    if not 0 <= port <= 65535:
        raise Misused(f"invalid port {port}: --port must be 0-65535")
    return port


def _check_names(options: argparse.Namespace) -> None:
    if not options.service_name.strip():
        raise Misused("--service-name must not be empty: leave it out for the default")
    for option in ("service_name", "guid", "secret"):
        given = getattr(options, option) or ""
        if as_unicode(given) != given:
            raise Misused(f"--{option.replace('_', '-')} is no UTF-8 text: write it again")
    if not _HOST_NAME.fullmatch(options.authority):
        raise Misused(
            f"invalid --authority {quoted(options.authority)}: expected a host name of letters,"
            " digits, - and ."
        )


def _host_ip(text: str | None) -> str | None:
    if text is None:
        return None
    host = checked_host(
        "--host-ip", text, "this computer's address as the robot sees it, such as 192.168.50.5"
    )
    if is_link_local(host) or "%" in host:
        raise Misused(
            f"--host-ip {host} is valid on one interface alone, which the robot cannot know: give"
            " another address"
        )
    return host


def _daemon(options: ServeOptions) -> Daemon:
    try:
        return Daemon(options)
    except CameraMisconfigured as error:
        raise Misused(str(error)) from error
    except ModuleNotFoundError as error:
        if options.http is None:
            raise
        raise Misused(f"--http: {EXTRA}") from error
    except WebUnavailable as error:
        raise CouldNotRun(f"{error}: choose another port with --http") from error
    except OSError as error:
        raise CouldNotRun(
            f"{error}: another program may be using it; choose another with --port"
        ) from error
