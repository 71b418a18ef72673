"""The page in a browser, of a daemon in this process; makes the README's screenshot.

SPOT_WEBCAM_SCREENSHOTS=docs/images pytest tests/integration/product/test_page.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from spot_webcam.adapters.web.server import WebServer
from spot_webcam.app.daemon import Daemon
from spot_webcam.app.options import ServeOptions, cameras_of
from spot_webcam.app.web import WebOptions
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.naming import parse_devices
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.fake_robot.robot_site import RobotSite
from tests.integration.product.browser import Browser, chromium, why_unavailable
from tests.timing import PATIENCE_S

GUID, SECRET = "22222222-3333-4444-5555-666666666666", "a-secret-of-this-test"
DEVICES = (
    "front=synthetic:?size=640x480&fps=15",
    "gripper=synthetic:?size=640x480&fps=15&script=freeze@5s",
    "rear=synthetic:?script=unplug@0s",
)
SCREENSHOTS = os.environ.get("SPOT_WEBCAM_SCREENSHOTS")
CARD = "document.querySelector('[data-source={name}]')"

pytestmark = [
    pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable() or "all is here"),
    pytest.mark.slow,
]


@pytest.fixture(autouse=True)
def no_thread_left() -> None:
    """Allow threads that one test starts and the next ones use: the daemon is of all tests."""


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    with FakeRobot() as robot:
        robot.register_payload(GUID, SECRET)
        options = ServeOptions(
            RobotAddress(robot.address, robot.port, robot.ca_file),
            PayloadCredentials(GUID, SECRET),
            robot.address,
            cameras_of(parse_devices(DEVICES)),
            http=WebOptions("127.0.0.1", 0),
        )
        daemon = Daemon(options)
        daemon.start()
        try:
            assert daemon.registered.wait(PATIENCE_S)
            yield daemon
        finally:
            daemon.stop()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, daemon: Daemon) -> Browser:
    """The page, which has shown a picture and the state of each source."""
    assert daemon.web is not None
    browser.resize(1280, 1000)
    browser.open(daemon.web.url)
    assert browser.shows(f"{card('front')}?.querySelector('img').naturalWidth === 640")
    assert browser.shows(f"{card('gripper')}?.dataset.state === 'frozen'")
    browser.log()
    return browser


def card(name: str) -> str:
    return CARD.format(name=name)


def save(browser: Browser, name: str) -> None:
    if SCREENSHOTS is not None:
        folder = Path(SCREENSHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(browser.screenshot())


def test_every_source_is_shown_with_its_state(page: Browser) -> None:
    states = page.run(
        "return Object.fromEntries([...document.querySelectorAll('.source')]"
        ".map((one) => [one.dataset.source, one.querySelector('.word').textContent]))"
    )
    assert states == {"front": "good", "gripper": "frozen", "rear": "failed"}
    assert page.run("return document.title") == "1/3 spot-webcam"
    assert "unplugged" in page.run(f"return {card('rear')}.querySelector('.error').textContent")
    save(page, "page.png")


def test_live_picture_changes_and_says_its_age(page: Browser) -> None:
    first = page.run(f"return {card('front')}.querySelector('img').src")
    assert page.shows(f"{card('front')}.querySelector('img').src !== '{first}'")
    age = page.run(f"return {card('front')}.querySelector('.age').textContent")
    assert age.endswith(" old")


def test_frozen_picture_is_marked_as_old(page: Browser) -> None:
    # The page has a picture of it only if it was opened before the camera froze.
    view = f"{card('gripper')}.querySelector('.view')"
    shown = page.run(f"return {view}.querySelector('img').naturalWidth")
    if shown:
        assert page.shows(f"{view}.classList.contains('old')")
        age = page.run(f"return {view}.querySelector('.age').textContent")
        assert age.startswith("OLD PICTURE: ")
    else:
        # Each time that the camera is opened again there is another reason for a moment.
        text = f"{view}.querySelector('.nothing').textContent"
        assert page.shows(f"/frozen|stalled/.test({text})")


def test_state_is_shown_by_mark_and_word_and_not_by_colour_alone(page: Browser) -> None:
    marks = {
        name: page.run(
            f"return getComputedStyle({card(name)}.querySelector('.mark'), '::before').content"
        )
        for name in ("front", "gripper", "rear")
    }
    assert len(set(marks.values())) == 3


def test_robot_faults_and_events_are_shown(page: Browser) -> None:
    robot = page.run("return document.getElementById('robot').textContent")
    assert "Registered✓ yes" in robot
    assert "Clock skew" in robot
    assert page.shows(
        "document.getElementById('faults').textContent.includes('Image Capture Failure for rear')"
    )
    assert page.shows("document.querySelectorAll('#events li').length > 0")


def test_full_size_picture_opens(page: Browser) -> None:
    page.run(f"{card('front')}.querySelector('.picture').click()")
    assert page.shows("document.getElementById('viewer-image').naturalWidth === 640")
    caption = page.run("return document.getElementById('viewer-caption').textContent")
    assert caption.startswith("front, 640\N{MULTIPLICATION SIGN}480, taken ")
    page.run("document.querySelector('dialog .close').click()")
    assert page.shows("!document.getElementById('viewer').open")


def test_parameters_are_a_form(page: Browser) -> None:
    page.run(f"{card('front')}.querySelector('details').open = true")
    field = f"{card('front')}.querySelector('[name=brightness]')"
    assert page.shows(f"Boolean({field})")
    page.run(
        f"{field}.value = {field}.max; {field}.dispatchEvent(new Event('input'));"
        f"{card('front')}.querySelector('form').requestSubmit()"
    )
    assert page.shows("document.getElementById('viewer-caption').textContent.includes('bright')")
    assert page.run(f"return {card('front')}.querySelector('output').textContent") == ""


def test_page_fits_a_phone_and_the_dark(page: Browser) -> None:
    page.resize(500, 900)  # the least that Chromium takes
    assert page.shows("document.documentElement.scrollWidth <= window.innerWidth")
    light = page.run("return getComputedStyle(document.body).backgroundColor")
    page.prefer_dark(dark=True)
    assert page.shows(f"getComputedStyle(document.body).backgroundColor !== '{light}'")
    save(page, "page-dark.png")
    page.prefer_dark(dark=False)


def test_policy_is_violated_by_nothing(page: Browser) -> None:
    assert page.shows("document.querySelectorAll('#events li').length > 0")
    # A source that fails is answered by 503, which the browser notes.
    complaints = [line for line in page.log() if "snapshot.jpg" not in line]
    assert complaints == []


def test_fake_robot_is_shown_and_takes_orders(browser: Browser) -> None:
    with FakeRobot() as robot:
        robot.register_payload(GUID, SECRET, name="cameras", authorized=False)
        server = WebServer(RobotSite(robot), WebOptions("127.0.0.1", 0))
        server.start()
        try:
            browser.open(server.url)
            browser.log()
            button = "document.querySelector('#payloads button')"
            assert browser.shows(f"{button}?.textContent === 'Authorize'")
            browser.run(f"{button}.click()")
            assert browser.shows(f"{button}?.textContent === 'Revoke'")
            assert [payload.authorized for payload in robot.payloads()] == [True]
            browser.run("document.querySelector('[data-order=power-off]').click()")
            assert browser.shows("document.getElementById('summary').textContent.includes('down')")
            save(browser, "fake-robot.png")
            assert browser.log() == []
        finally:
            server.ask_to_stop()
            server.join(PATIENCE_S)


def test_page_of_a_daemon_that_is_gone_says_so(page: Browser, daemon: Daemon) -> None:
    daemon.stop()
    assert page.shows("!document.getElementById('lost').hidden")
    assert page.shows(f"{card('front')}.dataset.state === 'unknown'")
    assert page.shows(f"{card('front')}.querySelector('.view').classList.contains('old')")
