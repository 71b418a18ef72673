"""Examination of the cameras: each is opened and watched as the daemon does, all at once."""

import logging
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from spot_webcam.adapters.bosdyn.messages.initial_parameters import encode_parameters
from spot_webcam.adapters.bosdyn.robot.clock import ROBOT_TIME_UNKNOWN
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cameras.camera_set import CameraSet
from spot_webcam.app.cameras.camera_thread import CameraThread
from spot_webcam.app.cameras.options import CameraOptions
from spot_webcam.app.capture.health import OPENED_AGAIN
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.errors import (
    BlackFrame,
    CameraAbsent,
    CameraBusy,
    CameraCrashed,
    CameraMisconfigured,
    CameraPermissionDenied,
    CorruptFrame,
    StaleFrame,
)
from spot_webcam.domain.media.transformed import TransformingCodec
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.doctor.findings import Finding, Severity, error, ok, warning
from spot_webcam.tools.doctor.setup import Setup

# Twice the shortest staleness limit: a camera that repeats one picture is stale by then.
WATCH_S = 2.0
# Between looks at the cameras; each counts as a request, so that all pictures are validated.
LOOK_S = 0.05
JOIN_S = 1.0
_SILENT = "it has delivered no picture in {:.1f} s"
_CAMERA_FAILS = "clients get no pictures of it, and the robot shows a fault"
# The next step by the reason of a camera's failures; the error itself says more.
_ADVICE = {
    CameraAbsent.reason: "connect it, or correct the name: `spot-webcam cameras` lists them",
    CameraBusy.reason: "`fuser DEVICE` shows which program holds it: end that one",
    CameraPermissionDenied.reason: "`sudo usermod -aG video USER`, then log in again; in a"
    " container, --device",
    CameraMisconfigured.reason: "request what it offers: `spot-webcam cameras`",
    CorruptFrame.reason: "look at cable, hub and power; to see its pictures all the same:"
    " --serve-damaged, or serve_damaged of the camera in the file",
    BlackFrame.reason: "is the lens covered, or the light off?",
    StaleFrame.reason: "restart the camera: it delivers nothing, or one picture again and again",
    CameraCrashed.reason: "FFmpeg or a driver crashed or hung: update it, or try another --codec",
}
_IN_FILE = "correct it on the command line or in the configuration file"
_NO_ROBOT_TIME = "it is not the camera: see what is found about the robot"
_OTHER_ADVICE = "is it on, and connected? `spot-webcam serve -v` prints all that its driver says"


class _Warnings(logging.Handler):
    """Collects the warnings about cameras, which begin with their names."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.addFilter(logging.Filter("spot_webcam"))
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message of a record."""
        self.texts.append(record.getMessage())

    def about(self, name: str) -> list[str]:
        """Return what was said about a camera, each once."""
        prefix = f"{name}: "
        texts = (text.removeprefix(prefix) for text in self.texts if text.startswith(prefix))
        return list(dict.fromkeys(texts))


@dataclass(slots=True)
class _Watched:
    thread: CameraThread
    began_ns: int
    first_ns: int | None = None
    last_sequence: int = 0
    pictures: int = 0
    # Messages of faults so far, in order.
    faults: dict[str, None] = field(default_factory=dict)

    def look(self, now_ns: int) -> None:
        """Note the faults, and count the newest frame if it is a new one, and valid."""
        source = self.thread.source
        self.faults |= dict.fromkeys(fault.message for fault in source.faults())
        stored = source.latest()
        if stored is None or stored.frame.sequence == self.last_sequence:
            return
        self.last_sequence = stored.frame.sequence
        if source.validate(stored, 1):
            self.pictures += 1
            self.first_ns = self.first_ns or now_ns


