"""Parameters that a camera has without a request, as its operator chose them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from spot_webcam.domain.sources.parameters import Given

# Returns values as a serialized `DictParam` that fits a serialized `DictParam.Spec`; raises
# `CameraMisconfigured` if they do not fit. Pure.
ParameterEncoder: TypeAlias = Callable[[Mapping[str, Given], bytes], bytes]


@dataclass(frozen=True, slots=True)
class InitialParameters:
    """Values by name, set each time the camera is opened; `encode` is for a `Parametrised` one."""

    values: Mapping[str, Given]
    encode: ParameterEncoder
