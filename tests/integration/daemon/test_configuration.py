"""`serve --config`, `config check` and their friends, as processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bosdyn.api import image_pb2

from spot_webcam.fakes.robot import FakeRobot
from tests.timing import PATIENCE_S, eventually

OK = image_pb2.ImageResponse.STATUS_OK
JPEG, RAW = image_pb2.Image.FORMAT_JPEG, image_pb2.Image.FORMAT_RAW

CAMERAS = """
[[cameras]]
name = "front"
device = "synthetic:?size=320x240&fps=30&codec=mjpg"
rotation = 90
crop = { x = 0.0, y = 0.0, width = 0.5, height = 1.0 }
masks = [{ x = 0.0, y = 0.0, width = 0.5, height = 0.25 }]

[[cameras]]
name = "side"
device = "synthetic:?size=160x120&fps=30&codec=mjpg"
quality = 90
parameters = { brightness = 20 }

[[cameras]]
name = "rear"
device = "synthetic:?size=200x100&fps=30"
on_demand = true
mirror = true
isolation = "always"
"""


def sizes(client: Any) -> dict[str, tuple[int, int]]:
    return {name: (source.cols, source.rows) for name, source in client.list().items()}


def pixels(answer: Any) -> Any:
    image = answer.shot.image
    return np.frombuffer(image.data, np.uint8).reshape(image.rows, image.cols, 3)


def answered(client: Any, name: str, **options: Any) -> Any:
    """Return an answer with a picture, for which a busy computer may have no time at once."""
    answers: list[Any] = []

    def is_answered() -> bool:
        answers.append(client.ask(name, **options))
        return bool(answers[-1].status == OK)

    assert eventually(is_answered)
    return answers[-1]


def test_cameras_of_one_file_have_modes_of_their_own(
    robot: FakeRobot,
    command: Any,
    connect: Callable[..., Any],
    write_config: Callable[[str], Path],
) -> None:
    process = command.start("serve", "--config", str(write_config(CAMERAS)))
    assert robot.wait_for(robot.services, PATIENCE_S)
    client = connect(robot, "cams")
    for name in ("front", "side", "rear"):
        assert eventually(lambda name=name: client.status(name) == OK)
    log = process.wait_for("front: every JPEG is transcoded")

    # The crop leaves 160x240, which the rotation turns.
    assert sizes(client) == {"front": (240, 160), "side": (160, 120), "rear": (200, 100)}
    for name, size in sizes(client).items():
        for image_format in (JPEG, RAW):
            answer = answered(client, name, image_format=image_format)
            assert (answer.shot.image.cols, answer.shot.image.rows) == size
            assert (answer.source.cols, answer.source.rows) == size
    # The upper quarter of the camera's picture is at the right after a turn by 90 degrees.
    front = pixels(answered(client, "front", image_format=RAW))
    assert front[:, 180:].max() == 0
    assert front[:, :180].max() > 0
    resized = pixels(answered(client, "front", image_format=RAW, resize_ratio=0.5))
    assert resized.shape == (80, 120, 3)
    assert resized[:, 91:].max() == 0
    side = answered(client, "side", quality_percent=0).shot.capture_params.custom_params
    assert side.values["brightness"].int_value.value == 20
    assert "side: every JPEG" not in log

    process.popen.terminate()
    assert process.end().code == 0


def test_flags_override_the_file(
    robot: FakeRobot,
    command: Any,
    connect: Callable[..., Any],
    write_config: Callable[[str], Path],
) -> None:
    file = write_config(CAMERAS)
    process = command.start(
        *("serve", "--config", str(file), "--service-name", "other", "--port", "0"),
        "--device-name=only=synthetic:?size=80x60",
    )
    assert robot.wait_for(robot.services, PATIENCE_S)
    client = connect(robot, "other")
    assert eventually(lambda: client.status("only") == OK)
    assert sizes(client) == {"only": (80, 60)}
    process.popen.terminate()
    assert process.end().code == 0


def test_bad_file_ends_with_2_and_all_errors(
    command: Any, write_config: Callable[[str], Path]
) -> None:
    file = write_config('[[cameras]]\ndevice = "rtsp://u:hunter2@h/x"\nfps = 0\nrotaton = 90\n')
    ended = command.run("serve", "--config", str(file))
    assert (ended.code, ended.out) == (2, "")
    first, *lines = ended.err.splitlines()
    assert first == "spot-webcam serve: the configuration has 2 errors:"
    assert [line.removeprefix(f"{file}:").partition(":")[0] for line in lines] == ["12", "13"]
    assert "did you mean rotation?" in lines[1]
    assert "hunter2" not in ended.err
    assert command.run("config", "check", str(file)).err.splitlines()[1:] == lines


def test_file_without_errors_is_reported_so(
    command: Any, write_config: Callable[[str], Path]
) -> None:
    file = write_config(CAMERAS)
    ended = command.run("config", "check", str(file))
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"{file} has no errors: front, side, rear\n"


def test_printed_example_is_checked(run_here: Callable[..., Any], tmp_path: Path) -> None:
    ended = run_here("config", "example")
    assert (ended.code, ended.err) == (0, "")
    (tmp_path / "login").write_text("guid\nsecret")
    path = "/opt/payload_credentials/payload_guid_and_secret"
    (tmp_path / "spot.toml").write_text(ended.out.replace(path, "login"))
    assert run_here("config", "check", "spot.toml").out == "spot.toml has no errors: video0\n"


def test_schema_is_json(run_here: Callable[..., Any]) -> None:
    ended = run_here("config", "schema")
    assert ended.code == 0
    assert set(json.loads(ended.out)["properties"]) >= {"robot", "cameras"}


def test_file_that_is_missing_is_one_line(run_here: Callable[..., Any]) -> None:
    ended = run_here("serve", "--config", "no.toml")
    assert ended.code == 2
    assert ended.err == "spot-webcam serve: no.toml: does not exist: correct the path\n"
