"""`spot-webcam top`: read the state again and again, and show it."""

import argparse
import threading
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun, Misused
from spot_webcam.app.cli.http_options import http_address, password_in
from spot_webcam.app.cli.serve_options import configuration_file
from spot_webcam.app.cli.tables import console
from spot_webcam.app.cli.text_file import UnreadableFile, read_text_file
from spot_webcam.app.web import WebOptions
from spot_webcam.tools.robot_clients.login import login_link
from spot_webcam.tools.robot_clients.page_client import PageClient, PageRefused, page_of
from spot_webcam.tools.top.page_status import PageStatus
from spot_webcam.tools.top.robot_status import RobotStatus
from spot_webcam.tools.top.screen import Screen
from spot_webcam.tools.top.status import (
    ServiceStatus,
    StatusReader,
    StatusRefused,
    StatusUnavailable,
)

DEFAULT_URL = "http://127.0.0.1:8080"


def show_page(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Show the state of a daemon by its `serve --http`."""
    password = None
    if options.http_password_file is not None:
        password = _text("--http-password-file", options.http_password_file).strip("\r\n")
    ca_file = None
    if options.http_ca is not None:
        _text("--http-ca", options.http_ca)
        ca_file = str(options.http_ca)
    http = None
    if options.hostname is None:
        http = _configured(options.config, has_password=password is not None)
    try:
        if http is None:
            page = PageClient(options.hostname or DEFAULT_URL, password, ca_file)
        else:
            page = page_of(replace(http, password=password or http.password), ca_file)
    except PageRefused as error:
        raise CouldNotRun(str(error)) from error
    return show(PageStatus(page), options, stopping)


def _configured(given: Path | None, *, has_password: bool) -> WebOptions | None:
    """Return the page of a configuration file, `None` if there is neither by default.

    Raises:
        Misused: the file cannot be used, or has no page.
    """
    file = configuration_file(given)
    if file is None:
        return None
    # As slow as all the rest.
    from spot_webcam.app.config.load import load_page  # noqa: PLC0415
    from spot_webcam.app.config.problems import BadConfiguration  # noqa: PLC0415

    try:
        page = load_page(file)
    except BadConfiguration as error:
        raise Misused(str(error)) from error
    if page is None:
        if given is not None:
            raise Misused(f"{file} has no page: expected listen in [http], or give its address")
        return None
    host, port = http_address(page.listen)
    password = None
    if page.password_file is not None and not has_password:
        password = password_in(page.password_file, f"password_file of {file}")
    certificate = None if page.certificate is None else str(page.certificate)
    return WebOptions(host, port, password, certificate)


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
