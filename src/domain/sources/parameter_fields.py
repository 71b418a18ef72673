"""Fields of a form for the custom parameters of a source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from spot_webcam.domain.sources.controls import Control
from spot_webcam.domain.sources.parameters import Given


@dataclass(frozen=True, slots=True)
class ParameterField:
    """A parameter: `kind` is boolean, integer, number, text or choice.

    `minimum`, `maximum` and `default` are `None` if there is none; `choices` are the keys of a
    choice.
    """

    name: str
    label: str
    kind: str
    description: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    default: Given | None = None
    choices: tuple[str, ...] = ()


class ParameterForms(Protocol):
    """Forms for the parameters of sources, with a spec of their own or with controls. Pure."""

    def fields(self, controls: Sequence[Control], spec: bytes, /) -> tuple[ParameterField, ...]:
        """Return the fields that a form can show, in their order."""
        ...

    def encoded(
        self, values: Mapping[str, Given], controls: Sequence[Control], spec: bytes, /
    ) -> tuple[Mapping[str, Given], bytes]:
        """Return the values as a request has them, and as a serialized `DictParam`.

        Raises:
            CameraMisconfigured: a value does not fit.
        """
        ...
