"""Every adapter and every fake of the `Camera` port; add a camera by an entry in CASES."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from spot_webcam.adapters.camera_interface import InterfaceCamera
from spot_webcam.adapters.http_camera import HttpCamera
from spot_webcam.adapters.opencv import OpenCvCodec, opencv_camera
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cameras.factory import camera
from spot_webcam.app.cameras.isolation import Isolation, isolated_or_not
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.ports import Camera, ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device
from spot_webcam.fakes.cameras import (
    FaultyCamera,
    SyntheticCamera,
    SyntheticDevice,
    jpeg_frame,
    parse_script,
    parse_synthetic_device,
    synthetic_camera,
)
from spot_webcam.fakes.cameras.network import KNOWN_MANNERS, HttpCameraServer, Manners
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.fakes.time.manual import ManualClock
from tests.camera_interfaces import (
    BlueFirstCamera,
    DrawnCamera,
    JpegCamera,
    OldCamera,
    parameter_spec,
    raising,
    source_of,
)
from tests.recordings import write_recording

# Of these many pictures in a row, two at least must differ.
FRAMES = 5


@dataclass(frozen=True)
class CameraCase:
    """`make` and `make_absent` get an empty folder and return a camera, not opened yet.

    `make` gives one that is there and works; `make_absent` one that is not there, if the
    adapter can have such. `running` runs what the first needs in that folder. `jpegs` says that
    it delivers JPEGs, `controls` that it has some, `parameters` that it has some by a spec of its
    own.
    """

    name: str
    make: Callable[[Path], Camera]
    make_absent: Callable[[Path], Camera] | None = None
    jpegs: bool = False
    controls: bool = False
    parameters: bool = False
    running: Callable[[Path], AbstractContextManager[object]] = nullcontext


def _synthetic(layout: Layout, options: str = "", script: str = "") -> CameraCase:
    name = f"synthetic:?size=64x48&layout={layout.label}{options}&script="
    jpegs = "codec=mjpg" in options
    return CameraCase(
        f"synthetic-{layout.label}{options}{script}",
        lambda _: synthetic_camera(f"{name}{script}", ManualClock()),
        lambda _: synthetic_camera(f"{name}absent@0", ManualClock()),
        jpegs=jpegs,
        controls=jpegs or "controls=1" in options,
        parameters=not jpegs and "controls=1" not in options,
    )


def _faulty(script: str) -> Camera:
    clock = ManualClock()
    return FaultyCamera(SyntheticCamera(SyntheticDevice(), clock), parse_script(script), clock)


def _recorded(
    name: str, codec: str, play: Callable[[str], Camera] | None = None, label: str = ""
) -> CameraCase:
    """A recording that OpenCV decodes."""

    def make_absent(folder: Path) -> Camera:
        path = str(folder / name)
        return (
            play(path) if play else opencv_camera(DeviceAddress(path), ModeRequest(), ManualClock())
        )

    def make(folder: Path) -> Camera:
        pattern = Pattern(64, 48, 0, Layout.BGR8, 10.0)
        write_recording(folder / name, map(pattern.frame, range(FRAMES)), codec=codec)
        return make_absent(folder)

    return CameraCase(f"{label}recording-{codec}", make, make_absent, jpegs=codec == "MJPG")


def _interface(name: str, camera: Callable[[ManualClock], object]) -> CameraCase:
    """A camera of the SDK's interface."""

    def adapted(make: Callable[[ManualClock], object]) -> Camera:
        clock = ManualClock()
        return InterfaceCamera(lambda: make(clock), clock, OpenCvCodec().decode_jpeg)

    return CameraCase(
        f"interface-{name}",
        lambda _: adapted(camera),
        lambda _: adapted(lambda _: raising(FileNotFoundError("not plugged in"))()),
        jpegs=name == "jpeg",
        parameters=name == "parametrised",
    )


