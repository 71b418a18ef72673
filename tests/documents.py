"""The documents, and the commands that they show: `python -m tests.documents` lists these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").glob("*/README.md"),
    ]
)
# Why a command is shown that no test runs: `<!-- not run: REASON -->` stands before its fence.
REASONS = {
    "needs a CORE I/O",
    "needs Docker",
    "needs grpcurl",
    "needs journald",
    "needs root",
    "needs systemd",
    "needs the network",
}
_FENCE = re.compile(
    r"^(?:<!-- (?P<mark>[^\n]*) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a document; `not_run` is why no test runs it, or empty."""

    page: str
    line: str
    not_run: str = ""

    def __str__(self) -> str:
        """Return what is wrong in a failure."""
        return f"{self.page}: {self.line}"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `mark` is the comment before it, or empty."""

    language: str
    text: str
    mark: str


def name_of(page: Path) -> str:
    """Return the path of a document in the tree."""
    return str(page.relative_to(ROOT))


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a document."""
    return [Block(*found.group("language", "text", "mark")) for found in _FENCE.finditer(text)]


def shell_commands(text: str) -> list[str]:
    """Return the commands of shell text: comments cut off, lines joined."""
    lines = text.replace("\\\n", " ").splitlines()
    words = (" ".join(line.partition("  #")[0].split()) for line in lines)
    return [line for line in words if line and not line.startswith("#")]


def commands(page: Path) -> Iterator[Command]:
    """Yield the commands of a document: of shell blocks, and after the prompts of console ones."""
    for block in blocks(page.read_text()):
        mark = block.mark or ""
        reason = mark.removeprefix("not run: ") if mark.startswith("not run: ") else ""
        text = block.text
        if block.language == "console":
            text = "\n".join(re.findall(r"^\$ (.*)$", text, re.MULTILINE))
        if block.language in {"sh", "console"}:
            for line in shell_commands(text):
                yield Command(name_of(page), line, reason)


if __name__ == "__main__":
    for page in PAGES:
        for command in commands(page):
            print(f"{command}{f'  ({command.not_run})' * bool(command.not_run)}")  # noqa: T201
