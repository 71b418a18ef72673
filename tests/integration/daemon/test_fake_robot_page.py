"""The page of a fake robot over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from spot_webcam.adapters.web.ports import WebOptions
from spot_webcam.adapters.web.server import WebServer
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.fake_robot.robot_site import RobotSite
from tests.integration.daemon.conftest import GUID, SECRET, Command, StartDaemon
from tests.integration.daemon.web import Page
from tests.timing import PATIENCE_S, eventually


@pytest.fixture
def page(fake_robot: FakeRobot) -> Iterator[Page]:
    server = WebServer(RobotSite(fake_robot), WebOptions("127.0.0.1", 0))
    server.start()
    yield Page(server.url)
    server.ask_to_stop()
    assert server.join(PATIENCE_S)


def order(page: Page, name: str, fields: dict[str, Any]) -> Any:
    token = page.get("/api/v1/token").json["token"]
    return page.post(f"/api/v1/orders/{name}", fields, token=token)


def test_page_loads_nothing_from_elsewhere(page: Page) -> None:
    for path in ("/", "/robot.js", "/page.css", "/icon.svg"):
        reply = page.get(path)
        assert reply.code == 200
        assert "//" not in reply.text.replace("http://www.w3.org/2000/svg", "")


def test_payload_is_authorized_by_the_page(fake_robot: FakeRobot, page: Page) -> None:
    fake_robot.register_payload(GUID, SECRET, authorized=False)
    [payload] = page.get("/api/v1/robot").json["payloads"]
    assert (payload["guid"], payload["authorized"]) == (GUID, False)
    assert order(page, "authorize", {"guid": GUID}).code == 200
    [payload] = page.get("/api/v1/robot").json["payloads"]
    assert payload["authorized"]
    assert "secret" not in str(page.get("/api/v1/robot").json["payloads"]).casefold()


def test_orders_are_those_of_the_control_api(fake_robot: FakeRobot, page: Page) -> None:
    before_ns = fake_robot.now_ns()
    assert order(page, "clock", {"seconds": 300}).code == 200
    assert fake_robot.now_ns() - before_ns >= 300e9
    assert order(page, "power-off", {}).json["up"] is False
    assert page.get("/api/v1/robot").json["robot"]["up"] is False
    assert order(page, "boot", {}).json["up"] is True


def test_orders_need_the_token(fake_robot: FakeRobot, page: Page) -> None:
    assert page.post("/api/v1/orders/power-off", {}).code == 403
    assert fake_robot.is_up


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("fly", {}, 404),
        ("reboot", {"seconds": "soon"}, 400),
        ("reboot", {"seconds": 1, "text": "x" * 5000}, 400),
        ("authorize", {"guid": "nobody"}, 409),
    ],
)
def test_order_that_is_wrong_is_refused(
    page: Page, name: str, fields: dict[str, Any], code: int
) -> None:
    assert order(page, name, fields).code == code


def test_order_that_is_no_object_is_refused(page: Page) -> None:
    token = page.get("/api/v1/token").json["token"]
    for value in ([], "reboot"):
        assert page.post("/api/v1/orders/reboot", value, token=token).code == 400
    for body in (b"[" * 4000, b'{"\\ud800": 1}'):
        reply = page.request(
            "/api/v1/orders/reboot",
            method="POST",
            body=body,
            headers={"X-Spot-Webcam-Token": token},
        )
        assert reply.code == 400


def test_pictures_of_registered_services_are_shown(
    fake_robot: FakeRobot, page: Page, start_daemon: StartDaemon
) -> None:
    fake_robot.register_payload(GUID, SECRET)
    devices = ("front=synthetic:?size=64x48", "rear=synthetic:?script=unplug@0s")
    start_daemon(fake_robot, *devices)
    state = page.get("/api/v1/robot").json
    assert state["sources"] == {"web-cam-service": ["front", "rear"]}
    pictures = "/api/v1/pictures/web-cam-service"
    assert eventually(lambda: page.get(f"{pictures}/front.jpg").code == 200)
    assert page.get(f"{pictures}/front.jpg").body.startswith(b"\xff\xd8")
    reply = page.get(f"{pictures}/rear.jpg")
    assert (reply.code, "unplugged" in reply.text) == (503, True)
    assert page.get("/api/v1/pictures/other/front.jpg").code == 404


def test_command_has_the_page_if_it_is_asked_for(command: Command) -> None:
    flags = ("fake-robot", "--port", "0", "--control-port", "0")
    process = command.start(*flags, "--http", "0", "--unauthorized")
    printed = process.wait_for("Ctrl-C ends it.", process.out_file)
    page = Page(printed.partition("page at ")[2].split()[0])
    assert page.url.startswith("http://127.0.0.1:")
    [payload] = page.get("/api/v1/robot").json["payloads"]
    assert order(page, "authorize", {"guid": payload["guid"]}).code == 200
    process.popen.terminate()
    assert process.end().code == 0
