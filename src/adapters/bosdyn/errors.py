"""The SDK's errors, turned into the domain's at this one boundary."""

from collections.abc import Iterator
from contextlib import contextmanager

from bosdyn.client import exceptions as sdk
from bosdyn.client.auth import InvalidTokenError
from bosdyn.client.directory_registration import ServiceDoesNotExistError
from bosdyn.client.payload_registration import (
    InvalidPayloadCredentialsError,
    PayloadNotAuthorizedError,
)
from bosdyn.client.robot import UnregisteredServiceError
from bosdyn.client.time_sync import TimeSyncError

from spot_webcam.domain.errors import (
    CredentialsRejected,
    NotRegistered,
    PayloadNotAuthorized,
    RobotError,
    RobotRefused,
    RobotUnreachable,
    TokenRejected,
)

# The nearest base class decides. RpcError at the end: an answer that never came.
TRANSLATIONS: dict[type[Exception], tuple[type[RobotError], str]] = {
    InvalidPayloadCredentialsError: (
        CredentialsRejected,
        "the robot knows no payload with this GUID and secret: correct them, or register it first",
    ),
    PayloadNotAuthorizedError: (
        PayloadNotAuthorized,
        "the payload is not authorized yet: authorize it on the robot's web page, under Payloads",
    ),
    InvalidTokenError: (TokenRejected, "the robot does not accept the token any more"),
    sdk.UnauthenticatedError: (TokenRejected, "the robot does not accept the token any more"),
    ServiceDoesNotExistError: (NotRegistered, "the robot's directory does not know the service"),
    sdk.PermissionDeniedError: (RobotRefused, "the payload may not do this on the robot"),
    sdk.UnimplementedError: (RobotRefused, "the robot does not offer this call"),
    sdk.TooManyRequestsError: (RobotRefused, "the robot is asked too often"),
    sdk.NonexistentAuthorityError: (
        RobotUnreachable,
        "the robot's certificate does not hold this service's name: is the address the robot's?",
    ),
    sdk.InvalidClientCertificateError: (
        RobotUnreachable,
        "no trust in the robot's certificate: is --robot-ca the right file?",
    ),
    sdk.UnknownDnsNameError: (RobotUnreachable, "the robot's name does not resolve"),
    sdk.TimedOutError: (RobotUnreachable, "the robot does not answer"),
    sdk.RpcError: (RobotUnreachable, "the robot cannot be reached"),
    sdk.ResponseError: (RobotRefused, "the robot refused"),
    TimeSyncError: (RobotRefused, "the robot's time sync is not ready"),
    UnregisteredServiceError: (RobotRefused, "the robot's directory lacks a service"),
    sdk.Error: (RobotRefused, "the SDK refused"),
}


@contextmanager
def robot_errors() -> Iterator[None]:
    """Raise the domain's error for the SDK's.

    A `ValueError` is gRPC's for a channel that another thread has just closed.
    """
    try:
        yield
    except sdk.Error as error:
        raise translated(error) from error
    except ValueError as error:
        raise RobotUnreachable(f"the connection to the robot was closed: {error}") from error


def translated(error: Exception) -> RobotError:
    """Return the domain's error for one of the SDK's, with the SDK's words where ours are few."""
    for base in type(error).__mro__:
        if base in TRANSLATIONS:
            kind, text = TRANSLATIONS[base]
            exact = base is type(error) and kind is not RobotRefused
            return kind(text if exact else f"{text} ({_one_line(error)})")
    raise TypeError(f"{type(error).__name__} is not an error of the SDK")


def _one_line(error: Exception) -> str:
    name = type(error).__name__
    text = " ".join(str(getattr(error, "error_message", "") or "").split())
    return f"{name}: {text}" if text else name
