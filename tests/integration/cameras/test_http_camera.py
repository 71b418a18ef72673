"""Cameras over HTTP: their manners, authentication, TLS, redirects, and wrong answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from spot_webcam.adapters.http_camera import HttpCamera, VideoInstead
from spot_webcam.adapters.http_camera.picture_timeout import PictureTimeout
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    NoData,
)
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.fakes.cameras.network import (
    KNOWN_MANNERS,
    Guard,
    HttpCameraServer,
    Manners,
    Refusal,
)
from spot_webcam.fakes.time.manual import ManualClock

SINGLE = KNOWN_MANNERS["single"]
PASSWORD = "2024#Cam"

Open = Callable[..., HttpCamera]


@pytest.fixture
def server(jpegs: list[bytes]) -> Iterator[HttpCameraServer]:
    with HttpCameraServer(jpegs, 0.002) as server:
        yield server


@pytest.fixture
def tls_server(jpegs: list[bytes]) -> Iterator[HttpCameraServer]:
    with HttpCameraServer(jpegs, 0.002, tls=True) as server:
        yield server


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open cameras of addresses; they are closed afterwards."""
    with ExitStack() as stack:

        def make(url: str, certificate: str = "", timeout_s: float = 20.0) -> HttpCamera:
            timeout = PictureTimeout(timeout_s)
            request = ModeRequest(fps=200.0)
            camera = HttpCamera(
                DeviceAddress(url), request, SystemClock(), certificate, timeout=timeout
            )
            stack.callback(camera.close)
            camera.open()
            return camera

        yield make


def take(camera: HttpCamera) -> bytes:
    camera.grab()
    return camera.retrieve().data


@pytest.mark.parametrize("name", KNOWN_MANNERS)
def test_pictures_of_every_manner_arrive_in_order(
    server: HttpCameraServer, opened: Open, name: str
) -> None:
    server.manners = KNOWN_MANNERS[name]
    camera = opened(server.url)
    numbers = [server.pictures.index(take(camera)) for _ in range(5)]
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    assert server.connections == (1 if name in {"single", "single-chunked"} else server.connections)


def test_mode_is_that_of_the_pictures_and_has_no_rate(
    server: HttpCameraServer, opened: Open
) -> None:
    assert str(HttpCamera.open(opened(server.url))) == "160x120 at unknown rate, bgr8 MJPG"
    server.manners = SINGLE
    assert str(HttpCamera.open(opened(server.url))) == "160x120 at unknown rate, bgr8 MJPG"


def test_times_of_the_sender_are_reported(server: HttpCameraServer, opened: Open) -> None:
    server.manners = Manners(stamped=True)
    camera = opened(server.url)
    stamps = []
    for _ in range(3):
        captured_ns = camera.grab()
        stamps.append(camera.stream_time_ns())
        # On a busy computer the arrival may be too late to tell.
        assert captured_ns in {None, stamps[-1]}
    assert None not in stamps
    assert sorted(set(stamps), key=lambda stamp_ns: stamp_ns or 0) == stamps


# Authentication.

SCHEMES = [
    ("Basic",),
    ("Digest MD5",),
    ("Digest SHA-256", "Digest MD5"),
    ("Basic", "Digest SHA-256"),
]


@pytest.mark.parametrize("manners", [Manners(), SINGLE], ids=["stream", "single"])
@pytest.mark.parametrize("schemes", SCHEMES, ids=" ".join)
def test_user_is_let_in_by_the_best_scheme(
    server: HttpCameraServer, opened: Open, schemes: tuple[str, ...], manners: Manners
) -> None:
    server.manners = manners
    server.guard = Guard("admin", PASSWORD, *schemes)
    camera = opened(server.url_of(f"admin:{PASSWORD}"))
    assert take(camera) in server.pictures
    assert set(server.guard.accepted) == {max(schemes, key=["Basic", *schemes].index)} or (
        server.guard.accepted[0] == "Digest SHA-256"
    )


@pytest.mark.parametrize(
    "password", [PASSWORD, "a b", "p@ss", "100%", "50%zz", "a:b", "[x]", "%23", "ü", "a\"b'c\\"]
)
def test_password_is_sent_as_it_is_written(
    server: HttpCameraServer, opened: Open, password: str
) -> None:
    meant = "#" if password == "%23" else password
    server.guard = Guard("admin", meant, "Digest MD5")
    assert take(opened(server.url_of(f"admin:{password}"))) in server.pictures


def test_password_in_the_query_is_sent_as_it_is_written(
    server: HttpCameraServer, opened: Open
) -> None:
    opened(server.url_of(path="/shot.cgi?user=admin&pwd=2024#Cam 100%"))
    assert server.requests[-1].target == "/shot.cgi?user=admin&pwd=2024%23Cam%20100%25"


