"""Listener of the download port, in isolation."""

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest
import trustme

from spot_webcam.fakes.robot.transport.listener import ReservedPort
from spot_webcam.fakes.robot.transport.web_listener import WebListener

ADDRESS = "127.0.0.1"


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def start(authority):
    """Start a listener, which is closed in the end."""
    port = ReservedPort(ADDRESS, 0)
    listeners = []

    def context():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(ADDRESS).configure_cert(context)
        return context

    def start(handle):
        listeners.append(WebListener(port, handle, context))
        return port.port, listeners[-1]

    yield start
    for listener in listeners:
        listener.close()
    port.release()


def test_defect_of_a_handler_is_logged_and_the_next_is_served(start, authority, caplog):
    def handle(connection, *_):
        if connection.recv(1) == b"x":
            raise ZeroDivisionError("a defect")
        connection.sendall(b"fine")

    port, _ = start(handle)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    answers = []
    for sent in (b"x", b"y"):
        with (
            socket.create_connection((ADDRESS, port), 10) as plain,
            context.wrap_socket(plain, server_hostname=ADDRESS) as encrypted,
        ):
            encrypted.sendall(sent)
            answers.append(encrypted.recv(4))
    assert answers == [b"", b"fine"]
    assert "a defect" in caplog.text


def test_connection_at_the_end_of_the_interpreter_is_closed_without_a_word(start, monkeypatch):
    def refuse(*_):
        raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    port, _ = start(print)
    monkeypatch.setattr(ThreadPoolExecutor, "submit", refuse)
    for _ in range(2):
        with socket.create_connection((ADDRESS, port), 10) as connection:
            assert connection.recv(1) == b""