def examine_cameras(
    setup: Setup,
    served: Mapping[str, str],
    stopping: threading.Event,
    clock: Clock | None = None,
) -> Iterator[Finding]:
    """Watch the cameras of the setup; `served` are findings of the daemon that runs, by source.

    A camera that the daemon serves is not opened a second time.
    """
    clock = clock or SystemClock()
    watched: list[_Watched] = []
    warnings = _Warnings()
    logging.getLogger().addHandler(warnings)
    codec = TransformingCodec(OpenCvCodec())
    try:
        for options in setup.cameras:
            name = options.device.source_name
            about = f"camera {name}"
            if name in served:
                why = served[name]
                if why:
                    found = f"the daemon that runs says: {why}"
                    advice = _NO_ROBOT_TIME if ROBOT_TIME_UNKNOWN in why else _OTHER_ADVICE
                    yield error(about, found, _CAMERA_FAILS, advice)
                else:
                    yield ok(about, "the daemon that runs serves it")
                continue
            try:
                thread = _camera(options, clock, codec)
            except CameraMisconfigured as wrong:
                yield error(about, str(wrong), "serve ends with 2 and this line", "correct it")
                continue
            thread.start()
            watched.append(_Watched(thread, clock.monotonic_ns()))
        _watch(watched, stopping, clock)
        for one in watched:
            yield from _findings(one, clock.monotonic_ns(), warnings)
    finally:
        logging.getLogger().removeHandler(warnings)
        for one in watched:
            one.thread.ask_to_stop()
        for one in watched:
            one.thread.join(JOIN_S)


def _advice(source: CameraSource) -> str:
    """Return the next step for the most frequent failure that says one."""
    reasons = sorted(source.failures.items(), key=lambda item: -item[1])
    return next((_ADVICE[reason] for reason, _ in reasons if reason in _ADVICE), _OTHER_ADVICE)


def _camera(options: CameraOptions, clock: Clock, codec: TransformingCodec) -> CameraThread:
    """Return a camera, built as the daemon's; raises `CameraMisconfigured`."""
    rng = random.Random()  # noqa: S311 - it spreads retries
    limits, timeouts = Limits(), Timeouts()
    cameras = CameraSet((options,), clock, codec, encode_parameters, rng, limits, timeouts)
    [thread] = cameras.threads
    return thread


def _watch(watched: Sequence[_Watched], stopping: threading.Event, clock: Clock) -> None:
    """Look until each camera was watched from its first picture, or has failed for so long."""
    began_ns = clock.monotonic_ns()
    watch_ns = int(WATCH_S * NANOSECONDS)
    patience_ns = int((Timeouts().opening_grace_s + Timeouts().first_frame_grace_s) * NANOSECONDS)
    while not stopping.is_set():
        now_ns = clock.monotonic_ns()
        for one in watched:
            one.look(now_ns)
        if all(_is_decided(one, now_ns, began_ns + watch_ns, watch_ns) for one in watched):
            return
        if now_ns - began_ns > patience_ns:
            return
        clock.wait(stopping, LOOK_S)


def _is_decided(one: _Watched, now_ns: int, fault_ns: int, watch_ns: int) -> bool:
    if one.first_ns is not None:
        return now_ns - one.first_ns > watch_ns
    return now_ns > fault_ns and bool(one.thread.source.faults())


def _findings(one: _Watched, now_ns: int, warnings: _Warnings) -> Iterator[Finding]:
    """Yield what the camera's pictures show, and what else was logged about it."""
    finding = _finding(one, now_ns)
    yield finding
    if finding.severity is Severity.OK:
        for text in warnings.about(one.thread.source.name):
            yield warning(finding.about, text, "the camera is not used as it should be", _IN_FILE)


def _finding(one: _Watched, now_ns: int) -> Finding:
    source = one.thread.source
    about = f"camera {source.name}"
    # The reason of the outage says more than that the camera was opened again in it.
    causes = [text for text in one.faults if text != OPENED_AGAIN] or list(one.faults)
    why = "; ".join(causes)
    if source.faults():
        return error(about, why, _CAMERA_FAILS, _advice(source))
    if one.first_ns is None:
        silent_s = (now_ns - one.began_ns) / NANOSECONDS
        return error(about, _SILENT.format(silent_s), _CAMERA_FAILS, _OTHER_ADVICE)
    failures = ", ".join(f"{count} {reason}" for reason, count in source.failures.items())
    rate_hz = one.pictures * NANOSECONDS / max(1, now_ns - one.first_ns)
    first_s = (one.first_ns - one.began_ns) / NANOSECONDS
    size = f"{source.description.cols}x{source.description.rows}"
    found = f"{size}, {rate_hz:.0f} pictures a second, the first after {first_s:.1f} s"
    if failures:
        found = f"{found}, with failures: {failures}" + f" ({why})" * bool(why)
        return warning(about, found, "clients miss pictures", _advice(source))
    return ok(about, found)
