"""`spot-webcam top`: read the state again and again, and show it."""

import argparse
import threading
import time
from pathlib import Path

from rich.console import Console

from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun, Misused
from spot_webcam.app.cli.tables import console
from spot_webcam.app.cli.text_file import UnreadableFile, read_text_file
from spot_webcam.tools.robot_clients.login import login_link
from spot_webcam.tools.top.page_status import PageStatus
from spot_webcam.tools.top.robot_status import RobotStatus
from spot_webcam.tools.top.screen import Screen
from spot_webcam.tools.top.status import (
    ServiceStatus,
    StatusReader,
    StatusRefused,
    StatusUnavailable,
)


def show_page(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Show the state of a daemon by its `serve --http`."""
    password = None
    if options.http_password_file is not None:
        password = _text("--http-password-file", options.http_password_file).strip("\r\n")
    ca_file = None
    if options.http_ca is not None:
        _text("--http-ca", options.http_ca)
        ca_file = str(options.http_ca)
    return show(PageStatus(options.hostname, password, ca_file), options, stopping)


def show_robot(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Show the state of a service by its robot."""
    return show(RobotStatus(login_link(options), options.image_service), options, stopping)


def show(
    reader: StatusReader,
    options: argparse.Namespace,
    stopping: threading.Event,
    output: Console | None = None,
) -> int:
    """Read and show until the event is set, or `options.count` times.

    Raises:
        CouldNotRun: there is no state at first, or there will be none.
    """
    screen = Screen(output or console())
    last: ServiceStatus | None = None
    read_s = time.monotonic()
    left = options.count
    try:
        while not stopping.is_set():
            problem = ""
            try:
                last = reader.read()
                read_s = time.monotonic()
            except StatusUnavailable as error:
                problem = str(error)
            if last is None:
                raise CouldNotRun(problem)
            screen.open()
            screen.show(last, problem, time.monotonic() - read_s)
            left = None if left is None else left - 1
            if left == 0:
                break
            stopping.wait(options.period)
    except StatusRefused as error:
        raise CouldNotRun(str(error)) from error
    finally:
        screen.close()
        reader.close()
    return EXIT_STOPPED


def _text(option: str, file: Path) -> str:
    try:
        return read_text_file(file)
    except UnreadableFile as error:
        raise Misused(f"{option} {file} {error}") from error
