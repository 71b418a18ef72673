"""Camera classes of every age, called as they want to be called.

Decided by their signatures. To call first and see whether that raises `TypeError` would take a
camera's own `TypeError` for an old signature, and call it twice.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

_BY_NAME = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_CUSTOM_PARAMS = "custom_params"


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter] | None:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):  # written in C: it does not tell
        return None


def capture_arguments(
    capture: Callable[..., Any], custom_params: object | None, others: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what to call a capture function with: what it takes of what was asked for."""
    wanted = dict(others)
    if custom_params is not None:
        wanted[_CUSTOM_PARAMS] = custom_params
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


def takes_request(decode: Callable[..., Any]) -> bool:
    """Whether a decode function takes the request; those of before 3.1 take format and quality."""
    parameters = _parameters(decode)
    if parameters is None:
        return True
    if "quality_percent" in parameters:
        return False
    try:
        inspect.signature(decode).bind(None, None, None)
    except TypeError:
        return False
    return True
