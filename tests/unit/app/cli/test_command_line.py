"""Errors of the command line: one line without any value."""

import argparse
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from spot_webcam.app.cli.arguments import quoted
from spot_webcam.app.cli.command_line import OneLineParser, close_log, start_log
from spot_webcam.app.cli.main import main
from spot_webcam.app.runtime.log_handler import scrub_log
from spot_webcam.domain.sources.address import DeviceAddress

SECRET = "QZXmarker"
SERVE = ("serve", "127.0.0.1", "--host-ip", "127.0.0.1", "--guid", "a-guid", "--secret", "s")
URL = f"rtsp://admin:{SECRET} x@10.0.0.7/gate"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*SERVE, "--bogus", SECRET), "serve: unrecognized arguments: --bogus and 1 value (see"),
        ((*SERVE, f"--bogus={SECRET}", SECRET), "arguments: --bogus and 2 values (see"),
        ((*SERVE, f"-x{SECRET}"), "arguments: -x and 1 value (see"),
        ((*SERVE, SECRET), "arguments: 1 value (see"),
        ((*SERVE, "--bogus"), "arguments: --bogus (see spot-webcam serve --help)"),
        ((*SERVE, f"--s={SECRET}"), "ambiguous option: --s=..."),
        ((*SERVE, f"--on-demand={SECRET}"), "--on-demand: ignored explicit argument '...'"),
        ((*SERVE, "--isolate", SECRET), "--isolate: invalid choice: '...' (choose from"),
        ((*SERVE, "--port", SECRET), "--port: invalid int value: '...'"),
        ((*SERVE, "--port", "abc"), "--port: invalid int value: '...'"),
        ((*SERVE, "--fps", URL), "--fps: invalid rate '...'"),
        ((*SERVE, "--allow-from", URL), "--allow-from: invalid network '...'"),
        (("serve", URL, *SERVE[2:]), "invalid host name 'rtsp://10.0.0.7/gate'"),
        ((*SERVE, "--host-ip", URL), "invalid --host-ip 'rtsp://10.0.0.7/gate'"),
        ((*SERVE, "--authority", URL), "invalid --authority 'rtsp://10.0.0.7/gate'"),
        ((*SERVE, "--device-name", f"ptz:{SECRET}@2"), "taken from device '...@2'"),
        ((*SERVE, "--device-name", f"a=ad:{SECRET}@HOST"), "camera scheme of ...@HOST (reg"),
        ((SECRET,), "COMMAND: invalid choice: '...'"),
        (("cameras", "--bogus", SECRET), "cameras: unrecognized arguments: --bogus and 1 value"),
        (("controls", f"rtsp:/ad:{SECRET}@HOST"), "rtsp:/HOST"),
        (("controls", "0", URL), "assignment 'rtsp://10.0.0.7/gate'"),
        (("controls", f"ad:{SECRET}=@HOST"), "...@HOST"),
        (("check", "127.0.0.1", "--timeout", SECRET), "--timeout: invalid time '...'"),
        (("check", "rtsp://a:QZXmarker @h/x"), "invalid host name 'rtsp://h/x'"),
        (("demo", "--chaos", SECRET), "--chaos: invalid int value: '...'"),
        (("bench", "--rounds", SECRET), "--rounds: invalid number of rounds '...'"),
        (("fake-robot", "ctl", "faults", "--bogus", SECRET), "arguments: --bogus and 1 value"),
        (("fake-robot", "ctl", SECRET), "invalid choice: '...'"),
    ],
)
def test_error_says_what_is_wrong_and_repeats_no_value(
    words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(words)
    except SystemExit as end:
        code = int(end.code or 0)
    said = capsys.readouterr().err
    assert code != 0
    assert says in said
    assert said.count("\n") == 1
    assert SECRET not in said


def test_flags_and_choices_stay_legible() -> None:
    parser = OneLineParser(prog="it")
    parser.add_argument("--kind", choices=["kind", "other"])
    with pytest.raises(SystemExit):
        parser.parse_args(["--kind", "kinds"])
    assert parser.parse_args(["--kind", "kind"]) == argparse.Namespace(kind="kind")


def test_wrong_word_that_is_not_an_address_is_quoted() -> None:
    assert quoted("192.168.80.256") == "'192.168.80.256'"


@pytest.fixture
def _own_log() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], level = before
    root.setLevel(level)


@pytest.mark.usefixtures("_own_log")
@pytest.mark.parametrize("verbose", [False, True])
def test_http_library_does_not_fill_the_log(verbose: bool) -> None:
    # It warns of odd headers with each answer, and cameras that are polled answer for ever.
    start_log(verbose=verbose)
    log = logging.getLogger("urllib3.connection")
    assert log.isEnabledFor(logging.WARNING) == verbose
    assert log.isEnabledFor(logging.ERROR)
    assert not log.isEnabledFor(logging.DEBUG)
    close_log()


@pytest.mark.usefixtures("_own_log")
def test_no_line_of_the_log_holds_an_address_s_credentials(
    capfd: pytest.CaptureFixture[str],
) -> None:
    start_log(verbose=False)
    address = DeviceAddress(URL)
    scrub_log(address)
    scrub_log(address)
    log = logging.getLogger("another.package")
    log.warning("cannot open %s", URL)
    try:
        Path(URL).read_text()
    except OSError:
        log.exception("a defect")
    close_log()
    logged = capfd.readouterr().err
    assert "cannot open rtsp://10.0.0.7/gate" in logged
    assert "FileNotFoundError" in logged
    assert SECRET not in logged


@pytest.mark.usefixtures("_own_log")
@pytest.mark.parametrize("verbose", [False, True])
def test_record_is_one_line_unless_verbose(
    verbose: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    start_log(verbose=verbose)
    log = logging.getLogger("grpc._server")
    try:
        int("two\nlines")
    except ValueError:
        log.exception("Exception %s application", "calling")
        log.exception("Exception in thread:\n%s", traceback.format_exc())
    log.error("no error at hand", stack_info=True)
    log.error("")
    close_log()
    logged = capfd.readouterr().err.splitlines()
    assert ("Traceback (most recent call last):" in logged) is verbose
    error = r"ValueError: invalid literal for int() with base 10: 'two\nlines'"
    if not verbose:
        assert [line.partition("grpc._server: ")[2] for line in logged] == [
            f"Exception calling application | {error}",
            f"Exception in thread: | {error} | {error}",
            "no error at hand",
            "",
        ]
