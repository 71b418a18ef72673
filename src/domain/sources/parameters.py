"""Custom parameters of requests: a camera's controls, or what it offers by a spec of its own."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from spot_webcam.domain.errors import CameraError, CameraMisconfigured
from spot_webcam.domain.sources.controls import Control, ControlKind

Given = int | float | bool | str
# What a picture is to be taken with: values of controls, or a serialized `DictParam` for a camera
# that is `Parametrised`.
ParameterValues = Mapping[str, int] | bytes

# What goes to a camera in a process of its own must fit into one message.
MAX_ENCODED_BYTES = 1 << 16

# What clients can set by a slider, a switch or a list. A button has no value to show.
OFFERED_KINDS = frozenset(
    {ControlKind.INTEGER, ControlKind.BOOLEAN, ControlKind.MENU, ControlKind.INTEGER_MENU}
)


@runtime_checkable
class Parametrised(Protocol):
    """A camera that takes parameters of a spec of its own, while it is open.

    Specs and values are messages of `bosdyn.api.service_customization`, serialized; whoever asks
    has had values judged by the spec. The thread that grabs calls these methods.
    """

    def parameter_spec(self) -> bytes:
        """Return the `DictParam.Spec`, of at most 64 KiB; nothing is offered if it is empty.

        A camera that knows it before it is opened tells it then, too, else it raises `NoData`: a
        source that is listed with it from the start need not be listed anew.
        """
        ...

    def set_parameters(self, encoded: bytes) -> None:
        """Take every picture that is grabbed from now on with these; quick.

        An empty `DictParam` stands for what the camera uses when nobody asks for anything.

        Raises:
            ParametersRefused: these cannot be; `grab` may raise it as well, instead.
        """
        ...

    def parameters(self) -> bytes:
        """Return a `DictParam` of all that the picture of the last `grab` was taken with."""
        ...


def presumed_spec(camera: object) -> bytes:
    """Return the spec of a camera that may not be open yet, as far as it is known."""
    if not isinstance(camera, Parametrised):
        return b""
    try:
        return camera.parameter_spec()
    except CameraError:
        return b""


class ParameterCheck(Protocol):
    """The API's own rules for parameters of requests. Pure, thread-safe."""

    def __call__(self, encoded: bytes, controls: Sequence[Control], spec: bytes, /) -> str | None:
        """Return what is wrong with a serialized `DictParam`, in a line, or `None`.

        It is held against the spec of the source if that has one, else against its controls.
        """
        ...


def no_rules(_encoded: bytes, _controls: Sequence[Control], _spec: bytes) -> None:
    """Find nothing wrong: a `ParameterCheck` where what controls take is all there is to say."""


def offered(controls: Sequence[Control]) -> tuple[Control, ...]:
    """Return the controls that a source offers as custom parameters.

    Inactive ones are among them: the same request may switch off the automatic that holds them.
    """
    return tuple(one for one in controls if one.kind in OFFERED_KINDS and not one.read_only)


def parameter_values(given: Mapping[str, Given], offer: Sequence[Control]) -> dict[str, int]:
    """Return the values to set for what a request gave.

    Numbers between two steps go to the nearer one: sliders know no steps.

    Raises:
        CameraMisconfigured: there is no such parameter, or it does not take the value.
    """
    by_name = {control.name: control for control in offer}
    values = {}
    for name, value in given.items():
        control = by_name.get(name)
        if control is None:
            known = ", ".join(by_name) or "none"
            raise CameraMisconfigured(f"there is no parameter {name!r}; there are: {known}")
        values[name] = _value(control, value)
    return values


def _value(control: Control, given: Given) -> int:
    if isinstance(given, str):
        value = control.parse(given)
    elif not math.isfinite(given):
        raise CameraMisconfigured(f"{control.name} takes {control.allowed}, not {given}")
    else:
        value = round(given)
    if control.kind is ControlKind.INTEGER and control.minimum <= value <= control.maximum:
        value = _nearest_step(control, value)
    control.check(value)
    return value


def _nearest_step(control: Control, value: int) -> int:
    step = max(1, control.step)
    below = value - (value - control.minimum) % step
    above = below + step
    return above if above <= control.maximum and above - value < value - below else below
