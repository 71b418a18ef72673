"""Ten thousand requests that no good client sends."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from bosdyn.api import image_pb2
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.hostile_requests import get_image_requests, list_requests, method_names
from tests.timing import PATIENCE_S

pytestmark = pytest.mark.slow
SERVICE = "/bosdyn.api.ImageService"
GET_IMAGE, LIST = f"{SERVICE}/GetImage", f"{SERVICE}/ListImageSources"
UNKNOWN = image_pb2.ImageResponse.STATUS_UNKNOWN
OK = image_pb2.ImageResponse.STATUS_OK
DEVICES = {
    "colour": "synthetic:?size=96x64&fps=60&controls=1",
    "depth": "synthetic:?size=96x64&layout=depth16&fps=60",
    "grey": "synthetic:?size=96x64&layout=grey16&fps=60",
}
# What a request can be at fault of.
PROPER = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNIMPLEMENTED,
}
# Sent side by side, and how many of such lots.
LOT = 25
# Of a lot for pictures: so many are drawn, the others mixed of them.
PARTS = 3
_MIXED = ("image_source_name", "quality_percent", "image_format", "resize_ratio", "pixel_format")
LOTS = {"pictures": 340, "lists": 20, "bytes": 30, "methods": 10}


@dataclass
class Hostile:
    """A client that sends bytes, and judges the answers."""

    channel: grpc.Channel
    codes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)

    def send(self, calls: list[tuple[str, bytes]]) -> None:
        sent = [
            (method, data, self.channel.unary_unary(method).future(data, timeout=PATIENCE_S))
            for method, data in calls
        ]
        for method, data, answer in sent:
            code = answer.code()
            self.codes[code.name] += 1
            assert code is grpc.StatusCode.OK or code in PROPER, (code, answer.details(), data)
            if code is grpc.StatusCode.OK and method == GET_IMAGE:
                self._judge(image_pb2.GetImageResponse.FromString(answer.result()), data)

    def _judge(self, response: Any, data: bytes) -> None:
        asked = image_pb2.GetImageRequest.FromString(data)
        assert len(response.image_responses) == len(asked.image_requests)
        for one in response.image_responses:
            self.statuses[one.status] += 1
            assert one.status != UNKNOWN
            assert one.HasField("shot") == (one.status == OK)


@pytest.fixture
def serving(serve: Callable[..., Any]) -> Any:
    serving = serve(*(f"{name}={device}" for name, device in DEVICES.items()))
    serving.wait_for_pictures()
    return serving


@pytest.fixture
def hostile(serving: Any) -> Iterator[Hostile]:
    with grpc.insecure_channel(f"127.0.0.1:{serving.daemon.port}") as channel:
        yield Hostile(channel)


def _lots(kind: str, lots: st.SearchStrategy[list[tuple[str, bytes]]], hostile: Hostile) -> None:
    """Send so many lots of such calls."""

    @settings(
        max_examples=LOTS[kind],
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(lots)
    def send(lot: list[tuple[str, bytes]]) -> None:
        hostile.send(lot)

    send()
    assert hostile.codes.total() >= LOTS[kind] * LOT


def _still_well(serving: Any, log: pytest.LogCaptureFixture) -> None:
    for name in DEVICES:
        serving.wait_for_status(name, OK)
    raised = [line for line in log.messages if line.startswith("fault raised")]
    # A host that is busy may starve a camera for a second, which is no request's doing.
    assert [line for line in raised if "no new picture for" not in line] == []


def _many(calls: st.SearchStrategy[tuple[str, bytes]]) -> st.SearchStrategy[Any]:
    return st.lists(calls, min_size=LOT, max_size=LOT)


def _mixed(parts: list[Any], seed: int) -> list[tuple[str, bytes]]:
    """Return a lot of calls whose headers and requests are those of some messages, mixed again.

    To draw each call by itself takes five times as long as to have it answered.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    messages = list(parts)
    while len(messages) < LOT:
        message = image_pb2.GetImageRequest()
        message.CopyFrom(chance.choice(parts))
        del message.image_requests[chance.randint(0, len(message.image_requests)) :]
        message.image_requests.extend(chance.choice(parts).image_requests)
        for one in message.image_requests:
            like = chance.choice(message.image_requests)
            field = chance.choice(_MIXED)
            setattr(one, field, getattr(like, field))
        messages.append(message)
    return [_wire(GET_IMAGE)(message) for message in messages]


def _wire(method: str) -> Callable[[Any], tuple[str, bytes]]:
    return lambda message: (method, message.SerializeToString())


@pytest.mark.timeout(180)
def test_hostile_requests_for_pictures_are_answered(
    serving: Any, hostile: Hostile, caplog: pytest.LogCaptureFixture
) -> None:
    strategy = get_image_requests(list(DEVICES), ["brightness", "exposure_time_absolute", "gain"])
    parts = st.lists(strategy, min_size=PARTS, max_size=PARTS)
    lots = st.builds(_mixed, parts, st.integers(0, 2**32))
    _lots("pictures", lots, hostile)
    # They were no monotony of refusals.
    assert len(hostile.statuses) >= 5
    assert hostile.statuses[OK] > 0
    _still_well(serving, caplog)


def test_hostile_requests_for_the_list_are_answered(
    serving: Any, hostile: Hostile, caplog: pytest.LogCaptureFixture
) -> None:
    _lots("lists", _many(list_requests().map(_wire(LIST))), hostile)
    assert set(hostile.codes) == {"OK"}
    _still_well(serving, caplog)


def test_random_bytes_are_answered(
    serving: Any, hostile: Hostile, caplog: pytest.LogCaptureFixture
) -> None:
    data = st.one_of(
        st.binary(max_size=200),
        # Good messages that are cut off, or have a byte changed.
        st.tuples(get_image_requests(list(DEVICES), []), st.randoms()).map(_damaged),
    )
    _lots("bytes", _many(st.tuples(st.sampled_from([GET_IMAGE, LIST]), data)), hostile)
    assert hostile.codes["INVALID_ARGUMENT"] > 0
    _still_well(serving, caplog)


def _damaged(both: tuple[Any, random.Random]) -> bytes:
    message, chance = both
    data = bytearray(message.SerializeToString())
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data[: chance.randrange(len(data) + 1)])


def test_unknown_methods_are_answered(
    serving: Any, hostile: Hostile, caplog: pytest.LogCaptureFixture
) -> None:
    _lots("methods", _many(st.tuples(method_names(), st.binary(max_size=20))), hostile)
    assert set(hostile.codes) <= {"UNIMPLEMENTED"}
    _still_well(serving, caplog)


def test_request_beyond_all_measure_is_refused_before_it_is_read(
    serving: Any, hostile: Hostile, caplog: pytest.LogCaptureFixture
) -> None:
    request = image_pb2.GetImageRequest()
    request.header.client_name = "x" * 1024 * 1024
    hostile.send([(GET_IMAGE, request.SerializeToString())])
    assert set(hostile.codes) == {"RESOURCE_EXHAUSTED"}
    _still_well(serving, caplog)


def test_small_request_that_would_unpack_to_a_large_one_is_refused(
    serving: Any, caplog: pytest.LogCaptureFixture
) -> None:
    request = image_pb2.GetImageRequest()
    request.header.client_name = "x" * 50 * 1024 * 1024
    with grpc.insecure_channel(
        f"127.0.0.1:{serving.daemon.port}", compression=grpc.Compression.Gzip
    ) as channel:
        answer = channel.unary_unary(GET_IMAGE).future(
            request.SerializeToString(), timeout=PATIENCE_S
        )
        assert answer.code() in PROPER
    _still_well(serving, caplog)
