from __future__ import annotations

from collections.abc import Callable

import pytest

from spot_webcam.domain.media.image import Picture
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import LoopStand, ScriptedCamera


@pytest.fixture
def stand(clock: ManualClock, make_picture: Callable[..., Picture]) -> LoopStand:
    return LoopStand(ScriptedCamera(clock, make_picture()), clock)


@pytest.fixture
def on_demand(clock: ManualClock, make_picture: Callable[..., Picture]) -> LoopStand:
    stand = LoopStand(ScriptedCamera(clock, make_picture()), clock, on_demand=True)
    assert stand.steps(1) == [0.0]
    return stand
