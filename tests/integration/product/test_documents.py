"""README and docs name only what exists: commands, flags, links, pages, messages."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from spot_webcam.app.cli.command_line import OneLineParser
from spot_webcam.app.cli.main import full_parser
from spot_webcam.app.config.load import load
from spot_webcam.app.config.problems import BadConfiguration
from tests.command_reference import PAGE, actions_of, commands_of, reference
from tests.documents import (
    PAGES,
    REASONS,
    ROOT,
    Command,
    blocks,
    commands,
    name_of,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEXTS = {page: page.read_text() for page in PAGES}
DOCS = [page for page in PAGES if page.parent == ROOT / "docs"]
# Commands of other programs, by how they begin, and what runs them.
RUN_BY = {
    "README.md": {
        **dict.fromkeys(("python3 ", ". ~/", "chmod "), "tests/integration/product/test_readme.py"),
        "pip install .": "tests/integration/product/test_wheel.py",
    },
    "docs/container.md": {"buildah ": "tests/integration/deploy/test_container.py"},
    "docs/installing.md": {"mkdir ": "tests/integration/product/test_completion.py"},
    "docs/fake-robot.md": {"curl ": "tests/integration/robot/test_control_http.py"},
    "docs/migrating.md": {"sed ": "tests/integration/daemon/test_migrating.py"},
    "examples/pytest-fake-robot/README.md": {
        "pip install ": "tests/integration/product/test_pytest_plugin.py",
        "python3 -m pytest": "tests/integration/product/test_pytest_plugin.py",
    },
    "examples/thermal-camera/README.md": {
        "pip install ": "tests/integration/daemon/test_camera_package.py"
    },
}
# Flags of other programs, which pages mention between backticks.
FOREIGN_FLAGS = {
    "--device", "--group-add", "--network", "--user", "--system-site-packages",
    "--capture-when-requested", "--show-debug-info", "--markdown",
}  # fmt: skip


@pytest.fixture(scope="module")
def parser() -> OneLineParser:
    return full_parser()


def all_commands() -> list[Command]:
    return [command for page in PAGES for command in commands(page)]


def test_every_command_is_parsed_or_run_or_says_why_not(
    parser: OneLineParser, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    found = all_commands()
    assert len(found) > 50
    for command in found:
        if command.not_run:
            assert command.not_run in REASONS, command
            continue
        words = shlex.split(re.split(r" [>|] ", command.line)[0])
        if words[0] == "make":
            assert words[1] in targets, command
        elif words[0] == "spot-webcam" or words[:3] == ["python3", "-m", "spot_webcam"]:
            arguments = words[1:] if words[0] == "spot-webcam" else words[3:]
            try:
                parser.parse_args(arguments)
            except SystemExit:
                pytest.fail(f"{command}: {capsys.readouterr().err}")
        elif "pytest" in words:
            paths = [word for word in words if word.startswith("tests/")]
            assert all((ROOT / path).exists() for path in paths), command
        else:
            runs = RUN_BY.get(command.page, {})
            tests = [test for begin, test in runs.items() if command.line.startswith(begin)]
            assert tests, (
                f"{command}: run it in a test, or write <!-- not run: REASON --> before it"
            )
            assert (ROOT / tests[0]).exists()
    # What is named here is still shown somewhere.
    assert {one.not_run for one in found if one.not_run} <= REASONS


def test_commands_are_in_blocks_of_shell() -> None:
    """Otherwise the test above would not see them."""
    programs = r"(spot-webcam|make|sudo|docker|curl|pip|python3|journalctl|grpcurl) "
    for page, text in TEXTS.items():
        outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        assert not re.search(rf"^    {programs}", outside, re.MULTILINE), name_of(page)
        for block in blocks(text):
            if block.language not in {"sh", "console"}:
                assert not re.search(rf"^{programs}", block.text, re.MULTILINE), name_of(page)


def test_commands_and_flags_within_sentences_exist(parser: OneLineParser) -> None:
    known = set(_flags(parser))
    names = commands_of(parser)
    for page, text in TEXTS.items():
        if page.name == "CHANGELOG.md" or page.parent.name == "decisions":
            continue  # those say what was
        outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        for code in re.findall(r"`([^`\n]+)`", outside):
            command = re.match(r"spot-webcam ([a-z][a-z-]*)", code)
            assert command is None or command[1] in names, f"{name_of(page)}: {code}"
            if re.match(r"(spot-webcam |--)", code):
                for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", code.partition(" -- ")[0]):
                    assert flag in known | FOREIGN_FLAGS, f"{name_of(page)}: {code}"


def _flags(parser: OneLineParser) -> Iterator[str]:
    for action in actions_of(parser):
        yield from action.option_strings
    for command in commands_of(parser).values():
        yield from _flags(command)


def test_page_of_commands_has_the_arguments_of_all() -> None:
    # To write it: python -m tests.command_reference.
    head, _, tables = PAGE.read_text().partition("\n## ")
    assert head
    assert f"## {tables}" == reference()


# Links and the site


def test_links_lead_somewhere_and_anchors_too() -> None:
    for page, text in TEXTS.items():
        outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        for link in re.findall(r"\]\(([^)\s]+)\)", outside):
            path, _, anchor = link.partition("#")
            if ":" in path:
                continue
            target = (page.parent / path).resolve() if path else page
            assert target.is_file(), (
                f"{name_of(page)}: {link}: name a file, or README.md of a folder"
            )
            if anchor:
                assert anchor in _anchors(target), f"{name_of(page)}: {link}"


def _anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub and the site's generator agree upon."""
    outside = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", outside, re.MULTILINE)
    plain = [re.sub(r"[^\w\s-]", "", title).strip().lower() for title in titles]
    of_github = {re.sub(r"\s", "-", title) for title in plain}
    return of_github & {re.sub(r"[-\s]+", "-", title) for title in plain}


