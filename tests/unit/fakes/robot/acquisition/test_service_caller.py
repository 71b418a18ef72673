"""Rare failures of the robot's own calls."""

import grpc
import pytest
from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api.image_pb2 import GetImageRequest, GetImageResponse

from spot_webcam.fakes.robot.acquisition.acquirer import Acquirer
from spot_webcam.fakes.robot.acquisition.captures import Captures
from spot_webcam.fakes.robot.acquisition.job import Job, Jobs
from spot_webcam.fakes.robot.acquisition.plugin_task import PluginTask
from spot_webcam.fakes.robot.acquisition.service_caller import PendingCall, ServiceCaller
from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.directory import RegisteredService
from spot_webcam.fakes.robot.state.refusals import CallRefused, full
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.transport.forwarder import Forwarder
from tests.timing import PATIENCE_S

PATH = "/bosdyn.api.ImageService/GetImage"
Status = api.GetStatusResponse


@pytest.fixture
def state():
    state = RobotState(host_now_ns=lambda: 5, clock_offset_ns=0, users={})
    state.register_service(RegisteredService("cam", "T", "cam", "127.0.0.1", 9))
    return state


class Answering(Forwarder):
    """Its calls end as the test says."""

    def __init__(self, result):
        super().__init__(frozenset)
        self._answer = result

    def start(self, *_):
        class Call:
            result = self._answer

            def cancel(self):
                return True

        return Call


def call(state, forwarder, name="cam"):
    caller = ServiceCaller(state, forwarder, ())
    return caller.start(name, PATH, GetImageRequest(), GetImageResponse, 1.0)


def test_service_that_is_not_registered_is_unavailable(state):
    with pytest.raises(CallRefused, match="502 no service absent"):
        call(state, Forwarder(frozenset), "absent").result()


def test_answer_that_cannot_be_decoded_is_an_internal_error(state):
    with pytest.raises(CallRefused, match="cannot be decoded"):
        call(state, Answering(lambda: b"\xff")).result()


def test_call_that_the_robot_cancelled_says_so(state):
    def cancelled():
        raise grpc.FutureCancelledError

    with pytest.raises(CallRefused, match="CANCELLED"):
        call(state, Answering(cancelled)).result()


def test_channel_that_is_closed_meanwhile_is_a_bad_gateway(state):
    class Closing(Forwarder):
        def _channel(self, endpoint):
            channel = super()._channel(endpoint)
            channel.close()
            return channel

    forwarder = Closing(lambda: frozenset({"127.0.0.1:9"}))
    with pytest.raises(CallRefused, match="502 cam does not answer"):
        call(state, forwarder).result()
    forwarder.close()


def test_plugin_that_works_for_too_long_timed_out():
    class Slow:
        def start(self, _name, path, _request, response_type, _timeout_s):
            if path.endswith("AcquirePluginData"):
                return PendingCall(lambda: response_type(status=response_type.STATUS_OK))
            return PendingCall(lambda: response_type(status=Status.STATUS_ACQUIRING))

    job = Job(Changes(), 1, api.CaptureActionId(), api.Metadata(), timeout_s=-1.0)
    task = PluginTask("plugin", [api.DataCapture(name="gps")])
    task.start(Slow(), job)
    assert task.finish(job) == []
    job.begin_saving()
    job.end()
    response = Status()
    job.write(response)
    assert response.status == Status.STATUS_TIMEDOUT
    assert response.service_errors[0].service_name == "plugin"


def test_capture_that_cannot_be_stored_is_an_internal_error(state):
    class Full(Captures):
        def add(self, *_):
            raise full("captures", 0)

    jobs = Jobs(Changes())
    acquirer = Acquirer(
        ServiceCaller(state, Forwarder(frozenset), ()), Full(Changes(), lambda: 5), jobs
    )
    metadata = api.Metadata()
    metadata.data.update({"weather": "fine"})
    number = acquirer.start(api.CaptureActionId(), metadata, [], 1.0)
    job = jobs.find(number)
    assert state.changes.wait_for(lambda: not job.is_under_way, PATIENCE_S)
    acquirer.close()
    response = Status()
    job.write(response)
    assert response.status == Status.STATUS_INTERNAL_ERROR
    assert not response.data_saved
