"""The fake robot tells a service that its client has left, and so the check sees what it does."""

from __future__ import annotations

import threading
from typing import Any

from tests.integration.check.conftest import Check, Serve
from tests.integration.check.services import SmallService, trigger_fault


class FaultWhenClientsLeave(SmallService):
    # One picture after another: of many calls, most are under way for a while.
    camera = threading.Lock()

    def GetImage(self, request: Any, context: Any) -> Any:  # noqa: N802 - the API's name
        gone = threading.Event()
        context.add_callback(gone.set)
        with self.camera:
            left = gone.wait(0.02)
        if left:
            trigger_fault(self.faults)
        return super().GetImage(request, context)


def test_fault_for_a_client_that_left_is_found(serve: Serve, check: Check) -> None:
    with serve(FaultWhenClientsLeave):
        outcome = check("--duration", "0.6")
    failed = outcome.lines("fail")
    assert failed.keys() == {"no faults by clients"}
    assert "clients that left" in failed["no faults by clients"]
