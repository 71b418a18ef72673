"""bosdyn.api.DataAcquisitionService: pictures and data are taken and stored on request."""

from collections.abc import Mapping
from typing import Any

from bosdyn.api import data_acquisition_pb2 as api

from spot_webcam.fakes.robot.acquisition.acquirer import Acquirer
from spot_webcam.fakes.robot.acquisition.asking import Asking
from spot_webcam.fakes.robot.acquisition.capabilities import plugin_sources, write_capabilities
from spot_webcam.fakes.robot.acquisition.job import Jobs
from spot_webcam.fakes.robot.acquisition.plugins import PLUGIN_SERVICE, PluginShot
from spot_webcam.fakes.robot.acquisition.shots import IMAGE_SERVICE, ImageShot, Shot
from spot_webcam.fakes.robot.services.method import Method
from spot_webcam.fakes.robot.state.clock import to_timestamp
from spot_webcam.fakes.robot.state.own_services import DATA_ACQUISITION
from spot_webcam.fakes.robot.state.refusals import CallRefused, InvalidRequest, require_times
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller

CAPTURE_TIMEOUT_S = 30.0
_MAX_TIMEOUT_S = 3600.0


class DataAcquisitionService:
    """Acquires from image services and plugins; network compute captures are unknown to it.

    Image sources are not looked up before they are asked: an unknown one ends in a data error.
    """

    entry = DATA_ACQUISITION

    def __init__(self, state: RobotState, asking: Asking, acquirer: Acquirer, jobs: Jobs) -> None:
        self._state = state
        self._asking = asking
        self._acquirer = acquirer
        self._jobs = jobs

    def methods(self) -> Mapping[str, Method]:
        """Return the RPCs by name."""
        return {
            "GetServiceInfo": Method(
                api.GetServiceInfoRequest, api.GetServiceInfoResponse, self._get_info
            ),
            "AcquireData": Method(api.AcquireDataRequest, api.AcquireDataResponse, self._acquire),
            "GetStatus": Method(api.GetStatusRequest, api.GetStatusResponse, self._get_status),
            "CancelAcquisition": Method(
                api.CancelAcquisitionRequest, api.CancelAcquisitionResponse, self._cancel
            ),
            "GetLiveData": Method(api.LiveDataRequest, api.LiveDataResponse, self._get_live_data),
        }

    def _get_info(self, _request: Any, response: Any, _caller: Caller) -> None:
        write_capabilities(self._asking, response.capabilities)

    def _acquire(self, request: Any, response: Any, _caller: Caller) -> None:
        action_id = request.action_id
        if not action_id.action_name or not action_id.group_name:
            raise InvalidRequest("an acquisition needs an action name and a group name")
        if not action_id.HasField("timestamp"):
            action_id.timestamp.CopyFrom(to_timestamp(self._state.now_ns()))
        require_times([action_id.timestamp])
        shots = self._shots(request.acquisition_requests)
        if shots is None:
            response.status = api.AcquireDataResponse.STATUS_UNKNOWN_CAPTURE_TYPE
            return
        timeout_s = max(CAPTURE_TIMEOUT_S, _seconds(request.min_timeout))
        response.request_id = self._acquirer.start(action_id, request.metadata, shots, timeout_s)
        response.status = api.AcquireDataResponse.STATUS_OK

    def _shots(self, wanted: Any) -> list[Shot] | None:
        image_services = set(self._asking.names(IMAGE_SERVICE))
        if wanted.network_compute_captures or any(
            one.image_service not in image_services for one in wanted.image_captures
        ):
            return None
        shots: list[Shot] = [ImageShot(one) for one in wanted.image_captures]
        owners = self._plugins_of(wanted.data_captures)
        if None in owners:
            return None
        for owner in sorted({one for one in owners if one is not None}):
            theirs = [
                capture
                for capture, one in zip(wanted.data_captures, owners, strict=True)
                if one == owner
            ]
            shots.append(PluginShot(owner, theirs))
        return shots

    def _plugins_of(self, captures: Any) -> list[str | None]:
        if not captures:
            return []
        owners = {
            source.name: name
            for name, sources in plugin_sources(self._asking).items()
            for source in sources
        }
        return [owners.get(capture.name) for capture in captures]

    def _get_status(self, request: Any, response: Any, _caller: Caller) -> None:
        job = self._jobs.find(request.request_id)
        if job is None:
            response.status = api.GetStatusResponse.STATUS_REQUEST_ID_DOES_NOT_EXIST
        else:
            job.write(response)

    def _cancel(self, request: Any, response: Any, _caller: Caller) -> None:
        response.status = self._jobs.cancel(request.request_id)

    def _get_live_data(self, request: Any, response: Any, _caller: Caller) -> None:
        live = api.LiveDataResponse
        owners = self._plugins_of(request.data_captures)
        for capture, owner in zip(request.data_captures, owners, strict=True):
            if owner is None:
                unknown = live.CapabilityLiveData.STATUS_UNKNOWN_CAPTURE_TYPE
                response.live_data.add(name=capture.name, status=unknown)
                continue
            question = api.LiveDataRequest(data_captures=[capture])
            path = f"/{PLUGIN_SERVICE}/GetLiveData"
            try:
                answer = self._asking.start(owner, path, question, live, 3.0).answer()
            except CallRefused:
                broken = live.CapabilityLiveData.STATUS_INTERNAL_ERROR
                response.live_data.add(name=capture.name, status=broken)
                continue
            response.live_data.extend(answer.live_data)


def _seconds(duration: Any) -> float:
    seconds: float = duration.seconds + duration.nanos / 1e9
    return min(seconds, _MAX_TIMEOUT_S)
