"""The page's data over HTTP, of a daemon in this process."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from http.client import IncompleteRead
from pathlib import Path

import cv2
import pytest
from bosdyn.api import image_pb2
from simplejpeg import decode_jpeg

from spot_webcam.app.daemon import Daemon
from spot_webcam.app.web import WebOptions
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.fakes.robot import FakeRobot
from tests.integration.daemon.conftest import Serving, StartDaemon
from tests.integration.daemon.web import Page, next_picture, next_status, write_certificate
from tests.timing import eventually

FRONT = "front=synthetic:?size=64x48&fps=30"
REAR = "rear=synthetic:?script=unplug@0s"
SOURCE = "/api/v1/sources/front"
SNAPSHOT, STREAM = f"{SOURCE}/snapshot.jpg", f"{SOURCE}/stream.mjpg"
HERE = WebOptions("127.0.0.1", 0)

Serve = Callable[..., Serving]


def page_of(daemon: Daemon) -> Page:
    assert daemon.web is not None
    return Page(daemon.web.url)


@pytest.fixture
def serving(serve: Serve) -> Serving:
    """A daemon with one good source, one that is unplugged, and a page."""
    serving = serve(FRONT, REAR, http=HERE)
    page = page_of(serving.daemon)
    assert serving.eventually(lambda: page.get(SNAPSHOT).code == 200)
    return serving


@pytest.fixture
def page(serving: Serving) -> Page:
    return page_of(serving.daemon)


def test_without_the_option_there_is_no_server(robot: FakeRobot, start_daemon: StartDaemon) -> None:
    assert start_daemon(robot, FRONT).web is None


def test_snapshot_is_a_jpeg_with_its_age(page: Page) -> None:
    reply = page.get(SNAPSHOT)
    assert reply.headers["Content-Type"] == "image/jpeg"
    jpeg = inspect_jpeg(reply.body)
    assert (jpeg.cols, jpeg.rows) == (64, 48)
    assert reply.headers["X-Size"] == "64x48"
    assert 0 <= float(reply.headers["X-Age"]) < 60
    assert float(reply.headers["X-Timestamp"]) > 1.6e9


def test_known_picture_is_not_sent_again(serving: Serving, page: Page) -> None:
    # A source of on-demand pictures would have a new one each time.
    def is_known() -> bool:
        first = page.get(SNAPSHOT)
        return page.get(SNAPSHOT, If_None_Match=first.headers["ETag"]).code == 304

    assert serving.eventually(is_known)


def test_quality_is_that_of_the_jpeg(page: Page) -> None:
    assert inspect_jpeg(page.get(f"{SNAPSHOT}?quality=20").body).quality == 20
    for wrong in ("101", "-1", "x", "nan"):
        reply = page.get(f"{SNAPSHOT}?quality={wrong}")
        assert (reply.code, reply.text) == (400, "quality is a number from 0 to 100\n")


def test_source_that_fails_says_why_and_one_that_is_unknown_too(page: Page) -> None:
    reply = page.get("/api/v1/sources/rear/snapshot.jpg")
    assert (reply.code, reply.text) == (503, "rear: scripted: the camera is unplugged\n")
    reply = page.get("/api/v1/sources/other/stream.mjpg")
    assert (reply.code, reply.text) == (404, "there is no source 'other'\n")


def test_stream_has_one_jpeg_after_the_other(page: Page) -> None:
    with page.open(f"{STREAM}?fps=30&quality=60") as stream:
        pictures = [next_picture(stream) for _ in range(3)]
    assert [inspect_jpeg(picture).quality for picture in pictures] == [60] * 3
    assert len(set(pictures)) == 3


def test_ffmpeg_reads_the_stream(page: Page) -> None:
    # As go2rtc and mediamtx do.
    capture = cv2.VideoCapture(f"{page.url}{STREAM[1:]}?fps=30", cv2.CAP_FFMPEG)
    try:
        pictures = [capture.read() for _ in range(3)]
    finally:
        capture.release()
    assert [(ok, picture.shape) for ok, picture in pictures] == [(True, (48, 64, 3))] * 3


def test_another_daemon_serves_the_stream_as_a_camera(page: Page, serve: Serve) -> None:
    url = f"again={page.url}{STREAM[1:]}?fps=30"
    serving = serve(url, service_name="second-service", authority="second.example")
    serving.wait_for_status("again", image_pb2.ImageResponse.STATUS_OK)
    answer = serving.client.ask("again")
    assert (answer.shot.image.cols, answer.shot.image.rows) == (64, 48)


def test_rate_of_a_stream_is_bounded(page: Page) -> None:
    for wrong in ("0", "1000", "fast"):
        reply = page.get(f"{STREAM}?fps={wrong}")
        assert (reply.code, reply.text) == (400, "fps is a number from 0.1 to 60\n")


def test_viewers_cost_no_encode_of_their_own(serving: Serving, page: Page) -> None:
    with page.open(STREAM) as first, page.open(STREAM) as second:
        for _ in range(5):
            next_picture(first)
            next_picture(second)
            [front, _] = page.get("/api/v1/sources").json
            counts = front["counts"]
            assert counts["encoded"] <= counts["published"]


def test_status_names_what_is_wrong(page: Page) -> None:
    status = page.get("/api/v1/status").json
    front, rear = status["sources"]
    assert (front["name"], front["state"], front["error"]) == ("front", "good", "")
    assert (rear["name"], rear["state"]) == ("rear", "failed")
    assert rear["error"] == "scripted: the camera is unplugged"
    assert [fault["name"] for fault in rear["faults"]] == ["Image Capture Failure for rear"]
    robot = status["robot"]
    assert (robot["connected"], robot["registered"]) == (True, True)
    assert robot["token_left_s"] > 0
    assert any("unplugged" in event["message"] for event in status["events"])
    assert page.get("/api/v1/sources").json[0]["name"] == "front"


def test_requests_of_clients_are_counted(serving: Serving, page: Page) -> None:
    for _ in range(3):
        assert serving.client.status("front") == image_pb2.ImageResponse.STATUS_OK
    assert serving.client.status("nobody") == image_pb2.ImageResponse.STATUS_UNKNOWN_CAMERA
    requests = page.get("/api/v1/status").json["requests"]
    counts = {(one["source"], one["status"]): one["count"] for one in requests["answers"]}
    assert counts == {("front", "OK"): 3, ("", "UNKNOWN_CAMERA"): 1}
    assert (requests["calls"], sum(requests["latency"]["counts"])) == (4, 4)
    assert sum(requests["age"]["counts"]) == 3
    assert 'spot_webcam_answers_total{source="front",status="OK"} 3.0' in page.get("/metrics").text


def test_events_are_the_state_again_and_again(page: Page) -> None:
    with page.open("/api/v1/events") as stream:
        first, second = next_status(stream), next_status(stream)
    assert first["time_ns"] < second["time_ns"]
    assert [source["name"] for source in first["sources"]] == ["front", "rear"]


def test_health_says_ok(page: Page) -> None:
    for path in ("/healthz", "/readyz"):
        reply = page.get(path)
        assert (reply.code, reply.text) == (200, "ok\n")
    loops = {loop["name"] for loop in page.get("/api/v1/status").json["loops"]}
    assert {"robot-session", "fault-reporter", "capture-front", "capture-rear"} <= loops


def test_daemon_without_robot_and_camera_says_why_it_is_not_ready(
    robot: FakeRobot, begin_daemon: StartDaemon
) -> None:
    page = page_of(begin_daemon(robot, REAR, http=HERE, secret="wrong-secret-of-this-test"))
    assert eventually(lambda: "authenticate: " in page.get("/readyz").text)
    reply = page.get("/readyz")
    assert reply.code == 503
    assert "rear is failed: scripted: the camera is unplugged\n" in reply.text
    assert page.get("/healthz").code == 200


def test_pictures_are_shown_while_the_robot_is_away(
    robot: FakeRobot, begin_daemon: StartDaemon
) -> None:
    daemon = begin_daemon(robot, FRONT, http=HERE, secret="wrong-secret-of-this-test")
    page = page_of(daemon)
    assert eventually(lambda: page.get(SNAPSHOT).code == 200)
    assert not daemon.registered.is_set()


def test_document_names_every_path_that_answers(page: Page) -> None:
    document = page.get("/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        if "events" in path or "stream" in path:
            continue
        for method in methods:
            reply = page.request(path.replace("{name}", "front"), method=method.upper())
            assert reply.code in (200, 403), path


def test_page_loads_nothing_from_elsewhere(page: Page) -> None:
    for path in ("/", "/page.js", "/page.css", "/icon.svg"):
        reply = page.get(path)
        assert reply.code == 200
        assert "//" not in reply.text.replace("http://www.w3.org/2000/svg", "").replace(
            "// Pictures are", ""
        ).replace("// A camera on demand", "")
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost.evil.example:80"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
    ],
)
def test_foreign_pages_get_nothing(page: Page, headers: dict[str, str], code: int) -> None:
    assert page.request("/api/v1/status", headers=headers).code == code


def test_what_changes_something_needs_the_token(page: Page) -> None:
    capture = "/api/v1/sources/front/capture"
    assert page.post(capture, {}).code == 403
    assert page.post(capture, {}, token="wrong").code == 403
    token = page.get("/api/v1/token").json["token"]
    reply = page.post(capture, {}, token=token)
    assert (reply.code, reply.headers["Content-Type"]) == (200, "image/jpeg")
    assert page.request(capture).code == 405
    assert page.post("/api/v1/status", {}, token=token).code == 405


def test_picture_is_captured_with_parameters(page: Page) -> None:
    fields = {one["name"]: one for one in page.get(f"{SOURCE}/parameters").json}
    assert set(fields) == {"brightness", "pattern", "text"}
    token = page.get("/api/v1/token").json["token"]
    means = []
    for brightness in (fields["brightness"]["minimum"], fields["brightness"]["maximum"]):
        reply = page.post(f"{SOURCE}/capture", {"brightness": brightness}, token=token)
        assert reply.code == 200, reply.text
        means.append(decode_jpeg(reply.body).mean())
    assert means[0] + 20 < means[1]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "the parameters are no JSON"),
        (b"[]", "the parameters are no JSON object"),
        (b"[" * 50_000, "the parameters are no JSON"),
        (b'{"\\ud800": 1}', "the parameters are no JSON"),
        (b'{"text": "\\ud800"}', "the parameters are no JSON"),
        (b'{"gain": {}}', "the parameters are a JSON object of numbers, strings and booleans"),
        (b'{"brightness": "high"}', "front: brightness does not take 'high'"),
        (b'"' + b"x" * 70_000 + b'"', "the parameters take 65536 bytes at the most"),
    ],
)
def test_parameters_that_are_wrong_are_refused(page: Page, body: bytes, reason: str) -> None:
    token = page.get("/api/v1/token").json["token"]
    reply = page.request(
        "/api/v1/sources/front/capture",
        method="POST",
        body=body,
        headers={"X-Spot-Webcam-Token": token},
    )
    assert (reply.code, reply.text) == (400, f"{reason}\n")


def test_password_is_asked_for_and_attempts_are_limited(
    robot: FakeRobot, start_daemon: StartDaemon
) -> None:
    http = WebOptions("127.0.0.1", 0, password="correct horse")
    page = page_of(start_daemon(robot, FRONT, http=http))
    right = "Basic c3BvdDpjb3JyZWN0IGhvcnNl"
    reply = page.get("/")
    assert (reply.code, reply.headers["WWW-Authenticate"].split()[0]) == (401, "Basic")
    assert page.get("/", Authorization=right).code == 200
    assert (page.get("/healthz").code, page.get("/readyz").code) == (200, 401)
    for _ in range(5):
        assert page.get("/metrics", Authorization="Basic c3BvdDp3cm9uZw==").code == 401
    reply = page.get("/", Authorization=right)
    assert reply.code == 429
    assert int(reply.headers["Retry-After"]) > 0


def test_certificate_makes_it_https(
    robot: FakeRobot, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    files = write_certificate(tmp_path)
    http = WebOptions("127.0.0.1", 0, certificate=files.certificate, key=files.key)
    daemon = start_daemon(robot, FRONT, http=http)
    assert daemon.web is not None
    assert daemon.web.url.startswith("https://127.0.0.1:")
    assert _https_status(daemon.web.port, files.authority) == b"HTTP/1.1 200 OK"


def _https_status(port: int, authority: bytes) -> bytes:
    import ssl  # noqa: PLC0415 - here only

    context = ssl.create_default_context(cadata=authority.decode())
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        secure.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        return secure.recv(4096).partition(b"\r\n")[0]


def test_streams_end_when_the_daemon_stops(serving: Serving, page: Page) -> None:
    with page.open(STREAM) as pictures, page.open("/api/v1/events") as events:
        next_picture(pictures)
        next_status(events)
        assert serving.daemon.stop()
        assert serving.daemon.left_behind() == []
        # The rest of what was under way, and then the end; the connection may be cut.
        for stream in (pictures, events):
            with suppress(OSError, IncompleteRead):
                stream.read()
            assert stream.read() == b""
