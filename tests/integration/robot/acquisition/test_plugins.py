"""Data-acquisition plugins: the SDK's own base class, and one scripted by the test."""

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api import data_acquisition_plugin_service_pb2_grpc as plugin_grpc
from bosdyn.client.data_acquisition import UnknownCaptureTypeError
from bosdyn.client.data_acquisition_plugin_service import DataAcquisitionPluginService
from bosdyn.client.exceptions import InternalServerError

from tests.integration.robot.acquisition.requests import Status, data, ended, of

PLUGIN_TYPE = "bosdyn.api.DataAcquisitionPluginService"
GPS = api.DataAcquisitionCapability(name="gps", description="where", has_live_data=True)
Acquired = api.AcquirePluginDataResponse
Live = api.LiveDataResponse


class ScriptedPlugin(plugin_grpc.DataAcquisitionPluginServiceServicer):
    """Answers as scripted; `cancelled` is set by a cancellation."""

    def __init__(self) -> None:
        self.acquire = Acquired(status=Acquired.STATUS_OK, request_id=7)
        self.statuses = [Status(status=Status.STATUS_COMPLETE)]
        self.cancelled = threading.Event()
        self.asked = threading.Event()
        self.live_asked = threading.Event()
        self.requests = []
        self.has_live_data = True

    def GetServiceInfo(self, request, context):  # noqa: N802 - the API's name
        del request, context
        capabilities = api.AcquisitionCapabilityList(data_sources=[GPS])
        return api.GetServiceInfoResponse(capabilities=capabilities)

    def AcquirePluginData(self, request, context):  # noqa: N802 - the API's name
        del context
        self.requests.append(request)
        return self.acquire

    def GetStatus(self, request, context):  # noqa: N802 - the API's name
        del context
        assert request.request_id == 7
        self.asked.set()
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    def CancelAcquisition(self, request, context):  # noqa: N802 - the API's name
        del request, context
        self.cancelled.set()
        return api.CancelAcquisitionResponse(status=api.CancelAcquisitionResponse.STATUS_OK)

    def GetLiveData(self, request, context):  # noqa: N802 - the API's name
        name = request.data_captures[0].name
        self.live_asked.set()
        if not self.has_live_data:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "no live data")
        return Live(live_data=[Live.CapabilityLiveData(name=name, status=1)])


@pytest.fixture
def serve(fake_robot_sdk):
    """Serve and register plugins until the test ends."""
    servers = []

    def start(servicer, name="plugin"):
        workers = ThreadPoolExecutor(4)
        server = grpc.server(workers)
        plugin_grpc.add_DataAcquisitionPluginServiceServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append((server, workers))
        fake_robot_sdk.ensure_client("directory-registration").register(
            name, PLUGIN_TYPE, name, "127.0.0.1", port
        )
        return servicer

    yield start
    for server, workers in servers:
        server.stop(None).wait(10)
        workers.shutdown()


@pytest.fixture
def plugin(serve):
    return serve(ScriptedPlugin())


def test_plugin_of_the_sdk_stores_what_it_takes(fake_robot, as_payload, serve, client, store):
    def collect(request, helper):
        for capture in request.acquisition_requests.data_captures:
            data_id = api.DataIdentifier(action_id=request.action_id, channel=capture.name)
            helper.store_data(b"48.1, 11.5", data_id, ".csv")

    with ThreadPoolExecutor(2) as executor:
        robot = as_payload(fake_robot)
        serve(DataAcquisitionPluginService(robot, [GPS], collect, executor=executor))
        captures = data("gps")
        captures.image_captures.extend(of("left_fisheye_image").image_captures)
        request_id = client.acquire_data(captures, "action", "group")
        assert ended(client, request_id).status == Status.STATUS_COMPLETE
    stored = {capture.channel: capture for capture in fake_robot.stored_captures()}
    assert set(stored) == {"gps", "image_left_fisheye_image"}
    assert stored["gps"].content == b"48.1, 11.5"
    assert {capture.action_name for capture in stored.values()} == {"action"}


def test_plugins_data_are_listed_with_their_service(client, plugin):
    (source,) = client.get_service_info().data_sources
    assert (source.name, source.service_name, source.has_live_data) == ("gps", "plugin", True)


def test_plugin_gets_action_metadata_and_a_channel_each(fake_robot, client, plugin):
    metadata = api.Metadata()
    metadata.data.update({"weather": "fine"})
    working = [Status(status=Status.STATUS_ACQUIRING), Status(status=Status.STATUS_SAVING)]
    done = Status(status=Status.STATUS_COMPLETE, data_saved=[api.DataIdentifier(channel="gps")])
    plugin.statuses = [*working, done]
    request_id = client.acquire_data(data("gps"), "action", "group", metadata=metadata)
    status = ended(client, request_id)
    assert [data_id.channel for data_id in status.data_saved] == ["gps", "metadata"]
    (request,) = plugin.requests
    assert request.action_id.action_name == "action"
    assert request.metadata == metadata
    assert [data_id.channel for data_id in request.data_id] == ["gps"]


