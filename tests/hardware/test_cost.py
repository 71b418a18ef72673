"""What a frame costs: on the lab's one processor, time in a call that never waits is its CPU."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from spot_webcam.domain.media.image import Picture
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg

FRAMES = 60


def _times_ms(call: Callable[[], object], times: int = 1) -> list[float]:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def test_pass_through_costs_a_fraction_of_decoding(
    lab: Any, usb: str, camera_of: Any, figure: Any
) -> None:
    camera = camera_of(usb)
    camera.open()
    through: list[float] = []
    jpegs: list[bytes] = []
    for _ in range(FRAMES):
        camera.grab()
        through.append(min(_times_ms(camera.retrieve, 3)))
        picture = camera.retrieve()
        assert isinstance(picture, JpegPicture)
        jpegs.append(picture.data)
    # The emulated camera runs on the same processor: the rest is measured without it.
    camera.close()
    inspection: list[float] = []
    decoding: list[float] = []
    for data in jpegs:
        array = np.frombuffer(data, np.uint8)
        inspection.append(min(_times_ms(lambda data=data: inspect_jpeg(data), 3)))
        decoding.append(
            min(_times_ms(lambda array=array: cv2.imdecode(array, cv2.IMREAD_COLOR), 3))
        )
    # The best of three, and the lower quartile: what other processes took is not in it.
    quartiles = [statistics.quantiles(one)[0] for one in (through, inspection, decoding)]
    figure(
        "720p MJPG, a frame: retrieved as JPEG in {:.2f} ms (inspection {:.3f} of it),"
        " decoding it would take {:.2f} ms".format(*quartiles)
    )
    assert quartiles[0] < quartiles[2] / 2


def test_raw_conversion(lab: Any, camera_of: Any, figure: Any) -> None:
    camera = camera_of("/dev/video2", codec="YUYV", cols=1280, rows=720)
    camera.open()
    taken = []
    for _ in range(20):
        camera.grab()
        taken.extend(_times_ms(camera.retrieve, 3))
    assert isinstance(camera.retrieve(), Picture)
    figure(f"720p YUYV, a frame: retrieved as pixels in {statistics.median(taken):.2f} ms")
