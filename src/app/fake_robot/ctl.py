"""`spot-webcam fake-robot ctl`: trouble for the fake robot that runs, and a look into it."""

import argparse
import json
import sys
import threading

from spot_webcam.app.command_line import EXIT_STOPPED
from spot_webcam.app.fake_robot.control_client import ControlClient, control_port
from spot_webcam.app.fake_robot.ctl_screen import show_robot, show_table, what_was_done

# Option by field of the control API: --guid is the robot's own.
_FIELDS = {
    "seconds": "seconds",
    "guid": "payload",
    "service": "service",
    "code": "code",
    "details": "details",
}
_TABLES = ("faults", "services", "payloads", "calls")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Give the order, or print what was asked for; seconds at most."""
    del stopping
    client = ControlClient(control_port(options.control_port))
    order = options.order
    if order == "calls":
        told = client.look(order, last=options.last)
    elif order in _TABLES or order == "robot":
        told = client.look(order)
    else:
        given = {field: getattr(options, option, None) for field, option in _FIELDS.items()}
        fields = {name: value for name, value in given.items() if value is not None}
        told = client.act(order, fields)
    if options.json:
        print(json.dumps(told, indent=2))  # noqa: T201 - what it was asked for
    elif order in _TABLES:
        show_table(order, told)
    elif order == "robot":
        show_robot(told)
    else:
        print(what_was_done(order, options, told))  # noqa: T201 - what it was asked for
    sys.stdout.flush()
    return EXIT_STOPPED
