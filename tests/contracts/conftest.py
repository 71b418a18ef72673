"""The camera of a case."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from spot_webcam.domain.ports import Camera
from tests.contracts.camera_cases import (
    CASES,
    CameraCase,
)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> CameraCase:
    chosen: CameraCase = request.param
    return chosen


@pytest.fixture
def camera(case: CameraCase, tmp_path: Path) -> Iterator[Camera]:
    with case.running(tmp_path):
        made = case.make(tmp_path)
        yield made
        made.close()
