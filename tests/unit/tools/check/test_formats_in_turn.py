from spot_webcam.tools.check.checks.times import FormatSample, evaluate_formats
from spot_webcam.tools.check.findings import Finding, Verdict


def evaluate(*taken: tuple[str, int]) -> list[Finding]:
    return list(
        evaluate_formats([FormatSample(name, tenth * 100_000_000) for name, tenth in taken])
    )


def test_formats_of_one_frame_and_later_ones_are_in_order() -> None:
    assert evaluate(("JPEG", 10), ("RAW", 10), ("JPEG", 11), ("RAW", 11)) == []
    assert evaluate() == []


def test_format_that_goes_back_fails() -> None:
    [found] = evaluate(("JPEG", 10), ("RAW", 10), ("JPEG", 11), ("RAW", 9))
    assert found.verdict is Verdict.FAIL
    assert found.reason.startswith("RAW: a picture is 0.100 s older")


def test_format_that_is_behind_another_is_warned_of() -> None:
    [found] = evaluate(("JPEG", 10), ("RAW", 5), ("JPEG", 11), ("RAW", 6))
    assert found.verdict is Verdict.WARN
    assert "JPEG and RAW go back in time by up to 0.500 s" in found.reason
