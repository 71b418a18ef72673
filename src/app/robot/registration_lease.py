"""Whether the service's name in the robot's directory may be taken."""

import logging

from spot_webcam.domain.directory_entry import DirectoryEntry, Owner
from spot_webcam.domain.errors import NameTaken
from spot_webcam.domain.ports import Clock, Directory, NameLock, RobotClock
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

# How often an entry is looked at that may be a living daemon's.
WATCH_S = 1.0


class RegistrationLease:
    """Tells a living holder of the name from a dead one, and makes way for the living.

    On this computer the lock tells: it is held from when the name is ours until another has it,
    or until we are gone. Elsewhere an owner lives if its entry is updated, by the robot's clock
    or before our eyes.

    `takeover` is what to do with a living one: wait (`None`), replace it, once (`True`), or give
    up (`False`).
    """

    def __init__(
        self,
        directory: Directory,
        lock: NameLock,
        robot_clock: RobotClock,
        clock: Clock,
        service_name: str,
        takeover: bool | None = None,
    ) -> None:
        self._directory = directory
        self._lock = lock
        self._robot_clock = robot_clock
        self._clock = clock
        self._service_name = service_name
        self.gives_up = takeover is False
        self._may_replace = takeover is True
        self._ever_ours = False
        self._watched: DirectoryEntry | None = None
        self._silent_since_ns = 0
        self._seen_alive = False
        self._said = ""

    def stake(self) -> float:
        """Return 0 if the name may be taken now, else the seconds to wait before asking again.

        Raises:
            NameTaken: its holder lives.
            RobotError: the robot could not be asked.
        """
        free = False
        try:
            wait_s = self._wait_s()
            free = wait_s == 0
        finally:
            if not free:  # who waits must not keep it from those who will have it
                self._lock.release()
        return wait_s

    def _wait_s(self) -> float:
        alone = self._lock.acquire()
        if not alone and not self._may_replace:
            raise self._taken(Owner.THIS_COMPUTER)
        entry = self._directory.look_up()
        if entry is None or entry.owner is Owner.US:
            return 0.0
        if alone and entry.owner is Owner.THIS_COMPUTER and not self._ever_ours:
            return self._replace("replacing the entry of a daemon of this computer that has died")
        if self._may_replace:
            return self._replace(f"taking {self._service_name} over from another daemon")
        return self._watch(entry)

    def _watch(self, entry: DirectoryEntry) -> float:
        now_ns = self._clock.monotonic_ns()
        if entry != self._watched:
            # Who has taken the name from us lived to do so.
            self._seen_alive = self._ever_ours or self._watched is not None
            self._watched = entry
            self._silent_since_ns = now_ns - self._age_ns(entry, now_ns)
        if now_ns - self._silent_since_ns > entry.max_silence_s * NANOSECONDS:
            return self._replace("replacing the entry of a daemon that has died")
        if self._seen_alive:
            raise self._taken(entry.owner)
        self._say(
            f"{self._service_name} is registered already: watching for"
            f" {entry.max_silence_s:g} s whether its owner lives"
        )
        return WATCH_S

    def _age_ns(self, entry: DirectoryEntry, now_ns: int) -> int:
        if entry.last_update_ns == 0:  # the robot does not tell
            return 0
        return max(0, self._robot_clock.robot_time_ns(now_ns) - entry.last_update_ns)

    def _replace(self, why: str) -> float:
        self._say(why)
        return 0.0

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            _LOG.info("%s", text)

    def _taken(self, owner: Owner) -> NameTaken:
        advice = "end it, or choose another --service-name and --authority"
        if not self._ever_ours:
            advice += ", or give --takeover"
        where = "of this computer " if owner is Owner.THIS_COMPUTER else ""
        return NameTaken(
            f"another daemon {where}serves {self._service_name} on this robot: {advice}"
        )

    def staked(self) -> None:
        """The name is ours: the robot has just said so."""
        self._lock.acquire()  # which the one that was replaced lets go only after a while
        self._ever_ours = True
        self._may_replace = False
        self._watched = None
        self._said = ""

    def release(self) -> None:
        """Let others of this computer have the name."""
        self._lock.release()