def test_two_plugins_each_get_their_own(fake_robot, client, serve, plugin):
    class Other(ScriptedPlugin):
        def GetServiceInfo(self, request, context):  # noqa: N802 - the API's name
            del request, context
            response = api.GetServiceInfoResponse()
            response.capabilities.data_sources.add(name="other")
            return response

    other = serve(Other(), "other")
    ended(client, client.acquire_data(data("gps", "other"), "action", "group"))
    for servicer, name in ((plugin, "gps"), (other, "other")):
        (request,) = servicer.requests
        assert [capture.name for capture in request.acquisition_requests.data_captures] == [name]


def test_unknown_data_beside_known_are_unknown(client, plugin):
    with pytest.raises(UnknownCaptureTypeError):
        client.acquire_data(data("gps", "absent"), "action", "group")
    assert plugin.requests == []


def test_plugin_that_refuses_is_a_service_error(fake_robot, client, plugin):
    plugin.acquire = Acquired(status=Acquired.STATUS_CUSTOM_PARAMS_ERROR)
    request_id = client.acquire_data(data("gps"), "action", "group")
    status = ended(client, request_id)
    assert status.status == Status.STATUS_INTERNAL_ERROR
    (error,) = status.service_errors
    assert (error.service_name, error.message) == ("plugin", "STATUS_CUSTOM_PARAMS_ERROR")


def test_plugin_that_vanishes_is_a_service_error(fake_robot, client, plugin):
    plugin.statuses = [Status(status=Status.STATUS_ACQUIRING)]
    request_id = client.acquire_data(data("gps"), "action", "group")
    assert plugin.asked.wait(20)
    fake_robot.refuse("plugin", grpc.StatusCode.UNAVAILABLE, "gone")
    status = ended(client, request_id)
    assert status.status == Status.STATUS_DATA_ERROR
    assert [error.message for error in status.service_errors] == ["gone"]


def test_plugins_own_failure_is_passed_on(fake_robot, client, plugin):
    failed = Status(status=Status.STATUS_DATA_ERROR)
    failed.data_errors.add(error_message="no satellites")
    plugin.statuses = [failed]
    status = ended(client, client.acquire_data(data("gps"), "action", "group"))
    assert status.status == Status.STATUS_DATA_ERROR
    assert [error.error_message for error in status.data_errors] == ["no satellites"]


def test_cancellation_reaches_the_plugin(fake_robot, client, plugin):
    plugin.statuses = [Status(status=Status.STATUS_ACQUIRING)]
    request_id = client.acquire_data(data("gps"), "action", "group")
    assert plugin.asked.wait(20)
    client.cancel_acquisition(request_id)
    status = ended(client, request_id)
    assert status.status == Status.STATUS_ACQUISITION_CANCELLED
    assert plugin.cancelled.is_set()


def test_live_data_come_from_the_plugin(fake_robot, client, plugin):
    request = api.LiveDataRequest(data_captures=[api.DataCapture(name="gps")])
    (live,) = client.get_live_data(request).live_data
    assert (live.name, live.status) == ("gps", Live.CapabilityLiveData.STATUS_OK)
    request.data_captures.add(name="absent")
    with pytest.raises(UnknownCaptureTypeError):
        client.get_live_data(request)


def test_plugin_without_live_data_is_an_internal_error(client, plugin):
    plugin.has_live_data = False
    request = api.LiveDataRequest(data_captures=[api.DataCapture(name="gps")])
    with pytest.raises(InternalServerError):
        client.get_live_data(request)


def test_live_data_of_several_plugins_are_one_answer(client, serve, plugin):
    class Other(ScriptedPlugin):
        def GetServiceInfo(self, request, context):  # noqa: N802 - the API's name
            del request, context
            response = api.GetServiceInfoResponse()
            response.capabilities.data_sources.add(name="other", has_live_data=True)
            return response

        def GetLiveData(self, request, context):  # noqa: N802 - the API's name
            # The other plugin is asked meanwhile.
            assert plugin.live_asked.wait(20)
            return super().GetLiveData(request, context)

    serve(Other(), "other")
    request = api.LiveDataRequest()
    for name in ("other", "gps"):
        request.data_captures.add(name=name)
    assert [live.name for live in client.get_live_data(request).live_data] == ["other", "gps"]
