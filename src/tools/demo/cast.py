"""The cameras of the demo."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spot_webcam.adapters.opencv.files import write_recording
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.fakes.cameras.patterns.pattern import Pattern

RECORDING_FPS = 10
RECORDING_FRAMES = 50


@dataclass(frozen=True, slots=True)
class Part:
    """A camera, and how often its fault must be raised and cleared at least."""

    name: str
    device_name: str
    about: str
    spells: int = 0


def cast(folder: Path) -> list[Part]:
    """Return the cameras; the recording is made first, so that OpenCV has a file to decode."""
    recording = folder / "recording.avi"
    write_recording(recording, _pictures(), RECORDING_FPS)
    # The second failures are for machines so busy that the daemon registers, and the client begins
    # to look, after the first. Elsewhere the play ends before them.
    unplugged = "synthetic:?seed=11&script=unplug@4s+4s,unplug@24s+4s"
    stalled = "synthetic:?seed=20&script=hang@9s+4s,hang@29s+4s"
    return [
        Part("moving", "synthetic:?size=1280x720&seed=3", "720p, 30 fps, never fails"),
        Part("unplugged", unplugged, "unplugged for 4 s", spells=1),
        Part("stalled", stalled, "hangs for 4 s", spells=1),
        Part("depth", "synthetic:?layout=depth16", "millimetres in 16 bits"),
        Part("recording", str(recording), "a video file, decoded by OpenCV"),
    ]


def _pictures() -> Iterator[Picture]:
    pattern = Pattern(640, 360, seed=6, layout=Layout.BGR8, fps=RECORDING_FPS)
    for sequence in range(RECORDING_FRAMES):
        yield Picture(pattern.frame(sequence), Layout.BGR8)
