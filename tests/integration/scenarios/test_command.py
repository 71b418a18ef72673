"""Scenarios on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from spot_webcam.app.cli.main import main

HEAD = 'title = "One"\nlasts = 3\n[[camera]]\nname = "front"\n'


@pytest.fixture
def demo(tmp_path: Path) -> list[str]:
    """The command, with an output that it may write."""
    return ["demo", "--fast", "--output", str(tmp_path / "out")]


def _file(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text)
    return str(path)


def test_list_names_the_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--list"]) == 0
    shown = capsys.readouterr().out
    for name in ("unplug", "stall", "outage", "hostile"):
        assert f"\n{name} " in f"\n{shown}"


def test_timeline_shows_events_beside_their_effects(
    demo: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    svg = tmp_path / "unplug.svg"
    assert main([*demo, "--scenario", "unplug", "--svg", str(svg)]) == 0
    shown = capsys.readouterr().out
    assert "front: unplug for 4 s" in shown
    assert "raised: Image Capture Failure for front" in shown
    assert "NO PICTURE" in shown
    assert "missed" not in shown
    assert svg.read_text().startswith("<svg")
    log = (tmp_path / "out" / "unplug.log").read_text()
    assert "fault raised: Image Capture Failure for front" in log


@pytest.mark.slow
def test_a_scenario_plays_in_real_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f"""{HEAD}
    [[event]]
    at = 1
    host = "clock"
    seconds = 60
    [[event]]
    at = 1.5
    robot = "silent"
    for = 0.5
    [[expect]]
    source = "front"
    status = "OK"
    by = 3
    """
    code = main(["demo", "--scenario", _file(tmp_path, text), "--output", str(tmp_path / "out")])
    assert code == 0, capsys.readouterr().out


def test_each_miss_is_shown_with_the_difference(
    demo: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"""{HEAD}
    [[expect]]
    source = "front"
    status = "IMAGE_DATA_ERROR"
    by = 2
    [[expect]]
    source = "front"
    size = "640x480"
    by = 2
    until = 3
    [[expect]]
    fault = "Image Capture Failure for front"
    held = true
    by = 2
    [[expect]]
    fault = "Image Capture Failure for front"
    raised = 2
    cleared = 1
    [[expect]]
    registered = false
    by = 2
    [[expect]]
    log = "nothing of the kind"
    times = 1
    [[expect]]
    registered = true
    by = 2
    """
    assert main([*demo, "--scenario", _file(tmp_path, text)]) == 1
    shown = capsys.readouterr()
    missed = [line for line in shown.out.splitlines() if line.startswith("missed")]
    capture = "'Image Capture Failure for front'"
    assert missed == [
        "missed  front answers IMAGE_DATA_ERROR by 2 s: OK at 2 s",
        "missed  front is 640x480 from 2 s to 3 s: 320x240, listed as 320x240 at 2 s",
        f"missed  robot holds {capture} by 2 s: it held none at 2 s",
        f"missed  {capture} is raised 2 and cleared 1 times: 0 and 0 times",
        "missed  the service is not registered by 2 s: it was at 2 s",
        "missed  the log says 'nothing of the kind'... 1 times: 0 times",
    ]
    [line] = shown.err.splitlines()
    assert "mine: 6 missed: front answers IMAGE_DATA_ERROR by 2 s: OK at 2 s; front" in line


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = ", "mine.toml: "),
        ('title = "One"', "'lasts' is missing"),
        ('title = "One"\nlasts = 3', "at least one [[camera]]"),
        ("lasts = true", "lasts = True must be a number of seconds from 1 to 86400"),
        (f"colour = 1\n{HEAD}", "'colour' is not known here; known are about, camera"),
        (f"{HEAD}colour = 1", "camera 1: 'colour' is not known here"),
        (f"{HEAD}device = '/dev/video0'", "camera 1: invalid synthetic camera '/dev/video0'"),
        (f"{HEAD}device = 'synthetic:?script=fail@1s'", "write events of the scenario instead"),
        (f"{HEAD}[[camera]]\nname = 'front'", "a name of its own"),
        (f"event = 1\n{HEAD}", "event = 1 must be tables: write [[event]]"),
        (f"{HEAD}[[event]]\nat = 1", "event 1: needs one of camera, robot, host, client"),
        (f"{HEAD}[[event]]\nat = 4\nclient = 'hostile'", "seconds from 0 to 3"),
        (
            f"{HEAD}[[event]]\nat = 1\nclient = 'hostile'\ntimes = 3\nevery = 2",
            "after the end of the scenario, which lasts 3 s",
        ),
        (f"{HEAD}[[event]]\nat = 1\nclient = 'hostile'\ntimes = 2", "'every' is missing"),
        (f"{HEAD}[[event]]\nat = 1\nclient = 'angry'", "must be one of hostile"),
        (f"{HEAD}[[event]]\nat = 1\nhost = 'clock'", "'seconds' is missing"),
        (f"{HEAD}[[event]]\nat = 1\nrobot = 'dance'", "must be one of reboot, silent"),
        (f"{HEAD}[[event]]\nat = 1\nrobot = 'reboot'", "event 1: 'for' is missing"),
        (f"{HEAD}[[event]]\nat = 1\nrobot = 'boot'\nfor = 2", "'for' is not known here"),
        (f"{HEAD}[[event]]\nat = 1\ncamera = 'front'\ndoes = 'dance'", "the events are absent"),
        (f"{HEAD}[[event]]\nat = 1\ncamera = 'front'\ndoes = 'hang@1s,fail'", "must be one event"),
        (f"{HEAD}[[event]]\nat = 1\ncamera = 'front'\ndoes = 'hang@1s'", "does = 'hang@1s'"),
        (
            f"{HEAD}[[event]]\nat = 2.5\ncamera = 'front'\ndoes = 'hang'\nfor = 0.6",
            "goes on after the end of the scenario, which lasts 3 s",
        ),
        (f"{HEAD}[[event]]\nat = 1\nrobot = 'reboot'\nfor = 2.1", "goes on after the end"),
        (
            f"{HEAD}[[event]]\nat = 1\nrobot = 'silent'\nfor = 1\ntimes = 2\nevery = 1.1",
            "goes on after the end",
        ),
        (
            f"{HEAD}[[event]]\nat = 1\nrobot = 'refuse'\nservice = 'falut'\nfor = 1",
            "service = 'falut' must be one of robot-id, auth",
        ),
        (
            f"{HEAD}[[expect]]\nfault = 'Imgae Capture Failure for front'\nheld = false\nby = 1",
            "must be one of Image Capture Failure for front, Decoding Image front Failure, Live",
        ),
        (
            f"{HEAD}[[expect]]\nfault = 'Image Capture Failure for rear'\nraised = 0\ncleared = 0",
            "must be one of Image Capture Failure for front, Decoding Image front Failure",
        ),
        (f"{HEAD}device = 'synthetic:?began=1'", "write events of the scenario instead"),
        (f"{HEAD}[[event]]\nat = 1\ncamera = 'rear'\ndoes = 'hang'", "there are front"),
        (f"{HEAD}[[expect]]\nby = 1", "needs one of source, fault, registered, log"),
        (f"{HEAD}[[expect]]\nregistered = 1\nby = 1", "must be true or false"),
        (f"{HEAD}[[expect]]\nregistered = true\nwhen = 'soon'", "must be one of once, end"),
        (f"max_lasts = 2\n{HEAD}", "max_lasts = 2 must be a number of seconds from 3 to"),
        (f"{HEAD}[[expect]]\nsource = 'rear'", "must be one of front"),
        (f"{HEAD}[[expect]]\nsource = 'front'\nby = 1\nstatus = 'GOOD'", "must be one of OK"),
        (f"{HEAD}[[expect]]\nlog = 'x'\ntimes = 1.5", "a whole number from 0 to 1000"),
        (f"{HEAD}[robot]\npayload = 'known'", "robot: payload = 'known' must be one of"),
        (f"robot = 1\n{HEAD}", "robot: must be a table"),
        (
            f"{HEAD}[[event]]\nat = 1\nrobot = 'register-payload'",
            "robot: register-payload at 1 s: a payload",
        ),
    ],
)
def test_invalid_file_is_one_line(
    demo: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    assert main([*demo, "--scenario", _file(tmp_path, text)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert says in line
    assert "spot-webcam demo: " in line
    assert "mine" in line


@pytest.mark.parametrize("name", ["unplgu", "/nowhere/at.toml", "", "."])
def test_unknown_scenario_is_answered_by_the_list(
    demo: list[str], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main([*demo, "--scenario", name]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "there are black, busy, crash" in line


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--seconds", "5"], "--seconds is for --chaos"),
        (["--chaos", "1", "--seconds", "0"], "give 1 to"),
    ],
)
def test_invalid_flags_are_one_line(
    capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert main(["demo", *words]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert says in line


def test_busy_machine_gets_more_time_until_everything_was_observed(
    demo: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"""max_lasts = 12\n{HEAD}
    [[event]]
    at = 5
    camera = "front"
    does = "unplug"
    for = 2
    [[expect]]
    source = "front"
    status = "IMAGE_DATA_ERROR"
    when = "once"
    [[expect]]
    source = "front"
    status = "OK"
    when = "end"
    [[expect]]
    fault = "Image Capture Failure for front"
    raised = 1
    cleared = 1
    or_more = true
    [[expect]]
    fault = "Image Capture Failure for front"
    raised = 2
    cleared = 1
    or_more = true
    """
    assert main([*demo, "--scenario", _file(tmp_path, text)]) == 1
    shown = capsys.readouterr().out.splitlines()
    capture = "'Image Capture Failure for front'"
    assert [line for line in shown if line.startswith(("seen", "missed"))] == [
        "seen    front answers IMAGE_DATA_ERROR at least once",
        "seen    front answers OK at the end",
        f"seen    {capture} is raised 1 and cleared 1 or more times",
        f"missed  {capture} is raised 2 and cleared 1 or more times: 1 and 1 times",
        "seen    no old picture, no wrong time, nothing left behind",
    ]


def test_an_unwritable_output_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    words = ["demo", "--fast", "--scenario", "slow", "--output", str(tmp_path / "file")]
    assert main(words) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "choose another --output" in line
