"""Rules of the lint, and findings: which rule, at what place, what was found."""

from dataclasses import dataclass
from enum import Enum

MANIFEST = "manifest.json"
COMPOSE = "docker-compose.yml"


class Severity(Enum):
    """`ERROR`: it does not install or work so; `WARNING`: it may fail, or is advised against."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Place:
    """Member of the archive, key in it and line; empty and 0 where there is none."""

    member: str = ""
    key: str = ""
    line: int = 0

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        return " ".join(part for part in (f"{self.member}{line}", self.key) if part)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `what` must hold, `why`, and how to `fix` an extension that breaks it."""

    id: str
    severity: Severity
    what: str
    why: str
    fix: str

    def at(self, place: Place, found: str) -> "Finding":
        """Return a finding of this rule."""
        return Finding(self, place, found)


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule."""

    rule: Rule
    place: Place
    found: str


def error(id: str, what: str, why: str, fix: str) -> Rule:  # noqa: A002 - the field's name
    """Return a rule whose breach keeps an extension from working."""
    return Rule(id, Severity.ERROR, what, why, fix)


def warning(id: str, what: str, why: str, fix: str) -> Rule:  # noqa: A002 - the field's name
    """Return a rule whose breach may lead to a failure."""
    return Rule(id, Severity.WARNING, what, why, fix)
