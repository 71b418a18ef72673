from spot_webcam.domain.health.silence import SilenceTimer

HELD_NS = 2_000


def grabbed_at(now_ns: int) -> SilenceTimer:
    silence = SilenceTimer()
    silence.grabbing(0)
    silence.grabbed(now_ns)
    return silence


def test_camera_that_was_never_asked_is_not_known_to_be_silent() -> None:
    assert SilenceTimer().since_ns(5_000, HELD_NS) == 0


def test_camera_is_silent_while_a_grab_waits() -> None:
    silence = grabbed_at(100)
    silence.grabbing(700)
    assert silence.since_ns(9_000, HELD_NS) == 700


def test_camera_is_not_silent_while_its_picture_is_read() -> None:
    assert grabbed_at(100).since_ns(100 + HELD_NS, HELD_NS) == 100 + HELD_NS


def test_camera_is_silent_when_its_picture_is_read_for_too_long() -> None:
    assert grabbed_at(100).since_ns(9_000, HELD_NS) == 100 + HELD_NS


def test_camera_that_delivers_late_is_silent_for_longer() -> None:
    silence = grabbed_at(1_000)
    silence.delivered(captured_ns=400)
    assert silence.since_ns(1_100, HELD_NS) == 1_100 - 600
    silence.grabbing(1_500)
    assert silence.since_ns(1_600, HELD_NS) == 1_500 - 600
    silence.grabbed(2_000)
    silence.delivered(captured_ns=2_001)  # the clocks of driver and process differ
    assert silence.since_ns(2_100, HELD_NS) == 2_100


def test_picture_without_a_grab_shows_no_latency() -> None:
    silence = SilenceTimer()
    silence.delivered(captured_ns=400)
    silence.grabbing(1_000)
    assert silence.since_ns(1_500, HELD_NS) == 1_000
