"""Latency of hostile requests, and of valid ones at the same time.

    .venv/bin/python -m benchmarks.hostile [SECONDS]

Clients send requests of tests/hostile_requests.py while a valid client requests a JPEG.
"""

import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import grpc
from bosdyn.api import image_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from benchmarks.daemon_process import running, status_mib
from spot_webcam.app.runtime.native_logs import silence_native_logs
from spot_webcam.fakes.robot import FakeRobot
from tests.hostile_requests import get_image_requests

GET_IMAGE = "/bosdyn.api.ImageService/GetImage"
DEVICES = {
    "small": "synthetic:?size=640x480&controls=1",
    "large": "synthetic:?size=1920x1080",
    "jpeg": "synthetic:?size=1280x720&codec=mjpg",
    "depth": "synthetic:?size=640x480&layout=depth16",
}
CLIENTS = 4
POOL = 2000
TIMEOUT_S = 30.0
CHANNEL = (("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1))


def generated_requests(count: int) -> list[bytes]:
    """Return requests of a Hypothesis strategy, the same in each run."""
    generated: list[bytes] = []

    @settings(
        max_examples=count // 20,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(
            get_image_requests(list(DEVICES), ["brightness", "gain"]), min_size=20, max_size=20
        )
    )
    def collect(requests: list[image_pb2.GetImageRequest]) -> None:
        generated.extend(request.SerializeToString() for request in requests)

    collect()
    return generated[:count]


def expensive_requests() -> list[bytes]:
    """Return calls that are as expensive as a call can be."""
    qualities, sizes, raw = (image_pb2.GetImageRequest() for _ in range(3))
    for number in range(64):
        qualities.image_requests.add(image_source_name="large", quality_percent=number + 1)
        sizes.image_requests.add(
            image_source_name="large", image_format=2, resize_ratio=0.5 - number / 1000
        )
    for _ in range(16):
        raw.image_requests.add(image_source_name="large", image_format=2)
    return [request.SerializeToString() for request in (qualities, sizes, raw)]


class Client:
    """Calls in a closed loop, and records latencies and status codes."""

    def __init__(self, endpoint: str, requests: list[bytes], seed: int) -> None:
        self._endpoint = endpoint
        self._requests = requests
        self._random = random.Random(seed)  # noqa: S311
        self.latencies_s: list[float] = []
        self.slowest = (0.0, b"")
        self.codes: Counter[str] = Counter()

    def run(self, end_s: float) -> None:
        with grpc.insecure_channel(self._endpoint, CHANNEL) as channel:
            call = channel.unary_unary(GET_IMAGE)
            while time.monotonic() < end_s:
                data = self._random.choice(self._requests)
                begun_s = time.perf_counter()
                code = call.future(data, timeout=TIMEOUT_S).code()
                latency_s = time.perf_counter() - begun_s
                self.codes[code.name] += 1
                self.latencies_s.append(latency_s)
                self.slowest = max(self.slowest, (latency_s, data))


def jpeg_request(name: str) -> bytes:
    """Return a valid request for a JPEG."""
    request = image_pb2.GetImageRequest()
    request.image_requests.add(image_source_name=name)
    data: bytes = request.SerializeToString()
    return data


def measure(endpoint: str, requests: list[bytes], seconds: float) -> tuple[list[Client], Client]:
    """Run hostile clients and a valid one at the same time."""
    hostile = [Client(endpoint, requests, seed) for seed in range(CLIENTS)]
    valid = Client(endpoint, [jpeg_request("large")], 0)
    end_s = time.monotonic() + seconds
    threads = [threading.Thread(target=client.run, args=(end_s,)) for client in (*hostile, valid)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return hostile, valid


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    silence_native_logs()
    console = Console()
    console.print(f"generating {POOL} requests")
    requests = generated_requests(POOL)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        robot = stack.enter_context(FakeRobot())
        devices = [f"--device-name={name}={device}" for name, device in DEVICES.items()]
        service = stack.enter_context(running(robot, folder / "log", *devices))
        endpoint = robot.services()[0].endpoint
        measure(endpoint, [jpeg_request(name) for name in DEVICES], 2.0)
        _, beside_empty = measure(endpoint, [b""], 3.0)
        hostile, beside_hostile = measure(endpoint, requests, seconds)
        expensive, beside_expensive = measure(endpoint, expensive_requests(), seconds)
        table = Table(title=f"{CLIENTS} hostile clients for {seconds:g} s, and a valid one")
        for column in ("client", "calls", "p50", "p99", "max"):
            table.add_column(column, justify="left" if column == "client" else "right")
        rows = {
            "hostile": hostile,
            "valid beside these": [beside_hostile],
            "valid beside empty calls": [beside_empty],
            "expensive": expensive,
            "valid beside these ": [beside_expensive],
        }
        for name, clients in rows.items():
            latencies_s = [latency_s for client in clients for latency_s in client.latencies_s]
            p99_s = statistics.quantiles(latencies_s, n=100)[98]
            shown = (statistics.median(latencies_s), p99_s, max(latencies_s))
            cells = (f"{1000 * latency_s:.1f} ms" for latency_s in shown)
            table.add_row(name, str(len(latencies_s)), *cells)
        console.print(table)
        for clients in (hostile, expensive, [beside_expensive]):
            console.print(dict(sum((client.codes for client in clients), Counter[str]())))
        console.print(f"faults: {len(robot.faults())}")
        console.print(f"peak memory {status_mib(service.pid, 'VmHWM'):.0f} MiB")
        slowest = max(client.slowest for client in hostile)
        request = image_pb2.GetImageRequest.FromString(slowest[1])
        console.print(
            f"slowest: {len(request.image_requests)} x",
            str(request.image_requests[:1])[:400],
            markup=False,
        )


if __name__ == "__main__":
    main()
