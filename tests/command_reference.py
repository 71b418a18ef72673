"""Tables of docs/commands.md, made of the parsers; `python -m tests.command_reference` writes them.

Texts that the SDK's functions give to its flags are not repeated: they are the SDK's.
"""

import argparse
from argparse import SUPPRESS, _HelpAction, _SubParsersAction, _VersionAction
from collections.abc import Iterator
from functools import cache

from bosdyn.client import util

from spot_webcam.app.cli.main import full_parser
from tests.documents import ROOT

PAGE = ROOT / "docs" / "commands.md"
_IN_OUR_WORDS = {
    "--guid": "the payload's GUID",
    "--secret": "the payload's secret, which every user of this computer can then read with `ps`",
    "--payload-credentials-file": "a file with the payload's GUID and secret on its two lines",
    "--port": "port to listen on (default: any free one)",
    "--verbose": "log everything",
    "hostname": "address of the robot",
}
# argparse's own, of every command.
_LEFT_OUT = (_HelpAction, _VersionAction, _SubParsersAction)


@cache
def _texts_of_the_sdk() -> set[str]:
    parser = argparse.ArgumentParser()
    util.add_base_arguments(parser)
    util.add_payload_credentials_arguments(parser)
    util.add_service_hosting_arguments(parser)
    return {one.help for one in actions_of(parser) if one.help}


def actions_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the arguments of a parser."""
    return parser._actions  # noqa: SLF001 - argparse has no other way to ask


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands of a parser by name."""
    nested = [one for one in actions_of(parser) if isinstance(one, _SubParsersAction)]
    return {name: command for one in nested for name, command in one.choices.items()}


def reference() -> str:
    """Return a section for each command."""
    parser = full_parser()
    serve = set(_rows(commands_of(parser)["serve"]))
    return "\n".join(
        section
        for command in commands_of(parser).values()
        for section in _sections(command, serve, set())
    )


def _sections(parser: argparse.ArgumentParser, serve: set[str], known: set[str]) -> Iterator[str]:
    """Yield a command and those below it, without the rows that are known from above."""
    all_rows = _rows(parser)
    has_those_of_serve = serve < set(all_rows)
    rows = [row for row in all_rows if row not in known | (serve if has_those_of_serve else set())]
    text = (parser.description or "").rstrip(".")
    parts = [f"{'#' * min(len(parser.prog.split()), 3)} `{parser.prog}`", ""]
    parts += [f"{text[:1].upper()}{text[1:]}.", ""] if text else []
    parts += ["The arguments of `serve`, and:", ""] if has_those_of_serve else []
    parts += ["| argument | meaning |", "|---|---|", *rows, ""] if rows else []
    yield "\n".join(parts)
    for command in commands_of(parser).values():
        yield from _sections(command, serve, known | set(all_rows))


def _rows(parser: argparse.ArgumentParser) -> list[str]:
    return [_row(one) for one in actions_of(parser) if not isinstance(one, _LEFT_OUT)]


def _row(action: argparse.Action) -> str:
    value = _cell(_value(action))
    flags = [flag if action.nargs == 0 else f"{flag} {value}" for flag in action.option_strings]
    named = ", ".join(f"`{one}`" for one in flags or [value])
    return f"| {named} | {_cell(_meaning(action))} |"


def _value(action: argparse.Action) -> str:
    if action.choices and not action.metavar:
        return "{" + ",".join(map(str, action.choices)) + "}"
    name = str(action.metavar or action.dest.upper())
    return {"?": f"[{name}]", "*": f"[{name} …]", "...": f"{name} …"}.get(str(action.nargs), name)


def _meaning(action: argparse.Action) -> str:
    text = action.help or ""
    if text in _texts_of_the_sdk():
        text = _IN_OUR_WORDS[action.option_strings[-1] if action.option_strings else action.dest]
    default = "" if action.default in (None, SUPPRESS) else str(action.default)
    return text.replace("%(default)s", default).replace("%%", "%")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    head = PAGE.read_text().partition("\n## ")[0]
    PAGE.write_text(f"{head}\n{reference()}")
