"""An open device node, and the translation of errno into an operator's next step."""

import ctypes
import errno
import os
from collections.abc import Collection
from pathlib import Path

from spot_webcam.adapters.v4l2 import abi
from spot_webcam.adapters.v4l2.kernel import Kernel, Memory
from spot_webcam.adapters.v4l2.structures import Capability
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    NoData,
)

_ABSENT = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR, errno.ESHUTDOWN})
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_WRONG = frozenset({errno.EINVAL, errno.ENOTTY, errno.ERANGE, errno.EOPNOTSUPP, errno.ENOSYS})


class Device:
    """An open device node. Calls may come from several threads, `close` after all others."""

    def __init__(self, path: Path, kernel: Kernel) -> None:
        """Open the node; blocks as long as the driver does.

        Raises:
            CameraError: the node cannot be opened.
        """
        self.path = path
        self._kernel = kernel
        self._handle: int | None = None
        try:
            self._handle = kernel.open(path)
        except OSError as error:
            raise camera_error(error, path, "opening the device") from error

    def call(
        self,
        request: int,
        argument: ctypes.Structure | ctypes.c_int,
        action: str,
        expected: Collection[int] = (),
    ) -> bool:
        """Call the driver; repeat the call if a signal interrupts it.

        Returns False if the call fails with one of the `expected` errno. `action` names the call
        in errors, as in "starting the stream".

        Raises:
            CameraError: the call fails with another errno.
        """
        handle = self.handle
        while True:
            try:
                self._kernel.ioctl(handle, request, argument)
            except InterruptedError:
                continue
            except OSError as error:
                if error.errno in expected:
                    return False
                raise camera_error(error, self.path, action) from error
            return True

    def capability(self) -> Capability:
        """Return the capabilities that the driver reports for the node."""
        capability = Capability()
        self.call(abi.QUERYCAP, capability, "querying its capabilities")
        return capability

    def map(self, length: int, offset: int) -> Memory:
        """Map a buffer; raises `CameraError`."""
        try:
            return self._kernel.map(self.handle, length, offset)
        except OSError as error:
            raise camera_error(error, self.path, "mapping a buffer") from error

    def wait(self, wake: int, timeout_s: float) -> bool:
        """Wait for a buffer, an error or the wake; see `Kernel.wait`."""
        try:
            return self._kernel.wait(self.handle, wake, timeout_s)
        except OSError as error:
            raise camera_error(error, self.path, "waiting for a frame") from error

    @property
    def handle(self) -> int:
        """The open handle; raises `NoData` after `close`."""
        if self._handle is None:
            raise NoData(f"{self.path} is not open")
        return self._handle

    def close(self) -> None:
        """Close the node, which frees the number of a camera that was unplugged."""
        handle, self._handle = self._handle, None
        if handle is not None:
            try:
                self._kernel.close(handle)
            except OSError as error:
                raise camera_error(error, self.path, "closing the device") from error


def captures(capability: Capability) -> bool:
    """Report whether a node captures video: no metadata, output, encoder or scaler."""
    caps = int(capability.capabilities)
    if caps & abi.CAP_DEVICE_CAPS:
        caps = int(capability.device_caps)
    two_sided = caps & (abi.CAP_VIDEO_M2M | abi.CAP_VIDEO_M2M_MPLANE | abi.CAP_VIDEO_OUTPUT)
    return bool(caps & abi.CAP_VIDEO_CAPTURE and caps & abi.CAP_STREAMING and not two_sided)


def camera_error(error: OSError, path: Path, action: str) -> CameraError:
    """Return the error for an errno of the driver, with the operator's next step."""
    code = error.errno or 0
    if code in _ABSENT:
        return CameraAbsent(f"there is no {path}: plug the camera in, or correct the name")
    if code in _DENIED:
        return CameraPermissionDenied(
            f"{path}: {action} is not permitted: add this user to the video group"
        )
    if code == errno.EBUSY:
        return CameraBusy(f"{path} is in use by another program: end it")
    if code == errno.ENOSPC:
        return CameraMisconfigured(
            f"no USB bandwidth left for {path}: ask for a smaller mode, or use another USB port"
        )
    why = os.strerror(code)
    if code in _WRONG:
        return CameraMisconfigured(f"{path}: {action} failed: {why}")
    return NoData(f"{path}: {action} failed: {why}; look at the cable, or cycle its power")
