"""State and rules of the fake robot, without sockets."""

import threading
from typing import Any

import grpc
import pytest
from bosdyn.api.service_fault_pb2 import ServiceFault, ServiceFaultId

from spot_webcam.fakes.robot.state import time_sync
from spot_webcam.fakes.robot.state.calls import CALL_LIMIT, CallRecord
from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.directory import Directory, RegisteredService
from spot_webcam.fakes.robot.state.faults import HISTORY_LIMIT, Faults
from spot_webcam.fakes.robot.state.payloads import PayloadAccount, Payloads
from spot_webcam.fakes.robot.state.refusals import CallRefused
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.time_sync import Estimate, RoundTrip, TimeSync
from spot_webcam.fakes.robot.state.tokens import Caller, Tokens
from spot_webcam.fakes.robot.transport.forwarder import Forwarder
from spot_webcam.fakes.robot.transport.unresponsive_mode import UnresponsiveMode

START_NS = 1_700_000_000_000_000_000
OFFSET_NS = 420_000_000_000


@pytest.fixture
def state() -> RobotState:
    return RobotState(
        host_now_ns=lambda: START_NS, clock_offset_ns=OFFSET_NS, users={"user": "password"}
    )


def service(name: str, **fields) -> RegisteredService:
    values = {"type": "T", "authority": name, "host_ip": "127.0.0.1", "port": 9} | fields
    return RegisteredService(name=name, **values)


def fault(name: str) -> ServiceFault:
    return ServiceFault(fault_id=ServiceFaultId(fault_name=name, service_name="cam"))


def round_trip(out_ns: int, back_ns: int, skew_ns: int = OFFSET_NS) -> RoundTrip:
    arrived_ns = START_NS + out_ns
    return RoundTrip(
        client_tx_ns=START_NS,
        server_rx_ns=arrived_ns + skew_ns,
        server_tx_ns=arrived_ns + skew_ns + 500,
        client_rx_ns=arrived_ns + 500 + back_ns,
    )


def test_robot_clock_is_off_by_its_offset(state):
    assert state.now_ns() == START_NS + OFFSET_NS
    state.move_clock(-1.5)
    assert state.now_ns() == START_NS + OFFSET_NS - 1_500_000_000


def test_symmetric_round_trip_tells_the_exact_skew():
    estimate = round_trip(out_ns=1_000, back_ns=1_000).estimate
    assert estimate == Estimate(round_trip_ns=2_000, clock_skew_ns=OFFSET_NS)


def test_skew_is_off_by_half_the_asymmetry():
    assert round_trip(out_ns=3_000, back_ns=1_000).estimate.clock_skew_ns == OFFSET_NS + 1_000


def test_fastest_recent_round_trip_is_the_best():
    sync = TimeSync(Changes())
    identifier = sync.update("", None).clock_identifier
    for travel_ns in (4_000, 1_000, 3_000):
        answer = sync.update(identifier, round_trip(travel_ns, travel_ns))
    assert answer.best == Estimate(2_000, OFFSET_NS)
    for _ in range(time_sync.SAMPLES_KEPT):
        answer = sync.update(identifier, round_trip(5_000, 5_000))
    assert answer.best == Estimate(10_000, OFFSET_NS)


def test_round_trip_that_ended_before_it_began_is_no_sample():
    sync = TimeSync(Changes())
    identifier = sync.update("", None).clock_identifier
    for _ in range(5):
        answer = sync.update(identifier, round_trip(-1_000, -1_000))
    assert answer.previous == Estimate(-2_000, OFFSET_NS)
    assert answer.best is None


def test_clients_of_time_sync_are_bounded():
    sync = TimeSync(Changes())
    first = sync.update("", None).clock_identifier
    for _ in range(time_sync.CLIENT_LIMIT):
        sync.update("", None)
    assert sync.update(first, None).clock_identifier != first


def test_tokens_are_bounded():
    tokens = Tokens(Changes(), lambda: START_NS, max_tokens=3)
    issued = [tokens.issue(Caller("user")) for _ in range(4)]
    assert tokens.renew(issued[0]) is None
    assert tokens.check(issued[-1]).name == "user"


