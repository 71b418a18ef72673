"""Invariants of every scenario."""

from collections.abc import Iterator

from spot_webcam.app.options import SERVICE_NAME
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.domain.errors import RobotError
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.robot_access import RobotAddress
from spot_webcam.fakes.robot.fake_robot import USERS
from spot_webcam.fakes.robot.state.robot_state import LIVENESS_FAULT_NAME
from spot_webcam.tools.demo.environment import Environment
from spot_webcam.tools.demo.hostile_client import OUR_FAULT
from spot_webcam.tools.demo.record import Record, SourceState
from spot_webcam.tools.demo.scenario import RobotAction, RobotEvent, Scenario, ScenarioCamera
from spot_webcam.tools.robot_clients.image_client import ImageRequester

# A step of the robot's clock is noticed at the next heartbeat.
CLOCK_STEP_NOTICED_S = RobotTimeouts().heartbeat_s + 1.0
# The daemon reaches a robot again within this time after an outage or a rejected login.
ROBOT_BACK_S = 16.0
# Minimum time between two raises, and between two clears, of one fault.
QUIET_S = 10.0
LATE_OBSERVATION_S = 0.5
# Tolerance of ages: the time between an answer and the reading of the robot's clock.
EXACT_S, BUSY_S = 0.02, 1.0


def violations_while_running(scenario: Scenario, record: Record, *, fast: bool) -> Iterator[str]:
    """Return answers that no client must ever get."""
    tolerance_s = EXACT_S if fast else BUSY_S
    if scenario.max_lasts_s is not None:
        for camera in scenario.cameras:
            yield from _wrong_median_age(camera, record, tolerance_s)
    else:
        for camera in scenario.cameras:
            yield from _wrong_ages(scenario, camera, record, tolerance_s)
            yield from _repeated_pictures(camera, record, tolerance_s)
        yield from _too_many_edges(record)
    for sent, answer in record.hostile:
        if answer in OUR_FAULT:
            yield f"a hostile client's call ({sent}) was answered {answer}"


def violations_at_the_end(environment: Environment) -> Iterator[str]:
    """Return differences between the robot's faults and those that the daemon reported."""
    if not environment.daemon.registered.is_set() or not environment.injector.robot_responds:
        return
    held = {
        fault.fault_id.fault_name
        for fault in environment.robot.faults()
        if fault.fault_id.service_name == SERVICE_NAME
    } - {LIVENESS_FAULT_NAME}
    reported = {fault.name for fault in environment.daemon.reported_faults()}
    if held != reported:
        yield f"the robot holds {_listed(held)}, the daemon reported {_listed(reported)}"


def violations_through_the_robot(environment: Environment, record: Record) -> Iterator[str]:
    """Return differences between answers through the robot and answers of the daemon itself."""
    if not environment.daemon.registered.is_set() or not environment.injector.robot_responds:
        return
    if not record.observations:
        return
    robot = environment.robot
    names = list(record.observations[-1].sources)
    address = RobotAddress(robot.address, robot.port, robot.ca_file)
    try:
        client = ImageRequester(address, *next(iter(USERS.items())), SERVICE_NAME)
        try:
            through_robot = client.get_images(names)
        finally:
            client.close()
        direct = environment.client.get_images(names)
    except RobotError as error:
        yield f"a client of the robot got no answer: {error}"
        return
    for ours, theirs in zip(direct, through_robot, strict=True):
        if theirs.status is not ours.status:
            yield (
                f"{ours.source_name} answers {theirs.status.name} through the robot,"
                f" {ours.status.name} without it"
            )


def violations_after_stop(environment: Environment) -> Iterator[str]:
    """Return what the daemon left behind."""
    if not environment.all_joined:
        yield "a thread of the daemon did not end"
    if not environment.injector.robot_responds:
        return
    if any(service.port == environment.daemon.port for service in environment.robot.services()):
        yield "the daemon left its entry in the robot's directory"
    if environment.daemon.registered.is_set() and environment.robot.faults():
        yield "the daemon left faults on the robot"


def _wrong_median_age(camera: ScenarioCamera, record: Record, tolerance_s: float) -> Iterator[str]:
    age_s = record.median_age_s(camera.name)
    if age_s is not None and not -tolerance_s <= age_s <= camera.max_age_s + tolerance_s:
        yield (
            f"pictures of {camera.name} were {age_s:.2f} s old (median);"
            f" the limit is {camera.max_age_s:g} s"
        )


def _wrong_ages(
    scenario: Scenario, camera: ScenarioCamera, record: Record, tolerance_s: float
) -> Iterator[str]:
    excused = list(_times_of_wrong_clock(scenario))
    for seen in record.observations:
        state = seen.sources[camera.name]
        wrong_clock = any(first_s <= seen.at_s <= last_s for first_s, last_s in excused)
        if state.status is not Status.OK or wrong_clock:
            continue
        if not -tolerance_s <= state.age_s <= camera.max_age_s + tolerance_s:
            yield (
                f"{camera.name} served a picture {state.age_s:.2f} s old as OK at {seen.at_s:g} s;"
                f" the limit is {camera.max_age_s:g} s"
            )
            return


def _repeated_pictures(camera: ScenarioCamera, record: Record, tolerance_s: float) -> Iterator[str]:
    """Find a picture that is served again and again with ever newer times."""
    first, since_s = SourceState(Status.OK), 0.0
    for seen in record.observations:
        state = seen.sources[camera.name]
        if state.content != first.content or state.status is not Status.OK:
            first, since_s = state, seen.at_s
        # Not by the times of the observations: those of a busy computer come late, in a row.
        elif state.acquired_s - first.acquired_s > camera.max_age_s + tolerance_s:
            yield (
                f"{camera.name} served the same picture as OK from {since_s:g} s to {seen.at_s:g} s"
            )
            return


def _too_many_edges(record: Record) -> Iterator[str]:
    """Find a fault that was raised or cleared too often, though the robot forgot nothing.

    The robot forgets faults when the service is registered; they must then be raised again.
    """
    last_s: dict[tuple[str, bool], float] = {}
    for edge in record.edges:
        key = edge.fault, edge.raised
        before_s = last_s.get(key, -QUIET_S)
        forgot = any(before_s <= at_s <= edge.at_s for at_s in record.registrations_s)
        if edge.at_s - before_s < QUIET_S - LATE_OBSERVATION_S and not forgot:
            what = "raised" if edge.raised else "cleared"
            yield f"{edge.fault!r} was {what} twice within {QUIET_S:g} s"
        last_s[key] = edge.at_s


def _times_of_wrong_clock(scenario: Scenario) -> Iterator[tuple[float, float]]:
    """Return the times between a step of the robot's clock and its detection by the daemon."""
    events = [event for event in scenario.events if isinstance(event, RobotEvent)]
    for event in events:
        if event.action is not RobotAction.SET_CLOCK:
            continue
        until_s = event.at_s + CLOCK_STEP_NOTICED_S
        for other in events:
            if event.at_s < other.at_s <= until_s:
                until_s = max(until_s, other.at_s + ROBOT_BACK_S)
        yield event.at_s, until_s


def _listed(names: set[str]) -> str:
    return ", ".join(map(repr, sorted(names))) or "none"
