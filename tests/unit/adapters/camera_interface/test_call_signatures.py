from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from spot_webcam.adapters.camera_interface.signatures import (
    capture_arguments,
    takes_custom_params,
    takes_request,
)


def _of_before_3_3() -> None: ...
def _modern(*, custom_params: Any = None, **kwargs: Any) -> None: ...
def _without_others(custom_params: Any = None) -> None: ...
def _insistent(*, custom_params: Any) -> None: ...


@pytest.mark.parametrize(
    ("capture", "taken"),
    [
        (_of_before_3_3, {}),
        (_modern, {"custom_params": 1, "light": 2}),
        (_without_others, {"custom_params": 1}),
        (_insistent, {"custom_params": 1}),
        (Mock(), {"custom_params": 1, "light": 2}),
        (min, {"custom_params": 1, "light": 2}),
    ],
)
def test_a_capture_function_gets_what_it_takes(
    capture: Callable[..., Any], taken: dict[str, int]
) -> None:
    assert capture_arguments(capture, 1, {"light": 2}) == taken
    assert takes_custom_params(capture) == bool(taken)


def test_without_parameters_it_gets_none() -> None:
    assert capture_arguments(_modern, None, {}) == {}
    assert capture_arguments(_insistent, None, {}) == {"custom_params": None}


def _decode(data: Any, proto: Any, request: Any) -> None: ...
def _with_more(data: Any, proto: Any, request: Any, more: Any = None) -> None: ...
def _with_any(*arguments: Any) -> None: ...
def _of_before_3_1(data: Any, proto: Any, image_format: Any, quality_percent: Any) -> None: ...
def _with_default(data: Any, proto: Any, image_format: Any, quality_percent: Any = 75) -> None: ...
def _with_short_name(data: Any, proto: Any, image_format: Any, quality: Any = 75) -> None: ...
def _unclear(data: Any, proto: Any, one: Any, other: Any = None) -> None: ...
def _with_other_names(data: Any, proto: Any, kind: Any, quality: Any) -> None: ...


@pytest.mark.parametrize(
    ("decode", "modern"),
    [
        (_decode, True),
        (_with_more, True),
        (_with_any, None),
        (_unclear, None),
        (_with_short_name, False),
        (_of_before_3_1, False),
        (_with_default, False),
        (_with_other_names, False),
        (Mock(), None),
        (min, None),
    ],
)
def test_a_decode_function_gets_the_request_or_format_and_quality(
    decode: Callable[..., Any], modern: bool | None
) -> None:
    assert takes_request(decode) is modern
