"""Camera of another package, written for the `Camera` port or for the SDK's interface."""

import inspect
from collections.abc import Callable
from typing import cast

from spot_webcam.adapters.camera_interface import InterfaceCamera, is_interface, translated
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.app.cameras.schemes import CameraScheme
from spot_webcam.domain.errors import CameraMisconfigured, NoData
from spot_webcam.domain.media.image import CaptureSettings, JpegPicture, Picture
from spot_webcam.domain.ports import (
    Camera,
    CameraMode,
    Clock,
    Interruptible,
    ModeRequest,
    Parametrised,
    StreamTimed,
)
from spot_webcam.domain.sources.address import DeviceAddress

_METHODS = ("open", "grab", "retrieve", "settings", "close")


class PluginCamera:
    """A `Camera` that the registered function of a package makes for each `open`.

    The function may return a `Camera`, with the optional abilities `Interruptible`, `StreamTimed`
    and `Parametrised`, or a `CameraInterface` or `VisualImageSource` of the SDK. The package is
    imported at `open`, because the import may be slow, or fail.
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
        """Import the package, make the camera, and open it."""
        self.close()
        made = self._made()
        if not _is_camera(made):
            # Popped, so that no reference remains after `close`.
            single = [made]
            made = InterfaceCamera(
                single.pop, self._clock, OpenCvCodec().decode_jpeg, fps=self._request.fps
            )
        self._camera = camera = cast("Camera", made)
        return camera.open()

    def _made(self) -> object:
        what = f"{self._scheme} ({self._scheme.entry_point.value})"
        with translated(f"the import of {what}, which its author must fix,", CameraMisconfigured):
            make = self._scheme.entry_point.load()
        address = self._scheme.address_in(self._address).reveal()
        with translated(what):
            made = _call(make, address, self._request, self._clock)
        if not _is_camera(made) and not is_interface(made):
            raise CameraMisconfigured(
                f"{what} returned {type(made).__name__}: its author must return a CameraInterface,"
                " a VisualImageSource or a camera of spot_webcam.domain.ports"
            )
        return made

    def grab(self) -> int | None:
        """Grab from the camera."""
        return self._require_open().grab()

    def retrieve(self) -> Picture | JpegPicture:
        """Retrieve from the camera."""
        return self._require_open().retrieve()

    def settings(self) -> CaptureSettings:
        """Return the camera's settings."""
        return self._require_open().settings()

    def close(self) -> None:
        """Close the camera, and release it."""
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()

    def interrupt(self) -> None:
        """Interrupt the camera, if it is `Interruptible`."""
        camera: object = self._camera
        if isinstance(camera, Interruptible):
            camera.interrupt()

    def stream_time_ns(self) -> int | None:
        """Return the stream time, if the camera is `StreamTimed`."""
        camera = self._require_open()
        return camera.stream_time_ns() if isinstance(camera, StreamTimed) else None

    def parameter_spec(self) -> bytes:
        """Return the spec; empty if the camera is not `Parametrised`."""
        camera = self._require_open()
        return camera.parameter_spec() if isinstance(camera, Parametrised) else b""

    def set_parameters(self, encoded: bytes) -> None:
        """Set the parameters, if the camera is `Parametrised`."""
        camera = self._require_open()
        if isinstance(camera, Parametrised):
            camera.set_parameters(encoded)

    def parameters(self) -> bytes:
        """Return the parameters of the last grab."""
        camera = self._require_open()
        return camera.parameters() if isinstance(camera, Parametrised) else b""

    def _require_open(self) -> Camera:
        if self._camera is None:
            raise NoData("the camera is not open")
        return self._camera


def _is_camera(made: object) -> bool:
    return not isinstance(made, type) and all(
        callable(getattr(made, method, None)) for method in _METHODS
    )


def _call(make: Callable[..., object], address: str, mode: ModeRequest, clock: Clock) -> object:
    """Call the function with the address, and with those of the offered arguments that it takes.

    More arguments can be offered later without a change of any package.
    """
    offered = {"mode": mode, "clock": clock}
    try:
        names = set(inspect.signature(make).parameters)
    except (TypeError, ValueError):  # written in C, without a signature
        names = set()
    return make(address, **{name: offered[name] for name in offered if name in names})
