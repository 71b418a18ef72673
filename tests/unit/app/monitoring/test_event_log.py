import logging
from collections.abc import Iterator

import pytest

from spot_webcam.app.monitoring.event_log import KEPT_EVENTS, MAX_CHARS, EventLog
from spot_webcam.domain.sources.naming import parse_devices

LOG = logging.getLogger("spot_webcam.some.part")


@pytest.fixture
def events() -> Iterator[EventLog]:
    events = EventLog()
    LOG.setLevel(logging.DEBUG)
    events.attach()
    yield events
    events.detach()
    LOG.setLevel(logging.NOTSET)


def test_lines_of_this_package_are_kept_from_info_on(events: EventLog) -> None:
    LOG.debug("too much")
    LOG.info("opened")
    LOG.warning("unplugged", extra={"source": "front"})
    logging.getLogger("other.package").warning("not ours")
    kept = [(event.number, event.level, event.message, event.source) for event in events.events]
    assert kept == [(1, "info", "opened", ""), (2, "warning", "unplugged", "front")]


def test_last_lines_are_kept_and_long_ones_are_cut(events: EventLog) -> None:
    for number in range(KEPT_EVENTS + 5):
        LOG.info("%d %s", number, "x" * 2 * MAX_CHARS)
    assert len(events.events) == KEPT_EVENTS
    assert events.events[-1].number == KEPT_EVENTS + 5
    assert {len(event.message) for event in events.events} == {MAX_CHARS}


def test_credentials_of_cameras_are_not_kept() -> None:
    events = EventLog()
    [device] = parse_devices(["cam=rtsp://user:geheimnis@camera.example/1"])
    events.attach(device.address)
    try:
        LOG.warning("cannot open rtsp://user:geheimnis@camera.example/1")
    finally:
        events.detach()
    assert "geheimnis" not in events.events[-1].message
    assert "camera.example" in events.events[-1].message


def test_nothing_is_kept_after_the_end(events: EventLog) -> None:
    events.detach()
    LOG.warning("late")
    assert events.events == ()
