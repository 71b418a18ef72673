"""`spot-webcam fake-robot ctl`: trouble for the fake robot that runs, and a look into it."""

import argparse
import json
import threading

from spot_webcam.app.cli.command_line import EXIT_STOPPED
from spot_webcam.tools.fake_robot.control_client import ControlClient, control_port
from spot_webcam.tools.fake_robot.ctl_screen import robot_text, table_text, what_was_done
from spot_webcam.tools.fake_robot.output import put

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
        put(json.dumps(told, indent=2) + "\n")
    elif order in _TABLES:
        put(table_text(order, told))
    elif order == "robot":
        put(robot_text(told))
    else:
        put(what_was_done(order, options, told) + "\n")
    return EXIT_STOPPED
