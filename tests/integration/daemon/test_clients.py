"""Clients that vanish, that are slow, that are many: none of them harms another."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import pytest
from bosdyn.api import image_pb2, image_service_pb2_grpc

from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.fakes.robot import FakeRobot
from tests.descriptors import open_descriptors
from tests.raw_http2 import DATA, RST_STREAM, SETTINGS, RawClient
from tests.timing import PATIENCE_S, eventually

GET_IMAGE = "/bosdyn.api.ImageService/GetImage"
RAW, JPEG = image_pb2.Image.FORMAT_RAW, image_pb2.Image.FORMAT_JPEG
OK = image_pb2.ImageResponse.STATUS_OK
IMAGE_DATA_ERROR = image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR
LARGE = "synthetic:large?size=1600x1000&fps=10"
SMALL = "synthetic:small?size=64x48"

Open = Callable[..., RawClient]


@pytest.fixture
def open_raw() -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda *args, **more: stack.enter_context(RawClient(*args, **more))


@pytest.fixture
def channels() -> Iterator[Callable[[int], Any]]:
    """Make stubs, each on a connection of its own."""
    with ExitStack() as stack:

        def stub(port: int) -> Any:
            options = [
                ("grpc.use_local_subchannel_pool", 1),
                ("grpc.max_receive_message_length", -1),
            ]
            channel = stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}", options))
            return image_service_pb2_grpc.ImageServiceStub(channel)

        yield stub


def request(source: str, image_format: int = JPEG) -> Any:
    one = image_pb2.ImageRequest(image_source_name=source, image_format=image_format)
    return image_pb2.GetImageRequest(image_requests=[one])


def status(answer: Any) -> int:
    [one] = answer.image_responses
    found: int = one.status
    return found


def test_calls_without_a_request_are_ended_and_hold_nobody_up(
    serve: Callable[..., Any],
    open_raw: Open,
    timeouts: dict[str, float],
) -> None:
    timeouts["request_s"] = 0.5
    serving = serve(SMALL)
    serving.wait_for_pictures()
    # More than there are threads.
    clients = [open_raw(serving.daemon.port) for _ in range(3)]
    for client in clients:
        for _ in range(60):
            client.begin(GET_IMAGE)
    serving.wait_for_status("small", OK)
    for client in clients:
        ended = {client.wait_for(RST_STREAM) for _ in range(60)}
        assert len(ended) == 60
    serving.wait_for_status("small", OK)


def test_calls_without_a_request_however_many_starve_no_other(
    serve: Callable[..., Any], open_raw: Open, channels: Callable[[int], Any]
) -> None:
    serving = serve(SMALL)
    serving.wait_for_pictures()
    stub = channels(serving.daemon.port)
    # More than may be under way at all.
    for client in [open_raw(serving.daemon.port) for _ in range(3)]:
        for _ in range(200):
            client.begin(GET_IMAGE)
        # Sooner than the time that a request may take.
        answer = stub.GetImage(request("small"), timeout=Timeouts().request_s / 2)
        assert status(answer) == OK


def test_only_calls_that_send_nothing_are_refused_and_with_the_reason(
    serve: Callable[..., Any], channels: Callable[[int], Any]
) -> None:
    serving = serve(SMALL)
    serving.wait_for_pictures()
    max_silent = Limits().calls_without_request
    never = threading.Event()
    refused: list[tuple[grpc.StatusCode, str]] = []
    answered = threading.Semaphore(0)

    def note(call: Any) -> None:
        refused.append((call.code(), call.details()))
        answered.release()

    def nothing() -> Iterator[bytes]:
        never.wait(PATIENCE_S)
        yield from ()

    stub = channels(serving.daemon.port)
    with grpc.insecure_channel(f"127.0.0.1:{serving.daemon.port}") as channel:
        begin = channel.stream_unary(GET_IMAGE)
        silent = [begin.future(nothing(), timeout=PATIENCE_S) for _ in range(max_silent + 6)]
        for call in silent:
            call.add_done_callback(note)
        assert all(answered.acquire(timeout=PATIENCE_S) for _ in range(6))
        assert status(stub.GetImage(request("small"), timeout=PATIENCE_S)) == OK
        reason = "too many calls that send no request"
        assert refused[:6] == [(grpc.StatusCode.RESOURCE_EXHAUSTED, reason)] * 6
        never.set()


@pytest.mark.slow
def test_hundreds_of_connections_that_call_in_one_instant_are_answered(
    robot: FakeRobot, command: Any, serve_flags: list[str], open_raw: Open
) -> None:
    process = command.start(*serve_flags, f"--device-name={SMALL}")
    process.wait_for(": registered")
    port = int(robot.services()[0].endpoint.rpartition(":")[2])
    data = request("small").SerializeToString()
    clients = [open_raw(port) for _ in range(400)]
    for client in clients:  # so that each is connected
        client.wait_for(SETTINGS)
    for _ in range(4):
        # What is sent to a process that is stopped arrives at once when it goes on.
        process.popen.send_signal(signal.SIGSTOP)
        streams = [client.call(GET_IMAGE, data) for client in clients]
        process.popen.send_signal(signal.SIGCONT)
        kinds = Counter(map(RawClient.outcome, clients, streams))
        assert kinds == {DATA: len(clients)}


def test_answers_that_nobody_reads_make_way_for_others(
    serve: Callable[..., Any],
    open_raw: Open,
    channels: Callable[[int], Any],
    timeouts: dict[str, float],
) -> None:
    limits = Limits()
    max_bytes = limits.bytes_in_flight - limits.small_bytes_in_flight
    timeouts["bytes_in_flight_s"] = 2.0
    serving = serve(LARGE, SMALL)
    serving.wait_for_pictures()
    daemon = serving.daemon
    data = request("large", RAW).SerializeToString()
    # As many as there is room for, to within one picture.
    clients = [open_raw(serving.daemon.port, window=100) for _ in range(13)]
    for client in clients:
        client.call(GET_IMAGE, data)
        client.wait_for(DATA)
    assert max_bytes - daemon.bytes_in_flight < 1600 * 1000 * 3
    stub = channels(serving.daemon.port)
    for _ in range(3):
        assert status(stub.GetImage(request("large", RAW), timeout=PATIENCE_S)) == OK
        assert status(stub.GetImage(request("small"), timeout=PATIENCE_S)) == OK
    assert daemon.bytes_in_flight <= max_bytes
    for client in clients:
        client.cut()
    assert eventually(lambda: daemon.bytes_in_flight == 0)


def test_answer_that_is_never_read_is_ended(
    serve: Callable[..., Any],
    open_raw: Open,
    timeouts: dict[str, float],
) -> None:
    timeouts["call_s"] = 1.0
    serving = serve(LARGE)
    serving.wait_for_pictures()
    client = open_raw(serving.daemon.port, window=0)
    client.call(GET_IMAGE, request("large", RAW).SerializeToString())
    assert eventually(lambda: serving.daemon.bytes_in_flight > 0)
    client.wait_for(RST_STREAM)
    assert eventually(lambda: serving.daemon.bytes_in_flight == 0)


def test_client_that_vanishes_while_it_is_answered_costs_nothing(serve: Callable[..., Any]) -> None:
    serving = serve(LARGE)
    serving.wait_for_pictures()
    data = request("large", RAW).SerializeToString()
    for _ in range(20):
        client = RawClient(serving.daemon.port, window=1000)
        client.call(GET_IMAGE, data)
        client.wait_for(DATA)
        client.cut()
    assert eventually(lambda: serving.daemon.bytes_in_flight == 0)
    serving.wait_for_status("large", OK)


def test_clients_that_give_up_cost_nothing(
    serve: Callable[..., Any], channels: Callable[[int], Any]
) -> None:
    serving = serve(LARGE, "synthetic:stuck?script=hang@0s", on_demand=True)
    stub = channels(serving.daemon.port)
    both = image_pb2.GetImageRequest(
        image_requests=[*request("large", RAW).image_requests, *request("stuck").image_requests]
    )
    for _ in range(50):
        stub.GetImage.future(both, timeout=PATIENCE_S).cancel()
        stub.GetImage.future(both, timeout=0.01).exception()
    assert eventually(lambda: serving.daemon.bytes_in_flight == 0)
    serving.wait_for_status("large", OK)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells of descriptors")
def test_500_connections_are_given_back(
    serve: Callable[..., Any], channels: Callable[[int], Any]
) -> None:
    serving = serve(LARGE, SMALL)
    serving.wait_for_pictures()
    stub = channels(serving.daemon.port)
    assert status(stub.GetImage(request("small"), timeout=PATIENCE_S)) == OK
    data = request("large").SerializeToString()

    descriptors = open_descriptors()
    with ExitStack() as stack:
        for number in range(500):
            client = stack.enter_context(RawClient(serving.daemon.port))
            if number % 2:
                client.call(GET_IMAGE, data)
        serving.wait_for_status("small", OK)
        assert status(stub.GetImage(request("small"), timeout=PATIENCE_S)) == OK
    assert eventually(lambda: serving.daemon.bytes_in_flight == 0)
    assert eventually(lambda: open_descriptors() <= descriptors)
    serving.wait_for_status("small", OK)


def test_connections_that_say_nothing_are_ended(
    serve: Callable[..., Any],
    timeouts: dict[str, float],
) -> None:
    timeouts["handshake_s"] = 0.5
    serving = serve(SMALL)
    with ExitStack() as stack:
        place = ("127.0.0.1", serving.daemon.port)
        many = [stack.enter_context(socket.create_connection(place, PATIENCE_S)) for _ in range(20)]
        for silent in many:
            while silent.recv(1000):
                pass
    serving.wait_for_status("small", OK)


def test_camera_that_is_stuck_starves_no_call_for_another(
    serve: Callable[..., Any], channels: Callable[[int], Any]
) -> None:
    # At one picture a second a picture is good for 5 s, also for a host that is busy.
    serving = serve(
        "synthetic:stuck?script=hang@0s", "synthetic:good?fps=1&size=64x48", on_demand=True
    )
    serving.wait_for_status("good", OK)
    stubs = [channels(serving.daemon.port) for _ in range(4)]
    answered: list[int] = []
    refused = threading.Semaphore(0)

    def note(answer: Any) -> None:
        answered.append(status(answer.result()))
        refused.release()

    for _ in range(50):
        for stub in stubs:
            stub.GetImage.future(request("stuck"), timeout=PATIENCE_S).add_done_callback(note)
    good = [
        stub.GetImage.future(request("good"), timeout=PATIENCE_S) for stub in stubs for _ in "123"
    ]
    assert [status(answer.result()) for answer in good] == [OK] * 12
    assert all(refused.acquire(timeout=PATIENCE_S) for _ in range(200))
    assert answered == [IMAGE_DATA_ERROR] * 200
