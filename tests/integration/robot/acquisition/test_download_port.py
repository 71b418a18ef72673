"""Download port: clients that leave, hang or send slowly, and internal errors."""

import errno
import socket
import ssl
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from bosdyn.api import data_acquisition_pb2 as api

from spot_webcam.fakes.robot.acquisition import downloads
from spot_webcam.fakes.robot.acquisition.captures import CaptureKind, Captures
from spot_webcam.fakes.robot.acquisition.downloads import DOWNLOAD_PATH, DownloadHandler
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller
from spot_webcam.fakes.robot.transport.certificates import Certificates
from spot_webcam.fakes.robot.transport.listener import ReservedPort
from spot_webcam.fakes.robot.transport.web_listener import CONNECTION_LIMIT, WebListener


@pytest.fixture
def connection(fake_robot):
    """An encrypted connection to the download port."""
    with open_connection(fake_robot) as encrypted:
        yield encrypted


def open_connection(fake_robot):
    context = ssl.create_default_context(cafile=str(fake_robot.ca_file))
    plain = socket.create_connection((fake_robot.address, fake_robot.rest_port), 10)
    return context.wrap_socket(plain, server_hostname=fake_robot.address)


def test_clients_that_speak_no_tls_or_nothing_hold_nobody_up(fake_robot, get):
    address = (fake_robot.address, fake_robot.rest_port)
    with socket.create_connection(address) as mute, socket.create_connection(address) as plain:
        plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert get(DOWNLOAD_PATH)[0] == 204
        fake_robot.reboot()
        mute.settimeout(10)
        assert mute.recv(1) == b""


def test_too_many_connections_are_closed(fake_robot):
    address = (fake_robot.address, fake_robot.rest_port)
    many = [socket.create_connection(address) for _ in range(CONNECTION_LIMIT + 1)]
    try:
        many[-1].settimeout(10)
        assert many[-1].recv(1) == b""
    finally:
        for connection in many:
            connection.close()


class ImpatientPort:
    """A download port with a capture, and with timeouts of a test."""

    address = "127.0.0.1"

    def __init__(self, **timeouts_s):
        certificates = Certificates(frozenset)
        state = RobotState(host_now_ns=time.time_ns, clock_offset_ns=0, users={})
        captures = Captures(state.changes, state.now_ns)
        captures.add(CaptureKind.DATA, api.DataIdentifier(), b"1")
        self.token = state.tokens.issue(Caller("user"))
        self._port = ReservedPort(self.address, 0)
        self._listener = WebListener(
            self._port,
            partial(DownloadHandler, state, captures, **timeouts_s),
            lambda: certificates.web_context(self.address),
        )
        self.rest_port = self._port.port
        self._folder = tempfile.TemporaryDirectory()
        self.ca_file = Path(self._folder.name) / "ca.pem"
        certificates.write_ca(self.ca_file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        self._port.release()
        self._folder.cleanup()

    def get(self):
        with open_connection(self) as connection:
            bearer = f"Authorization: Bearer {self.token}"
            connection.sendall(f"GET {DOWNLOAD_PATH} HTTP/1.0\r\n{bearer}\r\n\r\n".encode())
            return connection.makefile("rb").read()


def test_request_that_does_not_come_to_its_end_is_cut_off():
    with ImpatientPort(request_timeout_s=0.5) as port, ExitStack() as stack:
        slow = []
        for _ in range(8):  # twice as many as are served at a time
            slow.append(stack.enter_context(open_connection(port)))
            slow[-1].sendall(b"GET / HTTP/1.1\r\nX: ")
        assert [connection.recv(1) for connection in slow] == [b""] * 8
        assert port.get().startswith(b"HTTP/1.0 200")


def test_answer_that_is_not_taken_is_cut_off():
    with ImpatientPort(answer_timeout_s=1e-9) as port:
        for _ in range(2):
            assert b"\r\n\r\nPK" not in port.get()


def test_path_that_cannot_be_read_is_a_bad_request(connection):
    connection.sendall(b"GET http://[ HTTP/1.0\r\n\r\n")
    assert connection.recv(12) == b"HTTP/1.0 400"


def test_defect_is_answered_and_logged(monkeypatch, caplog, get, store):
    store.store_data(b"1", api.DataIdentifier())

    def defect(*_):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(downloads, "write_archive", defect)
    status, body, _ = get(DOWNLOAD_PATH)
    assert status == 500
    assert b"ZeroDivisionError" in body
    assert "a defect" in caplog.text
    monkeypatch.undo()
    assert get(DOWNLOAD_PATH)[0] == 200


def test_connections_are_taken_again_once_there_are_descriptors(monkeypatch, fake_robot, get):
    truly, refusals = socket.socket.accept, [errno.EMFILE] * 3

    def accept(listening):
        if refusals:
            raise OSError(refusals.pop(), "no descriptor is left")
        return truly(listening)

    monkeypatch.setattr(socket.socket, "accept", accept)
    fake_robot.reboot()
    assert fake_robot.wait_for(lambda: not refusals, 10)
    assert get(DOWNLOAD_PATH, token="forged")[0] == 401


def test_robot_without_a_descriptor_can_be_stopped(monkeypatch, fake_robot):
    def without(*_args, **_options):
        raise OSError(errno.EMFILE, "no descriptor is left")

    monkeypatch.setattr(socket, "create_connection", without)
    fake_robot.power_off()
    assert not fake_robot.is_up
