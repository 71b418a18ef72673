"""Every error of the libraries becomes a camera's, with a remedy."""

from __future__ import annotations

import errno
import http.client
import inspect
import socket
import ssl
from collections.abc import Callable

import pytest
import urllib3.exceptions

from spot_webcam.adapters.http_camera.connector import Connector, Interrupted, NotConnected
from spot_webcam.adapters.http_camera.errors import Phase, refused, translated
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    NoData,
)

SHOWN = "http://host/x"


def raised_for(
    error: BaseException, phase: Phase = Phase.NEXT_PICTURE, connector: Connector | None = None
) -> CameraError:
    with (
        pytest.raises(CameraError) as caught,
        translated(SHOWN, connector or Connector(), phase, CameraError),
    ):
        raise error
    return caught.value


def _foreign_errors() -> list[type[Exception]]:
    """Return all errors of both libraries, and of sockets."""
    modules = (urllib3.exceptions, http.client)
    found = [
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception) and not issubclass(kind, Warning)
    ]
    return [*found, OSError, TimeoutError, ConnectionError, socket.gaierror, ssl.SSLError]


@pytest.mark.parametrize("kind", _foreign_errors(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("phase", Phase)
def test_every_error_of_the_libraries_is_a_cameras(kind: type[Exception], phase: Phase) -> None:
    error = kind.__new__(kind)
    error.args = ()
    reported = raised_for(error, phase)
    assert isinstance(reported, (NoData, CameraMisconfigured)) or type(reported) is CameraError


def _wrapped(error: Exception) -> Exception:
    return urllib3.exceptions.ProtocolError("Connection aborted.", error)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: TimeoutError("timed out"), "has stopped sending"),
        (lambda: _wrapped(TimeoutError("timed out")), "has stopped sending"),
        (lambda: _wrapped(ConnectionResetError()), "the connection ended"),
        (lambda: _wrapped(http.client.IncompleteRead(b"")), "the connection ended"),
        (lambda: _wrapped(http.client.BadStatusLine("x")), "does not answer in HTTP"),
        (lambda: urllib3.exceptions.DecodeError("x", ValueError()), "turn compression off"),
        (lambda: ValueError("invalid header"), "does not answer in HTTP"),
    ],
)
def test_error_is_found_in_what_wraps_it(make: Callable[[], Exception], says: str) -> None:
    error = raised_for(make())
    assert type(error) is NoData
    assert says in str(error)
    assert SHOWN in str(error)


def test_end_of_a_connection_is_reported_by_what_was_awaited() -> None:
    ends = [str(raised_for(ConnectionResetError(), phase)) for phase in Phase]
    silences = [str(raised_for(TimeoutError(), phase)) for phase in Phase]
    assert len({*ends, *silences}) == 6


def test_tls_is_reported_by_its_reason() -> None:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    reported = raised_for(urllib3.exceptions.SSLError(error))
    assert type(reported) is CameraMisconfigured
    assert "wrong version number" in str(reported)


def test_certificate_is_reported_by_its_reason() -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_message = "certificate has expired"
    assert str(raised_for(urllib3.exceptions.SSLError(error))) == "certificate has expired"
    mismatch = urllib3.exceptions.SSLError("Fingerprints did not match.")
    assert str(raised_for(mismatch)) == "it is another one"


def _not_connected(cause: Exception) -> NotConnected:
    error = NotConnected()
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "kind", "says"),
    [
        (OSError(errno.ECONNREFUSED, "x"), CameraAbsent, "(connection refused): check the address"),
        (OSError(errno.EHOSTUNREACH, "x"), CameraAbsent, "(no route to host)"),
        (TimeoutError("timed out"), CameraAbsent, f"no answer from {SHOWN}: check the address"),
        (socket.gaierror(-2, "x"), CameraAbsent, "cannot resolve the host"),
        (UnicodeError("label too long"), CameraAbsent, "cannot resolve the host"),
        (OSError(errno.EMFILE, "x"), NoData, "LimitNOFILE"),
    ],
)
def test_host_that_is_not_reached_is_reported_with_the_remedy(
    cause: Exception, kind: type[CameraError], says: str
) -> None:
    error = raised_for(_not_connected(cause))
    assert type(error) is kind
    assert says in str(error)


def test_interrupt_explains_all_that_follows_from_it() -> None:
    connector = Connector()
    connector.interrupt()
    for error in (Interrupted(), ConnectionResetError(), _wrapped(OSError())):
        assert "was interrupted" in str(raised_for(error, connector=connector))


def test_own_errors_pass() -> None:
    assert str(raised_for(CameraBusy("as it is"))) == "as it is"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, CameraAbsent),
        (403, CameraPermissionDenied),
        (404, CameraAbsent),
        (429, CameraBusy),
        (453, CameraBusy),
        (500, NoData),
        (502, NoData),
        (503, CameraBusy),
        (999, NoData),
    ],
)
def test_status_is_reported_with_its_remedy(status: int, kind: type[CameraError]) -> None:
    assert type(refused(SHOWN, status)) is kind
    assert f"({status})" in str(refused(SHOWN, status))
