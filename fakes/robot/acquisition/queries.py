"""Queries of captures. Empty fields of a query match everything."""

from collections.abc import Iterable
from typing import Any

from spot_webcam.fakes.robot.acquisition.captures import CaptureKind, StoredCapture, in_range
from spot_webcam.fakes.robot.state.refusals import InvalidRequest

_MAX_NS = 2**63 - 1
_SWITCHES = {
    CaptureKind.IMAGE: "include_images",
    CaptureKind.DATA: "include_data",
    CaptureKind.METADATA: "include_metadata",
    CaptureKind.ALERT: "include_alerts",
}


def selected(captures: Iterable[StoredCapture], query: Any) -> list[StoredCapture]:
    """Return the captures that match a `DataQueryParams`."""
    found = list(captures)
    if query.HasField("time_range"):
        found = _within(found, query.time_range)
    return _of_actions(found, query.action_ids.action_ids)


def queried(captures: Iterable[StoredCapture], query: Any) -> list[StoredCapture]:
    """Return the captures that match a `QueryParameters`; all kinds if none is included."""
    found = [capture for capture in captures if capture.id >= query.captures_from_id]
    if query.HasField("time_range"):
        found = _within(found, query.time_range)
    found = _of_actions(found, query.action_ids)
    if query.channels:
        found = [capture for capture in found if capture.channel in query.channels]
    kinds = {kind for kind, switch in _SWITCHES.items() if getattr(query, switch)}
    if kinds:
        found = [capture for capture in found if capture.kind in kinds]
    if query.order_descending:
        found.reverse()
    return found


def actions_of(captures: Iterable[StoredCapture]) -> list[Any]:
    """Return the `CaptureActionId` of each action once, in the order of the captures."""
    actions: dict[bytes, Any] = {}
    for capture in captures:
        action = capture.data_id().action_id
        actions.setdefault(action.SerializeToString(deterministic=True), action)
    return list(actions.values())


def _within(captures: Iterable[StoredCapture], time_range: Any) -> list[StoredCapture]:
    from_ns, to_ns = 0, _MAX_NS
    try:
        if time_range.HasField("from_timestamp"):
            from_ns = time_range.from_timestamp.ToNanoseconds()
        if time_range.HasField("to_timestamp"):
            to_ns = time_range.to_timestamp.ToNanoseconds()
    except ValueError:
        raise InvalidRequest("a time of the query is out of range") from None
    return in_range(captures, from_ns, to_ns)


def _of_actions(captures: list[StoredCapture], action_ids: Any) -> list[StoredCapture]:
    if not action_ids:
        return captures
    return [
        capture
        for capture in captures
        if any(_matches(action_id, capture) for action_id in action_ids)
    ]


def _matches(action_id: Any, capture: StoredCapture) -> bool:
    if action_id.action_name and action_id.action_name != capture.action_name:
        return False
    if action_id.group_name and action_id.group_name != capture.group_name:
        return False
    if not action_id.HasField("timestamp"):
        return True
    return bool(action_id.timestamp == capture.data_id().action_id.timestamp)
