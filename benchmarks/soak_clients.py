"""Good and bad clients that go on for hours."""

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
    """Threads that call from `__enter__` to `__exit__`, each in a way of its own."""

    def __init__(self, endpoint: str, sources: Sequence[str]) -> None:
        self._endpoint = endpoint
        self._sources = list(sources)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._told: Counter[str] = Counter()
        # Each client that has come to rest adds one.
        self._at_rest = threading.Semaphore(0)
        self._working = threading.Event()
        self._working.set()
        ways: list[Callable[[random.Random], str]] = [
            self._ask,
            self._ask,
            self._ask_for_all,
            self._send_rubbish,
            self._give_up,
            self._vanish,
            self._begin_and_leave,
        ]
        self._threads = [
            threading.Thread(target=self._go_on, args=(way, number), daemon=True)
            for number, way in enumerate(ways)
        ]

    def begin_calls(self, count: int) -> None:
        """Begin so many calls at once, and leave: then the daemon has made all its threads."""
        with suppress(OSError), self._connected(0) as client:
            for _ in range(count):
                client.begin(f"{SERVICE}/GetImage")
            self._stopping.wait(2.0)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Have no calls begun meanwhile; begins when those under way have ended."""
        self._working.clear()
        for _ in self._threads:
            self._at_rest.acquire()
        try:
            yield
        finally:
            self._working.set()

    def told(self) -> str:
        """Return what the calls came to, so far."""
        with self._lock:
            return "  ".join(f"{name} {count}" for name, count in sorted(self._told.items()))

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

    def _go_on(self, way: Callable[[random.Random], str], seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311
        while not self._stopping.wait(PAUSE_S * chance.random()):
            if not self._working.is_set():
                self._at_rest.release()
                self._working.wait()
            try:
                outcome = way(chance)
            except grpc.RpcError as error:
                outcome = error.code().name
            except OSError as error:
                outcome = type(error).__name__
            with self._lock:
                self._told[outcome] += 1

    def _call(self, request: bytes, timeout_s: float = TIMEOUT_S) -> bytes:
        with grpc.insecure_channel(self._endpoint, _CHANNEL) as channel:
            answer: bytes = channel.unary_unary(f"{SERVICE}/GetImage")(request, timeout=timeout_s)
            return answer

    def _request(self, chance: random.Random, *sources: str) -> bytes:
        request = image_pb2.GetImageRequest()
        for source in sources:
            one = request.image_requests.add(image_source_name=source)
            one.image_format = chance.choice([0, 1, 2])
            one.pixel_format = chance.choice([0, 1, 3])
            one.quality_percent = chance.choice([0, 30, 75, 99])
            one.resize_ratio = chance.choice([0, 0.25, 0.5, 1])
            if source == "controlled" and chance.random() < 0.1:
                one.custom_params.values["brightness"].int_value.value = chance.randrange(100)
        data: bytes = request.SerializeToString()
        return data

    def _ask(self, chance: random.Random) -> str:
        data = self._call(self._request(chance, chance.choice(self._sources)))
        [answer] = image_pb2.GetImageResponse.FromString(data).image_responses
        return "ok" if answer.status == 1 else "refused"

    def _ask_for_all(self, chance: random.Random) -> str:
        self._call(self._request(chance, *self._sources))
        return "ok"

    def _send_rubbish(self, chance: random.Random) -> str:
        self._call(chance.randbytes(chance.randrange(200)))
        return "rubbish taken"

    def _give_up(self, chance: random.Random) -> str:
        self._call(self._request(chance, *self._sources), 0.001 + 0.02 * chance.random())
        return "ok"

    def _connected(self, window: int) -> RawClient:
        return RawClient(int(self._endpoint.rpartition(":")[2]), window, TIMEOUT_S)

    def _vanish(self, chance: random.Random) -> str:
        """Leave in the middle of an answer."""
        with self._connected(1000) as client:
            client.call(f"{SERVICE}/GetImage", self._request(chance, *self._sources))
            client.wait_for(DATA)
            client.cut()
        return "vanished"

    def _begin_and_leave(self, chance: random.Random) -> str:
        """Leave before the request, at times after a while."""
        with self._connected(0) as client:
            for _ in range(chance.randrange(1, 20)):
                client.begin(f"{SERVICE}/GetImage")
            if chance.random() < 0.02:
                self._stopping.wait(7.0)
            with suppress(OSError):
                client.cut()
        return "left"
