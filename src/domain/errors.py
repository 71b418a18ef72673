"""Tree of errors, by the next step of the operator.

Error:
├── CameraError
│   ├── CameraAbsent            plug it in, or correct the device name
│   ├── CameraBusy              end the other program that holds it
│   ├── CameraPermissionDenied  give this user access to the device
│   ├── CameraMisconfigured     request a mode that this camera or this build supports
│   │   └── ParametersRefused   request other parameters
│   ├── NoData                  wait; check the cable if it lasts
│   ├── CorruptFrame            check the cable, the hub, the sender
│   │   └── BlackFrame          check the lens and the light
│   ├── StaleFrame              the camera delivers no new picture; wait, or cycle its power
│   └── CameraCrashed           report it: the camera's driver or decoder ended its process
├── EncodingError               report it: a valid picture that cannot be encoded is a defect
│   └── EncodingTimeout         request less: the host is overloaded
├── AnswerTooLarge              request fewer, smaller or compressed pictures in one call
└── RobotError
    ├── RobotUnreachable        wait; check the network if it lasts
    ├── RobotRefused            read the message: the robot refused the call
    ├── PayloadNotAuthorized    authorize the payload on the robot's web page
    ├── CredentialsRejected     correct the GUID and the secret
    ├── TokenRejected           nothing: log in again (the session does)
    ├── NotRegistered           nothing: register again (the session does)
    ├── NameTaken               end the other daemon, or choose another service name
    └── NotSynchronized         wait for the first time sync
"""

from typing import TypeVar

_ErrorT = TypeVar("_ErrorT", bound="Error")


def as_unicode(text: str) -> str:
    """Escape what is not valid Unicode, such as undecodable bytes of a file's name.

    Neither the robot nor a client can be sent anything else.
    """
    return text.encode(errors="backslashreplace").decode()


class Error(Exception):
    """Root of the tree; its text is one line for an operator, and Unicode whatever is in it."""

    def __str__(self) -> str:
        return as_unicode(super().__str__())

    def __copy__(self: _ErrorT) -> _ErrorT:
        """Copy without `__init__`, whose arguments other packages' subclasses choose."""
        copied = type(self).__new__(type(self), *self.args)
        copied.__dict__.update(self.__dict__)
        return copied


class CameraError(Error):
    """The camera delivered no valid picture; logs count failures by `reason`."""

    reason = "failed"


class CameraAbsent(CameraError):
    """The camera is not connected."""

    reason = "absent"


class CameraBusy(CameraError):
    """Another program holds the camera."""

    reason = "busy"


class CameraPermissionDenied(CameraError):
    """This user may not open the camera."""

    reason = "no permission"


class CameraMisconfigured(CameraError):
    """The camera, or this build of its library, does not support what was requested."""

    reason = "misconfigured"


class ParametersRefused(CameraMisconfigured):
    """The camera refuses the parameters of a request."""


class NoData(CameraError):
    """There is no picture for a request, such as from a camera that delivers nothing."""

    reason = "no data"


class CorruptFrame(CameraError):
    """The camera delivered a damaged picture."""

    reason = "corrupt"


class BlackFrame(CorruptFrame):
    """The camera delivers black pictures only."""

    reason = "black"


class StaleFrame(CameraError):
    """The camera delivers nothing new: no picture, or the same one again."""

    reason = "stalled"


class CameraCrashed(CameraError):
    """The process that ran the camera died, or had to be killed."""

    reason = "crashed"


class EncodingError(Error):
    """A valid picture could not be encoded as planned."""


class EncodingTimeout(EncodingError):
    """A picture was not checked or encoded in time."""


class AnswerTooLarge(Error):
    """The pictures of one call would not fit into one answer."""


class RobotError(Error):
    """A call to the robot failed."""


class RobotUnreachable(RobotError):
    """No answer from the robot."""


class RobotRefused(RobotError):
    """The robot refused a call."""


class PayloadNotAuthorized(RobotError):
    """An operator has not authorized this payload yet."""


class CredentialsRejected(RobotError):
    """The robot has no payload with this GUID and secret."""


class TokenRejected(RobotError):
    """The robot no longer accepts the session's token."""


class NotRegistered(RobotError):
    """The robot's directory has no entry of the service."""


class NameTaken(RobotError):
    """Another running daemon holds the service's name on this robot."""


class NotSynchronized(RobotError):
    """Robot time is not known yet."""
