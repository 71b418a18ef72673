"""Valid and invalid clients for the soak test."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType

import grpc
from bosdyn.api import image_pb2

from tests.raw_http2 import DATA, RawClient

SERVICE = "/bosdyn.api.ImageService"
TIMEOUT_S = 10.0
PAUSE_S = 0.05
_CHANNEL = (("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1))


class Clients:
    """Threads that call from `__enter__` to `__exit__`, each with its own behaviour."""

    def __init__(self, endpoint: str, sources: Sequence[str]) -> None:
        self._endpoint = endpoint
        self._sources = list(sources)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._outcomes: Counter[str] = Counter()
        # Released once by each client that pauses.
        self._paused = threading.Semaphore(0)
        self._working = threading.Event()
        self._working.set()
        behaviours: list[Callable[[random.Random], str]] = [
            self._request_one,
            self._request_one,
            self._request_all,
            self._send_garbage,
            self._time_out,
            self._disconnect,
            self._begin_and_disconnect,
        ]
        self._threads = [
            threading.Thread(target=self._run, args=(behaviour, number), daemon=True)
            for number, behaviour in enumerate(behaviours)
        ]

    def begin_calls(self, count: int) -> None:
        """Begin many calls at once and disconnect, so that the daemon starts all its threads."""
        with suppress(OSError), self._connected(0) as client:
            for _ in range(count):
                client.begin(f"{SERVICE}/GetImage")
            self._stopping.wait(2.0)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Pause all clients: begins when no call is under way."""
        self._working.clear()
        for _ in self._threads:
            self._paused.acquire()
        try:
            yield
        finally:
            self._working.set()

    def summary(self) -> str:
        """Return the number of calls by outcome."""
        with self._lock:
            return "  ".join(f"{name} {count}" for name, count in sorted(self._outcomes.items()))

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, behaviour: Callable[[random.Random], str], seed: int) -> None:
        rng = random.Random(seed)  # noqa: S311
        while not self._stopping.wait(PAUSE_S * rng.random()):
            if not self._working.is_set():
                self._paused.release()
                self._working.wait()
            try:
                outcome = behaviour(rng)
            except grpc.RpcError as error:
                outcome = error.code().name
            except OSError as error:
                outcome = type(error).__name__
            with self._lock:
                self._outcomes[outcome] += 1

    def _call(self, request: bytes, timeout_s: float = TIMEOUT_S) -> bytes:
        with grpc.insecure_channel(self._endpoint, _CHANNEL) as channel:
            answer: bytes = channel.unary_unary(f"{SERVICE}/GetImage")(request, timeout=timeout_s)
            return answer

    def _request(self, rng: random.Random, *sources: str) -> bytes:
        request = image_pb2.GetImageRequest()
        for source in sources:
            image = request.image_requests.add(image_source_name=source)
            image.image_format = rng.choice([0, 1, 2])
            image.pixel_format = rng.choice([0, 1, 3])
            image.quality_percent = rng.choice([0, 30, 75, 99])
            image.resize_ratio = rng.choice([0, 0.25, 0.5, 1])
            if source == "controlled" and rng.random() < 0.1:
                image.custom_params.values["brightness"].int_value.value = rng.randrange(100)
        data: bytes = request.SerializeToString()
        return data

    def _request_one(self, rng: random.Random) -> str:
        data = self._call(self._request(rng, rng.choice(self._sources)))
        [answer] = image_pb2.GetImageResponse.FromString(data).image_responses
        return "ok" if answer.status == 1 else "refused"

    def _request_all(self, rng: random.Random) -> str:
        self._call(self._request(rng, *self._sources))
        return "ok"

    def _send_garbage(self, rng: random.Random) -> str:
        self._call(rng.randbytes(rng.randrange(200)))
        return "garbage answered"

    def _time_out(self, rng: random.Random) -> str:
        self._call(self._request(rng, *self._sources), 0.001 + 0.02 * rng.random())
        return "ok"

    def _connected(self, window: int) -> RawClient:
        return RawClient(int(self._endpoint.rpartition(":")[2]), window, TIMEOUT_S)

    def _disconnect(self, rng: random.Random) -> str:
        """Disconnect in the middle of an answer."""
        with self._connected(1000) as client:
            client.call(f"{SERVICE}/GetImage", self._request(rng, *self._sources))
            client.wait_for(DATA)
            client.cut()
        return "disconnected"

    def _begin_and_disconnect(self, rng: random.Random) -> str:
        """Disconnect before the request, sometimes after some seconds."""
        with self._connected(0) as client:
            for _ in range(rng.randrange(1, 20)):
                client.begin(f"{SERVICE}/GetImage")
            if rng.random() < 0.02:
                self._stopping.wait(7.0)
            with suppress(OSError):
                client.cut()
        return "disconnected early"
