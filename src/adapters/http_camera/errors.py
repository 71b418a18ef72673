"""Errors of the network and statuses of HTTP as errors of a camera, each with its remedy."""

import errno
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from http.client import HTTPException
from http.client import IncompleteRead as TruncatedBody

from urllib3.exceptions import DecodeError, HTTPError, IncompleteRead, ReadTimeoutError
from urllib3.exceptions import SSLError as UntrustedCertificate

from spot_webcam.adapters.http_camera.connector import Connector, Interrupted, NotConnected
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    NoData,
)

_TOO_MANY_FILES = frozenset({errno.EMFILE, errno.ENFILE})
# 453 is of RTSP: not enough bandwidth.
_BUSY = frozenset({429, 453, 503})
FIRST_SERVER_ERROR = 500
_DECODED = "sends what cannot be decompressed: turn compression off in its settings"
_NO_HTTP = "does not answer in HTTP: check the port of its address"
_ENDED = (OSError, IncompleteRead, TruncatedBody)


class Phase(Enum):
    """What is waited for; what a camera does that sends nothing, or ends the connection."""

    ANSWER = (
        "accepts connections but does not answer: cycle its power",
        "ends the connection without an answer: check the port, and whether it is for https://",
    )
    FIRST_PICTURE = (
        "answers but sends no picture: look at its settings, or cycle its power",
        "answers and ends the connection without a picture: look at its settings",
    )
    NEXT_PICTURE = ("has stopped sending", "has stopped sending: the connection ended")

    def __init__(self, silent: str, ended: str) -> None:
        self.silent = silent
        self.ended = ended


@contextmanager
def translated(
    shown: str, connector: Connector, phase: Phase, untrusted: Callable[[str], CameraError]
) -> Iterator[None]:
    """Raise every error of the libraries as a `CameraError`.

    `untrusted` makes the error for a certificate, given the reason.
    """
    try:
        yield
    except NotConnected as error:
        raise _unreachable(shown, error.__cause__) from error
    except (HTTPError, HTTPException, OSError, ValueError, Interrupted) as error:
        if connector.interrupted:
            raise NoData(f"{shown} was interrupted") from error
        raise _camera_error(shown, phase, error, untrusted) from error


def _unreachable(shown: str, cause: BaseException | None) -> CameraError:
    if isinstance(cause, (socket.gaierror, UnicodeError)):
        return CameraAbsent(f"cannot resolve the host of {shown}: check its name")
    number = cause.errno if isinstance(cause, OSError) else None
    if number in _TOO_MANY_FILES:
        return NoData(
            f"cannot open {shown}: too many open files; raise the limit (ulimit -n, LimitNOFILE=)"
        )
    why = "" if number is None else f" ({os.strerror(number).lower()})"
    return CameraAbsent(f"no answer from {shown}{why}: check the address and that it is on")


def _camera_error(
    shown: str, phase: Phase, error: Exception, untrusted: Callable[[str], CameraError]
) -> CameraError:
    causes = list(_chain(error))

    def is_caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return untrusted(cause.verify_message)
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            reason = (getattr(cause, "reason", None) or str(cause)).replace("_", " ").lower()
            return CameraMisconfigured(
                f"no TLS connection to {shown} ({reason}): it may be a camera without TLS, to be"
                " written as http://, or one with an outdated TLS"
            )
    if is_caused_by(TimeoutError, ReadTimeoutError):
        return NoData(f"{shown} {phase.silent}")
    if is_caused_by(*_ENDED):
        return NoData(f"{shown} {phase.ended}")
    if is_caused_by(UntrustedCertificate):
        return untrusted("it is another one")
    return NoData(f"{shown} {_DECODED if is_caused_by(DecodeError) else _NO_HTTP}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Return an error and those that it wraps, as its cause or as an argument."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        wrapped = [one for one in error.args if isinstance(one, BaseException)]
        error = wrapped[0] if wrapped else error.__cause__ or error.__context__


def refused(shown: str, status: int) -> CameraError:
    """Return the error for a status that is not 200, without those of authentication."""
    if status in _BUSY:
        return CameraBusy(f"{shown} is busy ({status}): end another program that reads from it")
    if status == 403:
        return CameraPermissionDenied(
            f"{shown} forbids access (403): give its user the right to see pictures"
        )
    if status >= FIRST_SERVER_ERROR:
        return NoData(f"{shown} has an error of its own ({status}): cycle its power if it lasts")
    return CameraAbsent(f"{shown} has no such stream or picture ({status}): check the path")


def unauthorized(shown: str, *, has_credentials: bool, offered: str, elsewhere: str) -> CameraError:
    """Return the error for status 401.

    `offered` are schemes that cannot be answered; `elsewhere` is another host that demands it.
    """
    if elsewhere:
        return CameraPermissionDenied(
            f"{shown} redirects to {elsewhere}, which demands a user and gets none, being another"
            " host: write its address"
        )
    if offered:
        return CameraMisconfigured(
            f"{shown} demands authentication by {offered}: permit Digest or Basic in its settings"
        )
    if has_credentials:
        return CameraPermissionDenied(
            f"{shown} refuses the user or the password of its address: correct them"
        )
    return CameraPermissionDenied(
        f"{shown} refuses access: put its user and password into the address,"
        f" as in {shown.partition(':')[0]}://USER:PASSWORD@HOST/PATH"
    )
