"""What no call by itself shows is found, by the line that is for it, and by no other."""

import pytest

from tests.integration.check import mixed_services as services
from tests.integration.check.conftest import Check, Serve
from tests.integration.check.services import SmallService

QUICKLY = ("--duration", "0.6")

FAILING: list[tuple[type[SmallService], str, str]] = [
    (services.OtherHeader, "clients at once", "another call's"),
    (services.OtherPicture, "clients at once", "for one alone"),
    (services.BackAmongOthers, "clients at once", "another client had got before"),
    (services.RawBackInTime, "times by format", "RAW: a picture is "),
    (services.FailsForAllAtOnce, "all at once", "RAW: gRPC error UNKNOWN"),
    (services.EmptyRaw, "raw and jpeg", "RGB_U8: RAW is 0 all over"),
    (services.RawUpsideDown, "raw and jpeg", "upside down"),
    (services.CropsToResize, "whole picture", "half the size and the full one differ"),
    (services.LenientWithParameters, "bad parameters", "exposure=20: OK instead of"),
    (services.UnknownError, "reachable", "number 99"),
]
WARNED: list[tuple[type[SmallService], str, str]] = [
    (services.OlderRaw, "times by format", "JPEG and RAW go back in time by up to 0."),
    (services.RefusesToResize, "resizing", "it does not resize"),
    (services.GreyJpeg, "a picture", "has 1 channels and is said to be RGB_U8"),
    (services.SteeringName, "description", "holds what cannot be shown"),
]


@pytest.mark.parametrize(("make", "line", "text"), FAILING)
def test_defect_fails_its_line_alone(
    make: type[SmallService], line: str, text: str, serve: Serve, check: Check
) -> None:
    with serve(make):
        outcome = check(*QUICKLY)
    failed = outcome.lines("fail")
    assert text in failed.get(line, ""), failed
    assert failed.keys() == {line}
    assert outcome.code == 1


@pytest.mark.parametrize(("make", "line", "text"), WARNED)
def test_what_some_stumble_over_is_a_warning_alone(
    make: type[SmallService], line: str, text: str, serve: Serve, check: Check
) -> None:
    with serve(make):
        outcome = check(*QUICKLY)
    assert outcome.lines("fail") == {}
    assert text in outcome.lines("warn").get(line, "")
    assert outcome.code == 0


def test_parameters_without_an_end_are_no_trouble(serve: Serve, check: Check) -> None:
    with serve(services.LenientWithParameters):
        bad = check(*QUICKLY).lines("fail")["bad parameters"]
    assert "mode='no such value': OK instead of" in bad
    assert "exposure=-" not in bad


def test_parameters_that_change_nothing_are_warned_of_when_they_may_be_changed(
    serve: Serve, check: Check
) -> None:
    with serve(services.LenientWithParameters):
        outcome = check(*QUICKLY, "--change-parameters")
        unasked = check(*QUICKLY)
    assert "the same whatever is set (1 tried)" in outcome.lines("warn")["changed parameters"]
    assert "changed parameters" not in str(unasked.document)


def test_sizes_below_nothing_are_judged(serve: Serve, check: Check) -> None:
    with serve(services.NegativeSizes):
        outcome = check(*QUICKLY)
    assert "its size is reported as -64x-48" in outcome.lines("fail")["a picture"]
    assert "cannot be judged" not in str(outcome.document)


def test_camera_that_goes_away_is_not_blamed_on_a_request(serve: Serve, check: Check) -> None:
    with serve(services.UnpluggedSoon):
        failed = check(*QUICKLY).lines("fail")
    assert "IMAGE_DATA_ERROR" in failed["times"]
    blamed = failed["no faults by clients"]
    assert "'front' gave no picture any more; before that, ordinary requests" in blamed


def test_checks_at_the_same_time_share_no_group(serve: Serve, check: Check) -> None:
    words = (*QUICKLY, "--check-data-acquisition")
    with serve(SmallService):
        outcomes = [check(*words) for _ in range(2)]
    found = {outcome.lines("pass")["data acquisition"] for outcome in outcomes}
    assert found == {"a picture taken and stored"}
