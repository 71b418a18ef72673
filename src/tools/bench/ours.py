"""The measured process: this service as the daemon builds it, but without a robot."""

import sys
import time
from pathlib import Path

from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.camera_thread import CameraThread
from spot_webcam.app.cameras.factory import OPENCV

# With all that the daemon imports, its memory is the daemon's.
from spot_webcam.app.daemon import SPARE_WORKERS, build_service
from spot_webcam.app.runtime.memory import share_one_arena
from spot_webcam.domain.health.validity import Examine, examiner
from spot_webcam.domain.ports import Clock, ModeRequest
from spot_webcam.domain.sources.naming import Device
from spot_webcam.tools.bench.device_mode import COLS, FOURCC, FPS, ROWS
from spot_webcam.tools.bench.ring_camera import RingCamera
from spot_webcam.tools.bench.scene import Scene, SourceKind
from spot_webcam.tools.bench.talk import own_stdout, talk
from spot_webcam.tools.bench.usage import cpu_s

JOIN_S = 2.0


class OwnTime:
    """A `RobotClock` of a robot whose clock is this host's."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def synchronize(self) -> None:
        """Do nothing."""

    def robot_time_ns(self, monotonic_ns: int) -> int:
        """Return the host's wall time."""
        return monotonic_ns + self._offset_ns


def _served(name: str, scene: Scene, clock: Clock, examine: Examine) -> CameraThread:
    ring = scene.kind is not SourceKind.DEVICE
    return CameraThread(
        Device(name, OPENCV + scene.place.removeprefix(OPENCV)),
        ModeRequest(COLS, ROWS, FPS, FOURCC),
        clock,
        examine=examine,
        on_demand=False,
        restore_controls=False,
        max_waiters=SPARE_WORKERS,
        camera=RingCamera(Path(scene.place), scene.kind) if ring else None,
    )


def main() -> None:
    """Serve until the standard input ends."""
    out = own_stdout()
    share_one_arena()
    scene = Scene.from_json(sys.argv[1])
    clock = SystemClock()
    codec = OpenCvCodec()
    examine = examiner(codec.thumbnail)
    cameras = [_served(name, scene, clock, examine) for name in scene.names]
    sources = [camera.source for camera in cameras]
    server = build_service(sources, clock, OwnTime(), codec).server
    server.start()
    for camera in cameras:
        camera.start()
    try:
        talk(out, {"port": server.port}, lambda _: {"cpu_s": cpu_s()})
    finally:
        for camera in cameras:
            camera.ask_to_stop()
        server.stop(grace_s=0.0)
        for camera in cameras:
            camera.join(JOIN_S)


if __name__ == "__main__":
    main()
