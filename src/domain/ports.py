"""Ports: what the use cases need of cameras, clocks, the robot and image codecs.

Each port states whether it blocks, its units, its threads and its errors. An optional ability is
a Protocol of its own.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

from spot_webcam.domain.directory_entry import DirectoryEntry
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.instant import LastGrab as LastGrab  # noqa: PLC0414
from spot_webcam.domain.media.image import CaptureSettings, JpegPicture, Picture
from spot_webcam.domain.media.image import ImageCodec as ImageCodec  # noqa: PLC0414 - public here
from spot_webcam.domain.sources.controls import Control
from spot_webcam.domain.sources.modes import CameraMode as CameraMode  # noqa: PLC0414 - public here
from spot_webcam.domain.sources.modes import ModeRequest as ModeRequest  # noqa: PLC0414
from spot_webcam.domain.timing import Clock as Clock  # noqa: PLC0414
from spot_webcam.domain.timing import Event as Event  # noqa: PLC0414
from spot_webcam.domain.timing import RobotClock as RobotClock  # noqa: PLC0414


class Camera(Protocol):
    """One camera, called by one thread at a time; it needs no lock.

    Every method but `close` raises `CameraError`, of the class that names the operator's next
    step, and nothing else. After `CorruptFrame` the caller may call `grab` again at once; after
    any other error it closes the camera and opens it again.
    """

    def open(self) -> CameraMode:
        """Open the device and start streaming; blocks as long as the device needs."""

    def grab(self) -> int | None:
        """Block until the next picture is available.

        Returns its capture time in nanoseconds of the wall clock if the source has a timestamp
        from near the sensor, else `None`: then the caller reads the clock.
        """

    def retrieve(self) -> Picture | JpegPicture:
        """Return the picture of the last `grab`; the caller owns its memory.

        A camera that delivers JPEG returns the JPEG; it is decoded only when a request needs its
        pixels.
        """

    def settings(self) -> CaptureSettings:
        """Return the present exposure and gain as far as the camera reports them; quick."""

    def close(self) -> None:
        """Release the device; allowed in every state, any number of times."""


@runtime_checkable
class Interruptible(Protocol):
    """A camera whose blocking calls can be interrupted."""

    def interrupt(self) -> None:
        """Make a call that blocks in another thread raise `NoData` soon; never blocks."""


@runtime_checkable
class StreamTimed(Protocol):
    """A camera whose pictures have timestamps of their sender, on an unknown clock.

    A sender that repeats a picture without a new timestamp is frozen.
    """

    def stream_time_ns(self) -> int | None:
        """Return the timestamp of the last `grab`, `None` if it has none; quick."""


@runtime_checkable
class Autonomous(Protocol):
    """A camera that runs by itself, as in another process."""

    def skip(self) -> None:
        """Grab pictures and drop them until the next call of a method that blocks; never blocks.

        If that is `grab`, it returns the first picture from then on, or raises what ended the
        skipping.
        """

    def last_grab(self) -> LastGrab:
        """Return what was skipped before the last `grab`, and how late `grab` returned; quick."""


@runtime_checkable
class Controllable(Protocol):
    """A camera whose controls can be read and set while it is open.

    Each method asks the driver and may take some milliseconds. The thread that grabs calls them,
    between grabs. All raise `CameraError`.
    """

    def controls(self) -> list[Control]:
        """Return the controls as the driver reports them now, in its order."""

    def read(self, names: Iterable[str]) -> dict[str, int]:
        """Return the values of controls; `CameraMisconfigured` if a control does not exist."""

    def write(self, values: Mapping[str, int]) -> None:
        """Set controls; those that switch others come first, so that the others can be set.

        All values are checked before the first is set. Pictures that were in flight already do
        not show the new values.

        Raises:
            CameraMisconfigured: a control does not exist, does not accept the value, or is
                inactive.
        """


@runtime_checkable
class Parametrised(Protocol):
    """A camera that accepts parameters of its own spec while it is open.

    Specs and values are serialized messages of `bosdyn.api.service_customization`; the caller has
    checked values against the spec. The thread that grabs calls these methods.
    """

    def parameter_spec(self) -> bytes:
        """Return the `DictParam.Spec`, of at most 64 KiB; empty if no parameters are offered.

        A camera that knows its spec before it is opened returns it then, too, so that the source
        is listed with it from the start; otherwise it raises `NoData`.
        """

    def set_parameters(self, encoded: bytes) -> None:
        """Use these parameters for every picture that is grabbed from now on; quick.

        An empty `DictParam` restores the parameters that the camera uses without a request.

        Raises:
            ParametersRefused: the camera does not accept them; `grab` may raise it instead.
        """

    def parameters(self) -> bytes:
        """Return a `DictParam` of all parameters of the picture of the last `grab`."""


class RobotLogin(Protocol):
    """Connection and login. Blocks for a bounded time; raises `RobotError`."""

    def connect(self) -> str:
        """Reach the robot and return its own name, for the log."""

    def authenticate(self) -> int | None:
        """Get a token for the payload, or renew it.

        Returns when the token ends, in nanoseconds of the robot's clock since the Unix epoch;
        `None` if it does not say.

        Raises:
            PayloadNotAuthorized: an operator must authorize the payload first.
            CredentialsRejected: the GUID or the secret is wrong.
        """


class Directory(Protocol):
    """The service's entry in the robot's directory.

    Blocks for a bounded time; raises `RobotError`.
    """

    def look_up(self, timeout_s: float | None = None) -> DirectoryEntry | None:
        """Return the entry with the service's name, even another daemon's; `None` if absent."""

    def register(self) -> None:
        """Write our entry, replacing any other of that name and its faults."""

    def heartbeat(self) -> int | None:
        """Update our entry.

        Returns the robot's time of its answer in nanoseconds since the Unix epoch, if reported.

        Raises:
            NotRegistered: there is no entry of that name.
        """

    def unregister(self, timeout_s: float) -> None:
        """Remove the entry, if there is one."""


class HostNetwork(Protocol):
    """The network of this computer. Never blocks, sends nothing; any thread."""

    def address_towards(self, address: str) -> str | None:
        """Return our address from which an IP address is reached; `None` without a route."""

    def is_connected_to(self, address: str) -> bool:
        """Report whether there is a TCP connection to an IP address; false if that is unknown."""

    def has(self, address: str) -> bool:
        """Report whether an IP address is one of this computer's at present."""

    def is_bridged(self) -> bool:
        """Report whether this is a container with a network of its own within its host's."""


class NameLock(Protocol):
    """Excludes other processes of this computer from a name. Never blocks; any thread.

    The kernel releases it when its holder ends, however that ends. A number that the holder
    stores stays for the next one.
    """

    def acquire(self) -> bool:
        """Return whether this process holds the lock, from before or from now on."""

    def store(self, number: int | None) -> None:
        """Store a number from 0 to 2**63, or none; has no effect unless the lock is held."""

    def stored(self) -> int | None:
        """Return the number stored last; `None` if there is none, or the lock is not held."""

    def release(self) -> None:
        """Release the lock; allowed in every state."""


class FaultSink(Protocol):
    """The service faults of this service on the robot.

    Blocks for a bounded time; raises `RobotError`.
    """

    def trigger(self, fault: Fault) -> None:
        """Raise the fault; raising it twice is not an error."""

    def clear(self, fault: Fault, timeout_s: float | None = None) -> None:
        """Clear the fault; clearing an absent one is not an error."""

    def clear_all(self) -> None:
        """Clear the faults that an earlier run of this service left behind."""
