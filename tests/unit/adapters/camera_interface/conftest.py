from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from spot_webcam.adapters.camera_interface import InterfaceCamera
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.domain.media.image import Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.fakes.time.manual import ManualClock

Adapt = Callable[..., InterfaceCamera]


def first(adapt: Adapt, camera: Any) -> Picture | JpegPicture:
    """Return the first picture of a camera."""
    adapted = adapt(camera)
    adapted.open()
    adapted.grab()
    return adapted.retrieve()


@pytest.fixture
def adapt(clock: ManualClock) -> Iterator[Adapt]:
    """Adapt a camera, or what makes one, and close it afterwards."""
    with ExitStack() as stack:

        def adapt(camera: Any, **options: Any) -> InterfaceCamera:
            adapted = InterfaceCamera(camera, clock, OpenCvCodec().decode_jpeg, **options)
            stack.callback(adapted.close)
            return adapted

        yield adapt
