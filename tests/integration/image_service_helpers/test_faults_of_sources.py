from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from bosdyn.api import service_fault_pb2

from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.image_service_helpers import CameraInterface, VisualImageSource

from .conftest import GUID, SECRET, SERVICE, Program

CAPTURE_FAULT = "Image Capture Failure for rear"
# As it is written for the SDK's module, whose servicer has no `stop`. It ends with its input.
PROGRAM = """
import sys
import bosdyn.client
from spot_webcam.image_service_helpers import *

class Broken(CameraInterface):
    def blocking_capture(self):
        raise OSError("unplugged")

    def image_decode(self, image_data, image_proto, image_req):
        raise NotImplementedError

address, guid, secret, service = sys.argv[1:]
robot = bosdyn.client.create_standard_sdk("program").create_robot(address)
robot.authenticate_from_payload_credentials(guid, secret)
servicer = CameraBaseImageServicer(robot, service, [VisualImageSource("rear", Broken())])
sys.stdin.read()
"""


class Broken(CameraInterface):  # type: ignore[misc]
    def blocking_capture(self) -> tuple[bytes, float]:
        raise OSError("unplugged")

    def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
        raise NotImplementedError


def _names(fake_robot: FakeRobot) -> set[str]:
    return {fault.fault_id.fault_name for fault in fake_robot.faults()}


def _raise(program: Program, name: str) -> None:
    fault_id = service_fault_pb2.ServiceFaultId(fault_name=name, service_name=SERVICE)
    program.robot.ensure_client("fault").trigger_service_fault(
        service_fault_pb2.ServiceFault(fault_id=fault_id)
    )


def test_a_start_clears_the_faults_of_its_sources_and_no_others(
    program: Program, fake_robot: FakeRobot
) -> None:
    _raise(program, "lens is dirty")
    _raise(program, CAPTURE_FAULT)
    program.serve(VisualImageSource("rear", Broken()), use_background_capture_thread=False)
    assert fake_robot.wait_for(lambda: _names(fake_robot) == {"lens is dirty"}, 20)


def test_faults_from_before_the_registration_are_triggered_again(
    program: Program, fake_robot: FakeRobot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Registering clears them on the robot, and the source does not notice."""
    monkeypatch.setattr(VisualImageSource, "fault_repeat_s", 0.2)
    servicer = program.serve(VisualImageSource("rear", Broken()))
    assert fake_robot.wait_for(lambda: _names(fake_robot) == {CAPTURE_FAULT}, 20)
    program.run(servicer)
    assert fake_robot.wait_for(lambda: _names(fake_robot) == {CAPTURE_FAULT}, 20)
    reported = [one for one in fake_robot.fault_events() if one.kind == "trigger"]
    assert len(reported) > 1


def test_the_end_clears_what_was_raised(program: Program, fake_robot: FakeRobot) -> None:
    servicer = program.serve(VisualImageSource("rear", Broken()))
    assert fake_robot.wait_for(lambda: _names(fake_robot) == {CAPTURE_FAULT}, 20)
    servicer.stop()
    assert _names(fake_robot) == set()


def test_end_of_the_program_clears_what_was_raised(
    fake_robot: FakeRobot, fake_robot_environment: dict[str, str]
) -> None:
    fake_robot.register_payload(GUID, SECRET)
    words = (sys.executable, "-c", PROGRAM, fake_robot.address, GUID, SECRET, SERVICE)
    with subprocess.Popen(words, stdin=subprocess.PIPE, env=fake_robot_environment) as process:
        try:
            assert fake_robot.wait_for(lambda: _names(fake_robot) == {CAPTURE_FAULT}, 20)
            process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    assert _names(fake_robot) == set()


def test_a_robot_that_is_silent_delays_no_start(program: Program, fake_robot: FakeRobot) -> None:
    program.robot.time_sync.wait_for_sync()
    program.robot.ensure_client("fault")
    fake_robot.stop_responding(60)
    servicer = program.serve(VisualImageSource("rear", Broken()))
    assert servicer.fault_client is not None
    fake_robot.resume()
    assert fake_robot.wait_for(lambda: _names(fake_robot) == {CAPTURE_FAULT}, 20)


def test_what_a_program_calls_is_done_when_the_call_returns(
    program: Program, fake_robot: FakeRobot
) -> None:
    """Without a servicer, or with one of the program's own."""
    _raise(program, "lens is dirty")
    source = VisualImageSource("rear", Broken())
    client = program.robot.ensure_client("fault")
    source.initialize_faults(client, SERVICE)
    assert _names(fake_robot) == set()
    assert source.get_image_and_timestamp() == (None, None)
    assert _names(fake_robot) == {CAPTURE_FAULT}
    source.clear_fault(source.camera_capture_fault)
    assert _names(fake_robot) == set()
    source.trigger_fault("stained", source.decode_data_fault)
    [fault] = fake_robot.faults()
    assert (fault.fault_id.fault_name, fault.error_message) == (
        source.decode_data_fault.fault_id.fault_name,
        "stained",
    )
