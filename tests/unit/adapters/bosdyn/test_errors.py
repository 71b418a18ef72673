from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from bosdyn.client import exceptions as sdk
from bosdyn.client.auth import InvalidLoginError, InvalidTokenError
from bosdyn.client.directory import NonexistentServiceError
from bosdyn.client.directory_registration import (
    ServiceAlreadyExistsError,
    ServiceDoesNotExistError,
)
from bosdyn.client.fault import ServiceFaultAlreadyExistsError
from bosdyn.client.payload_registration import (
    InvalidPayloadCredentialsError,
    PayloadNotAuthorizedError,
)
from bosdyn.client.robot import UnregisteredServiceNameError
from bosdyn.client.time_sync import NotEstablishedError, TimedOutError

from spot_webcam.adapters.bosdyn import errors
from spot_webcam.adapters.bosdyn.errors import robot_errors, translated
from spot_webcam.adapters.bosdyn.robot import clock as robot_clock
from spot_webcam.adapters.bosdyn.robot import directory, fault_sink
from spot_webcam.adapters.bosdyn.robot import link as robot_link
from spot_webcam.domain.errors import (
    CredentialsRejected,
    NotRegistered,
    NotSynchronized,
    PayloadNotAuthorized,
    RobotError,
    RobotRefused,
    RobotUnreachable,
    TokenRejected,
)

# The SDK's modules whose names our adapters import, and the two beneath every call.
USED = {
    name
    for adapter in (robot_link, directory, fault_sink, robot_clock, errors)
    for one in vars(adapter).values()
    if (name := str(getattr(one, "__module__", ""))).startswith("bosdyn.client")
} | {"bosdyn.client.exceptions", "bosdyn.client.common", "bosdyn.client.sdk"}
# Of those, what only the last line of the table catches, looked at one by one: none says that
# the robot is away, or that one of the session's steps must be taken again.
CAUGHT_LAST = {
    "TimeSyncRequired",
    "RobotError",
    "SdkError",
    "UnableToLoadAppTokenError",
    "UnsetAppTokenError",
}


def every_sdk_error(root: type[Exception] = sdk.Error) -> Iterator[type[Exception]]:
    for kind in root.__subclasses__():
        yield kind
        yield from every_sdk_error(kind)


def made(kind: type[Exception]) -> Exception:
    """Make an error whatever its constructor wants to know."""
    error: Exception = kind.__new__(kind)
    return error


SDK_ERRORS = sorted(set(every_sdk_error()), key=lambda kind: f"{kind.__module__}.{kind.__name__}")


def test_walk_finds_the_errors_of_the_modules_in_use() -> None:
    found = {kind.__module__ for kind in SDK_ERRORS}
    assert "bosdyn.client.directory_registration" in USED & found
    assert "bosdyn.client.payload_registration" in USED & found
    assert "bosdyn.client.time_sync" in USED & found
    assert "bosdyn.client.fault" in USED & found


@pytest.mark.parametrize(
    "kind", SDK_ERRORS, ids=[f"{kind.__module__[14:]}.{kind.__name__}" for kind in SDK_ERRORS]
)
def test_every_error_of_the_sdk_has_one_of_ours(kind: type[Exception]) -> None:
    ours = translated(made(kind))
    assert isinstance(ours, RobotError)
    assert type(ours) is not RobotError
    assert str(ours)
    assert "\n" not in str(ours)


def test_no_error_of_a_module_in_use_is_caught_last_unseen() -> None:
    last = {
        kind.__name__
        for kind in SDK_ERRORS
        if kind.__module__ in USED
        and next(base for base in kind.__mro__ if base in errors.TRANSLATIONS) is sdk.Error
    }
    assert last <= CAUGHT_LAST


