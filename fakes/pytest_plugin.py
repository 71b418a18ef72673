"""pytest plugin `spot-webcam`: a fake robot for the tests of any project.

pytest imports it in every run of an environment with this package, so it imports nothing heavy
until a test uses a fixture.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from spot_webcam.fakes.robot import FakeRobot

_MARKER = "fake_robot"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers", f"{_MARKER}(**options): how `fake_robot` is made: the arguments of `FakeRobot`"
    )


@pytest.fixture
def fake_robot(request: pytest.FixtureRequest) -> "Iterator[FakeRobot]":
    """A started `FakeRobot` on a port of its own, stopped afterwards.

    `@pytest.mark.fake_robot(clock_offset_s=0)` sets its arguments; the nearest marker wins.
    """
    # Imported only here, because this module is imported in every run.
    from spot_webcam.fakes.robot import FakeRobot  # noqa: PLC0415

    with FakeRobot(**_options(request)) as robot:
        yield robot


@pytest.fixture
def fake_robot_sdk(fake_robot: "FakeRobot") -> Iterator[Any]:
    """A `bosdyn.client.robot.Robot` that is logged in to `fake_robot` as the first of its users."""
    from spot_webcam.fakes.robot_access import sdk_robot  # noqa: PLC0415

    login = next(iter(fake_robot.users().items()), None)
    if login is None:
        raise pytest.UsageError("fake_robot_sdk logs in as a user, and this robot has none")
    with sdk_robot(fake_robot) as robot:
        robot.authenticate(*login)
        yield robot


@pytest.fixture
def fake_robot_environment(fake_robot: "FakeRobot") -> Iterator[dict[str, str]]:
    """Environment variables that redirect unchanged Python programs to `fake_robot`.

    For `subprocess.run([sys.executable, "my_script.py", "ROBOT"], env=fake_robot_environment)`.
    """
    from spot_webcam.fakes.sdk_programs import Redirection, Target  # noqa: PLC0415

    with Redirection(Target.of(fake_robot)) as redirection:
        yield redirection.environment


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for marker in request.node.iter_markers(_MARKER):
        if marker.args:
            raise pytest.UsageError(f"@pytest.mark.{_MARKER} takes options by name only")
        options = {**marker.kwargs, **options}
    return options
