"""Tests of `picture_saver`. The fixtures come from the plugin, without an import."""

import subprocess
import sys
import time
from pathlib import Path

import grpc
import picture_saver
import pytest
from bosdyn.client import RpcError

PROGRAM = Path(__file__).with_name("picture_saver.py")


def test_every_visual_source_is_saved(fake_robot_sdk, tmp_path):
    files = picture_saver.take_pictures(fake_robot_sdk, tmp_path)
    assert tmp_path / "frontleft_fisheye_image.jpg" in files
    assert all(file.read_bytes().startswith(b"\xff\xd8") for file in files)


def test_robot_that_does_not_answer_for_a_while_is_waited_for(
    fake_robot, fake_robot_sdk, tmp_path, monkeypatch
):
    pauses = []

    def robot_recovers(seconds):
        pauses.append(seconds)
        fake_robot.accept("image")

    monkeypatch.setattr(picture_saver.time, "sleep", robot_recovers)
    fake_robot.refuse("image", grpc.StatusCode.UNAVAILABLE)
    assert picture_saver.take_pictures_patiently(fake_robot_sdk, tmp_path)
    assert pauses == [picture_saver.PAUSE_S]


def test_robot_that_is_off_is_an_error(fake_robot, fake_robot_sdk, tmp_path, monkeypatch):
    monkeypatch.setattr(picture_saver.time, "sleep", lambda seconds: None)
    fake_robot.power_off()
    with pytest.raises(RpcError):
        picture_saver.take_pictures_patiently(fake_robot_sdk, tmp_path)


@pytest.mark.fake_robot(clock_offset_s=-86_400)
def test_robot_of_yesterday(fake_robot_sdk):
    endpoint = fake_robot_sdk.time_sync.endpoint
    assert endpoint.establish_timesync()
    now_s = time.time()
    robot_s = endpoint.robot_timestamp_from_local_secs(now_s).ToNanoseconds() / 1e9
    assert robot_s == pytest.approx(now_s - 86_400, abs=1)


def test_program_as_it_is_run(fake_robot_environment, tmp_path):
    ended = subprocess.run(
        [sys.executable, str(PROGRAM), "192.168.80.3"],
        cwd=tmp_path,
        env=fake_robot_environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "frontleft_fisheye_image.jpg" in ended.stdout.split()
