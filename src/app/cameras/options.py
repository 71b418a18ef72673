"""Options of one camera: how it is opened, captured and delivered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.media.transform import Transform
from spot_webcam.domain.sources.modes import ModeRequest
from spot_webcam.domain.sources.naming import Device
from spot_webcam.domain.sources.parameters import Given


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """Options that several cameras may share; equal options make equal cameras.

    `camera_model` is that of the camera's own pictures. `quality` is of JPEG for requests that name
    none; `None`: the camera's own where it is passed through, else 75. `staleness_limit_s`: `None`
    follows the camera's rate. `parameters` are set each time the camera is opened.
    """

    mode: ModeRequest = field(default_factory=ModeRequest)
    on_demand: bool = False
    isolation: Isolation = Isolation.AUTO
    transform: Transform = field(default_factory=Transform)
    camera_model: CameraModel | None = None
    quality: int | None = None
    transcode: bool = False
    serve_damaged: bool = False
    staleness_limit_s: float | None = None
    restore_controls: bool = False
    parameters: Mapping[str, Given] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """One camera of a service."""

    device: Device
    capture: CaptureOptions = field(default_factory=CaptureOptions)
