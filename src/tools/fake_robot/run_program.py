"""`spot-webcam fake-robot run`: run an unmodified program on a fake robot."""

import argparse
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.app.runtime.native_logs import original_environ
from spot_webcam.fakes.sdk_programs import Redirection, Target
from spot_webcam.tools.fake_robot.cameras import served_cameras
from spot_webcam.tools.fake_robot.control_client import ControlClient, control_port
from spot_webcam.tools.fake_robot.program import NoSuchProgram, run_program
from spot_webcam.tools.fake_robot.python_flags import isolating_flag
from spot_webcam.tools.fake_robot.robot import running_robot

_FREE_PORT = 0
# Options of a new robot; `--guid` and `--secret` are a camera's, too.
_OF_A_NEW_ROBOT = ("port", "ca_file", "unauthorized", "authorize_all")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Run the program to its end, and return its exit code."""
    program = _program(options)
    environ = original_environ()
    flag = isolating_flag(program, environ.get("PATH"))
    if flag is not None:
        raise Misused(
            f"python {flag} takes nothing from its environment, and so would not find the fake"
            f" robot: leave {flag} out"
        )
    if not options.verbose:
        # Show the program's own output only.
        logging.getLogger("spot_webcam").setLevel(logging.WARNING)
    with _target(options) as target, Redirection(target, environ) as redirection:
        cameras = served_cameras(options, target, redirection.ca_file, stopping)
        with cameras if options.with_camera else nullcontext():
            if stopping.is_set():
                raise CouldNotRun("interrupted")
            try:
                code = run_program(program, redirection.environment)
            except NoSuchProgram as error:
                _say(str(error))
                return error.exit_code
        if not redirection.was_noticed():
            _say(
                f"{program[0]} has started no Python that could be pointed at the fake robot:"
                " only programs of Python 3.8 or newer are, and not with -I, -E or -S"
            )
        return code


def _program(options: argparse.Namespace) -> list[str]:
    words: list[str] = options.program
    words = words[1:] if words[:1] == ["--"] else words
    if not words:
        raise Misused("say which program: spot-webcam fake-robot run -- python3 my_script.py ROBOT")
    return words


@contextmanager
def _target(options: argparse.Namespace) -> Iterator[Target]:
    if options.attach:
        for flag in _OF_A_NEW_ROBOT:
            value = getattr(options, flag)
            if value is not None and value is not False:  # --port 0 counts as given
                name = flag.replace("_", "-")
                raise Misused(f"--{name} is for a new robot: leave it out, or --attach")
        port = control_port(options.control_port)
        view = ControlClient(port).query("robot")
        yield Target(
            view["address"],
            view["port"],
            view["ca"],
            view["rest_port"],
            port,
            view["user"] or "",
            view["password"] or "",
        )
        return
    with running_robot(options, _FREE_PORT) as running:
        yield Target.of(running.robot, running.control_port)


def _say(line: str) -> None:
    print(f"spot-webcam fake-robot run: {line}", file=sys.stderr)  # noqa: T201 - the command's own message