@pytest.mark.parametrize(
    ("table", "add"),
    [
        (
            Directory(frozenset(), frozenset(), max_services=2),
            lambda table, name: table.register(service(name)),
        ),
        (
            Payloads(Changes(), max_payloads=2),
            lambda table, name: table.add(PayloadAccount(name, "secret")),
        ),
        (Faults(max_faults=2), lambda table, name: table.trigger(fault(name), START_NS)),
    ],
    ids=["directory", "payloads", "faults"],
)
def test_tables_are_bounded(table, add):
    assert add(table, "a")
    assert add(table, "b")
    with pytest.raises(CallRefused, match="at most 2") as caught:
        add(table, "c")
    assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_robot_raises_its_own_faults_beyond_the_bound():
    state = RobotState(host_now_ns=lambda: START_NS, clock_offset_ns=0, users={}, max_faults=0)
    state.register_service(service("cam", liveness_timeout_s=1))
    state.move_clock(2)
    assert len(state.faults()) == 1


def test_history_is_bounded(state):
    for number in range(HISTORY_LIMIT + 1):
        state.trigger_fault(fault(str(number)))
        state.clear_fault(fault(str(number)).fault_id, whole_service=False, whole_payload=False)
    assert len(state.historical_faults()) == HISTORY_LIMIT


def test_call_record_is_bounded(state):
    for number in range(CALL_LIMIT + 1):
        state.calls.record(CallRecord("a", str(number), "OK"))
    assert len(state.calls.all()) == CALL_LIMIT
    assert state.calls.all()[-1].method == str(CALL_LIMIT)


def test_snapshots_of_faults_are_copies(state):
    state.trigger_fault(fault("a"))
    state.faults()[0].error_message = "changed"
    assert state.faults()[0].error_message == ""


def test_fault_lasts_as_long_as_robot_time_passes(state):
    state.trigger_fault(fault("a"))
    state.move_clock(3)
    assert state.faults()[0].duration.seconds == 3


def test_waiter_is_woken_by_a_change():
    changes = Changes()
    seen: list[int] = []
    begun = threading.Event()

    def is_seen() -> bool:
        begun.set()
        return bool(seen)

    results: list[bool] = []
    waiter = threading.Thread(target=lambda: results.append(changes.wait_for(is_seen, 10)))
    waiter.start()
    assert begun.wait(10)
    with changes.changing():
        seen.append(1)
    waiter.join(10)
    assert results == [True]


def test_change_while_the_predicate_runs_is_not_missed():
    changes = Changes()
    rounds: list[int] = []

    def changed_meanwhile() -> bool:
        rounds.append(1)
        with changes.changing():
            pass
        return len(rounds) == 3

    assert changes.wait_for(changed_meanwhile, 10)


def test_call_that_has_ended_before_it_is_held_back_is_cancelled():
    class Over:
        def add_callback(self, callback: object) -> bool:
            return callback is None

        def is_active(self) -> bool:
            return False

    unresponsive = UnresponsiveMode()
    unresponsive.begin(60)
    with pytest.raises(CallRefused) as caught:
        unresponsive.hold(Over())
    assert caught.value.code is grpc.StatusCode.CANCELLED


def test_channel_that_closed_under_the_call_is_a_bad_gateway(monkeypatch):
    closed = grpc.insecure_channel("127.0.0.1:9")
    closed.close()
    forwarder = Forwarder(frozenset)
    monkeypatch.setattr(grpc, "insecure_channel", lambda *_, **__: closed)
    with pytest.raises(CallRefused, match="502 cam"):
        forwarder.forward(service("cam"), "/T/Get", b"", Client())  # type: ignore[arg-type]
    forwarder.close()


class Client:
    """A client's side of a call, which is over already."""

    def time_remaining(self) -> None:
        """It has no deadline."""

    def add_callback(self, callback: object) -> bool:
        return callback is None


class LeavingClient(Client):
    """A client that leaves while its call waits for the service."""

    def add_callback(self, callback: Any) -> bool:
        callback()
        return True


class WaitingCall:
    """A call that a service does not answer."""

    is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def result(self) -> bytes:
        assert self.is_cancelled
        raise grpc.FutureCancelledError


def test_call_whose_client_leaves_is_given_up(monkeypatch):
    forwarder = Forwarder(frozenset)
    monkeypatch.setattr(forwarder, "start", lambda *_: WaitingCall())
    with pytest.raises(CallRefused) as caught:
        forwarder.forward(service("cam"), "/T/Get", b"", LeavingClient())  # type: ignore[arg-type]
    assert caught.value.code is grpc.StatusCode.CANCELLED


def test_call_whose_client_left_before_is_given_up():
    forwarder = Forwarder(frozenset)
    with pytest.raises(CallRefused) as caught:
        forwarder.forward(service("cam"), "/T/Get", b"", Client())  # type: ignore[arg-type]
    assert caught.value.code is grpc.StatusCode.CANCELLED
    forwarder.close()
