"""The cameras of one service: built, started, replaced and stopped."""

import logging
import random
from collections.abc import Collection, Iterable, Iterator, Sequence

from spot_webcam.app.cameras.camera_thread import CameraThread
from spot_webcam.app.cameras.isolation import isolated_or_not
from spot_webcam.app.cameras.options import CameraOptions
from spot_webcam.app.capture.initial_parameters import ParameterEncoder
from spot_webcam.app.capture.source import CameraSource, bulkhead_of
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.health.pauses import PauseDetector
from spot_webcam.domain.health.validity import frame_validator
from spot_webcam.domain.ports import Clock, ImageCodec
from spot_webcam.domain.sources.naming import Device
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)


class CameraSet:
    """Cameras that share a bulkhead and a pause detector, and their faults.

    One thread at a time changes the set; any thread may read it.
    """

    def __init__(
        self,
        cameras: Sequence[CameraOptions],
        clock: Clock,
        codec: ImageCodec,
        encode_parameters: ParameterEncoder,
        rng: random.Random,
        limits: Limits,
        timeouts: Timeouts,
    ) -> None:
        """Build the cameras; none is opened yet.

        Raises:
            CameraMisconfigured: a device name can never be opened here.
        """
        self._clock = clock
        self._validator = frame_validator(codec.examine)
        self._encode_parameters = encode_parameters
        self._rng = rng
        self._limits, self._timeouts = limits, timeouts
        self._bulkhead = bulkhead_of(limits)
        self.pauses = PauseDetector()
        # Replaced and not changed: other threads iterate over it.
        self._cameras = tuple(self._build(camera) for camera in cameras)
        self._configured = {camera.device.source_name for camera in cameras}

    def _build(self, options: CameraOptions) -> CameraThread:
        timeouts, capture = self._timeouts, options.capture
        camera = isolated_or_not(options.device, capture.mode, self._clock, capture.isolation)
        return CameraThread(
            options,
            camera,
            self._clock,
            validator=frame_validator(None) if capture.serve_damaged else self._validator,
            bulkhead=self._bulkhead,
            pauses=self.pauses,
            backoff=Backoff(timeouts.first_reopen_pause_s, timeouts.max_reopen_pause_s, self._rng),
            encode_parameters=self._encode_parameters,
            limits=self._limits,
            timeouts=timeouts,
        )

    @property
    def threads(self) -> tuple[CameraThread, ...]:
        """All cameras."""
        return self._cameras

    def __iter__(self) -> Iterator[CameraSource]:
        """Iterate over the sources of this moment."""
        return iter([camera.source for camera in self._cameras])

    def devices(self) -> list[Device]:
        """Return their devices."""
        return [camera.device for camera in self._cameras]

    def faults(self) -> list[Fault]:
        """Return their active faults; never blocks."""
        return [fault for camera in self._cameras for fault in camera.source.faults()]

    def start(self) -> None:
        """Open all cameras, and capture."""
        for camera in self._cameras:
            camera.start()

    def ask_to_stop(self) -> None:
        """End all captures soon."""
        for camera in self._cameras:
            camera.ask_to_stop()

    def add(self, options: CameraOptions, service: ImageService) -> None:
        """Start a camera that was plugged in, and serve it."""
        added = self._build(options)
        added.start()  # first, because there may be no thread for it
        service.add(added.source)
        self._cameras = (*self._cameras, added)

    def replace(self, cameras: Sequence[CameraOptions], service: ImageService) -> bool:
        """Serve these cameras instead of those of the start; return whether that changes anything.

        Cameras with the same options go on without a gap, and so do those that were plugged in,
        unless one of the new cameras has the name. A device is closed before it is opened again.

        Raises:
            CameraMisconfigured: a device name can never be opened here; nothing has changed.
        """
        before = {camera.device.source_name: camera for camera in self._cameras}
        wanted = {options.device.source_name: options for options in cameras}
        gone = [name for name in self._configured if name in before and name not in wanted]
        new = [
            options
            for name, options in wanted.items()
            if name not in before or before[name].options != options
        ]
        built = {options.device.source_name: self._build(options) for options in new}
        self._configured = set(wanted)
        stopped = [before[name] for name in (*gone, *built) if name in before]
        if not stopped and not built:
            return False
        for camera in built.values():
            service.add(camera.source)
        after = {name: built.get(name, camera) for name, camera in before.items()}
        self._cameras = tuple({**after, **built}.values())
        self._drop(gone, service)
        self._stop(stopped)
        not_started = dict(built)
        try:
            for name, camera in built.items():
                camera.start()
                del not_started[name]
        finally:  # because there may be no thread for it
            self._drop(not_started, service)
        self._log(gone, built, before)
        return True

    def _drop(self, names: Collection[str], service: ImageService) -> None:
        for name in names:
            service.remove(name)
        self._cameras = tuple(
            camera for camera in self._cameras if camera.device.source_name not in names
        )

    def _stop(self, cameras: Iterable[CameraThread]) -> None:
        for camera in cameras:
            camera.ask_to_stop()
        deadline_ns = self._clock.monotonic_ns() + int(self._timeouts.replace_s * NANOSECONDS)
        for camera in cameras:
            left_s = (deadline_ns - self._clock.monotonic_ns()) / NANOSECONDS
            if not camera.join(max(0.0, left_s)):
                _LOG.warning("%s hangs: it is left to end by itself", camera.name)

    def _log(self, gone: Iterable[str], built: Iterable[str], before: Iterable[str]) -> None:
        for name in gone:
            _LOG.warning(
                "source %s is gone: recorded missions that take its pictures will fail", name
            )
        for name in built:
            _LOG.info("source %s was %s", name, "changed" if name in before else "added")
