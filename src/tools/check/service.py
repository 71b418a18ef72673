"""Service under test: calls to it, and what the checks know about it so far."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.domain.errors import RobotError
from spot_webcam.tools.check.findings import CheckFailed, Finding
from spot_webcam.tools.check.replies import call_problem
from spot_webcam.tools.robot_clients.check_client import (
    CheckClient,
    Interrupted,
    PendingCall,
    Reply,
)

# Calls in a row that time out before the checks are aborted: each costs a whole timeout.
MAX_HANGS = 3
# Checks in a row that the robot fails before they are aborted.
MAX_ROBOT_ERRORS = 3
OK = image_pb2.ImageResponse.STATUS_OK


class AbortChecks(Exception):
    """The remaining checks make no sense; the text says why."""


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """`timeout_s` bounds each call, `watch_s` is how long the times of each source are watched.

    `clients` call at once, in `rounds` rounds. No `source_names` means all sources.
    """

    timeout_s: float = 10.0
    watch_s: float = 3.0
    clients: int = 8
    rounds: int = 3
    source_names: tuple[str, ...] = ()
    data_acquisition: bool = False
    change_parameters: bool = False


@dataclass(frozen=True, slots=True)
class FaultAttribution:
    """The action before a fault was raised, and the source, if any, that failed at that time."""

    action: str
    failed_source: str = ""


def ask(source: Any, **fields: Any) -> image_pb2.ImageRequest:
    """Return a request for a source."""
    return image_pb2.ImageRequest(image_source_name=source.name, **fields)


class ServiceUnderTest:
    """Calls the service, and remembers what its sources lack and which faults were raised."""

    def __init__(
        self, client: CheckClient, settings: CheckSettings, stopping: threading.Event
    ) -> None:
        self.client = client
        self.settings = settings
        self.sources: tuple[image_pb2.ImageSource, ...] = ()
        self.without_pictures: set[str] = set()
        self.without_resizing: set[str] = set()
        self.wrong_alone: set[str] = set()
        self.attributions: dict[str, FaultAttribution] = {}
        self._stopping = stopping
        self._last_action = ""
        self._hangs = 0
        self._robot_errors = 0
        self._known_faults: set[str] = set()

    def good_sources(self) -> list[image_pb2.ImageSource]:
        """Return the sources that serve pictures."""
        return [source for source in self.sources if source.name not in self.without_pictures]

    def list_sources(self) -> Reply:
        """Return the outcome of a call for the list of sources."""
        return self.wait(self.client.begin_list(self.settings.timeout_s))

    def get(self, *requests: image_pb2.ImageRequest) -> Reply:
        """Return the outcome of a call for pictures.

        Raises:
            AbortChecks: the service hangs each time.
            Interrupted: the user ends the command.
        """
        return self.wait(self.begin(*requests))

    def get_answers(self, *requests: image_pb2.ImageRequest) -> Reply:
        """Return the outcome of a call that was answered with one answer per request.

        Raises:
            CheckFailed: it was not.
            AbortChecks: the service hangs each time.
            Interrupted: the user ends the command.
        """
        reply = self.get(*requests)
        problem = call_problem(reply, len(requests))
        if problem is not None:
            raise CheckFailed(problem)
        return reply

    def begin(self, *requests: image_pb2.ImageRequest) -> PendingCall:
        """Request pictures without waiting for them."""
        return self.client.begin(requests, self.settings.timeout_s)

    def wait(self, call: PendingCall) -> Reply:
        """Wait for a call; raises as `get` does."""
        reply = call.wait(self._stopping)
        self._hangs = self._hangs + 1 if reply.code == "DEADLINE_EXCEEDED" else 0
        if self._hangs >= MAX_HANGS:
            raise AbortChecks(
                f"{MAX_HANGS} calls in a row were not answered within {self.settings.timeout_s:g} s"
            )
        return reply

    def note_robot(self, error: RobotError | None) -> None:
        """Count the checks that the robot failed in a row; raises `AbortChecks` at the limit."""
        self._robot_errors = 0 if error is None else self._robot_errors + 1
        if self._robot_errors >= MAX_ROBOT_ERRORS:
            raise AbortChecks(f"the robot failed {MAX_ROBOT_ERRORS} times in a row: {error}")

    def pause(self, seconds: float) -> None:
        """Wait; raises `Interrupted` when the user ends the command."""
        if self._stopping.wait(seconds):
            raise Interrupted

    def ignore_present_faults(self) -> dict[str, str]:
        """Return the present faults, and attribute them to no action from now on."""
        faults = self.client.faults()
        self._known_faults |= faults.keys()
        return faults

    def attribute_faults(self, action: str) -> None:
        """Attribute new faults to the action that was just done."""
        self._attribute(action)
        self._last_action = action

    def attribute_earlier_faults(self) -> None:
        """Attribute new faults to what was done before, so that the next action is not blamed."""
        before = f"{self._last_action}, or soon after" if self._last_action else "ordinary requests"
        self._attribute(before)
        self._last_action = ""

    def _attribute(self, action: str) -> None:
        new = self.client.faults().keys() - self._known_faults - self.attributions.keys()
        if not new:
            return
        failed_source = self._first_without_picture()
        for name in new:
            self.attributions[name] = FaultAttribution(action, failed_source)

    def _first_without_picture(self) -> str:
        for source in self.good_sources():
            reply = self.get(ask(source))
            answers = [] if reply.response is None else reply.response.image_responses
            if not answers or answers[0].status != OK:
                return str(source.name)
        return ""


@dataclass(frozen=True, slots=True)
class ServiceCheck:
    """A check of the whole service; without findings it has passed, as `verifies` says.

    `run` yields findings. It raises what `ServiceUnderTest.get_answers` raises, and `RobotError`.
    """

    name: str
    verifies: str
    run: "Callable[[ServiceUnderTest], Iterable[Finding]]"
    needs_picture: bool = False


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """A check of each source; see `ServiceCheck`."""

    name: str
    verifies: str
    run: "Callable[[ServiceUnderTest, image_pb2.ImageSource], Iterable[Finding]]"
    needs_picture: bool = True


Check = ServiceCheck | SourceCheck


def service_check(
    name: str, verifies: str, *, needs_picture: bool = False
) -> "Callable[[Callable[[ServiceUnderTest], Iterable[Finding]]], ServiceCheck]":
    """Make a check of the decorated function."""
    return lambda run: ServiceCheck(name, verifies, run, needs_picture)


def source_check(
    name: str, verifies: str, *, needs_picture: bool = True
) -> "Callable[[Callable[[ServiceUnderTest, Any], Iterable[Finding]]], SourceCheck]":
    """Make a check of the decorated function."""
    return lambda run: SourceCheck(name, verifies, run, needs_picture)
