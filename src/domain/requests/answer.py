"""The answer to one image request."""

from dataclasses import dataclass

from spot_webcam.domain.media.image import CaptureSettings, EncodedImage
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource


@dataclass(frozen=True, slots=True)
class Capture:
    """An encoded picture with its acquisition time on the robot's clock."""

    image: EncodedImage
    acquired_robot_ns: int
    settings: CaptureSettings


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer to one request; it has a `capture` if the status is OK.

    `message` is the reason, for a human, why the status is not OK. Equal requests for one frame
    share one object, by which adapters may cache what they made of it.
    """

    status: Status
    source: ImageSource | None = None
    capture: Capture | None = None
    message: str = ""

    @property
    def size_bytes(self) -> int:
        """Size of its encoded picture."""
        return 0 if self.capture is None else len(self.capture.image.data)
