"""bosdyn.api.DataAcquisitionStoreService: stored captures, listed and added to."""

from collections.abc import Iterator
from typing import Any

from bosdyn.api import data_acquisition_store_service_pb2

from spot_webcam.fakes.robot.acquisition.captures import (
    CaptureKind,
    Captures,
    StoredCapture,
)
from spot_webcam.fakes.robot.acquisition.queries import actions_of, queried, selected
from spot_webcam.fakes.robot.state.own_services import DATA_ACQUISITION_STORE
from spot_webcam.fakes.robot.state.refusals import InvalidRequest, require_times
from spot_webcam.fakes.robot.state.tokens import Caller


class DataAcquisitionStoreService:
    """Lists, queries and stores captures. No capture is treated as large, whatever its size."""

    entry = DATA_ACQUISITION_STORE
    protocol = data_acquisition_store_service_pb2.DESCRIPTOR

    def __init__(self, captures: Captures) -> None:
        self._captures = captures

    def _list_capture_actions(self, request: Any, response: Any, _caller: Caller) -> None:
        response.action_ids.extend(actions_of(selected(self._captures.all(), request.query)))

    def _list_stored_images(self, request: Any, response: Any, _caller: Caller) -> None:
        self._list(request, response, CaptureKind.IMAGE)

    def _list_stored_data(self, request: Any, response: Any, _caller: Caller) -> None:
        self._list(request, response, CaptureKind.DATA)

    def _list_stored_metadata(self, request: Any, response: Any, _caller: Caller) -> None:
        self._list(request, response, CaptureKind.METADATA)

    def _list_stored_alert_data(self, request: Any, response: Any, _caller: Caller) -> None:
        self._list(request, response, CaptureKind.ALERT)

    def _store_image(self, request: Any, response: Any, _caller: Caller) -> None:
        content = request.image.SerializeToString()
        response.id = self._add(CaptureKind.IMAGE, request, content)

    def _store_metadata(self, request: Any, response: Any, _caller: Caller) -> None:
        content = request.metadata.SerializeToString()
        response.id = self._add(CaptureKind.METADATA, request, content)

    def _store_alert_data(self, request: Any, response: Any, _caller: Caller) -> None:
        content = request.alert_data.SerializeToString()
        response.id = self._add(CaptureKind.ALERT, request, content)

    def _store_data(self, request: Any, response: Any, _caller: Caller) -> None:
        response.id = self._add(CaptureKind.DATA, request, request.data, request.file_extension)

    def _store_data_stream(self, requests: Iterator[Any], response: Any, _caller: Caller) -> None:
        first = next(requests)
        content = bytearray(first.chunk.data)
        for request in requests:
            content += request.chunk.data
            self._captures.check_size(len(content))
        if len(content) != first.chunk.total_size:
            raise InvalidRequest(
                f"received {len(content)} bytes, but total_size is {first.chunk.total_size}"
            )
        response.id = self._add(CaptureKind.DATA, first, bytes(content), first.file_extension)

    def _query_stored_captures(self, request: Any, response: Any, _caller: Caller) -> None:
        query = request.query
        found = queried(self._captures.all(), query)
        response.action_ids.extend(actions_of(found))
        response.max_capture_id = max((capture.id for capture in found), default=0)
        for capture in found:
            _write_result(capture, response.results.add(), query.only_include_identifiers)

    def _query_max_capture_id(self, _request: Any, response: Any, _caller: Caller) -> None:
        response.max_capture_id = self._captures.last_id()

    def _list(self, request: Any, response: Any, kind: CaptureKind) -> None:
        found = selected(self._captures.all(), request.query)
        response.data_ids.extend(capture.data_id() for capture in found if capture.kind is kind)

    def _add(self, kind: CaptureKind, request: Any, content: bytes, extension: str = "") -> int:
        require_times([request.data_id.action_id.timestamp])
        return self._captures.add(kind, request.data_id, content, extension).id


def _write_result(capture: StoredCapture, result: Any, identifier_only: bool) -> None:
    result.data_id.CopyFrom(capture.data_id())
    if identifier_only:
        return
    if capture.kind is CaptureKind.DATA:
        result.data.data = capture.content
        result.data.file_extension = capture.file_extension
        return
    message = {
        CaptureKind.IMAGE: result.image,
        CaptureKind.METADATA: result.metadata,
        CaptureKind.ALERT: result.alert_data,
    }[capture.kind]
    message.ParseFromString(capture.content)
    message.SetInParent()
