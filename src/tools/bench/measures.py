"""What is measured: which clients, on which source, of which contenders."""

import random
from dataclasses import dataclass
from itertools import product

from bosdyn.api import image_pb2

from spot_webcam.tools.bench import keys
from spot_webcam.tools.bench.crowd import Task
from spot_webcam.tools.bench.scene import SourceKind
from spot_webcam.tools.bench.settings import Settings

OURS, HELPER, FLOOR = "ours", "helper", "floor"
ALL = (OURS, HELPER, FLOOR)

CLIENTS = 8
PACE_HZ = 15.0
MEMORY_SOURCES = 4

_IMAGE = image_pb2.Image
_QUALITIES = (50.0, 75.0, 90.0)
_PIXEL_FORMATS = (_IMAGE.PIXEL_FORMAT_RGB_U8, _IMAGE.PIXEL_FORMAT_GREYSCALE_U8)
_RATIOS = (1.0, 0.5)


@dataclass(frozen=True, slots=True)
class Wish:
    """A picture that clients ask for; numbers are the API's."""

    image_format: int = _IMAGE.FORMAT_JPEG
    pixel_format: int = _IMAGE.PIXEL_FORMAT_RGB_U8
    quality: float = 75.0
    ratio: float = 0.0

    def request(self, source_name: str) -> bytes:
        """Return the call's bytes."""
        request = image_pb2.GetImageRequest()
        request.image_requests.add(
            image_source_name=source_name,
            image_format=self.image_format,
            pixel_format=self.pixel_format,
            quality_percent=self.quality,
            resize_ratio=self.ratio,
        )
        data: bytes = request.SerializeToString(deterministic=True)
        return data


JPEG = (Wish(),)
RAW_GREY = (Wish(_IMAGE.FORMAT_RAW, _IMAGE.PIXEL_FORMAT_GREYSCALE_U8),)
RAW_RGB = (Wish(_IMAGE.FORMAT_RAW, _IMAGE.PIXEL_FORMAT_RGB_U8),)
MIXED = tuple(
    Wish(_IMAGE.FORMAT_JPEG, pixel_format, quality, ratio)
    for quality, pixel_format, ratio in product(_QUALITIES, _PIXEL_FORMATS, _RATIOS)
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One run's plan. Clients go round the sources; `rate_hz` 0 is without a pause."""

    key: str
    wishes: tuple[Wish, ...] = ()
    clients: int = CLIENTS
    rate_hz: float = 0.0
    kind: SourceKind = SourceKind.RAW
    sources: int = 1
    contenders: tuple[str, ...] = ALL
    watches_memory: bool = False

    def requests(self, source_names: list[str]) -> set[bytes]:
        """Return all that clients ask for."""
        return {wish.request(name) for name, wish in product(source_names, self.wishes)}

    def tasks(self, source_names: list[str], jitter_s: float) -> list[Task]:
        """Return what each client does: all wishes of all sources, each in an order of its own."""
        requests = sorted(self.requests(source_names))
        tasks = []
        for number in range(self.clients):
            order = requests[number % len(requests) :] + requests[: number % len(requests)]
            if len(self.wishes) > 1:
                random.Random(number).shuffle(order)  # noqa: S311 - no secret
            tasks.append(Task(tuple(order), self.rate_hz, jitter_s if self.rate_hz else 0.0))
        return tasks


_MEASURES = (
    Measure(keys.JPEG, JPEG),
    Measure(keys.RAW_GREY, RAW_GREY),
    Measure(keys.RAW_RGB, RAW_RGB),
    Measure(keys.PACED, JPEG, rate_hz=PACE_HZ),
    Measure(keys.MIXED, MIXED),
    Measure(keys.LATENCY, JPEG, clients=1),
    Measure(keys.IDLE_RAW, clients=0, contenders=(OURS, HELPER)),
    Measure(keys.IDLE_MJPEG, clients=0, kind=SourceKind.MJPEG, contenders=(OURS, HELPER)),
    Measure(
        keys.MEMORY,
        JPEG,
        rate_hz=PACE_HZ,
        sources=MEMORY_SOURCES,
        contenders=(OURS, HELPER),
        watches_memory=True,
    ),
)


def measures(settings: Settings) -> list[Measure]:
    """Return the runs of one round, but for which contender goes first."""
    found = [one for one in _MEASURES if one.key in settings.keys]
    if keys.SCALING in settings.keys:
        found += [
            Measure(
                scaling_key(sources, clients),
                JPEG,
                clients=clients,
                sources=sources,
                contenders=(OURS, HELPER),
            )
            for sources, clients in product(settings.scaled_sources, settings.scaled_clients)
        ]
    return found


def scaling_key(sources: int, clients: int) -> str:
    """Name one cell of the scaling table."""
    return f"{keys.SCALING}-{sources}x{clients}"
