"""Findings of the doctor: how bad, about what, what was found, what it means, what to do."""

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """`ERROR`: the service does not work so; `WARNING`: it may fail, or is unsafe."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `meaning` and `advice` are empty for `OK`."""

    severity: Severity
    about: str
    found: str
    meaning: str = ""
    advice: str = ""


def ok(about: str, found: str) -> Finding:
    """Return a finding that all is as it should be."""
    return Finding(Severity.OK, about, found)


def warning(about: str, found: str, meaning: str, advice: str) -> Finding:
    """Return a finding that may lead to a failure."""
    return Finding(Severity.WARNING, about, found, meaning, advice)


def error(about: str, found: str, meaning: str, advice: str) -> Finding:
    """Return a finding that keeps the service from working."""
    return Finding(Severity.ERROR, about, found, meaning, advice)