def test_nonce_that_is_stale_is_replaced(server: HttpCameraServer, opened: Open) -> None:
    server.manners = SINGLE
    server.guard = Guard("admin", PASSWORD, nonce_uses=2)
    camera = opened(server.url_of(f"admin:{PASSWORD}"))
    assert {take(camera) for _ in range(6)} <= set(server.pictures)
    assert server.connections == 1
    # Each second use costs a refusal.
    assert len(server.requests) < 3 * len(server.guard.accepted)


def test_password_is_sent_to_its_own_host_only(
    server: HttpCameraServer, tls_server: HttpCameraServer, opened: Open
) -> None:
    tls_server.guard = Guard("admin", PASSWORD, "Basic")
    server.refusals = {"/stream.mjpg": Refusal(302, {"Location": tls_server.url})}
    url = server.url_of(f"admin:{PASSWORD}")
    with pytest.raises(CameraPermissionDenied, match=r"redirects to https://127\.0\.0\.1:"):
        opened(url, f"sha256:{tls_server.fingerprint}")
    assert [request.headers.get("authorization") for request in tls_server.requests] == [None]


# TLS.


def test_own_certificate_is_refused_with_its_fingerprint(
    tls_server: HttpCameraServer, opened: Open
) -> None:
    with pytest.raises(CameraMisconfigured, match="is not trusted") as refused:
        opened(tls_server.url_of("admin:secret"))
    assert f"NAME=sha256:{tls_server.fingerprint}" in str(refused.value)
    assert tls_server.requests == []


def test_own_certificate_is_trusted_by_fingerprint_or_file(
    tls_server: HttpCameraServer, opened: Open, tmp_path: Path
) -> None:
    tls_server.write_ca(tmp_path / "ca.pem")
    for certificate in (
        f"sha256:{tls_server.fingerprint}",
        tls_server.fingerprint.upper(),
        str(tmp_path / "ca.pem"),
    ):
        assert take(opened(tls_server.url, certificate)) in tls_server.pictures


def test_certificate_of_another_is_refused(
    tls_server: HttpCameraServer, opened: Open, jpegs: list[bytes], tmp_path: Path
) -> None:
    with HttpCameraServer(jpegs, tls=True) as other:
        other.write_ca(tmp_path / "ca.pem")
        with pytest.raises(CameraMisconfigured, match="somebody else answers"):
            opened(tls_server.url, f"sha256:{other.fingerprint}")
        with pytest.raises(CameraMisconfigured, match="is not trusted"):
            opened(tls_server.url, str(tmp_path / "ca.pem"))
    tls_server.write_ca(tmp_path / "ca.pem")
    local = tls_server.url_of(host="localhost.localdomain")
    with pytest.raises(CameraError, match=r"localhost\.localdomain"):
        opened(local, str(tmp_path / "ca.pem"))
    assert tls_server.requests == []


def test_camera_without_tls_is_reported_as_such(server: HttpCameraServer, opened: Open) -> None:
    server.serve = lambda client: client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")  # type: ignore[method-assign]
    with pytest.raises(CameraMisconfigured, match="to be written as http://"):
        opened(server.url.replace("http", "https"))


# Wrong answers.

CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
ANSWERS: list[tuple[Refusal, type[CameraError], str]] = [
    (Refusal(401), CameraPermissionDenied, "put its user and password"),
    (Refusal(403), CameraPermissionDenied, "give its user the right"),
    (Refusal(404), CameraAbsent, "check the path"),
    (Refusal(410), CameraAbsent, "check the path"),
    (Refusal(429), CameraBusy, "end another program"),
    (Refusal(503), CameraBusy, "end another program"),
    (Refusal(500), NoData, "an error of its own"),
    (Refusal(302), CameraAbsent, "302"),
    (Refusal(304, body=b""), CameraAbsent, "304"),
    (Refusal(204, body=b""), CameraAbsent, "204"),
    (Refusal(302, {"Location": "/stream.mjpg"}), CameraMisconfigured, "more than 5 times"),
    (Refusal(302, {"Location": "ftp://host/x"}), CameraMisconfigured, "no address of HTTP"),
    (Refusal(200), CameraMisconfigured, "web page"),
    (Refusal(200, {"Content-Type": ""}), CameraMisconfigured, "web page"),
    (Refusal(200, {"Content-Type": "image/png"}, b"\x89PNG"), CameraMisconfigured, "image/png"),
    (Refusal(200, {"Content-Type": "application/json"}, b"{}"), CameraMisconfigured, "json"),
    (
        Refusal(200, {"Content-Type": "application/vnd.apple.mpegurl"}, b"#EXTM3U"),
        CameraMisconfigured,
        "playlist",
    ),
    (Refusal(200, {"Content-Type": "text/plain"}, b"#EXTM3U\n"), CameraMisconfigured, "playlist"),
    (Refusal(200, {"Content-Type": "image/jpeg"}, b""), CameraError, "0 bytes are too short"),
    (
        Refusal(200, {"Content-Encoding": "gzip", "Content-Type": "image/jpeg"}, b"no gzip"),
        NoData,
        "turn compression off",
    ),
    (Refusal(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), NoData, "does not answer in HTTP"),
    (Refusal(raw=b""), NoData, "without an answer"),
    (
        Refusal(raw=b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n"),
        NoData,
        "without a picture",
    ),
    (
        Refusal(raw=b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\n"),
        NoData,
        "without a picture",
    ),
    (
        Refusal(raw=b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n" + CHUNKED + b"no size"),
        NoData,
        "without a picture",
    ),
]


@pytest.mark.parametrize(("answer", "kind", "says"), ANSWERS)
def test_wrong_answer_is_reported_with_its_remedy(
    server: HttpCameraServer, opened: Open, answer: Refusal, kind: type[CameraError], says: str
) -> None:
    server.refusals = {"": answer}
    with pytest.raises(kind, match=says) as failure:
        opened(server.url)
    assert str(failure.value).isprintable()


@pytest.mark.parametrize("status", [401, 404, 503])
def test_wrong_answer_over_tls_is_reported_as_without(
    tls_server: HttpCameraServer, opened: Open, status: int
) -> None:
    tls_server.refusals = {"": Refusal(status)}
    kinds = {401: CameraPermissionDenied, 404: CameraAbsent, 503: CameraBusy}
    with pytest.raises(kinds[status]):
        opened(tls_server.url, tls_server.fingerprint)


@pytest.mark.parametrize(
    ("status", "says"), [(404, "check the path"), (503, "busy"), (200, "page")]
)
def test_right_user_learns_what_else_is_wrong(
    server: HttpCameraServer, opened: Open, status: int, says: str
) -> None:
    server.guard = Guard("admin", PASSWORD, "Digest SHA-256", "Digest MD5")
    server.refusals = {"": Refusal(status)}
    with pytest.raises(CameraError, match=says):
        opened(server.url_of(f"admin:{PASSWORD}"))


@pytest.mark.parametrize(
    ("guard", "says"),
    [
        (Guard("admin", "other"), "refuses the user or the password"),
        (Guard("admin", PASSWORD, "NTLM", "Bearer"), "by bearer, ntlm: permit Digest or Basic"),
    ],
)
def test_user_who_is_not_let_in_learns_why(
    server: HttpCameraServer, opened: Open, guard: Guard, says: str
) -> None:
    server.guard = guard
    with pytest.raises(CameraError, match=says) as failure:
        opened(server.url_of(f"admin:{PASSWORD}"))
    assert PASSWORD not in str(failure.value)
    server.guard = Guard("admin", PASSWORD)
    assert take(opened(server.url_of(f"admin:{PASSWORD}"))) in server.pictures


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:1/x", "no answer from http://127.0.0.1:1/x .connection refused."),
        ("http://nobody.invalid/x", "cannot resolve the host of http://nobody.invalid/x"),
    ],
)
def test_camera_that_is_not_reached_is_absent(opened: Open, url: str, says: str) -> None:
    with pytest.raises(CameraAbsent, match=says):
        opened(url)


@pytest.mark.parametrize(
    "url", ["http://", "http:///x", "https://host:port/x", "http://[::1/x", "http://host:99999/x"]
)
def test_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(CameraMisconfigured):
        HttpCamera(DeviceAddress(url), ModeRequest(), SystemClock())


def test_video_is_for_another(server: HttpCameraServer, opened: Open) -> None:
    server.refusals = {"": Refusal(200, {"Content-Type": "video/mp4"}, b"\0" * 99)}
    with pytest.raises(VideoInstead) as video:
        opened(server.url_of("admin:a#b"))
    assert video.value.is_recording
    assert video.value.url.reveal() == server.url_of("admin:a%23b")
    assert "admin" not in str(video.value)


def test_video_behind_tls_is_refused(tls_server: HttpCameraServer, opened: Open) -> None:
    tls_server.refusals = {"": Refusal(200, {"Content-Type": "video/mp4"}, b"\0" * 99)}
    with pytest.raises(CameraMisconfigured, match="without a check of certificates"):
        opened(tls_server.url, tls_server.fingerprint)


# Redirects, and connections that end.


def test_redirect_is_followed(server: HttpCameraServer, opened: Open) -> None:
    server.guard = Guard("admin", PASSWORD)
    server.refusals = {"/stream.mjpg": Refusal(307, {"Location": "/video?a=b c#d"}, b"")}
    assert take(opened(server.url_of(f"admin:{PASSWORD}"))) in server.pictures
    assert server.requests[-1].target == "/video?a=b%20c"


def test_redirect_from_tls_is_refused(
    server: HttpCameraServer, tls_server: HttpCameraServer, opened: Open
) -> None:
    tls_server.refusals = {"": Refusal(302, {"Location": server.url})}
    with pytest.raises(CameraMisconfigured, match="without TLS"):
        opened(tls_server.url, tls_server.fingerprint)
    assert server.requests == []


def test_poll_survives_the_end_of_its_connection(server: HttpCameraServer, opened: Open) -> None:
    server.manners = SINGLE
    camera = opened(server.url)
    first = take(camera)
    server.hang_up()
    assert take(camera) in set(server.pictures) - {first}
    assert server.connections == 2


def test_poll_without_an_answer_is_repeated_on_a_new_connection(
    server: HttpCameraServer, opened: Open
) -> None:
    def answer_once(client: socket.socket) -> None:
        picture = server.pictures[server.connections]
        head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}"
        client.recv(65536)
        client.sendall(head.encode() + b"\r\n\r\n" + picture)
        client.recv(65536)

    server.serve = answer_once  # type: ignore[method-assign]
    camera = opened(server.url)
    assert [server.pictures.index(take(camera)) for _ in range(4)] == [1, 2, 3, 4]


