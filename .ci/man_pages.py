"""Manual pages of the command and of each of its sub-commands: `man_pages.py FOLDER`."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from argparse_manpage.manpage import Manpage

from spot_webcam import __version__
from spot_webcam.app.cli.main import full_parser


def pages() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield each page's name and parser; deeper commands are sections of their command's page."""
    parser = full_parser()
    yield parser.prog, parser
    for action in parser._actions:  # noqa: SLF001 - argparse has no other list of them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - nor a name for this one
            for command, subparser in action.choices.items():
                yield f"{parser.prog}-{command}", subparser


def main(folder: Path) -> None:
    """Write the pages, in place of those that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.1"):
        old.unlink()
    parsers = dict(pages())
    for name, parser in parsers.items():
        page = Manpage(
            parser,
            {
                "project_name": "spot-webcam",
                "version": __version__,
                "manual_title": "User Commands",
                "description": (parser.description or "").rstrip("."),
            },
        )
        page.prog = name
        others = (other for other in parsers if other != name)
        page.add_section("see also", "=", ",\n".join(f".BR {other} (1)" for other in others))
        (folder / f"{name}.1").write_text(str(page))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
