from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from spot_webcam.adapters.camera_interface import InterfaceCamera
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.fakes.time.manual import ManualClock


@pytest.fixture
def adapt(clock: ManualClock) -> Iterator[Callable[..., InterfaceCamera]]:
    """Adapt a camera, or what makes one, and close it afterwards."""
    with ExitStack() as stack:

        def adapt(camera: Any, **options: Any) -> InterfaceCamera:
            adapted = InterfaceCamera(camera, clock, OpenCvCodec().decode_jpeg, **options)
            stack.callback(adapted.close)
            return adapted

        yield adapt