def test_login_page_in_place_of_a_picture_is_reported(
    server: HttpCameraServer, opened: Open
) -> None:
    server.manners = SINGLE
    camera = opened(server.url)
    take(camera)
    server.refusals = {"": Refusal(200)}
    with pytest.raises(CameraMisconfigured, match="web page"):
        take(camera)


def test_stream_that_nobody_read_for_long_is_requested_again(
    server: HttpCameraServer, clock: ManualClock
) -> None:
    camera = HttpCamera(DeviceAddress(server.url), ModeRequest(), clock)
    camera.open()
    for pause_s in (0.0, 0.9, 1.1, 0.0):
        clock.advance(pause_s)
        assert take(camera) in server.pictures
    camera.close()
    assert len(server.requests) == 2


# Interrupts and bounds.


def interrupted(camera: HttpCamera, call: Callable[[], object]) -> None:
    """Check that a call that blocks ends by an interrupt, and that it does before its timeout."""
    ended: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except NoData as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    camera.interrupt()
    thread.join(10)
    assert not thread.is_alive()
    assert "was interrupted" in str(ended[0])


def patient(url: str, certificate: str = "") -> HttpCamera:
    return HttpCamera(
        DeviceAddress(url),
        ModeRequest(fps=0.01),
        SystemClock(),
        certificate,
        timeout=PictureTimeout(60.0),
    )


@pytest.mark.parametrize("where", ["head", "body", "tls", "poll", "handshake"])
def test_blocking_call_is_interrupted(
    server: HttpCameraServer, tls_server: HttpCameraServer, where: str
) -> None:
    used = tls_server if where == "tls" else server
    camera = patient(used.url, used.fingerprint if where == "tls" else "")
    if where == "handshake":
        server.serve = lambda _: server.pause(60.0) and None  # type: ignore[method-assign]
        camera = patient(server.url.replace("http", "https"))
    if where == "poll":
        server.manners = SINGLE
    try:
        if where in {"head", "handshake"}:
            server.refusals = {"": Refusal(raw=b"")}
            server.stall()
            interrupted(camera, camera.open)
        else:
            camera.open()
            take(camera)
            if where != "poll":
                used.stall()
            interrupted(camera, lambda: [camera.grab() for _ in range(1000)])
    finally:
        camera.close()
    server.refusals = {}
    used.resume()


def test_connect_is_interrupted() -> None:
    # A full queue of connections drops all others, as a host that is off does.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)
            camera = patient(f"http://127.0.0.1:{address[1]}/x")
            interrupted(camera, camera.open)
            camera.close()


def test_headers_that_trickle_end_at_the_deadline(server: HttpCameraServer, opened: Open) -> None:
    def trickle(client: socket.socket) -> None:
        client.recv(1000)
        client.sendall(b"HTTP/1.1 200 OK\r\n")
        while not server.pause(0.05):
            client.sendall(b"X-A: b\r\n")

    server.serve = trickle  # type: ignore[method-assign]
    with pytest.raises(NoData, match="does not answer"):
        opened(server.url, timeout_s=0.3)
