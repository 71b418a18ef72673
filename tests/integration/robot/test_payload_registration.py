import pytest
from bosdyn.api import payload_pb2, payload_registration_pb2, robot_id_pb2
from bosdyn.api.payload_registration_service_pb2_grpc import PayloadRegistrationServiceStub
from bosdyn.client.exceptions import InvalidRequestError, UnauthenticatedError
from bosdyn.client.payload_registration import (
    InvalidPayloadCredentialsError,
    PayloadAlreadyExistsError,
    PayloadDoesNotExistError,
    PayloadNotAuthorizedError,
)

from spot_webcam.fakes.robot import FakeRobot

GUID = "11111111-2222-3333-4444-555555555555"
SECRET = "secret"
VERSION = robot_id_pb2.SoftwareVersion(major_version=1, minor_version=2, patch_level=3)


def payload(guid: str = GUID):
    return payload_pb2.Payload(GUID=guid, name="webcam", is_authorized=True, version=VERSION)


@pytest.fixture
def client(fake_robot, connect):
    return connect(fake_robot).ensure_client("payload-registration")


def test_registered_payload_waits_for_the_operator(fake_robot, client):
    client.register_payload(payload(), SECRET)
    with pytest.raises(PayloadNotAuthorizedError):
        client.get_payload_auth_token(GUID, SECRET)
    fake_robot.authorize(GUID)
    assert client.get_payload_auth_token(GUID, SECRET)
    [account] = fake_robot.payloads()
    assert (account.name, account.version, account.authorized) == ("webcam", (1, 2, 3), True)


def test_payload_is_let_in_at_once_where_the_robot_is_reported_to(connect):
    with FakeRobot(authorize_new_payloads=True) as fake:
        robot = connect(fake)
        robot.register_payload_and_authenticate(payload(), SECRET, auth_retry_interval=0.0)
        assert robot.list_services()


def test_guid_is_registered_once(client):
    client.register_payload(payload(), SECRET)
    with pytest.raises(PayloadAlreadyExistsError):
        client.register_payload(payload(), "other")


def test_guid_is_the_same_in_another_case(fake_robot, client, as_payload):
    robot = as_payload(fake_robot, "ab12-cd")
    with pytest.raises(PayloadAlreadyExistsError):
        client.register_payload(payload("AB12-CD"), SECRET)
    client.update_payload_version("AB12-CD", SECRET, VERSION)
    assert client.get_payload_auth_token("Ab12-Cd", SECRET)
    [account] = fake_robot.payloads()
    assert (account.guid, account.version) == ("ab12-cd", (1, 2, 3))
    fake_robot.revoke("AB12-CD")
    with pytest.raises(UnauthenticatedError):
        robot.list_services()


@pytest.mark.parametrize(("guid", "secret"), [("", SECRET), (GUID, "")])
def test_payload_without_guid_or_secret_is_invalid(client, guid, secret):
    with pytest.raises(InvalidRequestError):
        client.register_payload(payload(guid), secret)


@pytest.mark.parametrize(("guid", "secret"), [("unknown", SECRET), (GUID, "wrong")])
def test_wrong_credentials_give_no_token(client, guid, secret):
    client.register_payload(payload(), SECRET)
    with pytest.raises(InvalidPayloadCredentialsError):
        client.get_payload_auth_token(guid, secret)


def test_version_is_updated_without_authorization(fake_robot, client):
    fake_robot.register_payload(GUID, SECRET, authorized=False)
    client.update_payload_version(GUID, SECRET, VERSION)
    assert fake_robot.payloads()[0].version == (1, 2, 3)
    with pytest.raises(InvalidPayloadCredentialsError):
        client.update_payload_version(GUID, "wrong", VERSION)
    with pytest.raises(PayloadDoesNotExistError):
        client.update_payload_version("unknown", SECRET, VERSION)


def test_authorized_payload_is_detached_and_attached(fake_robot, client):
    fake_robot.register_payload(GUID, SECRET)
    client.detach_payload(GUID, SECRET)
    assert not fake_robot.payloads()[0].attached
    client.attach_payload(GUID, SECRET)
    assert fake_robot.payloads()[0].attached


def test_attachment_of_others_is_refused(fake_robot, client):
    fake_robot.register_payload(GUID, SECRET, authorized=False)
    with pytest.raises(PayloadNotAuthorizedError):
        client.detach_payload(GUID, SECRET)
    with pytest.raises(InvalidPayloadCredentialsError):
        client.detach_payload(GUID, "wrong")
    with pytest.raises(PayloadDoesNotExistError):
        client.detach_payload("unknown", SECRET)


def test_attachment_request_without_a_direction_is_invalid(client):
    request = payload_registration_pb2.UpdatePayloadAttachedRequest()
    stub = PayloadRegistrationServiceStub(client.channel)
    response = client.call(stub.UpdatePayloadAttached, request)
    assert response.header.error.code == response.header.error.CODE_INVALID_REQUEST


def test_revoked_payload_loses_its_token_and_gets_no_other(fake_robot, as_payload):
    robot = as_payload(fake_robot)
    assert robot.list_services()
    fake_robot.revoke(GUID)
    with pytest.raises(UnauthenticatedError):
        robot.list_services()
    with pytest.raises(PayloadNotAuthorizedError):
        robot.ensure_client("payload-registration").get_payload_auth_token(GUID, SECRET)


def test_revoking_one_payload_leaves_the_others_alone(fake_robot, as_payload):
    robot = as_payload(fake_robot)
    other = as_payload(fake_robot, "other")
    fake_robot.revoke("other")
    assert robot.list_services()
    with pytest.raises(UnauthenticatedError):
        other.list_services()


def test_payload_token_is_renewed(fake_robot, as_payload):
    robot = as_payload(fake_robot)
    robot.authenticate_with_token(robot.user_token)
    assert robot.list_services()
    fake_robot.revoke(GUID)
    with pytest.raises(UnauthenticatedError):
        robot.list_services()


def test_operator_cannot_decide_about_an_unknown_payload(fake_robot):
    with pytest.raises(LookupError, match="unknown"):
        fake_robot.authorize("unknown")
    with pytest.raises(LookupError, match="unknown"):
        fake_robot.revoke("unknown")


def test_operator_cannot_register_a_guid_twice(fake_robot):
    fake_robot.register_payload(GUID, SECRET)
    with pytest.raises(ValueError, match="registered already"):
        fake_robot.register_payload(GUID, SECRET)
