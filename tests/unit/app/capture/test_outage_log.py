import pytest

from spot_webcam.app.capture.frame_buffer import FrameBuffer
from spot_webcam.app.capture.health import CameraHealth
from spot_webcam.app.capture.outage_log import OutageLog
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import CameraAbsent, CameraBusy, CameraError
from spot_webcam.fakes.time.manual import ManualClock

ABSENT, BUSY = CameraAbsent("unplugged"), CameraBusy("held")
QUIET_S = Timeouts().repeated_log_s


class Stand:
    """The health of a camera, and the log of its outages."""

    def __init__(self, clock: ManualClock) -> None:
        self.health = CameraHealth("cam", clock, FrameBuffer().lock, Timeouts())
        self._clock = clock
        self._log = OutageLog("cam", QUIET_S)

    def fail(self, error: CameraError) -> None:
        outage = self.health.failed(error)
        self._log.failed(outage, error, self._clock.monotonic_ns())

    def recover(self) -> None:
        outage = self.health.outage
        self.health.delivered(self._clock.monotonic_ns(), buffered=True)
        if outage is not None:
            self._log.ended(outage, self._clock.monotonic_ns())


@pytest.fixture
def stand(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> Stand:
    caplog.set_level("INFO")
    return Stand(clock)


def test_each_reason_is_logged_once_in_an_outage(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    for error in (ABSENT, ABSENT, BUSY, ABSENT, BUSY):
        stand.fail(error)
    assert caplog.messages == ["cam: unplugged", "cam: held"]


def test_end_of_an_outage_is_logged_with_its_duration_and_causes(
    stand: Stand, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    for error in (ABSENT, ABSENT, BUSY):
        stand.fail(error)
        clock.advance(1.5)
    assert stand.health.outage is not None
    stand.recover()
    assert stand.health.outage is None
    assert caplog.messages[-1] == "cam: recovered after 4.5 s; failures: 2 absent, 1 busy"


def test_camera_that_flaps_is_logged_once_in_a_while(
    stand: Stand, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        stand.fail(ABSENT)
        clock.advance(0.5)
        stand.recover()
        clock.advance(0.5)
    assert [message for message in caplog.messages if "unplugged" in message] == [
        "cam: unplugged",
        "cam: unplugged (and 9 more times shortly before)",
    ]
    assert len(caplog.messages) == 4


def test_other_reason_is_logged_at_once(
    stand: Stand, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    stand.fail(ABSENT)
    stand.recover()
    clock.advance(QUIET_S / 2)
    stand.fail(BUSY)
    assert caplog.messages[-1] == "cam: held"


def test_end_of_an_outage_that_was_never_logged_is_not_logged(
    stand: Stand, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """As of a damaged frame that a request found, and the capture thread did not."""
    stand.health.failed(ABSENT)
    stand.recover()
    assert caplog.messages == []
