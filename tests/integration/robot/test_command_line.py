"""Unchanged `python -m bosdyn.client`: every command that reads from the fake robot."""

import json
import os
import re
import subprocess
import sys

import pytest

from spot_webcam.fakes.sdk_programs import Redirection, Target

# One process for all of them: most of a command's time goes into starting.
ALL_OF_THEM = """
import contextlib, io, json, sys
from bosdyn.client.command_line import main

answers = {}
for words in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        done = main(["192.168.80.3", *words.split()])
    answers[words] = [bool(done), out.getvalue()]
print(json.dumps(answers))
"""

# Each command, and a pattern in what it says.
COMMANDS = {
    "dir list": "data-acquisition-store.spot.robot",
    "dir get image": "bosdyn.api.ImageService",
    "payload list": "a-guid",
    "fault show": "No active service faults",
    "id": "fake-robot",
    "state full": "motor_power_state: STATE_OFF",
    "state hardware": "body",
    "state metrics": "distance",
    "state model": "body.obj",
    # An estimate, as exact as a round trip is short.
    "time-sync": r"\b(419|420)\.\d{3} sec",
    "image list-sources": "frontleft_fisheye_image",
    "image get-image frontleft_fisheye_image frontleft_depth": "image-frontleft_depth.pgm",
    "acquire info": "hand_color_image",
    "acquire request --image-service=image --image-source=left_fisheye_image": "STATUS_COMPLETE",
    "acquire status 1": "image_left_fisheye_image",
    "log textmsg hello": "",
    "log comment well": "",
    "data comments": "well",
    "data events": "",
    "data status -B": "num_comments: 1",
}


@pytest.fixture
def answers(fake_robot, tmp_path):
    """What the commands said, each with whether it thought that it went well."""
    fake_robot.register_payload("a-guid", "a-secret", name="a camera")
    with Redirection(Target.of(fake_robot)) as redirection:
        ended = subprocess.run(
            [sys.executable, "-c", ALL_OF_THEM, json.dumps(list(COMMANDS))],
            env={**os.environ, **redirection.environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_every_command_that_reads_says_what_the_robot_has(answers, fake_robot, tmp_path):
    for words, pattern in COMMANDS.items():
        done, said = answers[words]
        assert done, words
        assert re.search(pattern, said), words
    assert (tmp_path / "image-frontleft_fisheye_image.jpg").exists()
    assert [message.message for message in fake_robot.recorded_text_messages()] == ["hello"]
