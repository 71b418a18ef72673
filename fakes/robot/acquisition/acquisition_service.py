"""bosdyn.api.DataAcquisitionService: acquisition of pictures and data on request."""

from typing import Any

from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api import data_acquisition_service_pb2

from spot_webcam.fakes.robot.acquisition.acquirer import Acquirer
from spot_webcam.fakes.robot.acquisition.capabilities import plugin_sources, write_capabilities
from spot_webcam.fakes.robot.acquisition.image_task import IMAGE_SERVICE, ImageTask, Task
from spot_webcam.fakes.robot.acquisition.job import Jobs
from spot_webcam.fakes.robot.acquisition.plugin_task import PLUGIN_SERVICE, PluginTask
from spot_webcam.fakes.robot.acquisition.service_caller import ServiceCaller
from spot_webcam.fakes.robot.state.clock import to_timestamp
from spot_webcam.fakes.robot.state.own_services import DATA_ACQUISITION
from spot_webcam.fakes.robot.state.refusals import CallRefused, InvalidRequest, require_times
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller

CAPTURE_TIMEOUT_S = 30.0
_MAX_TIMEOUT_S = 3600.0
_LIVE_DATA_TIMEOUT_S = 3.0


class DataAcquisitionService:
    """Acquires from image services and plugins.

    Not simulated: network compute captures, which are an unknown capture type. Image sources are
    not checked in advance: an unknown one ends in a data error.
    """

    entry = DATA_ACQUISITION
    protocol = data_acquisition_service_pb2.DESCRIPTOR

    def __init__(
        self, state: RobotState, caller: ServiceCaller, acquirer: Acquirer, jobs: Jobs
    ) -> None:
        self._state = state
        self._caller = caller
        self._acquirer = acquirer
        self._jobs = jobs

    def _get_service_info(self, _request: Any, response: Any, _caller: Caller) -> None:
        write_capabilities(self._caller, response.capabilities)

    def _acquire_data(self, request: Any, response: Any, _caller: Caller) -> None:
        action_id = request.action_id
        if not action_id.action_name or not action_id.group_name:
            raise InvalidRequest("an acquisition needs an action name and a group name")
        if not action_id.HasField("timestamp"):
            action_id.timestamp.CopyFrom(to_timestamp(self._state.now_ns()))
        require_times([action_id.timestamp])
        tasks = self._tasks(request.acquisition_requests)
        if tasks is None:
            response.status = api.AcquireDataResponse.STATUS_UNKNOWN_CAPTURE_TYPE
            return
        timeout_s = request.min_timeout.seconds + request.min_timeout.nanos / 1e9
        timeout_s = max(CAPTURE_TIMEOUT_S, min(timeout_s, _MAX_TIMEOUT_S))
        response.request_id = self._acquirer.start(action_id, request.metadata, tasks, timeout_s)
        response.status = api.AcquireDataResponse.STATUS_OK

    def _get_status(self, request: Any, response: Any, _caller: Caller) -> None:
        job = self._jobs.find(request.request_id)
        if job is None:
            response.status = api.GetStatusResponse.STATUS_REQUEST_ID_DOES_NOT_EXIST
        else:
            job.write(response)

    def _cancel_acquisition(self, request: Any, response: Any, _caller: Caller) -> None:
        response.status = self._jobs.cancel(request.request_id)

    def _get_live_data(self, request: Any, response: Any, _caller: Caller) -> None:
        plugins = self._plugin_by_capture(request.data_captures)
        live_data = api.LiveDataResponse.CapabilityLiveData
        # All plugins at once: one that does not answer must not delay the others' data.
        calls = [
            self._caller.start(
                plugins[capture.name],
                f"/{PLUGIN_SERVICE}/GetLiveData",
                api.LiveDataRequest(data_captures=[capture]),
                api.LiveDataResponse,
                _LIVE_DATA_TIMEOUT_S,
            )
            if capture.name in plugins
            else None
            for capture in request.data_captures
        ]
        for capture, call in zip(request.data_captures, calls, strict=True):
            if call is None:
                unknown = live_data.STATUS_UNKNOWN_CAPTURE_TYPE
                response.live_data.add(name=capture.name, status=unknown)
                continue
            try:
                response.live_data.extend(call.result().live_data)
            except CallRefused:
                failed = live_data.STATUS_INTERNAL_ERROR
                response.live_data.add(name=capture.name, status=failed)

    def _tasks(self, requested: Any) -> list[Task] | None:
        """Return the tasks of an `AcquisitionRequestList`, None for an unknown capture type."""
        services = self._caller.names(IMAGE_SERVICE)
        plugins = self._plugin_by_capture(requested.data_captures)
        if (
            requested.network_compute_captures
            or any(image.image_service not in services for image in requested.image_captures)
            or any(data.name not in plugins for data in requested.data_captures)
        ):
            return None
        by_plugin: dict[str, list[Any]] = {}
        for data in requested.data_captures:
            by_plugin.setdefault(plugins[data.name], []).append(data)
        return [
            *(ImageTask(image) for image in requested.image_captures),
            *(PluginTask(plugin, captures) for plugin, captures in sorted(by_plugin.items())),
        ]

    def _plugin_by_capture(self, captures: Any) -> dict[str, str]:
        """Return the plugins' service names by capture name; asks nobody without captures."""
        if not captures:
            return {}
        return {
            source.name: plugin
            for plugin, sources in plugin_sources(self._caller).items()
            for source in sources
        }
