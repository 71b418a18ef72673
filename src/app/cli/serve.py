"""`spot-webcam serve`: run the production daemon."""

import argparse
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from bosdyn.client import util

from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.app.cli.arguments import network, port_number
from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun, Misused, start_log
from spot_webcam.app.cli.http_options import EXTRA, add_http_arguments
from spot_webcam.app.cli.serve_options import (
    DEFAULT_DEVICE,
    DEFAULT_FILE,
    cameras_to_serve,
    configuration_file,
    merged,
    read_configuration,
    serve_options,
)
from spot_webcam.app.config.watch import ConfigurationWatch, NothingToReload, state_of
from spot_webcam.app.daemon import Daemon, require_resources
from spot_webcam.app.monitoring.service_report import ServiceReport
from spot_webcam.app.monitoring.state_dump import StateDump
from spot_webcam.app.options import AUTHORITY, SERVICE_NAME, ServeOptions
from spot_webcam.app.runtime.log_formats import LogFormat
from spot_webcam.app.runtime.memory import FreeMemory, share_one_arena
from spot_webcam.app.runtime.service_manager import service_manager
from spot_webcam.app.runtime.signals import on_signal
from spot_webcam.app.web import WebUnavailable
from spot_webcam.domain.errors import CameraMisconfigured

_LOG = logging.getLogger(__name__)

# How often the main thread checks whether the session has given up.
POLL_S = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the SDK's own services, and ours."""
    # The SDK's add_base_arguments() makes the robot mandatory.
    parser.add_argument(
        "hostname", nargs="?", metavar="ROBOT", help="address of the robot, such as 192.168.80.3"
    )
    parser.add_argument("-v", "--verbose", action="store_true", default=None, help="log everything")
    util.add_payload_credentials_arguments(parser, required=False)
    util.add_service_hosting_arguments(parser)
    parser.set_defaults(port=None)
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="configuration file (TOML), whose values the other flags override; cameras of"
        f" --device-name replace all of its cameras (default: {DEFAULT_FILE}, if it exists)",
    )
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
        f" DEVICE (default: {DEFAULT_DEVICE})",
    )
    parser.add_argument("--robot-port", type=port_number, help="port of the robot (default: 443)")
    parser.add_argument(
        "--robot-ca",
        metavar="FILE",
        type=Path,
        help="PEM certificates to trust instead of the SDK's, as for a fake robot",
    )
    parser.add_argument(
        "--service-name",
        help=f"name of the service, which missions record (default: {SERVICE_NAME})",
    )
    parser.add_argument("--authority", help=f"authority of the service (default: {AUTHORITY})")
    _add_mode_arguments(parser.add_argument_group("requested of every camera, granted or not"))
    parser.add_argument(
        "--on-demand",
        action="store_true",
        default=None,
        help="capture a frame for each request instead of at the camera's rate",
    )
    parser.add_argument(
        "--serve-damaged",
        action="store_true",
        default=None,
        help="serve JPEGs that are damaged within, of all cameras",
    )
    parser.add_argument(
        "--trust-certificate",
        metavar="NAME=FINGERPRINT|FILE",
        action="append",
        help="trust the TLS certificate of source NAME, an https:// address, by its SHA-256"
        " fingerprint or by a PEM file, instead of by this computer's authorities (repeatable)",
    )
    parser.add_argument(
        "--transcode",
        action="store_true",
        default=None,
        help="re-encode every JPEG, even where the camera's own could be passed through",
    )
    parser.add_argument(
        "--hotplug",
        metavar="PATTERN",
        action="append",
        help="also serve each camera that is plugged in while running and whose name matches, such"
        " as usb:* (repeatable; Linux)",
    )
    parser.add_argument(
        "--live-data",
        action="store_true",
        default=None,
        help="also register SERVICE-NAME-health, a data acquisition plugin that shows the cameras'"
        " health on the tablet and stores it with captures",
    )
    parser.add_argument(
        "--allow-from",
        metavar="CIDR",
        type=network,
        action="append",
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
        default=None,
        help="reset every camera's controls to their defaults at the end",
    )
    parser.add_argument(
        "--isolate",
        choices=[isolation.value for isolation in Isolation],
        help="which cameras run in processes of their own, so that one that hangs or crashes does"
        " not affect others: auto isolates what OpenCV reads, such as streams and files, and the"
        " cameras of other packages (default: auto; Linux)",
    )
    parser.add_argument(
        "--log-format",
        choices=[log_format.value for log_format in LogFormat],
        help="text for people, json for programs (an object on each line), or journal for journald"
        " with fields (default: text)",
    )
    add_http_arguments(parser)


def _add_mode_arguments(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--res-width", metavar="PX", type=_positive, help="width, in pixels")
    group.add_argument("--res-height", metavar="PX", type=_positive, help="height, in pixels")
    group.add_argument("--fps", metavar="HZ", type=_rate, help="pictures per second")
    group.add_argument("--codec", metavar="FOURCC", type=_fourcc, help="codec, such as MJPG")


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
    manager = service_manager()
    share_one_arena()
    file = configuration_file(options.config)
    used = None if file is None else state_of(file)
    configuration = read_configuration(file)
    if file is not None:  # which may set the form of the log
        log = merged(options, configuration)
        start_log(verbose=log.verbose, log_format=LogFormat(log.log_format))
    wanted = serve_options(options, configuration)
    if file is not None:
        _LOG.info("the configuration is %s", file)
    require_resources(
        len(wanted.cameras), loops=int(file is not None), has_http=wanted.http is not None
    )
    daemon = _daemon(wanted)
    with _failures_of_threads() as failures, ExitStack() as stack:
        dump = StateDump(daemon.monitor)
        nothing_to_reload = NothingToReload()
        report = ServiceReport(partial(daemon.monitor.snapshot, with_quality=False), manager)
        stack.enter_context(on_signal(signal.SIGUSR1, dump.request))
        if file is not None:
            watch = ConfigurationWatch(
                file,
                used,
                configuration,
                lambda: read_configuration(file),
                lambda found: daemon.replace_cameras(cameras_to_serve(options, found)),
                period_s=wanted.timeouts.config_period_s,
                reloading=manager.reloading,
            )
            stack.enter_context(on_signal(signal.SIGHUP, watch.request))
            daemon.run_beside("configuration", watch.step, watch.wake)
            daemon.monitor.configuration_error = lambda: watch.error
        else:
            stack.enter_context(on_signal(signal.SIGHUP, nothing_to_reload.request))
        daemon.start()
        # Not only when it is registered: the robot may be away for long.
        manager.ready(f"serving on port {daemon.port}")
        memory = FreeMemory()
        while not stopping.wait(POLL_S) and daemon.refusal is None and not failures:
            memory.trim_when_due()
            dump.log_if_requested()
            nothing_to_reload.log_if_requested()
            report.send_when_due()
        manager.stopping()
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
