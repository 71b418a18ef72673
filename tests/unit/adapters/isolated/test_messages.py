import os
import pickle
import threading
from pathlib import PurePosixPath

import pytest

from spot_webcam.adapters.isolated.messages import Grabbed, Reply, Request, decode, encode, portable
from spot_webcam.domain import errors
from spot_webcam.domain.errors import CameraAbsent, CameraError, NoData
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.ports import CameraMode, ModeRequest
from spot_webcam.domain.sources.controls import Control, ControlKind

MENU = Control("mode", "Mode", ControlKind.MENU, 0, 2, 1, 1, {0: "off", 2: "on"}, switches=True)


@pytest.mark.parametrize(
    "value",
    [
        None,
        ["synthetic:", ModeRequest(640, 480, 29.97, "MJPG"), True],
        CameraMode(640, 480, Layout.BGR8, None, "MJPG"),
        CaptureSettings(0.01, 6.0, {"gain": 3}),
        [MENU],
        {"gain": 3},
        Grabbed(5, None),
    ],
    ids=str,
)
def test_value_arrives_as_it_was_sent(value: object) -> None:
    assert decode(encode(Reply(7, value))) == Reply(7, value)
    assert decode(encode(Request(7, "write", value))) == Request(7, "write", value)


def _tree(root: type[CameraError]) -> list[type[CameraError]]:
    return [root] + [one for child in root.__subclasses__() for one in _tree(child)]


@pytest.mark.parametrize(
    "kind", [one for one in _tree(CameraError) if one.__module__ == errors.__name__]
)
def test_every_camera_error_arrives_with_its_class_and_text(kind: type[CameraError]) -> None:
    reply = decode(encode(Reply(1, portable(kind("no such thing")))))
    assert isinstance(reply, Reply)
    assert type(reply.outcome) is kind
    assert str(reply.outcome) == "no such thing"


def test_error_of_an_adapter_arrives_as_what_it_is_derived_from() -> None:
    class UsbGone(CameraAbsent):
        """One that the other process does not know."""

    assert type(portable(UsbGone("gone"))) is CameraAbsent


def test_defect_arrives_as_no_data() -> None:
    error = portable(KeyError("x"))
    assert type(error) is NoData
    assert str(error) == "unexpected KeyError: 'x'"


class Evil:
    """Would run a command where it is read."""

    def __reduce__(self) -> object:
        return os.system, ("exit 1",)


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Evil()),
        pickle.dumps(PurePosixPath("/")),
        pickle.dumps(threading.Event),
        # Something else that one of our modules has in its names, and a way through them.
        b"cspot_webcam.domain.ports\nthreading\n.",
        b"cspot_webcam.domain.controls\nnamed\n.",
        b"\x80\x04\x8c\x19spot_webcam.domain.ports\x8c\x0fthreading.Event\x93.",
        b"",
        b"nonsense",
        encode(Reply(1, None))[:-3],
    ],
)
def test_nothing_else_is_read(data: bytes) -> None:
    with pytest.raises(ValueError, match="no message"):
        decode(data)
