from __future__ import annotations

import pytest

from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import LaggingCamera, LoopStand


@pytest.fixture
def stand(clock: ManualClock) -> LoopStand:
    stand = LoopStand(LaggingCamera(clock), clock)
    stand.steps(2)
    return stand


@pytest.fixture
def on_demand(clock: ManualClock) -> LoopStand:
    stand = LoopStand(LaggingCamera(clock), clock, on_demand=True)
    stand.steps(1)
    return stand
