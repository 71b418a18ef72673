"""The scripts of `spot-webcam completion`, in the shells that they are for."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from spot_webcam.app.cli.main import full_parser, main
from spot_webcam.tools.completion import SHELLS

# What bash does when Tab is pressed.
BASH = r"""
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
_shtab_spot_webcam
printf '%s\n' "${COMPREPLY[@]}"
"""
FISH = 'source $argv[1]; complete --do-complete="$argv[2]"'


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scripts")
    with pytest.MonkeyPatch.context() as patch:
        for shell in SHELLS:
            with (folder / shell).open("w") as file:
                patch.setattr("sys.stdout", file)
                assert main(["completion", shell]) == 0
    return folder


@pytest.fixture(params=SHELLS[::2])
def shell(request: pytest.FixtureRequest) -> str:
    if shutil.which(request.param) is None:
        pytest.skip(f"no {request.param} here")
    return str(request.param)


def completed(scripts: Path, shell: str, words: str) -> list[str]:
    if shell == "bash":
        lines = output("bash", "-c", BASH, "bash", str(scripts / "bash"), *words.split(" "))
    else:
        lines = output("fish", "-c", FISH, str(scripts / "fish"), words)
    return sorted(line.partition("\t")[0] for line in lines)


def output(*command: str) -> list[str]:
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert ended.stderr == ""
    return ended.stdout.splitlines()


def test_commands_are_completed(scripts: Path, shell: str) -> None:
    commands = re.findall(r"^    ([a-z-]+)", full_parser().format_help(), re.MULTILINE)
    assert completed(scripts, shell, "spot-webcam ") == sorted(commands)
    assert completed(scripts, shell, "spot-webcam fake-robot ctl re") == [
        *("reboot", "refuse", "revoke")
    ]


def test_options_are_completed(scripts: Path, shell: str) -> None:
    assert completed(scripts, shell, "spot-webcam serve ROBOT --res-") == [
        *("--res-height", "--res-width")
    ]


def test_values_are_completed(scripts: Path, shell: str, tmp_path: Path) -> None:
    assert completed(scripts, shell, "spot-webcam serve --isolate a") == ["always", "auto"]
    (tmp_path / "robot.toml").touch()
    given = f"spot-webcam serve --config {tmp_path}/ro"
    assert completed(scripts, shell, given) == [f"{tmp_path}/robot.toml"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh here")
def test_zsh_reads_its_script(scripts: Path) -> None:
    assert output("zsh", "-n", str(scripts / "zsh")) == []
    assert "fake-robot ctl" in (scripts / "zsh").read_text()


def test_other_shells_are_refused_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["completion", "csh"])
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err
