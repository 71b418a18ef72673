import pytest
from bosdyn.api.service_fault_pb2 import ServiceFault, ServiceFaultId
from bosdyn.client.exceptions import InvalidRequestError
from bosdyn.client.fault import ServiceFaultAlreadyExistsError, ServiceFaultDoesNotExistError

GUID = "11111111-2222-3333-4444-555555555555"
CAM = ("cam", "bosdyn.api.ImageService", "robot-cam", "127.0.0.1", 9)


def a_fault(name: str = "broken", service: str = "cam", **fields):
    fault_id = ServiceFaultId(fault_name=name, service_name=service)
    return ServiceFault(fault_id=fault_id, severity=ServiceFault.SEVERITY_WARN, **fields)


def names(faults):
    return sorted(fault.fault_id.fault_name for fault in faults)


@pytest.fixture
def client(fake_robot_sdk):
    return fake_robot_sdk.ensure_client("fault")


@pytest.fixture
def reported(fake_robot_sdk):
    state = fake_robot_sdk.ensure_client("robot-state")
    return lambda: state.get_robot_state().service_fault_state


def test_triggered_fault_is_in_the_robot_state(fake_robot, client, reported):
    client.trigger_service_fault(a_fault(error_message="no frames", attributes=["Sensors"]))
    [fault] = reported().faults
    assert fault.error_message == "no frames"
    assert fault.severity == ServiceFault.SEVERITY_WARN
    assert 0 <= fake_robot.now_ns() - fault.onset_timestamp.ToNanoseconds() < 10e9
    assert 0 <= fault.duration.ToNanoseconds() < 10e9


def test_onset_that_the_client_sends_is_kept(fake_robot, client):
    fault = a_fault()
    fault.onset_timestamp.seconds = 5
    client.trigger_service_fault(fault)
    assert fake_robot.faults()[0].onset_timestamp.seconds == 5


def test_worst_severity_is_aggregated_by_attribute(client, reported):
    client.trigger_service_fault(a_fault("a", attributes=["Sensors"]))
    worse = a_fault("b", attributes=["Sensors", "Images"])
    worse.severity = ServiceFault.SEVERITY_CRITICAL
    client.trigger_service_fault(worse)
    client.trigger_service_fault(a_fault("c", attributes=["Sensors"]))
    assert dict(reported().aggregated) == {
        "Sensors": ServiceFault.SEVERITY_CRITICAL,
        "Images": ServiceFault.SEVERITY_CRITICAL,
    }


def test_fault_is_active_once(fake_robot, client):
    client.trigger_service_fault(a_fault())
    with pytest.raises(ServiceFaultAlreadyExistsError):
        client.trigger_service_fault(a_fault())
    outcomes = [(event.kind, event.outcome) for event in fake_robot.fault_events()]
    assert outcomes == [("trigger", "OK"), ("trigger", "FAULT_ALREADY_ACTIVE")]


def test_cleared_fault_is_history(fake_robot, client, reported):
    client.trigger_service_fault(a_fault())
    client.clear_service_fault(a_fault().fault_id)
    state = reported()
    assert names(state.faults) == []
    assert names(state.historical_faults) == ["broken"]
    event = fake_robot.fault_events()[-1]
    assert (event.kind, event.fault_name, event.service_name) == ("clear", "broken", "cam")
    assert 0 <= fake_robot.now_ns() - event.robot_time_ns < 10e9


@pytest.mark.parametrize("whole", [{}, {"clear_all_service_faults": True}])
def test_inactive_fault_cannot_be_cleared(fake_robot, client, whole):
    with pytest.raises(ServiceFaultDoesNotExistError):
        client.clear_service_fault(a_fault().fault_id, **whole)
    assert fake_robot.fault_events()[-1].outcome == "FAULT_NOT_ACTIVE"


def test_fault_without_a_name_is_invalid(client):
    with pytest.raises(InvalidRequestError):
        client.trigger_service_fault(a_fault(""))


def test_all_faults_of_a_service_are_cleared_together(fake_robot, client):
    for fault in (a_fault("a"), a_fault("b"), a_fault("c", "other")):
        client.trigger_service_fault(fault)
    client.clear_service_fault(ServiceFaultId(service_name="cam"), clear_all_service_faults=True)
    assert names(fake_robot.faults()) == ["c"]


def test_payload_guid_is_filled_from_the_token(fake_robot, as_payload):
    client = as_payload(fake_robot).ensure_client("fault")
    client.trigger_service_fault(a_fault())
    assert fake_robot.faults()[0].fault_id.payload_guid == GUID
    client.clear_service_fault(a_fault().fault_id)
    assert fake_robot.faults() == []


def test_payload_guid_that_the_client_sends_is_kept(fake_robot, as_payload):
    client = as_payload(fake_robot).ensure_client("fault")
    fault = a_fault()
    fault.fault_id.payload_guid = "another"
    client.trigger_service_fault(fault)
    assert fake_robot.faults()[0].fault_id.payload_guid == "another"


def test_fault_is_the_same_with_its_guid_in_another_case(fake_robot, client):
    fault = a_fault()
    fault.fault_id.payload_guid = "ab12-cd"
    client.trigger_service_fault(fault)
    fault.fault_id.payload_guid = "AB12-CD"
    client.clear_service_fault(fault.fault_id)
    assert fake_robot.faults() == []


def test_same_fault_of_two_payloads_is_two_faults(fake_robot, as_payload, client):
    as_payload(fake_robot).ensure_client("fault").trigger_service_fault(a_fault())
    client.trigger_service_fault(a_fault())
    assert len(fake_robot.faults()) == 2


def test_all_faults_of_a_payload_are_cleared_together(fake_robot, as_payload, client):
    payload_client = as_payload(fake_robot).ensure_client("fault")
    for fault in (a_fault("a"), a_fault("b", "other")):
        payload_client.trigger_service_fault(fault)
    client.trigger_service_fault(a_fault("c"))
    payload_client.clear_service_fault(ServiceFaultId(), clear_all_payload_faults=True)
    assert names(fake_robot.faults()) == ["c"]


@pytest.mark.parametrize("again", [False, True])
def test_registering_and_unregistering_clear_the_faults_of_that_name(
    fake_robot, fake_robot_sdk, client, again
):
    registration = fake_robot_sdk.ensure_client("directory-registration")
    if not again:
        registration.register(*CAM)
    for fault in (a_fault("a"), a_fault("b"), a_fault("c", "other")):
        client.trigger_service_fault(fault)
    if again:
        registration.register(*CAM)
    else:
        registration.unregister("cam")
    assert names(fake_robot.faults()) == ["c"]
    kinds = [event.kind for event in fake_robot.fault_events()]
    assert kinds == ["trigger"] * 3 + ["robot-clear"] * 2


def test_update_leaves_faults_alone(fake_robot, fake_robot_sdk, client):
    registration = fake_robot_sdk.ensure_client("directory-registration")
    registration.register(*CAM)
    client.trigger_service_fault(a_fault())
    registration.update(*CAM)
    assert names(fake_robot.faults()) == ["broken"]


def test_waiter_is_woken_by_a_fault(fake_robot, client):
    future = client.trigger_service_fault_async(a_fault())
    assert fake_robot.wait_for(lambda: names(fake_robot.faults()) == ["broken"], timeout_s=10)
    future.result()
