"""A camera with an automatic exposure, and what sets its controls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from spot_webcam.app.capture.control_session import ControlSession
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import CameraError, CameraMisconfigured
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.sources.controls import Control, ControlKind, named
from spot_webcam.fakes.time.manual import ManualClock

MANUAL, AUTOMATIC = 1, 3
AUTO, EXPOSURE, BRIGHTNESS, ZOOM = "auto_exposure", "exposure", "brightness", "zoom"
CONTROLS = (
    Control(BRIGHTNESS, "Brightness", ControlKind.INTEGER, -64, 64),
    Control(EXPOSURE, "Exposure", ControlKind.INTEGER, 3, 2047, default=250),
    Control(
        AUTO,
        "Auto Exposure",
        ControlKind.MENU,
        0,
        3,
        default=AUTOMATIC,
        menu={MANUAL: "Manual", AUTOMATIC: "Auto"},
        switches=True,
    ),
    Control(ZOOM, "Zoom", ControlKind.INTEGER, 100, 500, step=10, default=100),
    Control("version", "Version", ControlKind.INTEGER, 0, 9, read_only=True),
    Control("go", "Go", ControlKind.BUTTON, 0, 0),
)
LINGER_S = Timeouts().parameters_linger_s


@dataclass
class TurnableCamera:
    """A `Controllable` whose automatic exposure, while it is on, sets `drift`, if that is one."""

    values: dict[str, int] = field(
        default_factory=lambda: {BRIGHTNESS: 10, EXPOSURE: 250, AUTO: AUTOMATIC, ZOOM: 200}
    )
    known: tuple[Control, ...] = CONTROLS
    refused: dict[str, CameraError] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    # Raised once.
    read_error: CameraError | None = None
    drift: int = 250
    written: list[dict[str, int]] = field(default_factory=list)

    def controls(self) -> list[Control]:
        held = self.values[AUTO] == AUTOMATIC
        return [replace(one, inactive=held and one.name == EXPOSURE) for one in self.known]

    def read(self, names: Iterable[str]) -> dict[str, int]:
        if self.read_error is not None:
            error, self.read_error = self.read_error, None
            raise error
        return {name: self.values[name] for name in names if name not in self.unreadable}

    def write(self, values: Mapping[str, int]) -> None:
        controls = self.controls()
        for name, value in values.items():
            named(controls, name).check(value)
        for name, value in values.items():
            if name in self.refused:
                raise self.refused[name]
            if named(controls, name).inactive:
                raise CameraMisconfigured(f"{name} is inactive")
            self.values[name] = value
            if self.drift and self.values[AUTO] == AUTOMATIC:
                self.values[EXPOSURE] = self.drift
        if values:
            self.written.append(dict(values))


class Bench:
    """Parameters of a camera that was just opened."""

    def __init__(self, clock: ManualClock, *, restore_defaults: bool = False) -> None:
        self.camera = TurnableCamera()
        self.clock = clock
        self.parameters = ControlSession(
            self.camera,  # type: ignore[arg-type]
            "cam",
            clock,
            LINGER_S,
            restore_defaults=restore_defaults,
        )
        self.offer = self.parameters.opened()

    @property
    def values(self) -> dict[str, int]:
        return self.camera.values

    def linger(self) -> None:
        self.clock.advance(LINGER_S)
        self.restore_when_due()

    def restore_when_due(self) -> None:
        if self.parameters.restore_due:
            assert self.parameters.restore()

    def read(self) -> Mapping[str, int]:
        """Return the values that a picture is annotated with."""
        return self.parameters.annotate(CaptureSettings()).parameters
