"""Requests of the acquisition tests, and waiting for their end."""

from typing import Any

from bosdyn.api import data_acquisition_pb2 as api

from tests.timing import eventually

Status = api.GetStatusResponse
_WORKING = (Status.STATUS_ACQUIRING, Status.STATUS_SAVING, Status.STATUS_CANCEL_IN_PROGRESS)


def of(*names: str, service: str = "image") -> Any:
    captures = [api.ImageSourceCapture(image_service=service, image_source=name) for name in names]
    return api.AcquisitionRequestList(image_captures=captures)


def tiny_picture() -> Any:
    return of("tiny", service="cam")


def data(*names: str) -> Any:
    return api.AcquisitionRequestList(data_captures=[api.DataCapture(name=name) for name in names])


def ended(client: Any, request_id: int) -> Any:
    """Wait for an acquisition to end, and return its status."""
    # Not by the robot's `wait_for`: each question is a change of the robot.
    assert eventually(lambda: client.get_status(request_id).status not in _WORKING)
    return client.get_status(request_id)
