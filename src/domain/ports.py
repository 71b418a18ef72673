"""What the domain and its use cases ask of the outside world.

Each port states whether it blocks, its units, its threads and its errors. Optional abilities
are protocols of their own.
"""

import threading
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from spot_webcam.domain.directory_entry import DirectoryEntry
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.sources.description import DEPTH_UNITS_PER_METRE, CameraModel


@dataclass(frozen=True, slots=True)
class CameraMode:
    """What a camera granted, which may differ from what it was asked for.

    `fps` is `None` where the camera does not tell a rate. `camera_model` is left out of
    what is listed while pictures are of another size; `depth_units_per_metre` is for depth only.
    """

    cols: int
    rows: int
    layout: Layout
    fps: float | None = None
    codec: str = ""
    camera_model: CameraModel | None = None
    depth_units_per_metre: float = DEPTH_UNITS_PER_METRE

    def __str__(self) -> str:
        rate = "unknown rate" if self.fps is None else f"{self.fps:g} fps"
        codec = f" {self.codec}" if self.codec else ""
        return f"{self.cols}x{self.rows} at {rate}, {self.layout.label}{codec}"


@dataclass(frozen=True, slots=True)
class ModeRequest:
    """What a camera is asked for; `None` leaves the choice to it.

    `codec` is a FOURCC, such as `MJPG`.
    """

    cols: int | None = None
    rows: int | None = None
    fps: float | None = None
    codec: str | None = None


class Camera(Protocol):
    """One camera. One thread at a time calls it; it need not lock.

    Every method but `close` raises `CameraError`, of the class that names the operator's next
    step, and nothing else. After `CorruptFrame` the next `grab` may be tried at once; after any
    other error the caller closes and opens again.
    """

    def open(self) -> CameraMode:
        """Take the device and start it; blocks as long as the device needs."""
        ...

    def grab(self) -> int | None:
        """Block until the next picture is there.

        Returns its capture time in nanoseconds of the wall clock where the source tells one
        near the sensor, else `None`: the caller then takes the time itself.
        """
        ...

    def retrieve(self) -> Picture | JpegPicture:
        """Return the picture of the last `grab`; the caller owns its memory.

        A camera that delivers JPEG gives its own bytes, which are decoded if someone asks for
        something else.
        """
        ...

    def settings(self) -> CaptureSettings:
        """Return exposure and gain as they are now, as far as the camera tells; quick."""
        ...

    def close(self) -> None:
        """Let the device go; allowed in every state, any number of times."""
        ...


@runtime_checkable
class Interruptible(Protocol):
    """A camera whose blocked calls can be ended."""

    def interrupt(self) -> None:
        """Make a call that blocks in another thread raise `NoData` soon; never blocks."""
        ...


@runtime_checkable
class StreamTimed(Protocol):
    """A camera whose pictures carry times of their sender, of whatever clock.

    One that repeats a picture and tells no new time is frozen.
    """

    def stream_time_ns(self) -> int | None:
        """Return that of the last `grab`, `None` if it had none; quick."""
        ...


class Clock(Protocol):
    """The host's time. Thread-safe."""

    def time_ns(self) -> int:
        """Nanoseconds since the Unix epoch; may be stepped."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds since some start; never goes back."""
        ...

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        """Block until the event is set (True) or the time is over (False)."""
        ...


class RobotClock(Protocol):
    """Robot time. `robot_time_ns` may be called from any thread and never blocks."""

    def synchronize(self) -> None:
        """Take another sample of the robot's clock; blocks for some RPCs, raises `RobotError`."""
        ...

    def robot_time_ns(self, monotonic_ns: int) -> int:
        """Convert host monotonic time to robot time, in nanoseconds since the Unix epoch.

        Wall time would not do: a step of it, as by NTP, would be taken for the robot's.

        Raises:
            NotSynchronized: there was no time sync yet.
        """
        ...


class RobotLogin(Protocol):
    """The way in. Blocks for a bounded time; raises `RobotError`."""

    def connect(self) -> str:
        """Reach the robot and return what it calls itself, for the log."""
        ...

    def authenticate(self) -> None:
        """Get a token, or a younger one, for the payload.

        Raises:
            PayloadNotAuthorized: an operator must authorize the payload first.
            CredentialsRejected: GUID or secret are wrong.
        """
        ...


class Directory(Protocol):
    """The service's entry in the robot's directory. Blocks for a bounded time; `RobotError`."""

    def look_up(self, timeout_s: float | None = None) -> DirectoryEntry | None:
        """Return the entry of the service's name, whoever made it; `None` if there is none."""
        ...

    def register(self) -> None:
        """Make our entry the one of that name, replacing any other and its faults."""
        ...

    def heartbeat(self) -> int | None:
        """Update our entry.

        Returns the robot's time of its answer in nanoseconds since the Unix epoch, if reported.

        Raises:
            NotRegistered: there is no entry of that name.
        """
        ...

    def unregister(self, timeout_s: float) -> None:
        """Remove the entry, if there is one."""
        ...


class NameLock(Protocol):
    """Excludes other processes of this computer from a name. Never blocks; any thread.

    The kernel releases it when its holder ends, however that ends. A number that the holder
    stores stays for the next one.
    """

    def acquire(self) -> bool:
        """Return whether this process holds the lock, from before or from now on."""
        ...

    def store(self, number: int | None) -> None:
        """Store a number from 0 to 2**63, or none; has no effect unless the lock is held."""
        ...

    def stored(self) -> int | None:
        """Return the number stored last; `None` if there is none, or the lock is not held."""
        ...

    def release(self) -> None:
        """Release the lock; allowed in every state."""
        ...


class FaultSink(Protocol):
    """The robot's service faults of this service. Blocks for a bounded time; `RobotError`."""

    def trigger(self, fault: Fault) -> None:
        """Raise the fault; it is no error if it is raised already."""
        ...

    def clear(self, fault: Fault, timeout_s: float | None = None) -> None:
        """Clear the fault; it is no error if it is not raised."""
        ...

    def clear_all(self) -> None:
        """Clear whatever an earlier life of this service left behind."""
        ...


class ImageCodec(Protocol):
    """Pixel work that a library does better. Pure, thread-safe; raises `EncodingError`."""

    def resize(self, picture: Picture, cols: int, rows: int) -> Picture:
        """Scale down; pixels are averaged, but for depth, where the nearest is taken."""
        ...

    def reorder(self, picture: Picture, layout: Layout) -> Picture:
        """Return the picture with its 8-bit colour channels in another layout.

        Alpha is dropped or made opaque as the layout asks.
        """
        ...

    def encode_jpeg(self, picture: Picture, quality: int) -> bytes:
        """Encode 8-bit pixels of any layout; grey gives one component, alpha is dropped.

        `quality` is 1 to 100.
        """
        ...

    def decode_jpeg(self, jpeg: JpegPicture, shrink: int = 1) -> Picture:
        """Decode to the JPEG's layout; an orientation that its EXIF tells is not applied.

        `shrink` is 1, 2, 4 or 8; sizes are divided by it, and rounded up.
        """
        ...

    def thumbnail(self, jpeg: JpegPicture) -> Picture:
        """Decode to grey, an eighth of the size, and strictly.

        Raises:
            CorruptFrame: the data is damaged, though other decoders may make do with it.
        """
        ...
