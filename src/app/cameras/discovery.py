"""Cameras of this host, with the words by which `serve` opens each of them."""

import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from spot_webcam.adapters.v4l2 import (
    CameraState,
    DeviceNames,
    FoundCamera,
    LinuxKernel,
    Node,
    probe_node,
)
from spot_webcam.adapters.v4l2.kernel import Kernel
from spot_webcam.adapters.v4l2.pixels import is_readable
from spot_webcam.app.runtime.subprocess_probe import RunJobs, run_in_subprocess
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.modes import OfferedMode, choose_mode

__all__ = ["CameraState", "FoundCamera", "ListedCamera", "best_mode", "is_readable", "list_cameras"]

# A suspended camera needs a second. One that hangs blocks its driver for half a minute.
PROBE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class ListedCamera:
    """A camera, and what to write after `--device-name`: `NAME=DEVICE`."""

    found: FoundCamera
    device_name: str


def list_cameras(
    stopping: threading.Event,
    *,
    kernel: Kernel | None = None,
    names: DeviceNames | None = None,
    run_jobs: RunJobs = run_in_subprocess,
) -> list[ListedCamera]:
    """Return the cameras of this host by their number.

    All nodes are probed at once, each in a process of its own, so that a camera that hangs does
    not delay the others.
    """
    kernel = kernel or LinuxKernel()
    nodes = (names or DeviceNames(kernel)).nodes()
    jobs = [partial(probe_node, node, kernel) for node in nodes]
    found: list[FoundCamera] = []
    for node, answer in zip(nodes, run_jobs(jobs, stopping, PROBE_TIMEOUT_S), strict=True):
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            found += [_with_container_remedy(camera) for camera in answer if camera is not None]
        elif node.index == 0:
            remedy = f"it has not answered in {PROBE_TIMEOUT_S:g} s: unplug it and plug it in again"
            found.append(FoundCamera(node, CameraState.SILENT, remedy, node.label))
    return list(map(ListedCamera, found, _device_names(found)))


def best_mode(modes: Iterable[OfferedMode]) -> OfferedMode | None:
    """Return the mode that `serve` chooses by default."""
    readable = [mode for mode in modes if is_readable(mode.fourcc)]
    return choose_mode(readable, ModeRequest()).mode if readable else None


def _with_container_remedy(camera: FoundCamera) -> FoundCamera:
    path = camera.node.path
    if camera.state is CameraState.SILENT and not path.exists():
        remedy = (
            f"the kernel has this camera but {path.parent} does not: pass it to the container with"
            f" --device={path}"
        )
        return replace(camera, remedy=remedy)
    return camera


def _device_names(cameras: Sequence[FoundCamera]) -> list[str]:
    """Return `NAME=DEVICE` for each camera: a readable, unique name and the stable address."""
    device_names: dict[str, str] = {}
    for camera in cameras:
        name = _source_name(camera)
        number = 1
        while (unique := name if number == 1 else f"{name}-{number}") in device_names:
            number += 1
        device_names[unique] = f"{unique}={_stable_name(camera, cameras)}"
    return list(device_names.values())


def _source_name(camera: FoundCamera) -> str:
    # uvcvideo repeats the name, as in "HD Webcam: HD Webcam".
    card = camera.card.partition(":")[0].casefold()
    return re.sub(r"[^a-z0-9]+", "-", card).strip("-") or f"video{camera.node.number}"


def _stable_name(camera: FoundCamera, cameras: Iterable[FoundCamera]) -> str:
    """Return the USB port of a camera that has a twin: by-id links to the last one plugged in."""
    node = camera.node
    twins = [other for other in cameras if _identity(other.node) == _identity(node)]
    if node.usb_vendor and len(twins) > 1 and node.by_path:
        return str(node.by_path[0])
    return camera.stable_name


def _identity(node: Node) -> tuple[str, str, str, int]:
    return node.usb_vendor, node.usb_product, node.usb_serial, node.index