def _isolate(device_name: str) -> Camera:
    """Return the camera in a process of its own, on the system's clock."""
    device = Device("camera", DeviceAddress(device_name))
    return isolated_or_not(device, ModeRequest(), SystemClock(), Isolation.ALWAYS)


def _isolated(options: str) -> CameraCase:
    name = f"synthetic:?size=64x48&fps=100&{options}"
    jpegs = "codec=mjpg" in options
    return CameraCase(
        f"isolated-{options}",
        lambda _: _isolate(name),
        lambda _: _isolate(f"{name}&script=absent@0s"),
        jpegs=jpegs,
        controls=jpegs or "controls=1" in options,
        parameters=not jpegs and "controls=1" not in options,
    )


def _http(
    name: str, make: Callable[[DeviceAddress], Camera], manners: Manners | None = None
) -> CameraCase:
    """A network camera over HTTP, which writes its address into the folder."""

    @contextmanager
    def running(folder: Path) -> Iterator[None]:
        pictures = [jpeg_frame(_HTTP_DEVICE, sequence) for sequence in range(FRAMES)]
        with HttpCameraServer(pictures, 0.002, manners) as server:
            (folder / "url").write_text(server.url)
            yield

    return CameraCase(
        f"http-{name}",
        lambda folder: make(DeviceAddress((folder / "url").read_text())),
        lambda _: make(DeviceAddress("http://127.0.0.1:1/x")),
        jpegs=True,
        running=running,
    )


def _polled(address: DeviceAddress) -> Camera:
    return HttpCamera(address, ModeRequest(fps=500.0), SystemClock())


def _by_factory(address: DeviceAddress) -> Camera:
    return camera(address, ModeRequest(), SystemClock())


_HTTP_DEVICE = parse_synthetic_device("synthetic:?size=64x48&codec=mjpg")

CASES: list[CameraCase] = [
    *(_synthetic(layout) for layout in Layout),
    _synthetic(Layout.BGR8, "&codec=mjpg"),
    _synthetic(Layout.GREY8, "&codec=mjpg&quality=100"),
    _synthetic(Layout.BGR8, "&codec=mjpg", "pad@0"),
    _synthetic(Layout.RGBA8, "&controls=1"),
    _synthetic(Layout.BGR8, "&controls=1", "slow=2@0"),
    _recorded("recording.avi", "MJPG"),
    _recorded("recording.mp4", "mp4v"),
    # Each test of one starts a process: with parameters, JPEGs, and controls (its layout is bgr8).
    _isolated("layout=depth16"),
    _isolated("codec=mjpg"),
    _isolated("controls=1"),
    _recorded("recording.avi", "MJPG", _isolate, "isolated-"),
    _http("single", _polled, KNOWN_MANNERS["single"]),
    _http("stream", _by_factory),
    _http("stamped", _by_factory, KNOWN_MANNERS["stamped"]),
    _interface("rgb8", DrawnCamera),
    _interface("grey16", lambda clock: DrawnCamera(clock, Layout.GREY16)),
    _interface("depth16", lambda clock: source_of(DrawnCamera(clock, Layout.DEPTH16))),
    _interface("blue-first", BlueFirstCamera),
    _interface("jpeg", JpegCamera),
    _interface("old", OldCamera),
    _interface(
        "parametrised", lambda clock: source_of(DrawnCamera(clock), param_spec=parameter_spec())
    ),
    CameraCase("faulty-without-faults", lambda _: _faulty(""), lambda _: _faulty("absent@0")),
]


def _some(wanted: Callable[[CameraCase], bool]) -> pytest.MarkDecorator:
    cases = [case for case in CASES if wanted(case)]
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


of_pixels = _some(lambda case: not case.jpegs)
of_jpegs = _some(lambda case: case.jpegs)
with_controls = _some(lambda case: case.controls)
without_controls = _some(lambda case: not case.controls)
with_parameters = _some(lambda case: case.parameters)
