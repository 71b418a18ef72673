"""Capabilities that can be acquired, queried from the services at each request."""

from typing import Any

from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api import image_pb2

from spot_webcam.fakes.robot.acquisition.image_task import IMAGE_SERVICE
from spot_webcam.fakes.robot.acquisition.plugin_task import PLUGIN_SERVICE
from spot_webcam.fakes.robot.acquisition.service_caller import PendingCall, ServiceCaller
from spot_webcam.fakes.robot.state.refusals import CallRefused

_TIMEOUT_S = 3.0


def write_capabilities(caller: ServiceCaller, capabilities: Any) -> None:
    """Fill an `AcquisitionCapabilityList`; services that do not answer are left out."""
    request, response_type = image_pb2.ListImageSourcesRequest, image_pb2.ListImageSourcesResponse
    image_calls = _start_all(caller, f"/{IMAGE_SERVICE}/ListImageSources", request, response_type)
    for name, data_sources in plugin_sources(caller).items():
        for source in data_sources:
            listed = capabilities.data_sources.add()
            listed.CopyFrom(source)
            listed.service_name = name
    for name, response in _results(image_calls).items():
        listed = capabilities.image_sources.add(service_name=name)
        listed.image_source_names.extend(source.name for source in response.image_sources)
        listed.image_sources.extend(response.image_sources)


def plugin_sources(caller: ServiceCaller) -> dict[str, list[Any]]:
    """Return the `DataAcquisitionCapability` messages of every plugin that answers."""
    path = f"/{PLUGIN_SERVICE}/GetServiceInfo"
    calls = _start_all(caller, path, api.GetServiceInfoRequest, api.GetServiceInfoResponse)
    return {name: list(info.capabilities.data_sources) for name, info in _results(calls).items()}


def _start_all(
    caller: ServiceCaller, path: str, request_type: Any, response_type: Any
) -> dict[str, PendingCall]:
    """Start the call of every service of the path's type; return the calls by service name."""
    return {
        name: caller.start(name, path, request_type(), response_type, _TIMEOUT_S)
        for name in caller.names(path.split("/")[1])
    }


def _results(calls: dict[str, PendingCall]) -> dict[str, Any]:
    """Return the responses of the services that answered, by service name."""
    results = {name: _result(call) for name, call in calls.items()}
    return {name: result for name, result in results.items() if result is not None}


def _result(call: PendingCall) -> Any | None:
    try:
        return call.result()
    except CallRefused:
        return None
