"""`bosdyn.api.DataAcquisitionPluginService` on the wire: the health of the cameras."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import grpc
from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api import data_acquisition_plugin_service_pb2

from spot_webcam.adapters.bosdyn.messages.response_bytes import write_header
from spot_webcam.adapters.bosdyn.plugin.acquisitions import Acquisitions, CaptureStore
from spot_webcam.adapters.bosdyn.plugin.signals import metadata_of, signals_of
from spot_webcam.domain.health.camera_report import CameraReport
from spot_webcam.domain.timing import Clock

SERVICE = data_acquisition_plugin_service_pb2.DESCRIPTOR.services_by_name[
    "DataAcquisitionPluginService"
].full_name
METADATA_KEY = "camera_health"


class CameraReports(Protocol):
    """What the plugin needs of the daemon. Thread-safe."""

    def source_names(self) -> Sequence[str]:
        """Return the names of the sources at present; never blocks."""
        ...

    def report(self, source_name: str) -> CameraReport | None:
        """Return the health of a source now; `None` if there is no such source.

        May measure the newest picture, which takes milliseconds.
        """
        ...


class PluginServicer:
    """Offers one capability per source: live data, and the same values as metadata of captures.

    A capability has the name of its channel, `SERVICE_SOURCE`, as the robot calls the channels of
    pictures. Nothing waits for the robot; times in headers are those of this computer. Thread-safe.
    """

    def __init__(
        self,
        service_name: str,
        reports: CameraReports,
        store: CaptureStore,
        clock: Clock,
        enter_blocking_region: Callable[[], None] = lambda: None,
    ) -> None:
        """`service_name` is the plugin's own.

        `enter_blocking_region` is called by a thread that is about to ask for reports, which may
        measure large pictures.
        """
        self._service_name = service_name
        self._reports = reports
        self._acquisitions = Acquisitions(store)
        self._clock = clock
        self._enter_blocking_region = enter_blocking_region
        # By name: the type of the request, and its answer in bytes.
        self.methods = {
            "GetServiceInfo": self._method(
                api.GetServiceInfoRequest, api.GetServiceInfoResponse, self._list
            ),
            "GetLiveData": self._method(
                api.LiveDataRequest, api.LiveDataResponse, self._write_live_data
            ),
            "AcquirePluginData": self._method(
                api.AcquirePluginDataRequest, api.AcquirePluginDataResponse, self._acquire
            ),
            "GetStatus": self._method(
                api.GetStatusRequest, api.GetStatusResponse, self._write_status
            ),
            "CancelAcquisition": self._method(
                api.CancelAcquisitionRequest, api.CancelAcquisitionResponse, self._cancel
            ),
        }

    def _method(
        self, request_type: Any, response_type: Any, write: Callable[[Any, Any], None]
    ) -> tuple[Any, Callable[[Any, grpc.ServicerContext], bytes]]:
        def answer(request: Any, _context: grpc.ServicerContext) -> bytes:
            received_ns = self._clock.time_ns()
            response = response_type()
            write(request, response)
            write_header(response.header, request.header, received_ns, self._clock.time_ns())
            encoded: bytes = response.SerializeToString()
            return encoded

        return request_type, answer

    def _report(self, capability: str) -> CameraReport | None:
        prefix, name = f"{self._service_name}_", capability
        return self._reports.report(name.removeprefix(prefix)) if name.startswith(prefix) else None

    def _list(self, _request: Any, response: Any) -> None:
        for source_name in self._reports.source_names():
            name = f"{self._service_name}_{source_name}"
            response.capabilities.data_sources.add(
                name=name,
                description=f"Camera health: {source_name}",
                channel_name=name,
                service_name=self._service_name,
                has_live_data=True,
            )

    def _write_live_data(self, request: Any, response: Any) -> None:
        self._enter_blocking_region()
        for capture in request.data_captures:
            live = response.live_data.add(name=capture.name)
            report = self._report(capture.name)
            if report is None:
                live.status = live.STATUS_UNKNOWN_CAPTURE_TYPE
                continue
            live.status = live.STATUS_OK
            for identifier, signal in signals_of(report).items():
                live.signals[identifier].CopyFrom(signal)

    def _acquire(self, request: Any, response: Any) -> None:
        self._enter_blocking_region()
        action_id, captures = request.action_id, []
        for capture in request.acquisition_requests.data_captures:
            report = self._report(capture.name)
            if report is None:
                response.status = response.STATUS_UNKNOWN_CAPTURE_TYPE
                return
            # Of the whole action: the picture may be another service's.
            metadata = api.AssociatedMetadata(reference_id=api.DataIdentifier(action_id=action_id))
            metadata.metadata.data.update({METADATA_KEY: metadata_of(report)})
            data_id = api.DataIdentifier(action_id=action_id, channel=capture.name)
            captures.append((metadata, data_id))
        response.request_id = self._acquisitions.begin(captures)
        response.status = response.STATUS_OK

    def _write_status(self, request: Any, response: Any) -> None:
        self._acquisitions.write_status(request.request_id, response)

    def _cancel(self, request: Any, response: Any) -> None:
        response.status = self._acquisitions.cancel(request.request_id)
