"""What must hold in every scenario."""

from collections.abc import Iterator

from spot_webcam.app.daemon import SERVICE_NAME
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import RobotError
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.robot_access import RobotAddress
from spot_webcam.fakes.robot.fake_robot import USERS
from spot_webcam.fakes.robot.state.robot_state import LIVENESS_FAULT_NAME
from spot_webcam.tools.demo.scenario.hostile import OUR_FAULT
from spot_webcam.tools.demo.scenario.record import Record
from spot_webcam.tools.demo.scenario.stage import Stage
from spot_webcam.tools.demo.scenario.values import CameraPart, RobotDoes, RobotEvent, Scenario
from spot_webcam.tools.robot_clients.image_client import ImageRequester

# A robot whose clock was set is found out at the next heartbeat.
CLOCK_FOUND_OUT_S = Timeouts().heartbeat_s + 1.0
# A robot that was away, or did not let us in, is heard again within this time.
ROBOT_BACK_S = 16.0
# In which a fault is raised at most once, and cleared at most once.
QUIET_S = 10.0
LATE_LOOK_S = 0.5
# By which ages may be off: what lies between an answer and a look at the robot's clock.
EXACT_S, BUSY_S = 0.02, 1.0


def broken_while_running(scenario: Scenario, record: Record, *, fast: bool) -> Iterator[str]:
    """Return what a client was given that it must never be given."""
    off_s = EXACT_S if fast else BUSY_S
    for part in scenario.cameras:
        yield from _wrong_ages(scenario, part, record, off_s)
        yield from _old_pictures(part, record, off_s)
    yield from _too_many_edges(record)
    for sent, answer in record.hostile:
        if answer in OUR_FAULT:
            yield f"a hostile client's call ({sent}) was answered {answer}"


def broken_at_the_end(scene: Stage) -> Iterator[str]:
    """Return how the robot's faults differ from those that the daemon thinks it holds."""
    if not scene.daemon.registered.is_set() or not scene.hands.hears:
        return
    held = {
        fault.fault_id.fault_name
        for fault in scene.robot.faults()
        if fault.fault_id.service_name == SERVICE_NAME
    } - {LIVENESS_FAULT_NAME}
    told = {fault.name for fault in scene.daemon.reported_faults()}
    if held != told:
        yield f"the robot holds {_listed(held)}, the daemon thinks {_listed(told)}"


def broken_through_the_robot(scene: Stage, record: Record) -> Iterator[str]:
    """Return how a client of the robot is answered otherwise than one of the daemon."""
    if not scene.daemon.registered.is_set() or not scene.hands.hears or not record.moments:
        return
    near = record.moments[-1].views
    address = RobotAddress(scene.robot.address, scene.robot.port, scene.robot.ca_file)
    try:
        client = ImageRequester(address, *next(iter(USERS.items())), SERVICE_NAME)
        try:
            far = client.look(list(near))
        finally:
            client.close()
    except RobotError as error:
        yield f"a client of the robot got no answer: {error}"
        return
    for seen in far:
        status = near[seen.source_name].status
        if seen.status is not status:
            yield (
                f"{seen.source_name} answers {seen.status.name} through the robot, {status.name}"
                " without it"
            )


def broken_after_leaving(scene: Stage) -> Iterator[str]:
    """Return what the daemon left behind."""
    if not scene.left_well:
        yield "a thread of the daemon did not end"
    if not scene.hands.hears:
        return
    if any(one.port == scene.daemon.port for one in scene.robot.services()):
        yield "the daemon left its entry in the robot's directory"
    if scene.daemon.registered.is_set() and scene.robot.faults():
        yield "the daemon left faults on the robot"


def _wrong_ages(
    scenario: Scenario, part: CameraPart, record: Record, off_s: float
) -> Iterator[str]:
    excused = list(_clock_is_wrong(scenario))
    for moment in record.moments:
        view = moment.views[part.name]
        wrong_clock = any(first_s <= moment.at_s <= last_s for first_s, last_s in excused)
        if view.status is not Status.OK or wrong_clock:
            continue
        if not -off_s <= view.age_s <= part.max_age_s + off_s:
            yield (
                f"{part.name} gave a picture {view.age_s:.2f} s old as OK at {moment.at_s:g} s;"
                f" the limit is {part.max_age_s:g} s"
            )
            return


def _old_pictures(part: CameraPart, record: Record, off_s: float) -> Iterator[str]:
    """Tell a picture that is served again and again with ever newer times."""
    content, since_s = b"", 0.0
    for moment in record.moments:
        view = moment.views[part.name]
        if view.content != content or view.status is not Status.OK:
            content, since_s = view.content, moment.at_s
        elif moment.at_s - since_s > part.max_age_s + off_s:
            yield (
                f"{part.name} gave the same picture as OK from {since_s:g} s to {moment.at_s:g} s"
            )
            return


def _too_many_edges(record: Record) -> Iterator[str]:
    """Tell a fault that the robot was told of too often, though it forgot nothing.

    It forgets when the service is registered, and must be told again.
    """
    last_s: dict[tuple[str, bool], float] = {}
    for edge in record.edges:
        key = edge.fault, edge.raised
        before_s = last_s.get(key, -QUIET_S)
        forgot = any(before_s <= at_s <= edge.at_s for at_s in record.registrations_s)
        if edge.at_s - before_s < QUIET_S - LATE_LOOK_S and not forgot:
            what = "raised" if edge.raised else "cleared"
            yield f"{edge.fault!r} was {what} twice within {QUIET_S:g} s"
        last_s[key] = edge.at_s


def _clock_is_wrong(scenario: Scenario) -> Iterator[tuple[float, float]]:
    """Return from when to when the robot's clock may have been set without us knowing."""
    events = [event for event in scenario.events if isinstance(event, RobotEvent)]
    for event in events:
        if event.does is not RobotDoes.SET_CLOCK:
            continue
        until_s = event.at_s + CLOCK_FOUND_OUT_S
        for other in events:
            if event.at_s < other.at_s <= until_s:
                until_s = max(until_s, other.at_s + ROBOT_BACK_S)
        yield event.at_s, until_s


def _listed(names: set[str]) -> str:
    return ", ".join(map(repr, sorted(names))) or "none"
