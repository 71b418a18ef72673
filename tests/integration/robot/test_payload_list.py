from bosdyn.api import payload_pb2
from bosdyn.api.robot_id_pb2 import SoftwareVersion


def test_payloads_are_listed_as_they_registered_and_as_the_operator_decided(
    fake_robot, fake_robot_sdk, connect
):
    payload = payload_pb2.Payload(
        GUID="guid",
        name="camera",
        description="a camera",
        label_prefix=["cam"],
        version=SoftwareVersion(major_version=1),
        is_authorized=True,
    )
    registration = connect(fake_robot).ensure_client("payload-registration")
    registration.register_payload(payload, "secret")
    client = fake_robot_sdk.ensure_client("payload")
    (listed,) = client.list_payloads()
    assert (listed.GUID, listed.name, listed.description) == ("guid", "camera", "a camera")
    assert (listed.version.major_version, listed.label_prefix) == (1, ["cam"])
    assert not listed.is_authorized
    assert not listed.is_enabled
    fake_robot.authorize("guid")
    registration.update_payload_version("guid", "secret", SoftwareVersion(major_version=2))
    (listed,) = client.list_payloads()
    assert listed.is_authorized
    assert listed.is_enabled
    assert listed.version.major_version == 2
    registration.detach_payload("guid", "secret")
    assert not client.list_payloads()[0].is_enabled


def test_payload_of_the_fixture_is_listed_too(fake_robot, fake_robot_sdk):
    fake_robot.register_payload("guid", "secret", name="mine")
    (listed,) = fake_robot_sdk.ensure_client("payload").list_payloads()
    assert (listed.GUID, listed.name, listed.is_authorized) == ("guid", "mine", True)
