"""Ownership of the service name in the robot's directory: one daemon per name (ADR 11)."""

import logging
from collections.abc import Callable, Sequence

from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.domain.directory_entry import DirectoryEntry, Renewal
from spot_webcam.domain.errors import NameTaken, NotRegistered, RobotRefused
from spot_webcam.domain.ports import Clock, Directory, NameLock, RobotClock
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)


class RegistrationLease:
    """Registers the service name, and yields it to a living owner. Not thread-safe.

    An entry is ours if its last update is the one that we made. Same computer: the lock shows
    whether the other owner is alive, and stores its last update for the next holder. Other
    computers: the owner is alive if its entry keeps being updated. The robot's clock, which may be
    set, shortens the watch of an old entry, and never below a heartbeat.

    `takeover` decides about a living owner: wait (`None`), replace it once (`True`), or exit
    (`False`).

    `companions` are the entries of further services of this daemon. Who holds the name holds theirs
    too: they are written, renewed and removed with the entry, without locks of their own. One that
    the robot refuses does not impair the service, and is written again with the next renewal.
    """

    def __init__(
        self,
        directory: Directory,
        lock: NameLock,
        robot_clock: RobotClock,
        clock: Clock,
        timeouts: RobotTimeouts,
        service_name: str,
        takeover: bool | None = None,
        companions: Sequence[Directory] = (),
    ) -> None:
        self._directory = directory
        self._lock = lock
        self._robot_clock = robot_clock
        self._clock = clock
        self._service_name = service_name
        self._watch_s = timeouts.name_watch_s
        # In which a living owner like this daemon updates its entry, and that is seen.
        self._min_watch_s = timeouts.heartbeat_s + timeouts.name_watch_s
        self.exit_if_taken = takeover is False
        self._may_replace = takeover is True
        self._ever_held = False
        # The entry's last update by us; unconfirmed while an answer of the robot is missing.
        self._own_update_ns: int | None = None
        self._unconfirmed = False
        self._watched: DirectoryEntry | None = None
        self._silent_since_ns = 0
        self._seen_alive = False
        self._logged = ""
        self._companions = companions
        self._refusal = ""

    @property
    def may_hold(self) -> bool:
        """Whether the robot may have an entry of ours."""
        return self._unconfirmed or self._own_update_ns is not None

    def try_acquire(self) -> float:
        """Register and return 0, or return the seconds to wait before the next attempt.

        Raises:
            NameTaken: another owner is alive.
            RobotError: a call to the robot failed.
        """
        free = False
        try:
            wait_s = self._wait_s()
            free = wait_s == 0
        finally:
            if not free:  # a process that waits must not exclude the one that registers
                self._lock.release()
        if free:
            self._unconfirmed = True
            self._directory.register()
            self._confirm()
            self._keep_companions(lambda companion: companion.register())
        return wait_s

    def renew(self) -> Renewal:
        """Update the entry, and return the times of that call alone: it is one of several.

        Raises:
            NotRegistered: the robot has no entry of the name.
            NameTaken: the entry is another daemon's now, and was left as it is.
            RobotError: a call to the robot failed.
        """
        self.check()
        self._unconfirmed = True
        asked_ns = self._clock.monotonic_ns()
        robot_ns = self._directory.heartbeat()
        renewal = Renewal(asked_ns, robot_ns, self._clock.monotonic_ns())
        self._confirm()
        self._keep_companions(_renew_or_register)
        return renewal

    def check(self, timeout_s: float | None = None) -> DirectoryEntry:
        """Return the entry if it is ours; raises as `renew` does."""
        entry = self._directory.look_up(timeout_s)
        if entry is None:
            raise NotRegistered("the robot's directory does not know the service")
        if not self._is_ours(entry):
            raise NameTaken(f"another daemon has taken {self._service_name} over")
        return entry

    def unregister(self, timeout_s: float) -> None:
        """Remove the entry, and what companions there are if time is left."""
        deadline_ns = self._clock.monotonic_ns() + int(timeout_s * NANOSECONDS)
        self._directory.unregister(timeout_s)
        self._lock.store(None)
        for companion in self._companions:
            left_s = (deadline_ns - self._clock.monotonic_ns()) / NANOSECONDS
            if left_s > 0:
                companion.unregister(left_s)

    def release(self) -> None:
        """Give the name up, and leave the entry as it is."""
        self._own_update_ns, self._unconfirmed = None, False
        self._lock.release()

    def _confirm(self) -> None:
        """Read our update of the entry back, and store it for the next holder of the lock."""
        entry = self.check()
        self._own_update_ns, self._unconfirmed = entry.last_update_ns, False
        if self._lock.acquire():  # a daemon that was replaced releases it only after a while
            self._lock.store(entry.last_update_ns)
        self._ever_held = True
        self._may_replace = False
        self._watched = None
        self._logged = ""

    def _keep_companions(self, keep: Callable[[Directory], object]) -> None:
        refusals = [_refusal_of(keep, companion) for companion in self._companions]
        refusal = "; ".join(filter(None, refusals))
        if refusal and refusal != self._refusal:
            _LOG.warning(
                "a further service of %s is not registered: %s", self._service_name, refusal
            )
        self._refusal = refusal

    def _is_ours(self, entry: DirectoryEntry) -> bool:
        return entry.same_payload and (
            self._unconfirmed or entry.last_update_ns == self._own_update_ns
        )

    def _wait_s(self) -> float:
        locked = self._lock.acquire()
        if not locked and not self._may_replace:
            raise self._taken("of this computer ")
        entry = self._directory.look_up()
        if entry is None or self._is_ours(entry):
            return 0.0
        if locked and entry.last_update_ns == self._lock.stored():
            return self._replace("replacing the entry of a daemon of this computer that has died")
        if self._may_replace:
            return self._replace(f"taking {self._service_name} over from another daemon")
        return self._watch(entry)

    def _watch(self, entry: DirectoryEntry) -> float:
        now_ns = self._clock.monotonic_ns()
        if entry != self._watched:
            # An owner that took the name from us, or that updates its entry, is alive.
            self._seen_alive = self._ever_held or self._watched is not None
            self._watched = entry
            self._silent_since_ns = now_ns - self._age_ns(entry, now_ns)
        if now_ns - self._silent_since_ns > entry.max_silence_s * NANOSECONDS:
            return self._replace("replacing the entry of a daemon that has died")
        if self._seen_alive:
            raise self._taken("")
        self._log(
            f"{self._service_name} is registered already: watching for"
            f" {entry.max_silence_s:g} s whether its owner is alive"
        )
        return self._watch_s

    def _age_ns(self, entry: DirectoryEntry, now_ns: int) -> int:
        """Return how long the entry has been silent, by the robot's clock.

        A clock that was set ahead would make every living owner look dead, for ever.
        """
        if entry.last_update_ns == 0:
            return 0
        age_ns = self._robot_clock.robot_time_ns(now_ns) - entry.last_update_ns
        max_age_s = entry.max_silence_s - self._min_watch_s
        return max(0, min(age_ns, int(max_age_s * NANOSECONDS)))

    def _replace(self, reason: str) -> float:
        self._log(reason)
        return 0.0

    def _log(self, text: str) -> None:
        if text != self._logged:
            self._logged = text
            _LOG.info("%s", text)

    def _taken(self, where: str) -> NameTaken:
        advice = "end it, or choose another --service-name and --authority"
        if not self._ever_held:
            advice += ", or give --takeover"
        return NameTaken(
            f"another daemon {where}serves {self._service_name} on this robot: {advice}"
        )


def _refusal_of(keep: Callable[[Directory], object], companion: Directory) -> str:
    try:
        keep(companion)
    except RobotRefused as error:
        return str(error)
    return ""


def _renew_or_register(companion: Directory) -> None:
    try:
        companion.heartbeat()
    except NotRegistered:
        companion.register()
