"""Check that a change of the product has a line in the changelog: `changelog_check.py BASE`."""

import re
import subprocess
import sys
from pathlib import Path

PRODUCT = ("src", "fakes")
CHANGELOG = Path("CHANGELOG.md")


def git(*arguments: str) -> str:
    """Return the output of a git command; end with its error in one line if it fails."""
    ended = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S607 - git, wherever it is
    if ended.returncode:
        sys.exit(f"changelog: git {arguments[0]}: {ended.stderr.strip().splitlines()[0]}")
    return ended.stdout


def new_lines(old: str, new: str) -> list[str]:
    """Return the lines of the sections that a release has not closed yet, or has just closed."""
    released = re.findall(r"^## .*", old, re.MULTILINE)
    released = [heading for heading in released if heading != "## Unreleased"]
    open_part = new.partition(f"\n{released[0]}\n")[0] if released else new
    known = set(old.splitlines())
    return [line for line in open_part.splitlines() if line.strip() and line not in known]


def main(base: str) -> None:
    """End with 1 if the product has changed since the base, and the changelog has no new line."""
    start = git("merge-base", base, "HEAD").strip()
    changed = git("diff", "--name-only", start, "--", *PRODUCT).splitlines()
    lines = new_lines(git("show", f"{start}:{CHANGELOG}"), CHANGELOG.read_text())
    if changed and not lines:
        sys.exit(
            f"changelog: {len(changed)} files of the product have changed, such as {changed[0]}:"
            f" add a line for its users below Unreleased in {CHANGELOG}"
        )


if __name__ == "__main__":
    main(sys.argv[1])
