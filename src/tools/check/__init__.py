"""`spot-webcam check`: check any image service for what its clients rely on."""

import argparse
import threading

from bosdyn.client import util

from spot_webcam.tools.robot_clients.login import add_robot_arguments

# The daemon's, which is not imported: --help must be fast.
SERVICE_NAME = "web-cam-service"
_QUICK_WATCH_S = 1.0
_MAX_S = 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the service, the login, the extent of the checks, and the output."""
    util.add_base_arguments(parser)
    parser.add_argument(
        "--image-service",
        metavar="NAME",
        default=SERVICE_NAME,
        help="its name (default: %(default)s)",
    )
    parser.add_argument(
        "--image-source",
        metavar="NAME",
        action="append",
        default=[],
        help="look at this source alone (repeatable; all if not given)",
    )
    add_robot_arguments(parser)
    parser.add_argument(
        "--duration",
        metavar="S",
        type=_seconds,
        help="how long to watch each source's times (3)",
    )
    parser.add_argument("--timeout", metavar="S", type=_seconds, help="of each call (10)")
    parser.add_argument("--quick", action="store_true", help="shorter looks, fewer clients at once")
    parser.add_argument(
        "--check-data-acquisition",
        action="store_true",
        help="also have the robot's data acquisition take a picture of each source, and store it",
    )
    parser.add_argument(
        "--change-parameters",
        action="store_true",
        help="also set each custom parameter to another value, as any client may: things may move",
    )
    parser.add_argument(
        "--json", metavar="FILE", help="write the result; - for standard output, instead of a table"
    )
    parser.add_argument("--strict", action="store_true", help="end with 1 for warnings too")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Run the checks, show and write the result."""
    # --help needs none of it.
    from spot_webcam.tools.check.command import check  # noqa: PLC0415
    from spot_webcam.tools.check.service import CheckSettings  # noqa: PLC0415

    usual = CheckSettings()
    settings = CheckSettings(
        timeout_s=options.timeout or usual.timeout_s,
        watch_s=options.duration or (_QUICK_WATCH_S if options.quick else usual.watch_s),
        clients=4 if options.quick else usual.clients,
        rounds=1 if options.quick else usual.rounds,
        source_names=tuple(dict.fromkeys(options.image_source)),
        data_acquisition=options.check_data_acquisition,
        change_parameters=options.change_parameters,
    )
    return check(options, settings, stopping)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _MAX_S:
        raise argparse.ArgumentTypeError(f"invalid time {text!r}: give seconds, such as 3")
    return seconds
