"""A process of clients: raw calls, of which bytes come back.

Parsing pictures of some megabytes would measure the clients, so answers are looked into only
where their age is wanted, and once for each request.
"""

import base64
import itertools
import random
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import grpc
from bosdyn.api import image_pb2

from spot_webcam.tools.bench.floor import METHOD
from spot_webcam.tools.bench.talk import own_stdout, talk

CALL_TIMEOUT_S = 10.0
# A client whose call failed is not to take the processor with trying again.
PAUSE_AFTER_FAILURE_S = 0.05
# Encoded pictures of one request vary, by less than this. An answer without a picture is small.
MIN_SHARE = 0.5
_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    # A connection each: a process's clients would otherwise share one.
    ("grpc.use_local_subchannel_pool", 1),
]


@dataclass(slots=True)
class Tally:
    """What one client counted between begin and end."""

    pictures: int = 0
    bytes: int = 0
    failures: int = 0
    why: str = ""
    latencies_ms: list[float] = field(default_factory=list)
    ages_ms: list[float] = field(default_factory=list)


class Client:
    """Asks for its requests in turn, as fast as it can, or at a rate.

    A paced client's moments are jittered, so that they do not march in step with the camera.
    """

    def __init__(self, job: dict[str, Any], task: dict[str, Any]) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{job['port']}", options=_OPTIONS)
        self._call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(METHOD)
        self._begin_s: float = job["begin_s"]
        self._end_s: float = job["end_s"]
        self._requests = [base64.b64decode(one) for one in task["requests"]]
        self._rate_hz: float = task["rate_hz"]
        self._jitter_s: float = task["jitter_s"]
        self._random = random.Random(task["seed"])  # noqa: S311 - no secret
        self._start_s = time.monotonic() + self._random.random() / (self._rate_hz or 1e6)
        self._smallest: dict[bytes, float] = {}
        self.tally = Tally()

    def run(self) -> None:
        """Call until the end."""
        with self._channel:
            for number in itertools.count():
                self._pause(number)
                called_s = time.monotonic()
                if called_s >= self._end_s:
                    return
                self._look(self._requests[number % len(self._requests)], called_s)

    def _pause(self, number: int) -> None:
        if self._rate_hz:
            jitter_s = self._random.uniform(-self._jitter_s, self._jitter_s)
            due_s = self._start_s + number / self._rate_hz + jitter_s
            time.sleep(max(0.0, due_s - time.monotonic()))

    def _look(self, request: bytes, called_s: float) -> None:
        why = ""
        answer = b""
        try:
            answer = self._call(request, timeout=CALL_TIMEOUT_S)
        except grpc.RpcError as error:
            why = f"{error.code().name}: {error.details()}"
            time.sleep(PAUSE_AFTER_FAILURE_S)
        ended_s, wall_ns = time.monotonic(), time.time_ns()
        age_ms = None
        if not why and (self._rate_hz or len(answer) < self._smallest.get(request, 1e12)):
            age_ms, why = looked_into(answer, wall_ns)
            if not why:
                self._smallest[request] = MIN_SHARE * len(answer)
        if not self._begin_s <= ended_s < self._end_s:
            return
        if why:
            self.tally.failures += 1
            self.tally.why = why
            return
        self.tally.pictures += 1
        self.tally.bytes += len(answer)
        self.tally.latencies_ms.append(1000 * (ended_s - called_s))
        if age_ms is not None and self._rate_hz:
            self.tally.ages_ms.append(age_ms)


def looked_into(answer: bytes, wall_ns: int) -> tuple[float | None, str]:
    """Return a picture's age in milliseconds, and why it is none."""
    response = image_pb2.GetImageResponse.FromString(answer)
    for one in response.image_responses:
        if one.status != image_pb2.ImageResponse.STATUS_OK:
            name = image_pb2.ImageResponse.Status.Name(one.status)
            return None, f"{name} {response.header.error.message}"
        taken = one.shot.acquisition_time
        return (wall_ns - taken.seconds * 10**9 - taken.nanos) / 1e6, ""
    return None, "an answer without a picture"


def run_clients(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Run all clients of a job, each on its thread, and return their tallies."""
    clients = [Client(job, task) for task in job["clients"]]
    threads = [threading.Thread(target=one.run, daemon=True) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [asdict(one.tally) for one in clients]


def capture(job: dict[str, Any]) -> dict[str, str]:
    """Get one good answer to each request by a deadline; write it where the job says."""
    why = ""
    with grpc.insecure_channel(f"127.0.0.1:{job['port']}", options=_OPTIONS) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(METHOD)
        for encoded, file in job["capture"]:
            why = "no answer yet"
            while why and time.monotonic() < job["end_s"]:
                try:
                    answer = call(base64.b64decode(encoded), timeout=CALL_TIMEOUT_S)
                except grpc.RpcError as error:
                    why = f"{error.code().name}: {error.details()}"
                else:
                    why = looked_into(answer, 0)[1]
                if why:
                    time.sleep(PAUSE_AFTER_FAILURE_S)
            if why:
                break
            if file:
                Path(file).write_bytes(answer)
    return {"why": why}


def main() -> None:
    """Do jobs until the standard input ends."""
    talk(own_stdout(), {}, lambda job: capture(job) if "capture" in job else run_clients(job))


if __name__ == "__main__":
    main()
