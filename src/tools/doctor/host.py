"""Examination of this computer: limits of the process, disk, clock, OpenCV's backends."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from spot_webcam.app.cameras.factory import is_captured_by_opencv
from spot_webcam.app.daemon import require_resources
from spot_webcam.app.runtime.memory import memory_limit_bytes
from spot_webcam.app.runtime.shortage import Shortage
from spot_webcam.app.settings import MIB
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.naming import Device
from spot_webcam.tools.doctor.findings import Finding, error, ok, warning

# The log, and the file that locks the service's name, take less in a year.
MIN_FREE_BYTES = 100 * MIB
# The daemon's address space with one camera; each camera's process takes half of it.
DAEMON_BYTES, CAMERA_BYTES = 256 * MIB, 128 * MIB
# Before the first release: a computer without a battery begins in 1970.
EARLIEST_S = 1_700_000_000.0


def examine_limits(cameras: int, *, has_http: bool = False) -> Iterator[Finding]:
    """Take what the daemon needs of tasks and descriptors for a moment, and compare memory."""
    try:
        require_resources(cameras, has_http=has_http)
    except Shortage as shortage:
        yield error("limits", str(shortage), "serve ends with 1 and this line", "raise the limit")
    else:
        yield ok("limits", f"tasks and descriptors for {cameras} cameras are granted")
    memory = memory_limit_bytes()
    need = DAEMON_BYTES + CAMERA_BYTES * cameras
    found = f"{memory // MIB} MB of memory may be used"
    if memory < need:
        yield warning(
            "memory",
            found,
            f"{need // MIB} MB are usual: the daemon or a camera's process may be ended",
            "raise MemoryMax= or the container's limit, or serve fewer or smaller pictures",
        )
    else:
        yield ok("memory", found)


def examine_disk(folder: Path | None = None) -> Iterator[Finding]:
    """Examine the disk of the log and the folder of the name's lock."""
    folder = folder or Path(tempfile.gettempdir())
    if not os.access(folder, os.W_OK | os.X_OK):
        yield warning(
            "disk",
            f"no file can be made in {folder}",
            "two daemons of one name on this computer do not notice each other",
            "make it writable for the daemon's user, or set TMPDIR",
        )
    for place in dict.fromkeys((folder, Path("/var/log"))):
        if place.is_dir():
            yield _free(place, shutil.disk_usage(place).free)


def _free(place: Path, free_bytes: int) -> Finding:
    found = f"{free_bytes // MIB} MB are free at {place}"
    if free_bytes < MIN_FREE_BYTES:
        return warning(
            "disk",
            found,
            "lines of the log are lost, and programs that write fail",
            "remove old files: `journalctl --vacuum-size=100M`, `docker system prune`",
        )
    return ok("disk", found)


def examine_clock(now_s: float | None = None) -> Iterator[Finding]:
    """Examine whether this computer's clock was set; the robot's is compared to it later."""
    now_s = time.time() if now_s is None else now_s
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now_s))
    if now_s < EARLIEST_S:
        yield error(
            "clock",
            f"it is {shown} by this computer's clock",
            "certificates of robot and cameras are taken for not yet valid",
            "set it: `sudo timedatectl set-ntp true`, or `sudo date -s`",
        )
    else:
        yield ok("clock", shown)


def examine_opencv(devices: list[Device]) -> Iterator[Finding]:
    """Examine whether this build of OpenCV reads what the setup leaves to it."""
    registry = cv2.videoio_registry
    backends = {
        registry.getBackendName(one) for one in registry.getBackends() if registry.hasBackend(one)
    }
    shown = f"OpenCV {cv2.__version__} with {', '.join(sorted(backends))}"
    lacking = {
        backend: device.source_name
        for device in devices
        for backend in [_backend(device)]
        if backend and backend not in backends
    }
    for backend, source in lacking.items():
        yield error(
            "opencv",
            f"{shown}: not with {backend}, which {source!r} needs",
            "the camera cannot be opened",
            "install a build with it in place of opencv-python-headless: docs/cameras.md",
        )
    if not lacking:
        yield ok("opencv", shown)


def _backend(device: Device) -> str:
    """Return the backend that a device needs, or an empty string."""
    try:
        if not is_captured_by_opencv(device.address):
            return ""
    except CameraMisconfigured:  # found when it is opened
        return ""
    return "GSTREAMER" if " ! " in str(device.address) else "FFMPEG"
