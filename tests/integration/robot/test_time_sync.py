import pytest
from bosdyn.api.time_sync_pb2 import TimeSyncRoundTrip
from bosdyn.client.exceptions import InvalidRequestError
from bosdyn.client.time_sync import NotEstablishedError, TimeSyncEndpoint


@pytest.fixture
def client(fake_robot_sdk):
    return fake_robot_sdk.ensure_client("time-sync")


@pytest.fixture
def endpoint(client):
    return TimeSyncEndpoint(client)


def skew_s(endpoint) -> float:
    return endpoint.clock_skew.ToNanoseconds() / 1e9


def test_sync_needs_three_round_trips(endpoint):
    assert [bool(endpoint.get_new_estimate()) for _ in range(4)] == [False, False, False, True]


def test_skew_is_robot_minus_client(endpoint):
    assert endpoint.establish_timesync(break_on_success=True)
    assert skew_s(endpoint) == pytest.approx(420, abs=1)
    assert 0 <= endpoint.round_trip_time.ToNanoseconds() < 5e9


def test_thread_of_the_sdk_converts_to_robot_time(fake_robot, fake_robot_sdk):
    fake_robot_sdk.time_sync.wait_for_sync(timeout_sec=10)
    assert fake_robot_sdk.time_sec() == pytest.approx(fake_robot.now_ns() / 1e9, abs=1)


def test_each_client_has_its_own_identifier(client):
    first, second = TimeSyncEndpoint(client), TimeSyncEndpoint(client)
    first.get_new_estimate()
    second.get_new_estimate()
    assert first.clock_identifier != second.clock_identifier


def test_moved_clock_needs_new_samples(fake_robot, endpoint):
    endpoint.establish_timesync(break_on_success=True)
    fake_robot.move_clock(60)
    assert not endpoint.get_new_estimate()
    with pytest.raises(NotEstablishedError):
        skew_s(endpoint)
    assert endpoint.establish_timesync(break_on_success=True)
    assert skew_s(endpoint) == pytest.approx(480, abs=1)


def test_reboot_gives_a_new_identifier(fake_robot, fake_robot_sdk, endpoint):
    endpoint.establish_timesync(break_on_success=True)
    identifier = endpoint.clock_identifier
    fake_robot.reboot()
    fake_robot_sdk.authenticate("user", "password")
    assert not endpoint.get_new_estimate()
    assert endpoint.clock_identifier != identifier
    assert endpoint.establish_timesync(break_on_success=True)


def test_round_trip_without_identifier_is_invalid(client):
    with pytest.raises(InvalidRequestError):
        client.get_time_sync_update(TimeSyncRoundTrip(), "")


def test_impossible_time_is_invalid(client, endpoint):
    endpoint.get_new_estimate()
    trip = TimeSyncRoundTrip()
    trip.client_rx.nanos = -5
    with pytest.raises(InvalidRequestError):
        client.get_time_sync_update(trip, endpoint.clock_identifier)
