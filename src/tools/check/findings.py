"""Findings of checks, and short names for the API's numbers in them."""

from dataclasses import dataclass, replace
from enum import Enum

from bosdyn.api import header_pb2, image_pb2


class Verdict(Enum):
    """Result of a check; `SKIP` is a question that does not apply, or could not be decided."""

    PASS = "pass"  # noqa: S105 - not a password
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict, its reason, and advice for the service's author."""

    verdict: Verdict
    reason: str
    advice: str = ""

    def of(self, subject: str) -> "Finding":
        """Return the finding with its subject before the reason."""
        return replace(self, reason=f"{subject}: {self.reason}")


class CheckFailed(Exception):
    """A finding that ends its check for this service or source."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.reason)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Line:
    """A finding of a check; `source` is empty for checks of the whole service."""

    check: str
    source: str
    finding: Finding


def passed(reason: str) -> Finding:
    """Return a finding that all is as it should be."""
    return Finding(Verdict.PASS, reason)


def warned(reason: str, advice: str) -> Finding:
    """Return a finding that breaks some clients."""
    return Finding(Verdict.WARN, reason, advice)


def failed(reason: str, advice: str) -> Finding:
    """Return a finding that contradicts the API or misleads every client."""
    return Finding(Verdict.FAIL, reason, advice)


def skipped(reason: str, advice: str = "") -> Finding:
    """Return a finding that the question does not apply or could not be decided."""
    return Finding(Verdict.SKIP, reason, advice)


def image_format_name(number: int) -> str:
    """Return `JPEG` for `FORMAT_JPEG`; an unknown number stays a number."""
    return _name(image_pb2.Image.Format, number, "FORMAT_")


def pixel_format_name(number: int) -> str:
    """Return `RGB_U8` for `PIXEL_FORMAT_RGB_U8`."""
    return _name(image_pb2.Image.PixelFormat, number, "PIXEL_FORMAT_")


def status_name(number: int) -> str:
    """Return `OK` for `STATUS_OK`."""
    return _name(image_pb2.ImageResponse.Status, number, "STATUS_")


def error_name(number: int) -> str:
    """Return the name of the error code of a header, such as `CODE_OK`."""
    return _name(header_pb2.CommonError.Code, number, "")


def _name(enumeration: object, number: int, prefix: str) -> str:
    try:
        name: str = enumeration.Name(number)  # type: ignore[attr-defined]
    except ValueError:
        return f"number {number}"
    return name.removeprefix(prefix)
