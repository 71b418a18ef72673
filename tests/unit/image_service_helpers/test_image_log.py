from __future__ import annotations

import logging
from typing import Any

import pytest
from bosdyn.api import image_pb2

from spot_webcam.image_service_helpers.image_log import MAX_PENDING, ImageLog

from .conftest import DataBuffer

MESSAGE = image_pb2.GetImageRequest()
LOG = logging.getLogger("test")


def test_a_robot_that_takes_nothing_is_not_flooded(caplog: pytest.LogCaptureFixture) -> None:
    pending: list[Any] = []
    buffer = DataBuffer(pending=pending)
    log = ImageLog(buffer, LOG)
    for _ in range(MAX_PENDING + 5):
        log.log(MESSAGE)
    assert len(buffer.messages) == MAX_PENDING
    assert caplog.text.count("does not keep up") == 1
    for done in pending:
        done(buffer)
    log.log(MESSAGE)
    assert len(buffer.messages) == MAX_PENDING + 1


def test_a_robot_that_refuses_is_complained_of_once(caplog: pytest.LogCaptureFixture) -> None:
    class Refusing(DataBuffer):
        def exception(self) -> Exception | None:
            return OSError("refused")

    log = ImageLog(Refusing(), LOG)
    for _ in range(2 * MAX_PENDING):
        log.log(MESSAGE)
    assert caplog.text.count("refused") == 1


def test_a_client_that_raises_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    log = ImageLog(DataBuffer(error=OSError("no time sync")), LOG)
    for _ in range(2 * MAX_PENDING):
        log.log(MESSAGE)
    assert caplog.text.count("no time sync") == 1
