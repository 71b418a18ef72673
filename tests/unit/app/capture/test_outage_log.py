import pytest

from spot_webcam.app.capture.outage_log import QUIET_NS, OutageLog
from spot_webcam.domain.errors import CameraAbsent, CameraBusy
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock

ABSENT, BUSY = CameraAbsent("unplugged"), CameraBusy("held")
QUIET_S = QUIET_NS / NANOSECONDS


@pytest.fixture
def spells(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> OutageLog:
    caplog.set_level("INFO")
    return OutageLog("cam", clock)


def test_each_reason_is_logged_once_in_a_spell(
    spells: OutageLog, caplog: pytest.LogCaptureFixture
) -> None:
    for error in (ABSENT, ABSENT, BUSY, ABSENT, BUSY):
        spells.trouble(error)
    assert caplog.messages == ["cam: unplugged", "cam: held"]


def test_end_of_a_spell_tells_how_long_it_was_and_why(
    spells: OutageLog, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    for error in (ABSENT, ABSENT, BUSY):
        spells.trouble(error)
        clock.advance(1.5)
    assert spells.lasts
    spells.over()
    assert not spells.lasts
    assert caplog.messages[-1] == "cam: pictures again after 4.5 s; failures: 2 absent, 1 busy"


def test_camera_that_never_failed_is_nothing_to_log(
    spells: OutageLog, caplog: pytest.LogCaptureFixture
) -> None:
    spells.over()
    assert caplog.messages == []


def test_camera_that_flaps_is_logged_once_in_a_while(
    spells: OutageLog, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        spells.trouble(ABSENT)
        clock.advance(0.5)
        spells.over()
        clock.advance(0.5)
    assert [message for message in caplog.messages if "unplugged" in message] == [
        "cam: unplugged",
        "cam: unplugged (and 9 times more, shortly before)",
    ]
    assert len(caplog.messages) == 4


def test_other_reason_is_logged_at_once(
    spells: OutageLog, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    spells.trouble(ABSENT)
    spells.over()
    clock.advance(QUIET_S / 2)
    spells.trouble(BUSY)
    assert caplog.messages[-1] == "cam: held"
