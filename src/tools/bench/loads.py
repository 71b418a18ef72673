"""Loads: which clients call, what they request, and of which contenders."""

from dataclasses import dataclass
from itertools import product

from bosdyn.api import image_pb2

# Contenders: this installation's daemon, another installation's, the SDK's helper, and a gRPC
# server that sends prepared answers.
SERVE, BASELINE, HELPER, BARE = "serve", "baseline", "helper", "bare"

# Clips, by how their JPEGs are quantised.
FINE, COARSE = "fine", "coarse"

# Requested of a camera by all contenders alike, granted or not. Over USB 2 no camera delivers 1080p
# at 30 fps other than as Motion JPEG.
COLS, ROWS, FPS, FOURCC = 1920, 1080, 30, "MJPG"

CLIENTS = 8
RATE_HZ = 15.0
# Eight pictures of 120 kB a second take three quarters of a link of 10 Mbit/s.
LINK_RATE_HZ = 4.0

_IMAGE = image_pb2.Image


@dataclass(frozen=True, slots=True)
class RequestKind:
    """One kind of image request; the numbers are the API's enumerations."""

    image_format: int = _IMAGE.FORMAT_JPEG
    pixel_format: int = _IMAGE.PIXEL_FORMAT_RGB_U8
    # The default of the SDK's `build_image_request`.
    quality_percent: float = 75.0

    def call(self, source_name: str) -> bytes:
        """Return the serialised `GetImageRequest`; the same bytes each time."""
        request = image_pb2.GetImageRequest()
        request.image_requests.add(
            image_source_name=source_name,
            image_format=self.image_format,
            pixel_format=self.pixel_format,
            quality_percent=self.quality_percent,
        )
        data: bytes = request.SerializeToString(deterministic=True)
        return data


JPEG = RequestKind()
# Without a quality the daemon passes the camera's own JPEG through.
CAMERA_JPEG = RequestKind(quality_percent=0.0)
RAW_GREY = RequestKind(_IMAGE.FORMAT_RAW, _IMAGE.PIXEL_FORMAT_GREYSCALE_U8)
RAW_RGB = RequestKind(_IMAGE.FORMAT_RAW, _IMAGE.PIXEL_FORMAT_RGB_U8)


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """What one client does: its calls in turn, without a pause if `rate_hz` is 0."""

    calls: tuple[bytes, ...]
    rate_hz: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """Clients on one or on several sources. Without clients, CPU time is all that is measured."""

    kind: RequestKind = JPEG
    clients: int = CLIENTS
    rate_hz: float = 0.0
    several_sources: bool = False
    has_bare: bool = True
    # Whether the clients are behind a slow radio link.
    is_remote: bool = False

    def calls(self, source_names: list[str]) -> list[bytes]:
        """Return each call that a client makes."""
        return [self.kind.call(name) for name in source_names]

    def plans(self, source_names: list[str]) -> list[ClientPlan]:
        """Return the clients' plans: each goes round all sources, beginning at another one."""
        calls = self.calls(source_names)
        starts = [number % len(calls) for number in range(self.clients)]
        return [ClientPlan((*calls[at:], *calls[:at]), self.rate_hz) for at in starts]

    def contenders(self, *, has_baseline: bool) -> list[str]:
        """Return the contenders; the daemon first, since the bare server sends its answers."""
        optional = ((BASELINE, has_baseline), (HELPER, True), (BARE, self.has_bare))
        return [SERVE, *(name for name, wanted in optional if wanted)]


# Idle comes first: a source that has had clients is not the same as one that has had none.
LOADS = {
    "idle": Load(clients=0, has_bare=False),
    "jpeg": Load(),
    "camera-jpeg": Load(CAMERA_JPEG),
    "raw-grey": Load(RAW_GREY),
    "raw-rgb": Load(RAW_RGB),
    "paced": Load(rate_hz=RATE_HZ),
    "latency": Load(clients=1),
    "link": Load(clients=2, rate_hz=LINK_RATE_HZ, has_bare=False, is_remote=True),
    "memory": Load(rate_hz=RATE_HZ, several_sources=True, has_bare=False),
}


def all_calls(loads: list[Load], source_names: list[str]) -> list[bytes]:
    """Return each distinct call of some loads."""
    return list(
        dict.fromkeys(
            load.kind.call(name) for load, name in product(loads, source_names) if load.clients
        )
    )
