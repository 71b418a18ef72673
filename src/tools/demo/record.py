"""What the play's client saw, and whether it is what the demo promises."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from spot_webcam.domain.health.faults import capture_fault
from spot_webcam.domain.requests.status import Status
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.demo.cast import Part
from spot_webcam.tools.robot_clients.image_client import Sighting

# If the median is older at the client, pictures were not served live. Generous: machines get busy.
MAX_MEDIAN_AGE_S = 3.0


@dataclass(slots=True)
class PartRecord:
    """The sightings of one source."""

    part: Part
    ok: int = 0
    other: int = 0
    is_live: bool = False
    ages_s: list[float] = field(default_factory=list)

    def note(self, sighting: Sighting, robot_now_ns: int) -> None:
        """Count a sighting."""
        self.is_live = sighting.status is Status.OK
        if self.is_live:
            self.ok += 1
            self.ages_s.append((robot_now_ns - sighting.acquired_robot_ns) / 1e9)
        else:
            self.other += 1

    @property
    def age_s(self) -> float:
        """The median age of the pictures at the client, by the robot's clock."""
        return statistics.median(self.ages_s) if self.ages_s else float("nan")

    def edges(self, robot: FakeRobot) -> tuple[int, int]:
        """Return how often the robot was told to raise and to clear this source's fault."""
        name = capture_fault(self.part.name, "").name
        kinds = [event.kind for event in robot.fault_events() if event.fault_name == name]
        return kinds.count("trigger"), kinds.count("clear")

    def is_over(self, robot: FakeRobot) -> bool:
        """Tell whether the failures of this source came and went, and its pictures are back.

        On a busy machine a source may have failed more often than its camera did.
        """
        raised, cleared = self.edges(robot)
        failed = self.other or not self.part.spells
        return bool(failed and self.is_live and self.part.spells <= raised == cleared)


def misses(records: Sequence[PartRecord], robot: FakeRobot, exit_code: int) -> list[str]:
    """Return what the demo promises and did not keep, as lines for a human."""
    found = []
    for record in records:
        part = record.part
        if not record.ok:
            found.append(f"{part.name} gave no picture")
        elif not record.is_live:
            found.append(f"{part.name} gave no picture at the end")
        # Single ones may be from the future: the skew is known to half a round trip.
        elif not 0.0 <= record.age_s <= MAX_MEDIAN_AGE_S:
            found.append(f"{part.name} gave pictures {record.age_s:.1f} s old (median)")
        if part.spells and not record.other:
            found.append(f"{part.name} gave pictures while its camera failed")
        raised, cleared = record.edges(robot)
        if raised < part.spells or cleared != raised:
            found.append(f"{part.name}'s fault was raised {raised} and cleared {cleared} times")
    if robot.services() or robot.faults():
        found.append("the daemon left something on the robot")
    if exit_code != 0:
        found.append(f"the daemon ended with {exit_code}")
    return found
