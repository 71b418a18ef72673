"""The service under test, and what is known of it so far."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bosdyn.api import image_pb2

from spot_webcam.domain.errors import RobotError
from spot_webcam.tools.check.finding import Finding
from spot_webcam.tools.check.settings import Settings
from spot_webcam.tools.robot_clients.check_client import Interrupted, PendingCall, Reply

# A service that hangs so often in a row is not asked any more: each time costs a time-out.
MAX_HANGS = 3
# Likewise for a robot that fails.
MAX_ROBOT_ERRORS = 3


class Hopeless(Exception):
    """There is no point in going on; its text says why."""


class Service(Protocol):
    """An image service as a client reaches it. Calls raise `RobotError` where the robot fails."""

    name: str

    def entry(self) -> Any:
        """Return its entry in the directory, or `None`; blocks for some seconds at most."""
        ...

    def faults(self) -> dict[str, str]:
        """Return its standing faults, name and message; blocks for some seconds at most."""
        ...

    def robot_now_ns(self) -> int:
        """Return robot time."""
        ...

    def skew_ns(self) -> int:
        """Return robot time minus this computer's."""
        ...

    def begin_list(self, timeout_s: float) -> PendingCall:
        """Ask for the list of sources; does not wait."""
        ...

    def begin(self, requests: Sequence[image_pb2.ImageRequest], timeout_s: float) -> PendingCall:
        """Ask for pictures in one call; does not wait."""
        ...

    def acquisition(self) -> Any:
        """Return the robot's data acquisition, an `Acquisition`."""
        ...


@dataclass(frozen=True, slots=True)
class Blame:
    """What was done before a fault came up, and the source, if any, that gave no picture then."""

    deed: str
    away: str = ""


class Target:
    """Asks the service, and remembers what its sources do not, and which faults came up."""

    def __init__(self, service: Service, settings: Settings, stopping: threading.Event) -> None:
        self.service = service
        self.settings = settings
        self.sources: tuple[image_pb2.ImageSource, ...] = ()
        self.without_pictures: set[str] = set()
        self.without_resizing: set[str] = set()
        self.blamed: dict[str, Blame] = {}
        self._stopping = stopping
        self._last_deed = ""
        self._hangs = 0
        self._robot_errors = 0
        self._known_faults: set[str] = set()

    def good_sources(self) -> list[image_pb2.ImageSource]:
        """Return the sources that give pictures."""
        return [one for one in self.sources if one.name not in self.without_pictures]

    def list_sources(self) -> Reply:
        """Return the answer to the list of sources."""
        return self.wait(self.service.begin_list(self.settings.timeout_s))

    def get(self, *requests: image_pb2.ImageRequest) -> Reply:
        """Return the answer to a call for pictures.

        Raises:
            Hopeless: the service hangs each time.
            Interrupted: the user wants no more.
        """
        return self.wait(self.begin(*requests))

    def begin(self, *requests: image_pb2.ImageRequest) -> PendingCall:
        """Call for pictures, and do not wait for them."""
        return self.service.begin(requests, self.settings.timeout_s)

    def wait(self, call: PendingCall) -> Reply:
        """Wait for a call; raises as `get` does."""
        reply = call.wait(self._stopping)
        self._hangs = self._hangs + 1 if reply.code == "DEADLINE_EXCEEDED" else 0
        if self._hangs >= MAX_HANGS:
            raise Hopeless(
                f"{MAX_HANGS} calls in a row were not answered within {self.settings.timeout_s:g} s"
            )
        return reply

    def note_robot(self, error: RobotError | None) -> None:
        """Note how the robot did in a check; raises `Hopeless` when it fails each time."""
        self._robot_errors = 0 if error is None else self._robot_errors + 1
        if self._robot_errors >= MAX_ROBOT_ERRORS:
            raise Hopeless(f"the robot failed {MAX_ROBOT_ERRORS} times in a row: {error}")

    def pause(self, seconds: float) -> None:
        """Wait; raises `Interrupted` when the user wants no more."""
        if self._stopping.wait(seconds):
            raise Interrupted

    def note_faults(self) -> dict[str, str]:
        """Return the faults that stand now, which from now on nobody is blamed for."""
        faults = self.service.faults()
        self._known_faults |= faults.keys()
        return faults

    def blame_for_faults(self, deed: str) -> None:
        """Note who is to blame for the faults that are new, and whether a camera is away now."""
        self._blame(deed)
        self._last_deed = deed

    def clear_of_earlier_faults(self) -> None:
        """Note the faults that came up until now, so that the next deed is not blamed for them."""
        self._blame(f"{self._last_deed}, or soon after" if self._last_deed else "ordinary requests")
        self._last_deed = ""

    def _blame(self, deed: str) -> None:
        new = self.service.faults().keys() - self._known_faults - self.blamed.keys()
        if not new:
            return
        away = self._first_without_picture()
        for name in new:
            self.blamed[name] = Blame(deed, away)

    def _first_without_picture(self) -> str:
        for name in (one.name for one in self.good_sources()):
            reply = self.get(image_pb2.ImageRequest(image_source_name=name))
            answers = [] if reply.response is None else reply.response.image_responses
            if not answers or answers[0].status != image_pb2.ImageResponse.STATUS_OK:
                return str(name)
        return ""


@dataclass(frozen=True, slots=True)
class ServiceCheck:
    """A question about the whole service. One that finds nothing has passed, as `verifies` says.

    `run` yields findings; it raises what `Target.get` raises, and `RobotError`.
    """

    name: str
    verifies: str
    run: "Callable[[Target], Iterable[Finding]]"


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """A question about each source; else as `ServiceCheck`."""

    name: str
    verifies: str
    run: "Callable[[Target, image_pb2.ImageSource], Iterable[Finding]]"
    needs_picture: bool = True


Check = ServiceCheck | SourceCheck
