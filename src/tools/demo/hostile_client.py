"""Malformed and abusive requests of a hostile client."""

import math
import random
from collections.abc import Iterator

from bosdyn.api import image_pb2

from spot_webcam.tools.robot_clients.direct_client import DirectClient

# Codes that blame the service, not the client.
OUR_FAULT = ("UNKNOWN", "INTERNAL", "DEADLINE_EXCEEDED", "CANCELLED")
_TOO_LARGE_BYTES = 2 * 1024 * 1024


def requests(source: str, seed: int) -> Iterator[tuple[str, bytes]]:
    """Return a description and the bytes of each `GetImage` request."""
    rng = random.Random(seed)  # noqa: S311 - reproducible
    yield "random bytes", rng.randbytes(200)
    yield "half a message", _message(source)[:-3]
    yield "two megabytes", b"\x0a" + rng.randbytes(_TOO_LARGE_BYTES)
    yield "a thousand requests", _message(*[source] * 1000)
    yield "an unknown source", _message("\x00/../etc/passwd" * 20)
    yield "no source", _message("")
    yield "a quality of 1e30", _message(source, quality_percent=1e30)
    yield "a quality of NaN", _message(source, quality_percent=math.nan)
    yield "a ratio of NaN", _message(source, resize_ratio=math.nan)
    yield "an infinite ratio", _message(source, resize_ratio=math.inf)
    yield "an unknown format", _message(source, image_format=77, pixel_format=99)
    yield (
        "unknown fallback formats",
        _message(source, pixel_format=6, fallback_formats=[99] * 500),
    )


def attack(client: DirectClient, source: str, seed: int) -> list[tuple[str, str]]:
    """Send every request twice, one call cancelled at once; return the requests' answers."""
    answers = []
    for about, data in requests(source, seed):
        client.call_and_cancel(data)
        answers.append((about, client.send(data)))
    return answers


def _message(*sources: str, **fields: object) -> bytes:
    message = image_pb2.GetImageRequest()
    for source in sources:
        message.image_requests.add(image_source_name=source, **fields)
    data: bytes = message.SerializeToString()
    return data
