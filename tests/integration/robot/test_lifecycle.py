import errno
import socket
import threading

import pytest

from spot_webcam.fakes.robot import FakeRobot


def workers() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("fake-robot")]


def test_stopped_robot_leaves_no_thread_no_port_and_no_file(connect):
    robot = FakeRobot().start()
    ca_file, port = robot.ca_file, robot.port
    assert connect(robot).get_id()
    assert workers()
    assert ca_file.exists()
    robot.stop()
    assert workers() == []
    assert not ca_file.exists()
    with pytest.raises(RuntimeError, match="not started"):
        _ = robot.port
    with socket.socket() as probe:
        # Its connections may linger in TIME_WAIT; a listener would still be in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        probe.listen()


def test_given_ca_file_stays(tmp_path):
    ca_file = tmp_path / "ca.pem"
    with FakeRobot(ca_file=ca_file) as robot:
        assert robot.ca_file == ca_file
        assert robot.address == "127.0.0.1"
    assert ca_file.read_text().startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize("taken_by", ["a listener", "another robot"])
def test_port_in_use_is_a_clear_error(tmp_path, taken_by, fake_robot):
    before = workers()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = fake_robot.port if taken_by == "another robot" else holder.getsockname()[1]
        robot = FakeRobot(port)
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}: ") as caught:
            robot.start()
    assert caught.value.errno == errno.EADDRINUSE
    assert "\n" not in str(caught.value)
    assert workers() == before


def test_download_port_in_use_is_a_clear_error_and_frees_the_other_port(fake_robot):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    robot = FakeRobot(port, rest_port=fake_robot.rest_port)
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{fake_robot.rest_port}: "):
        robot.start()
    with FakeRobot(port) as other:
        assert other.port == port


def test_unwritable_ca_file_is_an_error(tmp_path):
    with pytest.raises(OSError, match="absent"):
        FakeRobot(ca_file=tmp_path / "absent" / "ca.pem").start()


def test_robot_is_started_once(fake_robot):
    with pytest.raises(RuntimeError, match="started already"):
        fake_robot.start()


def test_robot_that_is_not_started_has_no_port():
    robot = FakeRobot()
    robot.stop()
    assert not robot.is_up
    for use in (lambda: robot.port, lambda: robot.ca_file, robot.boot, robot.reboot):
        with pytest.raises(RuntimeError, match="not started"):
            use()


def test_stopped_robot_can_be_started_again(connect):
    robot = FakeRobot()
    for _ in range(2):
        with robot:
            assert connect(robot).get_id()
