from __future__ import annotations

import pytest

from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.robot.session_stand import Stand


@pytest.fixture
def stand(clock: ManualClock) -> Stand:
    return Stand(clock)


@pytest.fixture
def well(stand: Stand) -> Stand:
    stand.begin()
    return stand
