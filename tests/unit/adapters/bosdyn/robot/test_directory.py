from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bosdyn.api.directory_pb2 import ServiceEntry as EntryMessage
from bosdyn.api.directory_registration_pb2 import UpdateServiceResponse
from bosdyn.client.directory import NonexistentServiceError
from bosdyn.client.directory_registration import (
    ServiceAlreadyExistsError,
    ServiceDoesNotExistError,
)

from spot_webcam.adapters.bosdyn.robot.directory import (
    MAX_SILENCE_S,
    OUR_LONGEST_SILENCE_S,
    BosdynDirectory,
    ServiceEntry,
)
from spot_webcam.adapters.bosdyn.robot.entry_mark import EntryMark
from spot_webcam.domain.directory_entry import Owner
from spot_webcam.domain.errors import NameTaken, NotRegistered, RobotRefused

ENTRY = ServiceEntry("cam", "robot-cam", "10.0.0.2", 21000)
OURS = EntryMark(computer=7, process=11)


class Robot:
    """A link, and the directory's two services behind it; `keeps` is what it does to liveness."""

    rpc_timeout_s = 1.5

    def __init__(self) -> None:
        self.entry: Any = None
        self.keeps: Callable[[float], float] = lambda seconds: seconds
        self.authority_taken = False
        self.updates = 0
        self.answered_ns = 123
        self.timeouts_s: set[float] = set()

    def client(self, service_name: str) -> Any:
        assert service_name in {"directory", "directory-registration"}
        return self

    def get_entry(self, name: str, *, timeout: float) -> Any:
        self.timeouts_s.add(timeout)
        if self.entry is None:
            raise NonexistentServiceError(None)
        assert self.entry.name == name
        return self.entry

    def register(self, *, name: str, liveness_timeout_secs: float, **fields: Any) -> None:
        self.timeouts_s.add(fields["timeout"])
        if self.authority_taken:
            raise ServiceAlreadyExistsError(None)
        self.put(liveness_timeout_secs, name)

    def put(self, liveness_timeout_s: float, name: str = "cam") -> None:
        self.entry = EntryMessage(name=name, liveness_timeout_secs=self.keeps(liveness_timeout_s))
        self.entry.last_update.FromNanoseconds(5)

    def update(self, *, name: str, liveness_timeout_secs: float, **fields: Any) -> Any:
        self.timeouts_s.add(fields["timeout"])
        self.updates += 1
        self.put(liveness_timeout_secs, name)
        answer = UpdateServiceResponse()
        answer.header.response_timestamp.FromNanoseconds(self.answered_ns)
        return answer

    def unregister(self, name: str, *, timeout: float) -> None:
        self.timeouts_s.add(timeout)
        if self.entry is None or self.entry.name != name:
            raise ServiceDoesNotExistError(None)
        self.entry = None


@pytest.fixture
def robot() -> Robot:
    return Robot()


@pytest.fixture
def directory(robot: Robot) -> BosdynDirectory:
    return BosdynDirectory(robot, ENTRY, OURS)  # type: ignore[arg-type]


def owner(directory: BosdynDirectory) -> Owner | None:
    entry = directory.look_up()
    return None if entry is None else entry.owner


def test_name_that_nobody_has_has_no_entry(directory: BosdynDirectory) -> None:
    assert owner(directory) is None


@pytest.mark.parametrize(
    ("liveness_timeout_s", "owner", "max_silence_s"),
    [
        (OURS.liveness_timeout_s, Owner.US, OUR_LONGEST_SILENCE_S),
        (EntryMark(7, 12).liveness_timeout_s, Owner.THIS_COMPUTER, OUR_LONGEST_SILENCE_S),
        (EntryMark(8, 11).liveness_timeout_s, Owner.ANOTHER, OUR_LONGEST_SILENCE_S),
        (20.0, Owner.ANOTHER, 20.0),
        (0.0, Owner.ANOTHER, MAX_SILENCE_S),
        (600.0, Owner.ANOTHER, MAX_SILENCE_S),
    ],
)
def test_entry_tells_its_owner_and_how_long_that_may_be_silent(
    robot: Robot,
    directory: BosdynDirectory,
    liveness_timeout_s: float,
    owner: Owner,
    max_silence_s: float,
) -> None:
    robot.put(liveness_timeout_s)
    entry = directory.look_up(0.25)
    assert entry is not None
    assert (entry.owner, entry.max_silence_s) == (owner, max_silence_s)
    assert entry.last_update_ns == 5
    assert robot.timeouts_s == {0.25}


def test_registered_entry_is_ours_and_lives(robot: Robot, directory: BosdynDirectory) -> None:
    directory.register()
    assert owner(directory) is Owner.US
    assert directory.heartbeat() == robot.answered_ns
    assert robot.updates == 1
    assert robot.timeouts_s == {robot.rpc_timeout_s}


def test_robot_that_tells_no_time_is_no_error(robot: Robot, directory: BosdynDirectory) -> None:
    robot.answered_ns = 0
    directory.register()
    assert directory.heartbeat() is None


def test_entry_of_another_is_left_as_it_is(robot: Robot, directory: BosdynDirectory) -> None:
    directory.register()
    robot.put(EntryMark(7, 12).liveness_timeout_s)
    with pytest.raises(NameTaken):
        directory.heartbeat()
    assert robot.updates == 0


def test_entry_that_is_gone_is_told(robot: Robot, directory: BosdynDirectory) -> None:
    directory.register()
    directory.unregister(0.5)
    directory.unregister(0.5)
    with pytest.raises(NotRegistered):
        directory.heartbeat()
    assert robot.updates == 0


@pytest.mark.parametrize("keeps", [round, int, lambda seconds: 0.0 * seconds])
def test_robot_that_keeps_no_mark_takes_nothing_from_us(
    robot: Robot, directory: BosdynDirectory, keeps: Callable[[float], float]
) -> None:
    robot.keeps = keeps
    directory.register()
    assert owner(directory) is Owner.US
    directory.heartbeat()
    assert robot.updates == 1


def test_authority_of_another_service_is_told(robot: Robot, directory: BosdynDirectory) -> None:
    robot.authority_taken = True
    with pytest.raises(RobotRefused, match="--authority"):
        directory.register()