def test_every_page_is_in_the_navigation() -> None:
    site = (ROOT / "mkdocs.yml").read_text()
    named = re.findall(r"([\w./-]+\.md)$", site.partition("\nnav:\n")[2], re.MULTILINE)
    assert len(named) == len(set(named))
    expected = {name_of(page) for page in PAGES if page.parent != ROOT}
    # Decisions have an index of their own.
    expected -= {name for name in expected if re.match(r"docs/decisions/\d", name)}
    assert {name for name in named if "/" in name} == expected
    assert all((ROOT / name).is_file() for name in named)


def test_index_of_decisions_has_all_with_their_titles() -> None:
    folder = ROOT / "docs" / "decisions"
    titles = {
        page.name: page.read_text().partition("\n")[0].removeprefix("# ")
        for page in sorted(folder.glob("0*.md"))
    }
    rows = re.findall(r"^- \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(), re.MULTILINE)
    assert rows == [(title, name) for name, title in titles.items()]


@pytest.mark.parametrize("name", ["overview", "architecture"])
def test_drawing_shows_what_its_source_names(name: str) -> None:
    # To draw it: mmdc -b white -i docs/images/NAME.mmd -o docs/images/NAME.svg
    # with htmlLabels off and the theme neutral.
    folder = ROOT / "docs" / "images"
    source = (folder / f"{name}.mmd").read_text()
    drawn = re.sub(r"<[^>]+>", " ", (folder / f"{name}.svg").read_text()).split()
    for label in re.findall(r"\[/?([^\]/]+)/?\]|\|([^|]+)\|", source):
        for word in "".join(label).split():
            assert word in drawn, word


# Messages

# What the SDK, the robot and Python say.
OF_OTHERS = {
    "could not find", "No module named 'pkg_resources'", "Result: exit-code", "Result: watchdog",
    "start operation timed out",
}  # fmt: skip
MESSAGE_PAGES = ["troubleshooting.md", "network-cameras.md", "systemd.md"]


def _texts_of_the_product() -> str:
    """Return the sources, in which literals that follow one another are one."""
    sources = "\n".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.py")))
    return re.sub(r'"\s*\n\s*f?"', "", sources)


def _is_said(message: str, texts: str) -> bool:
    """Return whether the sources have each part of a message; `…` is a value between them."""
    without_values = re.sub(r"21000|/dev/video0|SIGSEGV|no camera$", "…", message)
    return all(part.strip() in texts for part in without_values.split("…"))


def test_messages_that_are_quoted_exist() -> None:
    texts = _texts_of_the_product()
    assert not _is_said("the camera is on … holiday", texts)
    for name in MESSAGE_PAGES:
        text = (ROOT / "docs" / name).read_text()
        cells = re.findall(r"^\| ([^|]*`[^|]*) \|", text, re.MULTILINE)
        cells = [cell for cell in cells if re.search(r"`[^`]* [^`]*`", cell)]
        for message in (one for cell in cells for one in re.findall(r"`([^`]+ [^`]+)`", cell)):
            if message not in OF_OTHERS:
                assert _is_said(message, texts), f"{name}: {message}"


# Outputs


def test_output_of_the_doctor_is_what_it_prints() -> None:
    [block] = [one for one in blocks(TEXTS[ROOT / "docs" / "doctor.md"]) if one.language == "text"]
    texts = _texts_of_the_product()
    for line in block.text.splitlines():
        said = re.sub(r"^(ok|error) +[\w ]+: | +-> | +", "", line, count=1)
        assert _is_said(said, texts), line


def test_errors_of_a_configuration_file_are_what_it_prints(tmp_path: Path) -> None:
    blocks_of_page = blocks(TEXTS[ROOT / "docs" / "configuration.md"])
    [block] = [one for one in blocks_of_page if one.language == "text"]
    file = tmp_path / "spot-webcam.toml"
    # The wrong keys stand in lines 11 and 12.
    file.write_text(
        '[[cameras]]\ndevice = "/dev/video0"\n' + "\n" * 8 + "fps = 'fast'\nrotaton = 90\n"
    )
    with pytest.raises(BadConfiguration) as raised:
        load(file, is_check=True)
    printed = str(raised.value).replace(str(file), file.name)
    assert printed.splitlines()[1:] == block.text.splitlines()


@pytest.mark.parametrize("page", ["README.md", "docs/systemd.md", "docs/mounting.md"])
def test_configuration_files_that_are_shown_are_valid(page: str, tmp_path: Path) -> None:
    shown = [one.text for one in blocks(TEXTS[ROOT / page]) if one.language == "toml"]
    assert shown
    for text in shown:
        file = tmp_path / "spot-webcam.toml"
        file.write_text(text)
        assert load(file, is_check=True).cameras


def test_code_and_data_that_are_shown_can_be_read() -> None:
    readers: dict[str, Callable[[str], object]] = {
        "json": json.loads,
        "python": lambda text: compile(text, "a document", "exec"),
        "toml": tomllib.loads,
        "yaml": yaml.safe_load,
    }
    read = Counter[str]()
    for page, text in TEXTS.items():
        for block in blocks(text):
            if reader := readers.get(block.language):
                try:
                    reader(block.text)
                except Exception as error:
                    raise AssertionError(f"{name_of(page)}: {block.text}") from error
                read[block.language] += 1
    assert read.keys() == readers.keys()


def test_metadata_of_a_capture_has_the_keys_that_are_shown() -> None:
    [block] = [
        one for one in blocks(TEXTS[ROOT / "docs" / "live-data.md"]) if one.language == "json"
    ]
    texts = _texts_of_the_product()
    for key in json.loads(block.text)["camera_health"]:
        assert re.search(rf"\b{key}\b", texts), key


def test_checks_that_tables_show_exist() -> None:
    text = TEXTS[ROOT / "docs" / "checking.md"]
    shown = re.findall(r"^\| (?:pass|skip|\*\*\w+\*\*) \| ([^|]+) \|", text, re.MULTILINE)
    assert len(shown) > 30
    texts = _texts_of_the_product()
    for name in shown:
        assert f'"{name}"' in texts, name
