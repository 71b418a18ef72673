"""The daemon's pictures under the robot's data acquisition."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from bosdyn.api import data_acquisition_pb2
from bosdyn.client.data_acquisition_helpers import (
    acquire_and_process_request,
    download_data_REST,
    make_time_query_params_from_group_name,
)

from spot_webcam.fakes.cameras import read_sequence


def test_pictures_are_listed_acquired_stored_and_downloaded(
    serve: Callable[..., Any], sdk: Any, tmp_path: Path
) -> None:
    serving = serve("colour=synthetic:?size=200x150", "depth=synthetic:?layout=depth16")
    for name in ("colour", "depth"):
        serving.wait_for_status(name, 1)
    sdk.authenticate("user", "password")
    acquisition = sdk.ensure_client("data-acquisition")
    sources = {one.service_name: one for one in acquisition.get_service_info().image_sources}
    assert list(sources["web-cam-service"].image_source_names) == ["colour", "depth"]

    captures = data_acquisition_pb2.AcquisitionRequestList()
    for name in ("colour", "depth"):
        captures.image_captures.add(image_service="web-cam-service", image_source=name)
    sdk.time_sync.wait_for_sync()
    assert acquire_and_process_request(acquisition, captures, "group", "action")

    query = make_time_query_params_from_group_name(
        "group", sdk.ensure_client("data-acquisition-store")
    )
    host = f"127.0.0.1:{serving.robot.rest_port}"
    assert download_data_REST(query, host, sdk.user_token, str(tmp_path))
    with zipfile.ZipFile(tmp_path / "REST" / "daq-data.zip") as archive:
        files = {Path(name).name: archive.read(name) for name in archive.namelist()}
    assert set(files) == {"web-cam-service_colour 1.jpg", "web-cam-service_depth 2.pgm"}
    for content in files.values():
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
        assert read_sequence(pixels) is not None
    assert not serving.faults()
