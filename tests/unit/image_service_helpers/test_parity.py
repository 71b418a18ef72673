"""Names, parameters, defaults and attributes are the SDK's, by what is installed of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import bosdyn.client.image_service_helpers as of_the_sdk
import pytest

import spot_webcam.image_service_helpers as ours

from .conftest import Camera

CLASSES = ("VisualImageSource", "ImageCaptureThread", "ThreadCaptureOutput")
SERVICER = "CameraBaseImageServicer"


def _own(module: Any) -> list[str]:
    return [
        name
        for name, thing in vars(module).items()
        if getattr(thing, "__module__", "") == of_the_sdk.__name__ and not name.startswith("_")
    ]


def _functions() -> list[str]:
    names = ["convert_RGB_to_grayscale"]
    for class_name in (*CLASSES, SERVICER, "CameraInterface"):
        kind = getattr(of_the_sdk, class_name)
        names += [
            f"{class_name}.{name}"
            for name, thing in vars(kind).items()
            if callable(getattr(kind, name))
            and isinstance(thing, type(_own) | staticmethod)
            and (name == "__init__" or not name.startswith("_"))
        ]
    return names


def _find(module: Any, path: str) -> Any:
    for name in path.split("."):
        module = getattr(module, name)
    return module


def _parameters(function: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    return [
        # Where the SDK has a list for a default, which all callers share, ours is a tuple.
        (one.name, one.kind, list(one.default) if _is_several(one.default) else one.default)
        for one in inspect.signature(function).parameters.values()
    ]


def _is_several(default: Any) -> bool:
    return isinstance(default, list | tuple)


def test_every_public_name_is_there() -> None:
    assert set(_own(of_the_sdk)) <= set(ours.__all__)


@pytest.mark.parametrize("path", _functions())
def test_parameters_and_defaults_are_the_same(path: str) -> None:
    assert _parameters(_find(ours, path)) == _parameters(_find(of_the_sdk, path))


def _made(module: Any, class_name: str) -> Any:
    arguments: dict[str, tuple[Any, ...]] = {
        "VisualImageSource": ("front", Camera()),
        "ImageCaptureThread": ("front", lambda: (b"", 1.0)),
        "ThreadCaptureOutput": (True, b"", 1.0),
    }
    return getattr(module, class_name)(*arguments[class_name])


def _public(thing: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(thing).items() if not name.startswith("_")}


@pytest.mark.parametrize("class_name", CLASSES)
def test_attributes_are_the_same(class_name: str) -> None:
    theirs, mine = (_public(_made(module, class_name)) for module in (of_the_sdk, ours))
    assert theirs.keys() <= mine.keys()
    for name, value in theirs.items():
        if isinstance(value, str | int | float | set | None | type(of_the_sdk.image_pb2.Image())):
            assert mine[name] == value, name


def test_a_service_has_the_same_attributes(serve: Any) -> None:
    theirs, mine = (
        _public(serve(module, module.VisualImageSource("front", Camera())))
        for module in (of_the_sdk, ours)
    )
    assert theirs.keys() <= mine.keys()
    for name in ("service_name", "data_buffer_client", "fault_client", "bosdyn_sdk_robot"):
        assert mine[name] == theirs[name]


def test_faults_are_named_as_the_sdk_names_them() -> None:
    theirs, mine = (_made(module, "VisualImageSource") for module in (of_the_sdk, ours))
    assert mine.camera_capture_fault == theirs.camera_capture_fault
    assert mine.decode_data_fault == theirs.decode_data_fault


def test_cameras_of_either_module_are_cameras_of_the_other() -> None:
    assert issubclass(of_the_sdk.CameraInterface, ours.CameraInterface)
    assert issubclass(ours.CameraInterface, of_the_sdk.CameraInterface)


def test_what_is_no_camera_is_refused(module: Any) -> None:
    with pytest.raises(AssertionError):
        module.VisualImageSource("front", object())
