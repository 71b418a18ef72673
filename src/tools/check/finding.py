"""What a check found."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How it stands; `SKIP` is a question that does not arise, or could not be decided."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict, why, and what to do about it."""

    verdict: Verdict
    reason: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A finding, of which check and, unless empty, of which source."""

    check: str
    source: str
    finding: Finding


def passed(reason: str) -> Finding:
    """Return what is as it should be."""
    return Finding(Verdict.PASS, reason)


def warned(reason: str, advice: str) -> Finding:
    """Return what some clients will stumble over."""
    return Finding(Verdict.WARN, reason, advice)


def failed(reason: str, advice: str) -> Finding:
    """Return what contradicts the API or would mislead every client."""
    return Finding(Verdict.FAIL, reason, advice)


def skipped(reason: str, advice: str = "") -> Finding:
    """Return what could not be looked at."""
    return Finding(Verdict.SKIP, reason, advice)
