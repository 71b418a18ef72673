"""Everything that can go wrong, by what its reader must do next.

Error:
├── CameraError
│   ├── CameraAbsent            plug it in, or correct the device name
│   ├── CameraBusy              end the other program that holds it
│   ├── CameraPermissionDenied  give this user access to the device
│   ├── CameraMisconfigured     ask for something that this camera or this build can do
│   │   └── ParametersRefused   ask for other parameters
│   ├── NoData                  wait; look at the cable if it lasts
│   ├── CorruptFrame            look at the cable, the hub, the sender
│   │   └── BlackFrame          look at the lens and the light
│   ├── StaleFrame              the camera stopped delivering; wait, or cycle its power
│   └── CameraCrashed           report it: the camera's driver or decoder ended its process
├── EncodingError               report it: a picture that cannot be encoded is our fault
│   └── EncodingTimeout         ask for less: the host is overloaded
├── AnswerTooLarge              ask for fewer, smaller or compressed pictures in one call
└── RobotError
    ├── RobotUnreachable        wait; look at the network if it lasts
    ├── RobotRefused            read the message: the robot said no
    ├── PayloadNotAuthorized    authorize the payload on the robot's web page
    ├── CredentialsRejected     correct the GUID and the secret
    ├── TokenRejected           nothing: log in again (the session does)
    ├── NotRegistered           nothing: register again (the session does)
    ├── NameTaken               end the other daemon, or choose another service name
    └── NotSynchronized         wait for the first time sync
"""


def as_unicode(text: str) -> str:
    """Return a text with what is no Unicode escaped: bytes of a file's name that are no UTF-8.

    Neither the robot nor a client can be sent anything else.
    """
    return text.encode(errors="backslashreplace").decode()


class Error(Exception):
    """Root of the tree; its text is one line for an operator, and Unicode whatever is in it."""

    def __str__(self) -> str:
        return as_unicode(super().__str__())


class CameraError(Error):
    """The camera gave no picture; `reason` is what logs count it under."""

    reason = "failed"


class CameraAbsent(CameraError):
    """There is no such camera now."""

    reason = "absent"


class CameraBusy(CameraError):
    """Another program holds the camera."""

    reason = "busy"


class CameraPermissionDenied(CameraError):
    """This user may not open the camera."""

    reason = "no permission"


class CameraMisconfigured(CameraError):
    """The camera, or this build of its library, cannot do what was asked."""

    reason = "misconfigured"


class ParametersRefused(CameraMisconfigured):
    """The camera does not take the parameters of a request."""


class NoData(CameraError):
    """The camera is there and delivers nothing."""

    reason = "no data"


class CorruptFrame(CameraError):
    """The camera delivered something that is no picture."""

    reason = "corrupt"


class BlackFrame(CorruptFrame):
    """The camera delivers pictures, and all of them black."""

    reason = "black"


class StaleFrame(CameraError):
    """The newest picture is too old to be served."""

    reason = "stalled"


class CameraCrashed(CameraError):
    """The process that ran the camera died, or had to be killed."""

    reason = "crashed"


class EncodingError(Error):
    """A good picture could not be encoded as planned."""


class EncodingTimeout(EncodingError):
    """Another request has been making the same encoding for too long."""


class AnswerTooLarge(Error):
    """The pictures of one call would not fit into one answer."""


class RobotError(Error):
    """The robot did not do what was asked."""


class RobotUnreachable(RobotError):
    """No answer from the robot."""


class RobotRefused(RobotError):
    """The robot answered, and refused."""


class PayloadNotAuthorized(RobotError):
    """An operator has not authorized this payload yet."""


class CredentialsRejected(RobotError):
    """The robot knows no payload with this GUID and secret."""


class TokenRejected(RobotError):
    """The robot does not accept the session's token any more."""


class NotRegistered(RobotError):
    """The robot's directory does not know the service."""


class NameTaken(RobotError):
    """Another daemon that lives has the service's name on this robot."""


class NotSynchronized(RobotError):
    """Robot time is not known yet."""
