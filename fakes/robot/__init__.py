"""In-process fake of Spot's API, for unmodified SDK clients."""

from spot_webcam.fakes.robot.acquisition.captures import CaptureKind, StoredCapture
from spot_webcam.fakes.robot.fake_robot import FakeRobot
from spot_webcam.fakes.robot.state.calls import CallRecord
from spot_webcam.fakes.robot.state.directory import RegisteredService
from spot_webcam.fakes.robot.state.faults import FaultEvent
from spot_webcam.fakes.robot.state.payloads import PayloadAccount

__all__ = [
    "CallRecord",
    "CaptureKind",
    "FakeRobot",
    "FaultEvent",
    "PayloadAccount",
    "RegisteredService",
    "StoredCapture",
]
