"""Camera on V4L2, with the device's own bytes and timestamps, and bounded waits."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spot_webcam.adapters.v4l2 import abi
from spot_webcam.adapters.v4l2.controls import DeviceControls
from spot_webcam.adapters.v4l2.device import Device, captures
from spot_webcam.adapters.v4l2.kernel import Kernel, LinuxKernel
from spot_webcam.adapters.v4l2.modes import GrantedMode, offered_modes, set_mode
from spot_webcam.adapters.v4l2.names import DeviceNames
from spot_webcam.adapters.v4l2.pixels import damage_check, is_readable, layout_of, raw_picture
from spot_webcam.adapters.v4l2.stamps import Stamps
from spot_webcam.adapters.v4l2.stream import Stream, StreamCounts
from spot_webcam.adapters.v4l2.wake import Wake
from spot_webcam.domain.errors import CameraAbsent, CameraError, CameraMisconfigured, NoData
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg
from spot_webcam.domain.ports import CameraMode, Clock, ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.controls import EXPOSURE_UNIT_S, Control
from spot_webcam.domain.sources.modes import JPEG_CODECS, asked_for, choose_mode

_LOG = logging.getLogger(__name__)

# Timeout of a grab, in frame periods, and at least a second.
TIMEOUT_PERIODS = 5
MIN_TIMEOUT_S = 1.0
# The first grab takes longer: sensors start, and settle their exposure.
FIRST_TIMEOUT_S = 3.0
# A rate below this is an error of the driver.
MIN_FPS = 0.1


@dataclass(slots=True)
class _Opened:
    device: Device
    controls: DeviceControls
    mode: GrantedMode
    stream: Stream
    timeout_s: float
    size: tuple[int, int]


class V4l2Camera:
    """A `Camera`, `Interruptible` and `Controllable`.

    `address` is a path, an index, `usb:SERIAL` or `name:TEXT`, and is resolved at each `open`: the
    number of a camera may change. `open` blocks as long as the driver does (half a minute for a USB
    device that hangs), and cannot be interrupted; `grab` has a timeout and can.
    """

    def __init__(
        self,
        address: DeviceAddress,
        request: ModeRequest,
        clock: Clock,
        kernel: Kernel | None = None,
        names: DeviceNames | None = None,
    ) -> None:
        self._address = address
        self._request = request
        self._clock = clock
        self._kernel = kernel or LinuxKernel()
        self._names = names or DeviceNames(self._kernel)
        self._wake = Wake()
        self._stamps = Stamps(clock, str(address))
        self._warned: set[str] = set()
        self._opened: _Opened | None = None
        self._first = True

    def open(self) -> CameraMode:
        """Resolve the address, choose and set the mode, read it back, and start streaming."""
        self.close()
        device = Device(self._names.path_of(self._address), self._kernel)
        stream: Stream | None = None
        try:
            mode = self._start(device)
            stream = Stream(
                device, self._wake.clear(), damage_check(mode), self._clock.monotonic_ns
            )
            stream.start()
        except BaseException:
            _release(device, stream)
            raise
        periods_s = TIMEOUT_PERIODS / max(mode.fps, MIN_FPS) if mode.fps else 0.0
        self._opened = _Opened(
            device=device,
            controls=DeviceControls(device),
            mode=mode,
            stream=stream,
            timeout_s=max(MIN_TIMEOUT_S, periods_s),
            size=(mode.cols, mode.rows),
        )
        self._first = True
        return CameraMode(mode.cols, mode.rows, layout_of(mode.fourcc), mode.fps, mode.fourcc)

    def _start(self, device: Device) -> GrantedMode:
        if not captures(device.capability()):
            raise CameraMisconfigured(
                f"{device.path} does not capture video; a v4l2loopback device does while it is fed"
            )
        choice = choose_mode(offered_modes(device, self._request, is_readable), self._request)
        for warning in choice.warnings:
            self._warn_once(f"{device.path}: {warning}")
        granted = set_mode(device, choice.mode)
        _LOG.info(
            "%s: requested %s, chose %s, granted %s",
            device.path,
            asked_for(self._request),
            choice.mode,
            granted,
        )
        if not is_readable(granted.fourcc):
            raise CameraMisconfigured(
                f"{device.path}: pixel format {granted.fourcc} is not supported"
            )
        return granted

    def grab(self) -> int | None:
        """Wait for the newest frame, for a second or five periods, the first time longer."""
        opened = self._require_open()
        timeout_s = max(FIRST_TIMEOUT_S, opened.timeout_s) if self._first else opened.timeout_s
        try:
            taken = opened.stream.take(timeout_s)
        except CameraAbsent as error:
            # Closed at once: while the node is open, the camera returns under another number.
            self.close()
            raise CameraAbsent(f"{self._address} is gone: plug the camera in again") from error
        self._first = False
        return self._stamps.wall_ns(taken.stamp_ns)

    def retrieve(self) -> Picture | JpegPicture:
        """Return the picture of the last grab: the camera's own JPEG, or pixels.

        Raises:
            CorruptFrame: the picture is damaged.
        """
        opened = self._require_open()
        data = opened.stream.read()
        if opened.mode.fourcc not in JPEG_CODECS:
            return raw_picture(data, opened.mode)
        picture = inspect_jpeg(data)
        if (picture.cols, picture.rows) != opened.size:
            opened.size = picture.cols, picture.rows
            _LOG.warning(
                "%s: pictures are %dx%d now, not %s",
                opened.device.path,
                *opened.size,
                opened.mode,
            )
        return picture

    def settings(self) -> CaptureSettings:
        """Return the driver's exposure. V4L2 defines no unit for gains, so none is reported."""
        opened = self._require_open()
        exposure = opened.controls.get(abi.CID_EXPOSURE_ABSOLUTE)
        if exposure is None or exposure <= 0:
            return CaptureSettings()
        return CaptureSettings(exposure_s=exposure * EXPOSURE_UNIT_S)

    def controls(self) -> list[Control]:
        """Return all controls of the driver."""
        return self._require_open().controls.controls()

    def read(self, names: Iterable[str]) -> dict[str, int]:
        """Return the driver's values."""
        return self._require_open().controls.read(names)

    def write(self, values: Mapping[str, int]) -> None:
        """Set values, switches first."""
        self._require_open().controls.write(values)

    @property
    def counts(self) -> StreamCounts:
        """Numbers of frames since `open`."""
        return self._require_open().stream.counts

    def interrupt(self) -> None:
        """End a blocked `grab`, and every later one that would block, until the next `open`."""
        self._wake.set()

    def close(self) -> None:
        """Stop and release the device; blocks as long as the driver does."""
        opened, self._opened = self._opened, None
        if opened is not None:
            _release(opened.device, opened.stream)
        self._wake.close()

    def _require_open(self) -> _Opened:
        if self._opened is None:
            raise NoData(f"{self._address} is not open")
        return self._opened

    def _warn_once(self, warning: str) -> None:
        if warning not in self._warned:
            self._warned.add(warning)
            _LOG.warning("%s", warning)


def _release(device: Device, stream: Stream | None) -> None:
    try:
        if stream is not None:
            stream.stop()
    finally:
        try:
            device.close()
        except CameraError as error:
            # Linux frees the descriptor even when close fails.
            _LOG.debug("%s: %s", device.path, error)
