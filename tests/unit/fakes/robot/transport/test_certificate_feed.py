"""Time between a server's connections and its new certificates, without real time."""

import pytest

from spot_webcam.fakes.robot.transport.certificate_feed import QUIET_S, CertificateFeed


class Robot:
    """Has a certificate, and a clock that moves only when someone sleeps or the test says so."""

    def __init__(self):
        self.certificate = object()
        self.now_s = 100.0
        self.slept = []
        self.while_asleep = lambda: None

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now_s += seconds
        self.while_asleep()


@pytest.fixture
def robot():
    return Robot()


@pytest.fixture
def feed(robot):
    return CertificateFeed(lambda: robot.certificate, now_s=lambda: robot.now_s, sleep=robot.sleep)


def test_certificate_that_has_not_changed_is_never_given_again(robot, feed):
    assert feed.first is robot.certificate
    assert [feed.next() for _ in range(20)] == [None] * 20
    assert robot.slept == []


def test_new_certificate_is_given_once(robot, feed):
    robot.certificate = object()
    assert feed.next() is robot.certificate
    assert [feed.next() for _ in range(3)] == [None] * 3


def test_new_certificate_waits_for_those_that_have_just_passed(robot, feed):
    robot.now_s += 50
    assert feed.next() is None
    robot.now_s += QUIET_S / 4
    robot.certificate = object()
    assert feed.next() is robot.certificate
    assert robot.slept == [pytest.approx(QUIET_S * 3 / 4)]


def test_after_a_new_certificate_the_next_wait(robot, feed):
    robot.now_s += 50
    robot.certificate = object()
    assert feed.next() is robot.certificate
    assert robot.slept == []
    robot.now_s += QUIET_S / 4
    assert feed.next() is None
    assert feed.next() is None
    assert robot.slept == [pytest.approx(QUIET_S * 3 / 4)]


def test_what_changes_during_the_wait_is_part_of_it(robot, feed):
    feed.next()
    robot.certificate = object()
    newest = object()

    def change():
        robot.certificate = newest

    robot.while_asleep = change
    assert feed.next() is newest
    assert feed.next() is None


def test_connection_counts_as_passed_when_there_was_no_certificate_for_it(robot):
    def current():
        if robot.certificate is None:
            raise ValueError("not a host name")
        return robot.certificate

    feed = CertificateFeed(current, now_s=lambda: robot.now_s, sleep=robot.sleep)
    robot.now_s += 50
    robot.certificate = None
    with pytest.raises(ValueError, match="not a host name"):
        feed.next()
    robot.certificate = object()
    assert feed.next() is robot.certificate
    assert robot.slept == [pytest.approx(QUIET_S)]
