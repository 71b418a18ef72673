"""How long hostile requests take to be answered, and good ones beside them.

    .venv/bin/python -m benchmarks.hostile [SECONDS]

Clients send what tests/hostile_requests.py makes, a good client asks for a JPEG meanwhile.
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

from benchmarks.daemon_process import GUID, SECRET, running, status_kb
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


def generated(count: int) -> list[bytes]:
    """Return requests that a strategy makes, the same in each run."""
    made: list[bytes] = []

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
        made.extend(one.SerializeToString() for one in requests)

    collect()
    return made[:count]


def worst() -> list[bytes]:
    """Return calls that cost as much as a call can."""
    qualities, sizes, raw = (image_pb2.GetImageRequest() for _ in range(3))
    for number in range(64):
        qualities.image_requests.add(image_source_name="large", quality_percent=number + 1)
        sizes.image_requests.add(
            image_source_name="large", image_format=2, resize_ratio=0.5 - number / 1000
        )
    for _ in range(16):
        raw.image_requests.add(image_source_name="large", image_format=2)
    return [one.SerializeToString() for one in (qualities, sizes, raw)]


class Client:
    """Calls again and again, and notes the times."""

    def __init__(self, endpoint: str, requests: list[bytes], seed: int) -> None:
        self._endpoint = endpoint
        self._requests = requests
        self._random = random.Random(seed)  # noqa: S311
        self.times_s: list[float] = []
        self.slowest = (0.0, b"")
        self.codes: Counter[str] = Counter()

    def run(self, end_s: float) -> None:
        with grpc.insecure_channel(self._endpoint, CHANNEL) as channel:
            call = channel.unary_unary(GET_IMAGE)
            while time.monotonic() < end_s:
                data = self._random.choice(self._requests)
                began_s = time.perf_counter()
                code = call.future(data, timeout=TIMEOUT_S).code()
                spent_s = time.perf_counter() - began_s
                self.codes[code.name] += 1
                self.times_s.append(spent_s)
                self.slowest = max(self.slowest, (spent_s, data))


def good_request(name: str) -> bytes:
    """Return a plain request for a JPEG."""
    request = image_pb2.GetImageRequest()
    request.image_requests.add(image_source_name=name)
    data: bytes = request.SerializeToString()
    return data


def measure(endpoint: str, requests: list[bytes], seconds: float) -> tuple[list[Client], Client]:
    """Let the hostile clients and the good one run side by side."""
    hostile = [Client(endpoint, requests, seed) for seed in range(CLIENTS)]
    good = Client(endpoint, [good_request("large")], 0)
    end_s = time.monotonic() + seconds
    threads = [threading.Thread(target=one.run, args=(end_s,)) for one in (*hostile, good)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return hostile, good


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    silence_native_logs()
    console = Console()
    console.print(f"generating {POOL} requests")
    requests = generated(POOL)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        robot = stack.enter_context(FakeRobot())
        robot.register_payload(GUID, SECRET)
        devices = [f"--device-name={name}={device}" for name, device in DEVICES.items()]
        service = stack.enter_context(running(robot, folder / "log", *devices))
        endpoint = robot.services()[0].endpoint
        measure(endpoint, [good_request(name) for name in DEVICES], 2.0)
        _, alone = measure(endpoint, [b""], 3.0)
        hostile, good = measure(endpoint, requests, seconds)
        cruel, beside = measure(endpoint, worst(), seconds)
        table = Table(title=f"{CLIENTS} hostile clients for {seconds:g} s, and a good one")
        for column in ("client", "calls", "p50", "p99", "max"):
            table.add_column(column, justify="left" if column == "client" else "right")
        rows = {
            "hostile": [spent_s for one in hostile for spent_s in one.times_s],
            "good, 1080p JPEG": good.times_s,
            "good, beside empty calls": alone.times_s,
            "worst": [spent_s for one in cruel for spent_s in one.times_s],
            "good, beside the worst": beside.times_s,
        }
        for name, times_s in rows.items():
            p99_s = statistics.quantiles(times_s, n=100)[98]
            shown = (statistics.median(times_s), p99_s, max(times_s))
            table.add_row(name, str(len(times_s)), *(f"{1000 * one:.1f} ms" for one in shown))
        console.print(table)
        for clients in (hostile, cruel, [beside]):
            console.print(dict(sum((one.codes for one in clients), Counter[str]())))
        console.print(f"faults: {len(robot.faults())}")
        console.print(f"peak memory {status_kb(service.pid, 'VmHWM') / 1024:.0f} MB")
        slowest = max(one.slowest for one in hostile)
        request = image_pb2.GetImageRequest.FromString(slowest[1])
        console.print(
            f"slowest: {len(request.image_requests)} x",
            str(request.image_requests[:1])[:400],
            markup=False,
        )


if __name__ == "__main__":
    main()
