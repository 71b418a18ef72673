import bosdyn.client.robot
import pytest
from bosdyn.client.directory import NonexistentServiceError
from bosdyn.client.directory_registration import (
    ServiceAlreadyExistsError,
    ServiceDoesNotExistError,
)
from bosdyn.client.exceptions import InvalidRequestError

TYPE = "bosdyn.api.ImageService"
ENDPOINT = ("127.0.0.1", 9)


@pytest.fixture
def registration(fake_robot_sdk):
    return fake_robot_sdk.ensure_client("directory-registration")


def test_directory_lists_the_services_of_the_robot_itself(fake_robot_sdk):
    listed = {entry.name: entry for entry in fake_robot_sdk.list_services()}
    assert listed["robot-state"].authority == "state.spot.robot"
    assert listed["time-sync"].authority == "timesync.spot.robot"
    assert listed["fault"].authority == "fault.spot.robot"
    assert listed["fault"].user_token_required
    assert not listed["robot-id"].user_token_required
    robot_class = bosdyn.client.robot.Robot
    known = robot_class._bootstrap_service_authorities  # noqa: SLF001 - the SDK's own list
    assert {name: listed[name].authority for name in known} == known
    for entry in listed.values():
        client_class = fake_robot_sdk.service_client_factories_by_type[entry.type]
        assert client_class.default_service_name == entry.name


def test_registered_service_is_listed(fake_robot, fake_robot_sdk, registration):
    registration.register("cam", TYPE, "robot-cam", *ENDPOINT, liveness_timeout_secs=30)
    entry = fake_robot_sdk.ensure_client("directory").get_entry("cam")
    assert (entry.type, entry.authority, entry.liveness_timeout_secs) == (TYPE, "robot-cam", 30)
    assert entry.user_token_required
    assert entry.host_payload_guid == ""
    assert entry.last_update.ToNanoseconds() <= fake_robot.now_ns()
    [service] = fake_robot.services()
    assert service.endpoint == "127.0.0.1:9"


def test_entry_names_the_payload_that_made_it(fake_robot, as_payload):
    robot = as_payload(fake_robot)
    robot.ensure_client("directory-registration").register("cam", TYPE, "robot-cam", *ENDPOINT)
    entry = robot.ensure_client("directory").get_entry("cam")
    assert entry.host_payload_guid == "11111111-2222-3333-4444-555555555555"


def test_unknown_entry_does_not_exist(fake_robot_sdk):
    with pytest.raises(NonexistentServiceError):
        fake_robot_sdk.ensure_client("directory").get_entry("cam")


@pytest.mark.parametrize(
    ("name", "service_type", "authority"),
    [
        ("cam", TYPE, "other"),
        ("other", TYPE, "robot-cam"),
        ("fault", TYPE, "other"),
        ("other", "bosdyn.api.FaultService", "fault.spot.robot"),
    ],
)
def test_name_and_route_are_unique(fake_robot, registration, name, service_type, authority):
    registration.register("cam", TYPE, "robot-cam", *ENDPOINT)
    with pytest.raises(ServiceAlreadyExistsError):
        registration.register(name, service_type, authority, *ENDPOINT)
    [service] = fake_robot.services()
    assert (service.name, service.authority) == ("cam", "robot-cam")


def test_one_authority_may_serve_two_types(fake_robot, registration):
    registration.register("cam", TYPE, "robot-cam", *ENDPOINT)
    registration.register("points", "bosdyn.api.PointCloudService", "robot-cam", *ENDPOINT)
    assert len(fake_robot.services()) == 2


def test_update_replaces_the_entry(fake_robot, registration):
    registration.register("cam", TYPE, "robot-cam", *ENDPOINT)
    registration.update("cam", TYPE, "new-cam", "127.0.0.1", 10)
    [service] = fake_robot.services()
    assert (service.authority, service.endpoint) == ("new-cam", "127.0.0.1:10")
    registration.register("second", TYPE, "robot-cam", *ENDPOINT)


def test_update_of_an_unknown_service_does_not_exist(registration):
    with pytest.raises(ServiceDoesNotExistError):
        registration.update("cam", TYPE, "robot-cam", *ENDPOINT)


def test_update_cannot_take_the_route_of_another(registration):
    registration.register("cam", TYPE, "robot-cam", *ENDPOINT)
    registration.register("second", TYPE, "second-cam", *ENDPOINT)
    with pytest.raises(InvalidRequestError):
        registration.update("second", TYPE, "robot-cam", *ENDPOINT)


def test_unregistered_service_is_gone(fake_robot, registration):
    registration.register("cam", TYPE, "robot-cam", *ENDPOINT)
    registration.unregister("cam")
    assert fake_robot.services() == []
    with pytest.raises(ServiceDoesNotExistError):
        registration.unregister("cam")


@pytest.mark.parametrize(
    ("name", "service_type", "authority", "host", "port", "liveness"),
    [
        ("", TYPE, "cam", "127.0.0.1", 9, 0),
        ("cam", "", "cam", "127.0.0.1", 9, 0),
        ("cam", TYPE, "", "127.0.0.1", 9, 0),
        ("cam", TYPE, "no spaces", "127.0.0.1", 9, 0),
        ("cam", TYPE, "xn--99999999", "127.0.0.1", 9, 0),
        ("cam", TYPE, "a." * 127 + "a", "127.0.0.1", 9, 0),
        ("cam", TYPE, "cam", "", 9, 0),
        ("cam", TYPE, "cam", "127.0.0.1", 0, 0),
        ("cam", TYPE, "cam", "127.0.0.1", 65536, 0),
        ("cam", TYPE, "cam", "127.0.0.1", 9, -1),
        ("cam", TYPE, "cam", "127.0.0.1", 9, float("nan")),
        ("cam", TYPE, "cam", "127.0.0.1", 9, float("inf")),
    ],
)
def test_malformed_entry_is_invalid(
    fake_robot, registration, name, service_type, authority, host, port, liveness
):
    with pytest.raises(InvalidRequestError):
        registration.register(
            name, service_type, authority, host, port, liveness_timeout_secs=liveness
        )
    assert fake_robot.services() == []
