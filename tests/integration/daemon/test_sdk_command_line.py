"""`python -m bosdyn.client`, unchanged, against the daemon."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from spot_webcam.fakes.cameras import read_sequence
from spot_webcam.fakes.sdk_programs import Redirection, Target

SERVICE = "--service-name=web-cam-service"


@pytest.fixture
def serving(serve: Callable[..., Any]) -> Any:
    serving = serve(
        "colour=synthetic:?size=200x150",
        "depth=synthetic:?size=80x60&layout=depth16",
        "gone=synthetic:?script=absent@0s",
    )
    for name in ("colour", "depth"):
        serving.wait_for_status(name, 1)
    return serving


@pytest.fixture
def bosdyn_client(serving: Any, command: Any) -> Iterator[Callable[..., Any]]:
    """Run the SDK's command line, which knows nothing of the fake robot."""
    with Redirection(Target.of(serving.robot)) as redirection:

        def run(*words: str) -> Any:
            return command.run(
                *("-m", "bosdyn.client", "192.168.80.3", *words),
                program=(sys.executable,),
                environment=redirection.environment,
            )

        yield run


def test_list_sources(bosdyn_client: Callable[..., Any]) -> None:
    ended = bosdyn_client("image", "list-sources", SERVICE)
    assert (ended.code, ended.err) == (0, "")
    assert [line.split() for line in ended.out.splitlines()] == [
        ["colour", "(150x200)", "JPEG,RAW", "RGB_U8,GREYSCALE_U8"],
        ["depth", "(60x80)", "RAW", "DEPTH_U16"],
        ["gone", "(0x0)", "JPEG,RAW", "RGB_U8,GREYSCALE_U8"],
    ]


def test_get_image_writes_files(bosdyn_client: Callable[..., Any], tmp_path: Path) -> None:
    ended = bosdyn_client("image", "get-image", SERVICE, "colour", "depth")
    assert (ended.code, ended.err) == (0, "")
    colour = cv2.imread(str(tmp_path / "image-colour.jpg"))
    assert colour.shape == (150, 200, 3)
    assert read_sequence(colour) is not None
    depth = cv2.imread(str(tmp_path / "image-depth.pgm"), cv2.IMREAD_UNCHANGED)
    assert depth.shape == (60, 80)


def test_get_image_of_an_unknown_source_lists_the_known(bosdyn_client: Callable[..., Any]) -> None:
    ended = bosdyn_client("image", "get-image", SERVICE, "no-such-source")
    assert ended.code == 1
    assert "does not exist" in ended.out
    assert "colour" in ended.out


def test_get_image_of_a_source_in_trouble_says_so(bosdyn_client: Callable[..., Any]) -> None:
    ended = bosdyn_client("image", "get-image", SERVICE, "gone")
    assert ended.code == 1
    assert "cannot generate" in ended.out


def test_directory_shows_the_service(bosdyn_client: Callable[..., Any]) -> None:
    listed = bosdyn_client("dir", "list")
    assert listed.code == 0
    entries = [line.split() for line in listed.out.splitlines()]
    assert ["web-cam-service", "bosdyn.api.ImageService", "robot-web-cam", "user"] in entries
    got = bosdyn_client("dir", "get", "web-cam-service")
    assert got.code == 0
    assert "robot-web-cam" in got.out


def test_fault_show_shows_the_source_in_trouble(
    bosdyn_client: Callable[..., Any], serving: Any
) -> None:
    assert serving.eventually(serving.faults)
    ended = bosdyn_client("fault", "show")
    assert ended.code == 0
    assert "Image Capture Failure for gone" in ended.out
