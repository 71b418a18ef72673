"""bosdyn.api.DataAcquisitionStoreService: what was captured, listed and added to."""

from collections.abc import Iterator, Mapping
from typing import Any

from bosdyn.api import data_acquisition_store_pb2 as api

from spot_webcam.fakes.robot.acquisition.captures import (
    CAPTURE_LIMIT_BYTES,
    CaptureKind,
    Captures,
    StoredCapture,
)
from spot_webcam.fakes.robot.acquisition.queries import actions_of, queried, selected
from spot_webcam.fakes.robot.services.method import Method, Shape
from spot_webcam.fakes.robot.state.own_services import DATA_ACQUISITION_STORE
from spot_webcam.fakes.robot.state.refusals import InvalidRequest, full, require_times
from spot_webcam.fakes.robot.state.tokens import Caller


class DataAcquisitionStoreService:
    """Lists, queries and stores captures. None counts as large, whatever its size."""

    entry = DATA_ACQUISITION_STORE

    def __init__(self, captures: Captures) -> None:
        self._captures = captures

    def methods(self) -> Mapping[str, Method]:
        """Return the RPCs by name."""
        return {
            "ListCaptureActions": Method(
                api.ListCaptureActionsRequest, api.ListCaptureActionsResponse, self._list_actions
            ),
            "ListStoredImages": self._lists("Images", CaptureKind.IMAGE),
            "ListStoredData": self._lists("Data", CaptureKind.DATA),
            "ListStoredMetadata": self._lists("Metadata", CaptureKind.METADATA),
            "ListStoredAlertData": self._lists("AlertData", CaptureKind.ALERT),
            "StoreImage": self._stores("Image", CaptureKind.IMAGE, "image"),
            "StoreMetadata": self._stores("Metadata", CaptureKind.METADATA, "metadata"),
            "StoreAlertData": self._stores("AlertData", CaptureKind.ALERT, "alert_data"),
            "StoreData": Method(api.StoreDataRequest, api.StoreDataResponse, self._store_data),
            "StoreDataStream": Method(
                api.StoreStreamRequest, api.StoreStreamResponse, self._store_stream, Shape.UPLOAD
            ),
            "QueryStoredCaptures": Method(
                api.QueryStoredCapturesRequest,
                api.QueryStoredCapturesResponse,
                self._query,
                Shape.DOWNLOAD,
            ),
            "QueryMaxCaptureId": Method(
                api.QueryMaxCaptureIdRequest, api.QueryMaxCaptureIdResponse, self._query_max_id
            ),
        }

    def _list_actions(self, request: Any, response: Any, _caller: Caller) -> None:
        found = selected(self._captures.all(), request.query)
        response.action_ids.extend(actions_of(found))

    def _lists(self, what: str, kind: CaptureKind) -> Method:
        def fill(request: Any, response: Any, _caller: Caller) -> None:
            found = selected(self._captures.all(), request.query)
            response.data_ids.extend(one.data_id() for one in found if one.kind is kind)

        request_type = getattr(api, f"ListStored{what}Request")
        return Method(request_type, getattr(api, f"ListStored{what}Response"), fill)

    def _stores(self, what: str, kind: CaptureKind, field: str) -> Method:
        def fill(request: Any, response: Any, _caller: Caller) -> None:
            content = getattr(request, field).SerializeToString()
            response.id = self._add(kind, request.data_id, content)

        request_type = getattr(api, f"Store{what}Request")
        return Method(request_type, getattr(api, f"Store{what}Response"), fill)

    def _store_data(self, request: Any, response: Any, _caller: Caller) -> None:
        response.id = self._add(
            CaptureKind.DATA, request.data_id, request.data, request.file_extension
        )

    def _store_stream(self, requests: Iterator[Any], response: Any, _caller: Caller) -> None:
        first = next(requests)
        content = bytearray(first.chunk.data)
        for request in requests:
            content += request.chunk.data
            if len(content) > CAPTURE_LIMIT_BYTES:
                raise full("bytes of captures", CAPTURE_LIMIT_BYTES)
        if len(content) != first.chunk.total_size:
            raise InvalidRequest(
                f"{len(content)} bytes came, {first.chunk.total_size} were announced"
            )
        response.id = self._add(
            CaptureKind.DATA, first.data_id, bytes(content), first.file_extension
        )

    def _add(self, kind: CaptureKind, data_id: Any, content: bytes, extension: str = "") -> int:
        require_times([data_id.action_id.timestamp])
        return self._captures.add(kind, data_id, content, extension).id

    def _query(self, request: Any, response: Any, _caller: Caller) -> None:
        query = request.query
        found = queried(self._captures.all(), query)
        response.action_ids.extend(actions_of(found))
        response.max_capture_id = max((one.id for one in found), default=0)
        for capture in found:
            _write_result(capture, response.results.add(), query.only_include_identifiers)

    def _query_max_id(self, _request: Any, response: Any, _caller: Caller) -> None:
        response.max_capture_id = self._captures.last_id()


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
