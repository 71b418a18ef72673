"""What the parts of a source need of it."""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.ports import Clock
from spot_webcam.image_service_helpers.capture_thread import ImageCaptureThread


class SdkSource(Protocol):
    """Attributes of the SDK's `VisualImageSource`, which programs may replace at any time; ours."""

    image_source_name: str
    image_source_proto: Any
    camera_interface: Any
    supported_pixel_formats: list[int]
    capture_function: Callable[..., Any]
    capture_thread: ImageCaptureThread | None
    last_error_message: str | None
    fault_client: Any
    camera_capture_fault: Any
    decode_data_fault: Any
    active_fault_id_names: set[str]
    logger: logging.Logger
    # Ours:
    abandoned: bool
    clock: Clock
    fault_repeat_s: float

    def get_image_and_timestamp(self, custom_params: Any = None, **others: Any) -> Any:
        """Return an image and its time in seconds; `None` and `None` if there is none."""
        ...

    def capture_at_once(self, custom_params: Any = None, **others: Any) -> Any:
        """Capture, and report a failure to the robot: `capture_function` at first."""
        ...

    def faults(self) -> list[Fault]:
        """Return the active faults; never blocks."""
        ...

    def fault_proto(self, name: str) -> Any:
        """Return the `ServiceFault` of that name; its message is not used."""
        ...
