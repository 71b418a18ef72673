"""A camera that another package makes, of our port or of the SDK's interface."""

import inspect
from collections.abc import Callable
from typing import cast

from spot_webcam.adapters.camera_interface import InterfaceCamera, is_interface, translated
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.app.cameras.schemes import CameraScheme
from spot_webcam.domain.errors import CameraMisconfigured, NoData
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import (
    Camera,
    CameraMode,
    Clock,
    Interruptible,
    ModeRequest,
    StreamTimed,
)
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.parameters import Parametrised

_METHODS = ("open", "grab", "retrieve", "settings", "close")


class PluginCamera:
    """A `Camera` that is made anew for each `open`, by what a package registered.

    What it returns may be a `Camera`, with the optional abilities `Interruptible`, `StreamTimed`
    and `Parametrised`, or a `CameraInterface` or `VisualImageSource` of the SDK. The package is
    imported when the camera is opened: it may take its time, or fail, as the camera may.
    """

    def __init__(
        self, scheme: CameraScheme, address: DeviceAddress, request: ModeRequest, clock: Clock
    ) -> None:
        self._scheme = scheme
        self._address = address
        self._request = request
        self._clock = clock
        self._camera: Camera | None = None

    def open(self) -> CameraMode:
        """Import the package, let it make the camera, and open that."""
        self.close()
        made = self._made()
        if not _is_camera(made):
            # Popped, so that nothing keeps it once it is closed.
            once = [made]
            made = InterfaceCamera(
                once.pop, self._clock, OpenCvCodec().decode_jpeg, fps=self._request.fps
            )
        self._camera = camera = cast("Camera", made)
        return camera.open()

    def _made(self) -> object:
        what = f"{self._scheme} ({self._scheme.entry_point.value})"
        with translated(f"the import of {what}, which its author must mend,", CameraMisconfigured):
            make = self._scheme.entry_point.load()
        address = self._scheme.address_in(self._address).reveal()
        with translated(what):
            made = _call(make, address, self._request, self._clock)
        if not _is_camera(made) and not is_interface(made):
            raise CameraMisconfigured(
                f"{what} gave {type(made).__name__}: its author must return a CameraInterface, a"
                " VisualImageSource or a camera of spot_webcam.domain.ports"
            )
        return made

    def grab(self) -> int | None:
        """Grab from it."""
        return self._running().grab()

    def retrieve(self) -> Picture | JpegPicture:
        """Retrieve from it."""
        return self._running().retrieve()

    def settings(self) -> CaptureSettings:
        """Return its settings."""
        return self._running().settings()

    def close(self) -> None:
        """Close it, and let go of it."""
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()

    def interrupt(self) -> None:
        """End its wait, if it can be ended."""
        camera: object = self._camera
        if isinstance(camera, Interruptible):
            camera.interrupt()

    def stream_time_ns(self) -> int | None:
        """Return its sender's time, if it has one."""
        camera = self._running()
        return camera.stream_time_ns() if isinstance(camera, StreamTimed) else None

    def parameter_spec(self) -> bytes:
        """Return its spec; none if it takes no parameters."""
        camera = self._running()
        return camera.parameter_spec() if isinstance(camera, Parametrised) else b""

    def set_parameters(self, encoded: bytes) -> None:
        """Hand them on."""
        camera = self._running()
        if isinstance(camera, Parametrised):
            camera.set_parameters(encoded)

    def parameters(self) -> bytes:
        """Return those of its last grab."""
        camera = self._running()
        return camera.parameters() if isinstance(camera, Parametrised) else b""

    def _running(self) -> Camera:
        if self._camera is None:
            raise NoData("the camera is not open")
        return self._camera


def _is_camera(made: object) -> bool:
    return not isinstance(made, type) and all(
        callable(getattr(made, method, None)) for method in _METHODS
    )


def _call(make: Callable[..., object], address: str, mode: ModeRequest, clock: Clock) -> object:
    """Call it with the address, and with what else it has a parameter for.

    So may more be offered some day, and no package has to change.
    """
    offered = {"mode": mode, "clock": clock}
    try:
        names = set(inspect.signature(make).parameters)
    except (TypeError, ValueError):  # native code tells none
        names = set()
    return make(address, **{name: offered[name] for name in offered if name in names})
