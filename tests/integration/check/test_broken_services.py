"""Each defect of a service is found, by the line that is for it, and by no other."""

import threading
from typing import Any

import grpc
import pytest

from spot_webcam.fakes.robot import FakeRobot
from tests.integration.check import mixed_services, services
from tests.integration.check.conftest import Check, Serve
from tests.integration.check.services import SmallService

QUICKLY = ("--duration", "0.6")


@pytest.mark.parametrize("make", [SmallService, mixed_services.TwoSources])
def test_a_small_service_without_defects_passes(
    make: type[SmallService], serve: Serve, check: Check
) -> None:
    with serve(make):
        outcome = check()
    assert outcome.lines("fail") == {}
    assert outcome.warnings() == {}
    assert outcome.code == 0


FAILING: list[tuple[type[SmallService], dict[str, str]]] = [
    (services.SwappedColours, {"colour order": "blue first"}),
    (services.TurnedByExif, {"jpeg form": "full size: the JPEG bears EXIF orientation 6"}),
    (services.FullSizeReported, {"resizing": "said to be 64x48"}),
    (services.NeverResizes, {"resizing": "ratio is ignored"}),
    (services.FaultOnBadRequest, {"no faults by clients": "pixel format 99"}),
    (services.RaisesOnBadRequest, {"bad image format": "gRPC error UNKNOWN"}),
    (services.OneBadDamagesAll, {"bad among good": "good requests are answered"}),
    (services.Stalled, {"times": "s old"}),
    (services.LocalTime, {"times": "its computer's"}),
    (services.BackInTime, {"times": "older than the one before"}),
    (services.IgnoresFallbacks, {"fallback": "ignored"}),
    (services.NoFormatsFilledIn, {"a picture": "image format is UNKNOWN"}),
    (services.WrongOrder, {"order": "order"}),
    (services.StuckAfterARush, {"clients that leave": "no thread is left"}),
    (services.NoSources, {"sources": "no sources"}),
]

# What a defect costs besides.
ALSO: dict[type[SmallService], tuple[str, ...]] = {
    services.FullSizeReported: ("many requests",),
    services.BackInTime: ("times by format", "clients at once"),
}


@pytest.mark.parametrize(("make", "found"), FAILING)
def test_defect_is_found_by_its_line(
    make: type[SmallService], found: dict[str, str], serve: Serve, check: Check
) -> None:
    with serve(make):
        outcome = check(*QUICKLY)
    failed = outcome.lines("fail")
    for name, text in found.items():
        assert text in failed.get(name, ""), failed
    assert failed.keys() <= {*found, *ALSO.get(make, ())}
    assert outcome.code == 1


def test_new_times_on_an_old_picture_are_a_warning(serve: Serve, check: Check) -> None:
    with serve(services.NeverChanges):
        outcome = check(*QUICKLY)
        strict = check(*QUICKLY, "--strict")
    assert outcome.lines("fail") == {}
    assert "the same bytes each time" in outcome.lines("warn")["times"]
    assert (outcome.code, strict.code) == (0, 1)


def test_service_that_hangs_is_left_alone_soon(serve: Serve, check: Check) -> None:
    with serve(services.Hangs):
        outcome = check("--timeout", "0.3")
    assert "DEADLINE_EXCEEDED" in outcome.lines("fail")["a picture"]
    assert "3 calls in a row" in outcome.lines("skip")["the rest"]
    assert outcome.document["complete"] is False
    assert outcome.code == 1


def test_service_that_dies_in_the_middle_gives_lines(serve: Serve, check: Check) -> None:
    with serve(services.Dies):
        outcome = check(*QUICKLY)
    failed = outcome.lines("fail")
    assert "UNAVAILABLE" in failed["times"]
    assert "UNAVAILABLE" in failed["bad source"]
    assert "UNAVAILABLE" in failed["clients at once"]
    assert "cannot be judged" not in str(failed)


def test_service_that_is_not_there_is_one_failure(check: Check) -> None:
    outcome = check()
    assert list(outcome.lines("fail")) == ["registered"]
    assert list(outcome.lines("skip")) == ["the rest"]
    assert outcome.code == 1


def test_source_that_is_not_there_is_reported_with_those_that_are(
    serve: Serve, check: Check
) -> None:
    with serve(SmallService):
        outcome = check("--image-source", "back")
    assert "no source 'back'" in outcome.lines("fail")["sources"]


def test_interrupt_ends_with_what_was_done(serve: Serve, check: Check) -> None:
    stopping = threading.Event()

    class Interrupts(services.Hangs):
        def GetImage(self, request: Any, context: Any) -> Any:  # noqa: N802 - the API's name
            stopping.set()
            return super().GetImage(request, context)

    with serve(Interrupts):
        outcome = check(stopping=stopping)
    assert outcome.document["complete"] is False
    assert "reachable" in outcome.lines("pass")
    assert outcome.code == 1


def test_robot_without_data_acquisition_is_one_failure(
    fake_robot: FakeRobot, serve: Serve, check: Check
) -> None:
    fake_robot.refuse("data-acquisition", grpc.StatusCode.UNAVAILABLE)
    with serve(SmallService):
        outcome = check(*QUICKLY, "--check-data-acquisition")
    assert outcome.lines("fail").keys() == {"data acquisition"}
    assert "the robot" in outcome.lines("fail")["data acquisition"]
