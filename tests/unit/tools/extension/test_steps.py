import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.extension.steps import ProcessFailed, Steps


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def steps(stopping: threading.Event) -> Steps:
    return Steps(stopping, Console(stderr=True))


def test_a_program_reports_what_it_wrote_and_how_far_it_is(steps: Steps) -> None:
    with steps.shown(), steps.step("say", 10) as advance:
        assert steps.run(["sh", "-c", "echo out; echo err >&2"], advance) == "out\nerr\n"


def test_a_program_that_fails_is_an_error_with_its_output(steps: Steps) -> None:
    with steps.step("fail", None) as advance, pytest.raises(ProcessFailed) as raised:
        steps.run(["sh", "-c", "echo why; exit 3"], advance)
    assert raised.value.output == "why\n"


def test_an_interrupt_ends_a_program(steps: Steps, stopping: threading.Event) -> None:
    def interrupt() -> int:
        stopping.set()
        return 0

    before_s = time.monotonic()
    with steps.step("wait", None) as advance, pytest.raises(CouldNotRun, match="interrupted"):
        steps.run(["sleep", "60"], advance, interrupt)
    assert time.monotonic() - before_s < 30


def test_a_second_build_waits_for_the_first(
    steps: Steps, stopping: threading.Event, tmp_path: Path
) -> None:
    other = Steps(stopping, Console(stderr=True))
    with steps.lock(tmp_path / "cache"):
        threading.Timer(0.05, stopping.set).start()
        with pytest.raises(CouldNotRun, match="interrupted"), other.lock(tmp_path / "cache"):
            pytest.fail("both hold the lock")
    with other.lock(tmp_path / "cache"):
        assert (tmp_path / "cache").is_dir()


def test_a_cache_that_cannot_be_made_is_named(steps: Steps, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CouldNotRun, match="XDG_CACHE_HOME"), steps.lock(tmp_path / "file" / "x"):
        pytest.fail("there is no such folder")
