"""Child process of a camera with injectable misbehaviour, or of a synthetic camera."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spot_webcam.adapters.isolated import serve_camera
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.domain.errors import CameraAbsent, ParametersRefused
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import Camera, CameraMode
from spot_webcam.domain.sources.controls import Control
from spot_webcam.fakes.cameras import synthetic_camera

LONG_S = 600


def native_hang() -> None:
    """Hang with the interpreter's lock held, as the worst of native code does."""
    ctypes.PyDLL(None).sleep(LONG_S)


def segfault() -> None:
    """Read where nothing is."""
    ctypes.string_at(0)


def ignore_and_sleep() -> None:
    """Hang as code that can be interrupted by nothing but a kill."""
    time.sleep(LONG_S)


def spawn_and_hang() -> None:
    """Hang in a process of one's own, which must go as well."""
    subprocess.run([sys.executable, "-c", f"import time; time.sleep({LONG_S})"], check=True)


class Gone(CameraAbsent):
    """One of this process's own."""


def gone() -> None:
    raise Gone("gone for good")


def defect() -> None:
    raise KeyError("a defect")


def refuse() -> None:
    raise ParametersRefused("no such parameters")


def nonsense() -> None:
    """Write into whatever socket there is, as memory that was overwritten may."""
    os.write(int(sys.argv[-2]), b"nonsense")
    time.sleep(LONG_S)


def touch() -> None:
    """Do nothing else than to write the file."""


def enlarge() -> int:
    """Return how many times as high the picture is."""
    return 4


def answer_an_object() -> object:
    return object()


def answer_a_text() -> str:
    return "no number"


def leave() -> None:
    os._exit(3)


def lack() -> None:
    os._exit(os.EX_OSERR)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


DEEDS = {
    one.__name__: one
    for one in (
        *(native_hang, segfault, ignore_and_sleep, spawn_and_hang),
        *(gone, defect, refuse, nonsense, leave, lack, kill),
        *(answer_an_object, answer_a_text, touch, enlarge),
    )
}


class Doing:
    """A `Camera` and `Controllable` that does a deed when a method is called."""

    def __init__(
        self, camera: Camera, method: str, deed: str, begun: str = "", calls: str = "0"
    ) -> None:
        """`begun` is a file that is written right before the deed, after so many calls."""
        self._camera = camera
        self._begun = begun
        self._method = method
        self._deed = DEEDS[deed]
        self._calls_left = int(calls)

    def _meet(self, method: str) -> Any:
        if method != self._method:
            return None
        self._calls_left -= 1
        if self._calls_left >= 0:
            return None
        if self._begun:
            Path(self._begun).touch()
        return self._deed()

    def open(self) -> CameraMode:
        self._meet("open")
        return self._camera.open()

    def grab(self) -> int | None:
        self._meet("grab")
        return self._camera.grab()

    def retrieve(self) -> Picture | JpegPicture:
        times = self._meet("retrieve")
        picture = self._camera.retrieve()
        if times is None or isinstance(picture, JpegPicture):
            return picture
        return Picture(np.concatenate([picture.pixels] * times), picture.layout)

    def settings(self) -> CaptureSettings:
        self._meet("settings")
        return self._camera.settings()

    def close(self) -> None:
        self._meet("close")
        self._camera.close()

    def controls(self) -> list[Control]:
        self._meet("controls")
        return []

    def read(self, names: Iterable[str]) -> dict[str, int]:
        return dict.fromkeys(names, self._meet("read") or 0)

    def write(self, _: Mapping[str, int]) -> None:
        self._meet("write")

    def stream_time_ns(self) -> int | None:
        return 42


def make(recipe: object) -> Camera:
    match recipe:
        case [str(name), str(method), str(deed), *begun]:
            if method == "make":
                DEEDS[deed]()
            return Doing(synthetic_camera(name, SystemClock()), method, deed, *map(str, begun))
        case str(name):
            return synthetic_camera(name, SystemClock(), segfault)
    raise TypeError(f"no recipe: {recipe}")


if __name__ == "__main__":
    serve_camera(sys.argv[1:], make)
