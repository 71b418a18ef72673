from __future__ import annotations

from typing import Any

import pytest
from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api import data_acquisition_plugin_service_pb2
from google.protobuf import json_format

from spot_webcam.adapters.bosdyn.plugin.servicer import SERVICE, PluginServicer
from spot_webcam.domain.health.camera_report import CameraReport
from spot_webcam.fakes.time.manual import ManualClock

FRONT, BACK = "cam-health_front", "cam-health_a_back"
Live = api.LiveDataResponse.CapabilityLiveData
RESPONSES = {
    method.name: getattr(api, method.output_type.name)
    for method in data_acquisition_plugin_service_pb2.DESCRIPTOR.services_by_name[
        "DataAcquisitionPluginService"
    ].methods
}


class Reports:
    """Two cameras, and a record of what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def source_names(self) -> list[str]:
        return ["front", "a_back"]

    def report(self, source_name: str) -> CameraReport | None:
        self.asked.append(source_name)
        if source_name not in self.source_names():
            return None
        return CameraReport(source_name, "good", True, "", 30.0, 30.0, 0.1, 1.0, 0, None)


class Call:
    def done(self) -> bool:
        return True

    def check(self) -> None:
        """Do nothing: it was stored."""

    def cancel(self) -> None:
        """Do nothing: it has ended."""


class Store:
    def __init__(self) -> None:
        self.stored: list[tuple[Any, Any]] = []

    def store_metadata(self, metadata: Any, data_id: Any) -> Call:
        self.stored.append((metadata, data_id))
        return Call()


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def store() -> Store:
    return Store()


class Plugin:
    """The servicer, called as the server calls it."""

    def __init__(self, servicer: PluginServicer) -> None:
        self._methods = servicer.methods

    def call(self, method: str, **fields: Any) -> Any:
        request_type, answer = self._methods[method]
        request = request_type(**fields)
        request.header.client_name = "robot"
        response = RESPONSES[method].FromString(answer(request, None))  # type: ignore[arg-type]
        assert response.header.request_header.client_name == "robot"
        assert response.header.error.code == response.header.error.CODE_OK
        return response


@pytest.fixture
def plugin(reports: Reports, store: Store, clock: ManualClock) -> Plugin:
    return Plugin(PluginServicer("cam-health", reports, store, clock))


def captures(*names: str) -> list[Any]:
    return [api.DataCapture(name=name) for name in names]


def test_every_method_of_the_service_is_answered(
    reports: Reports, store: Store, clock: ManualClock
) -> None:
    servicer = PluginServicer("cam-health", reports, store, clock)
    assert servicer.methods.keys() == RESPONSES.keys()
    assert SERVICE == "bosdyn.api.DataAcquisitionPluginService"


def test_each_source_is_a_capability_with_live_data(plugin: Plugin, reports: Reports) -> None:
    sources = plugin.call("GetServiceInfo").capabilities.data_sources
    assert [source.name for source in sources] == [FRONT, BACK]
    for source in sources:
        assert source.has_live_data
        assert (source.channel_name, source.service_name) == (source.name, "cam-health")
    assert sources[0].description == "Camera health: front"
    assert reports.asked == []


def test_live_data_are_those_of_the_sources_that_are_asked_for(
    plugin: Plugin, reports: Reports
) -> None:
    live = plugin.call("GetLiveData", data_captures=captures(BACK)).live_data
    assert [(one.name, one.status) for one in live] == [(BACK, Live.STATUS_OK)]
    assert live[0].signals["fps"].signal_data.data.double == 30.0
    assert reports.asked == ["a_back"]


@pytest.mark.parametrize("name", ["cam-health_side", "front", "other_front", ""])
def test_unknown_capability_has_no_live_data(plugin: Plugin, name: str) -> None:
    live = plugin.call("GetLiveData", data_captures=captures(name, FRONT)).live_data
    assert [one.status for one in live] == [Live.STATUS_UNKNOWN_CAPTURE_TYPE, Live.STATUS_OK]
    assert not live[0].signals


def test_capture_stores_the_values_as_metadata_of_its_action(plugin: Plugin, store: Store) -> None:
    action_id = api.CaptureActionId(action_name="gauge", group_name="mission")
    requests = api.AcquisitionRequestList(data_captures=captures(FRONT))
    begun = plugin.call("AcquirePluginData", action_id=action_id, acquisition_requests=requests)
    assert begun.status == begun.STATUS_OK
    [(metadata, data_id)] = store.stored
    assert data_id == api.DataIdentifier(action_id=action_id, channel=FRONT)
    assert metadata.reference_id == api.DataIdentifier(action_id=action_id)
    health = json_format.MessageToDict(metadata.metadata.data)["camera_health"]
    assert (health["source"], health["state"], health["fps_hz"]) == ("front", "good", 30.0)
    status = plugin.call("GetStatus", request_id=begun.request_id)
    assert status.status == status.STATUS_COMPLETE
    assert list(status.data_saved) == [data_id]
    cancelled = plugin.call("CancelAcquisition", request_id=begun.request_id)
    assert cancelled.status == cancelled.STATUS_FAILED_TO_CANCEL


def test_capture_of_an_unknown_capability_stores_nothing(plugin: Plugin, store: Store) -> None:
    requests = api.AcquisitionRequestList(data_captures=captures(FRONT, "other"))
    begun = plugin.call("AcquirePluginData", acquisition_requests=requests)
    assert begun.status == begun.STATUS_UNKNOWN_CAPTURE_TYPE
    assert store.stored == []


def test_other_calls_may_run_while_pictures_are_measured(
    reports: Reports, store: Store, clock: ManualClock
) -> None:
    entered: list[int] = []
    servicer = PluginServicer(
        "cam-health", reports, store, clock, lambda: entered.append(len(reports.asked))
    )
    plugin = Plugin(servicer)
    plugin.call("GetServiceInfo")
    assert entered == []
    plugin.call("GetLiveData", data_captures=captures(FRONT))
    requests = api.AcquisitionRequestList(data_captures=captures(FRONT))
    plugin.call("AcquirePluginData", acquisition_requests=requests)
    assert entered == [0, 1]
