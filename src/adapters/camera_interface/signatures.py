"""Calls of camera classes of every release of the SDK, by their signatures.

Calling first and treating a `TypeError` as an old signature would misread a camera's own
`TypeError`, and call it twice. That is done only where a signature is hidden, as by a decorator.
"""

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from google.protobuf.message import Message

_BY_NAME = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_CUSTOM_PARAMS = "custom_params"


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter] | None:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):  # written in C, without a signature
        return None


def capture_arguments(
    capture: Callable[..., Any], custom_params: object | None, others: Mapping[str, Any]
) -> dict[str, Any]:
    """Return those of the given arguments that a capture function takes.

    Parameters are copied: reading a missing key of a message's map inserts it.
    """
    arguments = dict(others)
    if custom_params is not None:
        arguments[_CUSTOM_PARAMS] = own_params(custom_params)
    parameters = _parameters(capture)
    if parameters is None:
        return arguments
    own = parameters.get(_CUSTOM_PARAMS)
    if own is not None and own.default is inspect.Parameter.empty:
        arguments.setdefault(_CUSTOM_PARAMS, None)
    kinds = {name: parameter.kind for name, parameter in parameters.items()}
    if inspect.Parameter.VAR_KEYWORD in kinds.values():
        return arguments
    return {name: value for name, value in arguments.items() if kinds.get(name) in _BY_NAME}


def takes_custom_params(capture: Callable[..., Any]) -> bool:
    """Report whether a capture function takes custom parameters, as since 3.3."""
    return _CUSTOM_PARAMS in capture_arguments(capture, object(), {})


def own_params(custom_params: Any) -> Any:
    """Return a copy of parameters that are a message; others are returned as they are."""
    return deepcopy(custom_params) if isinstance(custom_params, Message) else custom_params


def hides_old_capture(capture: Callable[..., Any], error: TypeError) -> bool:
    """Report whether a decorated capture function has shown that it takes no parameters."""
    parameters = _parameters(capture)
    is_named = parameters is not None and _CUSTOM_PARAMS in parameters
    return not is_named and f"unexpected keyword argument '{_CUSTOM_PARAMS}'" in str(error)


def takes_request(decode: Callable[..., Any]) -> bool | None:
    """Report whether a decode function takes the request, and not format and quality as before 3.1.

    `None` if the signature does not show it.
    """
    parameters = _parameters(decode)
    if parameters is None:
        return None
    if "quality_percent" in parameters:
        return False
    by_position = [name for name, parameter in parameters.items() if parameter.kind in _BY_POSITION]
    third = by_position[2] if len(by_position) > 2 else ""
    if "req" in third:
        return _accepts(decode, 3)
    if "format" in third or "fmt" in third or not _accepts(decode, 3):
        return False
    return None if _accepts(decode, 4) else True


def _accepts(function: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(function).bind(*(None,) * count)
    except TypeError:
        return False
    return True


class ImageDecode:
    """An `image_decode` of any release, called with a request, which may be `None`.

    Where the signature is hidden, the request is tried first, as in the SDK, and the first attempt
    that works decides for later calls.
    """

    def __init__(self, decode: Callable[..., Any]) -> None:
        self._decode = decode
        self._takes_request = takes_request(decode)

    @property
    def may_call_twice(self) -> bool:
        """Whether the next call may need its input for a second attempt."""
        return self._takes_request is None

    def __call__(self, next_input: Callable[[], object], image: Any, request: Any) -> None:
        """Decode into `image`; `next_input` returns the captured data for each attempt."""
        if self._takes_request is not None:
            self._call(next_input(), image, request, with_request=self._takes_request)
            return
        before = type(image)()
        before.CopyFrom(image)
        try:
            self._call(next_input(), image, request, with_request=True)
            self._takes_request = True
        except TypeError as error:
            image.CopyFrom(before)
            try:
                self._call(next_input(), image, request, with_request=False)
            except TypeError:  # the camera's own
                raise error from None
            self._takes_request = False

    def _call(self, data: object, image: Any, request: Any, *, with_request: bool) -> None:
        if with_request:
            self._decode(data, image, request)
        elif request is None:
            self._decode(data, image, None, None)
        else:
            self._decode(data, image, request.image_format, request.quality_percent)
