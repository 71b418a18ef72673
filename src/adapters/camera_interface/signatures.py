"""Camera classes of every age, called as they want to be called.

Decided by their signatures. To call first and see whether that raises `TypeError` would take a
camera's own `TypeError` for an old signature, and call it twice. Only where a signature does not
tell, as behind a decorator, is it done like that.
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
    except (TypeError, ValueError):  # written in C: it does not tell
        return None


def capture_arguments(
    capture: Callable[..., Any], custom_params: object | None, others: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what to call a capture function with: what it takes of what was asked for.

    Parameters are a copy: to look at one that is not there, inserts it.
    """
    wanted = dict(others)
    if custom_params is not None:
        wanted[_CUSTOM_PARAMS] = own_params(custom_params)
    parameters = _parameters(capture)
    if parameters is None:
        return wanted
    own = parameters.get(_CUSTOM_PARAMS)
    if own is not None and own.default is inspect.Parameter.empty:
        wanted.setdefault(_CUSTOM_PARAMS, None)
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values()):
        return wanted
    names = {name for name, one in parameters.items() if one.kind in _BY_NAME}
    return {name: value for name, value in wanted.items() if name in names}


def takes_custom_params(capture: Callable[..., Any]) -> bool:
    """Whether a capture function takes custom parameters; those of before 3.3 do not."""
    return _CUSTOM_PARAMS in capture_arguments(capture, object(), {})


def own_params(custom_params: Any) -> Any:
    """Return a copy of parameters that are a message; others are as they are."""
    return deepcopy(custom_params) if isinstance(custom_params, Message) else custom_params


def hides_old_capture(capture: Callable[..., Any], error: TypeError) -> bool:
    """Whether a capture function that takes anything told by this that it takes no parameters."""
    parameters = _parameters(capture)
    told = parameters is not None and _CUSTOM_PARAMS in parameters
    return not told and f"unexpected keyword argument '{_CUSTOM_PARAMS}'" in str(error)


def takes_request(decode: Callable[..., Any]) -> bool | None:
    """Whether a decode function takes the request; those of before 3.1 take format and quality.

    `None` where that cannot be told before it is called.
    """
    parameters = _parameters(decode)
    if parameters is None:
        return None
    if "quality_percent" in parameters:
        return False
    by_position = [name for name, one in parameters.items() if one.kind in _BY_POSITION]
    third = by_position[2] if len(by_position) > 2 else ""
    if "req" in third:
        return _fits(decode, 3)
    if "format" in third or "fmt" in third or not _fits(decode, 3):
        return False
    return None if _fits(decode, 4) else True


def _fits(function: Callable[..., Any], arguments: int) -> bool:
    try:
        inspect.signature(function).bind(*(None,) * arguments)
    except TypeError:
        return False
    return True


class ImageDecode:
    """An `image_decode` behind the one signature of 3.1 and later."""

    def __init__(self, decode: Callable[..., Any]) -> None:
        self._decode = decode
        self._takes_request = takes_request(decode)

    def __call__(self, data: Callable[[], object], image: Any, request: Any) -> None:
        """Let it write `image`; `data` is asked for the captured data before each attempt.

        Where the signature tells nothing, the request is tried first, as the SDK does, and the
        first attempt that works shows the way for ever.
        """
        if self._takes_request is not None:
            self._call(data(), image, request, with_request=self._takes_request)
            return
        before = type(image)()
        before.CopyFrom(image)
        try:
            self._call(data(), image, request, with_request=True)
            self._takes_request = True
        except TypeError as error:
            image.CopyFrom(before)
            try:
                self._call(data(), image, request, with_request=False)
            except TypeError:
                raise error from None
            self._takes_request = False

    def _call(self, data: object, image: Any, request: Any, *, with_request: bool) -> None:
        if with_request:
            self._decode(data, image, request)
        else:
            self._decode(data, image, request.image_format, request.quality_percent)
