"""What a client gets for one request."""

from dataclasses import dataclass, field

from spot_webcam.domain.media.image import CaptureSettings, EncodedImage
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource


@dataclass(frozen=True, slots=True)
class Capture:
    """A picture as it is answered, with its time on the robot's clock."""

    image: EncodedImage
    acquired_robot_ns: int
    settings: CaptureSettings


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer to one request; `capture` is there when the status is OK.

    `message` says for a human why it is not OK. One frame gives equal requests the same object,
    so that an adapter may keep what it made of it, by a name of its own.
    """

    status: Status
    source: ImageSource | None = None
    capture: Capture | None = None
    message: str = ""
    # What adapters made of it.
    made: dict[str, bytes] = field(default_factory=dict, init=False, repr=False)

    @property
    def size(self) -> int:
        """How many bytes of pictures it has."""
        return 0 if self.capture is None else len(self.capture.image.data)
