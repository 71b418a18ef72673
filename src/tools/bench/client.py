"""Clients of one load generator process: raw calls, whose answers stay bytes.

To parse answers of some megabytes would measure the clients. An answer is parsed where its age is
measured, and once for each call otherwise.
"""

import itertools
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc
from bosdyn.api import image_pb2

from spot_webcam.tools.bench.bare_server import METHOD
from spot_webcam.tools.bench.loads import ClientPlan

CALL_TIMEOUT_S = 10.0
# A client whose call failed must not load the processor with retries.
PAUSE_AFTER_FAILURE_S = 0.05
# Images of one kind vary in size, but by less than this factor. An answer without one is small.
MIN_SIZE_RATIO = 0.5
# Of one process.
MAX_CLIENTS = 1000
# Half a frame of 30 Hz: paced clients must not run in step with the camera.
JITTER_S = 1 / 60
CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    # A connection for each client: those of one process would share one otherwise.
    ("grpc.use_local_subchannel_pool", 1),
]


@dataclass(frozen=True, slots=True)
class Slice:
    """What the clients of a process do; times are those of the monotonic clock."""

    port: int
    begin_s: float
    end_s: float
    clients: tuple[ClientPlan, ...]
    # Of the process: clients of one seed would call at the same moments.
    number: int = 0


@dataclass(slots=True)
class ClientCounters:
    """What one client counted between begin and end."""

    pictures: int = 0
    # Size of the answers with these pictures.
    answer_bytes: int = 0
    failures: int = 0
    failure: str = ""
    # From the end of the slice to that of the first call, if nothing had ended before.
    overtime_s: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    ages_ms: list[float] = field(default_factory=list)


class Client:
    """Calls as fast as it can, or at a rate."""

    def __init__(self, work: Slice, plan: ClientPlan, seed: int) -> None:
        self._work = work
        self._plan = plan
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._smallest_valid: dict[bytes, float] = {}
        self.counters = ClientCounters()

    def run(self) -> None:
        """Call until the end, and until one call has counted: a slow server is not one at rest."""
        first_s = time.monotonic() + self._random.random() / (self._plan.rate_hz or 1e6)
        with open_channel(self._work.port) as channel:
            call: Callable[..., bytes] = channel.unary_unary(METHOD)
            for number in itertools.count():
                self._pause(first_s, number)
                begun_s = time.monotonic()
                if begun_s >= self._work.end_s and self._has_counted():
                    return
                request = self._plan.calls[number % len(self._plan.calls)]
                answer, failure = answer_or_failure(call, request)
                self._count(request, begun_s, answer, failure)
                if failure:
                    time.sleep(PAUSE_AFTER_FAILURE_S)

    def _pause(self, first_s: float, number: int) -> None:
        if self._plan.rate_hz:
            jitter_s = self._random.uniform(-JITTER_S, JITTER_S)
            due_s = first_s + number / self._plan.rate_hz + jitter_s
            time.sleep(max(0.0, due_s - time.monotonic()))

    def _has_counted(self) -> bool:
        return self.counters.pictures + self.counters.failures > 0

    def _count(self, request: bytes, begun_s: float, answer: bytes, failure: str) -> None:
        ended_s, wall_ns = time.monotonic(), time.time_ns()
        age_ms = None
        is_small = len(answer) < self._smallest_valid.get(request, 1e12)
        if not failure and (self._plan.rate_hz or is_small):
            age_ms, failure = age_or_failure(answer, wall_ns)
            if not failure:
                self._smallest_valid[request] = MIN_SIZE_RATIO * len(answer)
        overtime_s = max(0.0, ended_s - self._work.end_s)
        if ended_s < self._work.begin_s or (overtime_s and self._has_counted()):
            return
        self.counters.overtime_s = overtime_s
        if failure:
            self.counters.failures += 1
            self.counters.failure = failure
            return
        self.counters.pictures += 1
        self.counters.answer_bytes += len(answer)
        self.counters.latencies_ms.append(1000 * (ended_s - begun_s))
        if age_ms is not None and self._plan.rate_hz:
            self.counters.ages_ms.append(age_ms)


def open_channel(port: int) -> grpc.Channel:
    """Return a connection of its own to a contender."""
    return grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)


def answer_or_failure(call: Callable[..., bytes], request: bytes) -> tuple[bytes, str]:
    """Call; return the answer, or why there is none."""
    try:
        return call(request, timeout=CALL_TIMEOUT_S), ""
    except grpc.RpcError as error:
        return b"", f"{error.code().name}: {error.details()}"


def age_or_failure(answer: bytes, wall_ns: int) -> tuple[float | None, str]:
    """Return an image's age in milliseconds, or why the answer has no image."""
    response = image_pb2.GetImageResponse.FromString(answer)
    for image in response.image_responses:
        if image.status != image_pb2.ImageResponse.STATUS_OK:
            name = image_pb2.ImageResponse.Status.Name(image.status)
            return None, f"{name} {response.header.error.message}"
        acquired = image.shot.acquisition_time
        return (wall_ns - acquired.seconds * 10**9 - acquired.nanos) / 1e6, ""
    return None, "an answer without an image"


def run_slice(work: Slice) -> list[ClientCounters]:
    """Run all clients, each on its thread, and return their counters."""
    first = MAX_CLIENTS * work.number
    clients = [Client(work, plan, first + seed) for seed, plan in enumerate(work.clients)]
    threads = [threading.Thread(target=client.run, daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [client.counters for client in clients]
