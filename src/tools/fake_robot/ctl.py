"""`spot-webcam fake-robot ctl`: inject faults into a running fake robot, or inspect it."""

import argparse
import json
import threading

from spot_webcam.app.cli.command_line import EXIT_STOPPED
from spot_webcam.tools.fake_robot.control_client import ControlClient, control_port
from spot_webcam.tools.fake_robot.output import order_text, put, robot_text, table_text

# Option of each field of the control API; --guid is taken by the robot's options.
_FIELDS = {
    "seconds": "seconds",
    "guid": "payload",
    "service": "service",
    "code": "code",
    "details": "details",
}
_TABLES = ("faults", "services", "payloads", "calls")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Send an order or a query, and print the answer; blocks for seconds at most."""
    del stopping
    client = ControlClient(control_port(options.control_port))
    order = options.order
    if order == "calls":
        answer = client.query(order, last=options.last)
    elif order in _TABLES or order == "robot":
        answer = client.query(order)
    else:
        values = {field: getattr(options, option, None) for field, option in _FIELDS.items()}
        fields = {name: value for name, value in values.items() if value is not None}
        answer = client.order(order, fields)
    if options.json:
        put(json.dumps(answer, indent=2) + "\n")
    elif order in _TABLES:
        put(table_text(order, answer))
    elif order == "robot":
        put(robot_text(answer))
    else:
        put(order_text(order, options, answer) + "\n")
    return EXIT_STOPPED