def test_no_module_in_use_has_errors_of_another_tree() -> None:
    strange = {
        f"{module}.{name}"
        for module in USED
        for name, one in vars(sys.modules[module]).items()
        if isinstance(one, type) and issubclass(one, Exception) and one.__module__ == module
        if not issubclass(one, sdk.Error)
    }
    assert strange == set()


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        (InvalidPayloadCredentialsError, CredentialsRejected),
        (PayloadNotAuthorizedError, PayloadNotAuthorized),
        (InvalidTokenError, TokenRejected),
        (sdk.UnauthenticatedError, TokenRejected),
        (ServiceDoesNotExistError, NotRegistered),
        (ServiceAlreadyExistsError, RobotRefused),
        (NonexistentServiceError, RobotRefused),
        (ServiceFaultAlreadyExistsError, RobotRefused),
        (InvalidLoginError, RobotRefused),
        (UnregisteredServiceNameError, RobotRefused),
        (NotEstablishedError, RobotRefused),
        (TimedOutError, RobotRefused),
        (sdk.PermissionDeniedError, RobotRefused),
        (sdk.UnimplementedError, RobotRefused),
        (sdk.TooManyRequestsError, RobotRefused),
        (sdk.InternalServerError, RobotRefused),
        (sdk.LicenseError, RobotRefused),
        (sdk.InvalidRequestError, RobotRefused),
        (sdk.TimedOutError, RobotUnreachable),
        (sdk.UnableToConnectToRobotError, RobotUnreachable),
        (sdk.RetryableUnavailableError, RobotUnreachable),
        (sdk.ServiceUnavailableError, RobotUnreachable),
        (sdk.ProxyConnectionError, RobotUnreachable),
        (sdk.UnknownDnsNameError, RobotUnreachable),
        (sdk.NonexistentAuthorityError, RobotUnreachable),
        (sdk.InvalidClientCertificateError, RobotUnreachable),
        (sdk.ClientCancelledOperationError, RobotUnreachable),
        (sdk.RpcError, RobotUnreachable),
    ],
)
def test_error_that_matters_leads_where_it_should(
    kind: type[Exception], ours: type[RobotError]
) -> None:
    assert type(translated(made(kind))) is ours


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (InvalidPayloadCredentialsError, "correct them"),
        (PayloadNotAuthorizedError, "authorize it on the robot's web page"),
        (sdk.NonexistentAuthorityError, "is the address the robot's?"),
        (sdk.InvalidClientCertificateError, "is --robot-ca the right file?"),
        (sdk.UnknownDnsNameError, "does not resolve"),
    ],
)
def test_message_says_what_to_do(kind: type[Exception], says: str) -> None:
    assert says in str(translated(made(kind)))


def test_words_of_the_sdk_are_kept_where_ours_are_few_and_on_one_line() -> None:
    error = sdk.TransientFailureError(None, "connect\n  failed")
    assert str(translated(error)) == (
        "the robot cannot be reached (TransientFailureError: connect failed)"
    )


def test_refusal_names_the_error_even_where_it_has_no_words() -> None:
    assert str(translated(made(sdk.UnimplementedError))) == (
        "the robot does not offer this call (UnimplementedError)"
    )


def test_error_of_another_library_is_none_of_the_sdks() -> None:
    with pytest.raises(TypeError, match="KeyError"):
        translated(KeyError("x"))


def test_boundary_raises_ours_for_theirs_and_keeps_the_cause() -> None:
    theirs = sdk.TimedOutError(None)
    with pytest.raises(RobotUnreachable) as caught, robot_errors():
        raise theirs
    assert caught.value.__cause__ is theirs


def test_boundary_takes_a_closed_channel_for_an_unreachable_robot() -> None:
    with pytest.raises(RobotUnreachable, match="closed channel"), robot_errors():
        raise ValueError("Cannot invoke RPC on closed channel!")


@pytest.mark.parametrize("error", [NotSynchronized("not yet"), KeyError("a defect")])
def test_boundary_lets_all_else_pass(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, robot_errors():
        raise error
    assert caught.value is error


def test_boundary_is_silent_where_all_is_well() -> None:
    with robot_errors():
        done = True
    assert done
