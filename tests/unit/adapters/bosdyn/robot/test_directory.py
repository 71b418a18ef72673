from __future__ import annotations

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
    BosdynDirectory,
    ServiceEntry,
)
from spot_webcam.domain.directory_entry import DirectoryEntry
from spot_webcam.domain.errors import NotRegistered, RobotRefused

GUID = "ab12"
ENTRY = ServiceEntry("cam", "robot-cam", 21000, liveness_timeout_s=20.0)


class Robot:
    """A link, and the directory's two services behind it."""

    rpc_timeout_s = 1.5
    payload_guid = GUID

    def __init__(self) -> None:
        self.entry: Any = None
        self.authority_taken = False
        self.answered_ns = 123
        self.timeouts_s: set[float] = set()
        self.host_ip = "10.0.0.2"
        self.endpoints: list[str] = []
        self.types: set[str] = set()

    def current_host_ip(self) -> str:
        return self.host_ip

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
        self.endpoints.append(f"{fields['host_ip']}:{fields['port']}")
        self.types.add(fields["service_type"])
        if self.authority_taken:
            raise ServiceAlreadyExistsError(None)
        self.put(liveness_timeout_secs, name=name)

    def put(self, liveness_timeout_s: float, guid: str = GUID, name: str = "cam") -> None:
        self.entry = EntryMessage(
            name=name, liveness_timeout_secs=liveness_timeout_s, host_payload_guid=guid
        )
        self.entry.last_update.FromNanoseconds(5)

    def update(self, *, name: str, liveness_timeout_secs: float, **fields: Any) -> Any:
        self.timeouts_s.add(fields["timeout"])
        self.endpoints.append(f"{fields['host_ip']}:{fields['port']}")
        self.types.add(fields["service_type"])
        if self.entry is None:
            raise ServiceDoesNotExistError(None)
        self.put(liveness_timeout_secs, name=name)
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
    return BosdynDirectory(robot, ENTRY, robot.current_host_ip)  # type: ignore[arg-type]


def test_name_that_nobody_has_has_no_entry(directory: BosdynDirectory) -> None:
    assert directory.look_up() is None


@pytest.mark.parametrize(
    ("guid", "same_payload"), [("ab12", True), ("AB12", True), ("ab13", False), ("", False)]
)
def test_payload_is_compared_without_case(
    robot: Robot, directory: BosdynDirectory, guid: str, same_payload: bool
) -> None:
    robot.put(20.0, guid)
    entry = directory.look_up(0.25)
    assert entry == DirectoryEntry(same_payload, last_update_ns=5, max_silence_s=20.0)
    assert robot.timeouts_s == {0.25}


@pytest.mark.parametrize(
    ("liveness_timeout_s", "max_silence_s"),
    [(20.0, 20.0), (0.0, MAX_SILENCE_S), (600.0, MAX_SILENCE_S)],
)
def test_entry_may_be_silent_for_its_liveness_timeout_within_bounds(
    robot: Robot, directory: BosdynDirectory, liveness_timeout_s: float, max_silence_s: float
) -> None:
    robot.put(liveness_timeout_s)
    entry = directory.look_up()
    assert entry is not None
    assert entry.max_silence_s == max_silence_s


def test_registered_entry_is_updated(robot: Robot, directory: BosdynDirectory) -> None:
    directory.register()
    assert robot.entry.liveness_timeout_secs == 20.0
    assert directory.heartbeat() == robot.answered_ns
    assert robot.timeouts_s == {robot.rpc_timeout_s}


def test_robot_that_reports_no_time_is_no_error(robot: Robot, directory: BosdynDirectory) -> None:
    robot.answered_ns = 0
    directory.register()
    assert directory.heartbeat() is None


def test_entry_that_is_gone_is_not_updated(directory: BosdynDirectory) -> None:
    directory.register()
    directory.unregister(0.5)
    directory.unregister(0.5)
    with pytest.raises(NotRegistered):
        directory.heartbeat()


def test_authority_of_another_service_is_refused(robot: Robot, directory: BosdynDirectory) -> None:
    robot.authority_taken = True
    with pytest.raises(RobotRefused, match="--authority"):
        directory.register()


def test_each_update_gives_the_present_address(robot: Robot, directory: BosdynDirectory) -> None:
    directory.register()
    robot.host_ip = "10.0.0.9"
    directory.heartbeat()
    assert robot.endpoints == ["10.0.0.2:21000", "10.0.0.9:21000"]


@pytest.mark.parametrize(
    ("entry", "service_type"),
    [
        (ENTRY, "bosdyn.api.ImageService"),
        (ServiceEntry("cam", "a", 1, 20.0, "bosdyn.api.OtherService"), "bosdyn.api.OtherService"),
    ],
)
def test_entry_has_its_type(robot: Robot, entry: ServiceEntry, service_type: str) -> None:
    directory = BosdynDirectory(robot, entry, robot.current_host_ip)  # type: ignore[arg-type]
    directory.register()
    directory.heartbeat()
    assert robot.types == {service_type}
