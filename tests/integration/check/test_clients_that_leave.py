"""The fake robot tells a service that its client has left, and so the check sees what it does."""

from __future__ import annotations

import threading
from typing import Any

from spot_webcam.fakes.robot import FakeRobot
from tests.integration.check.conftest import Check
from tests.integration.check.services import SmallService, served, trigger_fault
from tests.timing import PATIENCE_S


class FaultWhenClientsLeave(SmallService):
    """Takes one picture after another, in the order of the calls: most wait for a while."""

    lock = threading.Lock()
    last_done = threading.Event()
    last_done.set()

    def GetImage(self, request: Any, context: Any) -> Any:  # noqa: N802 - the API's name
        gone, done = threading.Event(), threading.Event()
        if not context.add_callback(gone.set):  # the client has left already
            gone.set()
        # The check stays as long as a plain picture takes: on a busy host, too, its calls arrive.
        is_plain = all(len(one.ListFields()) == 1 for one in request.image_requests)
        with self.lock:
            before, FaultWhenClientsLeave.last_done = self.last_done, done
        before.wait(PATIENCE_S)
        # Within its turn: the robot holds the fault before a later call is answered.
        try:
            if gone.wait(0.2 if is_plain else 0.0):
                trigger_fault(self.faults)
        finally:
            done.set()
        return super().GetImage(request, context)


def test_fault_for_a_client_that_left_is_found(
    fake_robot: FakeRobot, fake_robot_sdk: Any, check: Check
) -> None:
    with served(fake_robot, fake_robot_sdk, FaultWhenClientsLeave):
        outcome = check("--duration", "0.6")
    failed = outcome.lines("fail")
    assert failed.keys() == {"no faults by clients"}
    assert "clients that left" in failed["no faults by clients"]
