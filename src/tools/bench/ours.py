"""The measured process: this service as the daemon builds it, but without a robot."""

import sys
import time
from pathlib import Path

from spot_webcam.adapters.bosdyn.server.grpc_server import WORKERS, GrpcServer
from spot_webcam.adapters.bosdyn.server.servicer import ImageServicer
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cameras.factory import OPENCV
from spot_webcam.app.cameras.isolation import Isolation, isolated_or_not
from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.camera_thread import CameraThread

# With all that the daemon imports, its memory is the daemon's.
from spot_webcam.app.daemon import SPARE_WORKERS
from spot_webcam.app.runtime.loop_thread import LoopThread
from spot_webcam.app.runtime.memory import share_one_arena
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.health.validity import FrameValidator, frame_validator
from spot_webcam.domain.ports import Camera, Clock, ModeRequest
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


def _served(name: str, scene: Scene, clock: Clock, validator: FrameValidator) -> CameraThread:
    device = Device(name, OPENCV + scene.place.removeprefix(OPENCV))
    mode = ModeRequest(COLS, ROWS, FPS, FOURCC)
    camera: Camera = (
        isolated_or_not(device, mode, clock, Isolation.AUTO)
        if scene.kind is SourceKind.DEVICE
        else RingCamera(Path(scene.place), scene.kind)
    )
    # As many requests as there are threads to wait.
    bulkhead = Bulkhead(WORKERS, WORKERS - SPARE_WORKERS)
    return CameraThread(
        device, camera, mode, clock, LoopThread, validator=validator, bulkhead=bulkhead
    )


def main() -> None:
    """Serve until the standard input ends."""
    out = own_stdout()
    share_one_arena()
    scene = Scene.from_json(sys.argv[1])
    clock = SystemClock()
    codec = OpenCvCodec()
    validator = frame_validator(codec.thumbnail)
    cameras = [_served(name, scene, clock, validator) for name in scene.names]
    service = ImageService([one.source for one in cameras], clock, OwnTime(), codec)
    server = GrpcServer(ImageServicer(service, clock), 0)
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
