import re
import threading
import zipfile
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path

import pytest
from rich.console import Console

import spot_webcam
from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.tools.extension import wheels
from spot_webcam.tools.extension.architecture import ARCHITECTURES
from spot_webcam.tools.extension.steps import ProcessFailed, Steps
from spot_webcam.tools.extension.wheels import Pip

PACKAGE = "spot_webcam.tools.extension"
NAMES = re.findall(
    r"^([\w.-]+)==", (resources.files(PACKAGE) / "requirements.txt").read_text(), re.MULTILINE
)
OWN = f"spot_webcam-{spot_webcam.__version__}-py3-none-any.whl"


class FakePip(Steps):
    """Steps whose programs are pip, which gets `count` wheels or builds one."""

    def __init__(self, count: int = len(NAMES)) -> None:
        super().__init__(threading.Event(), Console(stderr=True))
        self.names = NAMES[:count]
        self.commands: list[list[str]] = []
        self.error = "Looking\nERROR: No matching distribution found for numpy\n\n"

    def run(
        self,
        command: Sequence[str],
        advance: Callable[[int], None],  # noqa: ARG002
        done: Callable[[], int] = lambda: 0,
        environment: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> str:
        self.commands.append([*command])
        if not self.names:
            raise ProcessFailed(self.error)
        if "wheel" in command:
            folder = Path(command[command.index("--wheel-dir") + 1])
            assert {path.name for path in Path(command[-1]).iterdir()} >= {"src", "fakes"}
            with zipfile.ZipFile(folder / OWN, "w") as archive:
                archive.writestr("spot_webcam/__init__.py", "")
            return ""
        folder = Path(command[command.index("--dest") + 1])
        for name in self.names:
            (folder / f"{name.replace('-', '_')}-1.0-py3-none-any.whl").write_bytes(b"wheel")
        assert done() > 0
        return ""


def pip(folder: Path, steps: Steps) -> Pip:
    return Pip(folder, ARCHITECTURES["arm64"], steps)


def test_wheels_are_those_of_the_other_computer_and_downloaded_once(tmp_path: Path) -> None:
    steps = FakePip()
    first = pip(tmp_path, steps).wheels(offline=False)
    [command] = steps.commands
    assert {"--require-hashes", "--only-binary=:all:", "--no-deps"} <= set(command)
    assert "--platform=manylinux2014_aarch64" in command
    assert "--platform=manylinux_2_36_aarch64" in command
    assert command[command.index("--python-version") + 1] == "3.11"
    assert pip(tmp_path, FakePip(0)).wheels(offline=True) == first
    assert {wheel.component.name for wheel in first} == {name.lower() for name in NAMES}


@pytest.mark.parametrize(
    ("count", "message"),
    [(0, "No matching distribution found for numpy: check the network"), (1, "got 1 of")],
)
def test_a_download_that_fails_leaves_nothing(tmp_path: Path, count: int, message: str) -> None:
    with pytest.raises(CouldNotRun, match=message):
        pip(tmp_path, FakePip(count)).wheels(offline=False)
    assert not [*tmp_path.iterdir()]


def test_offline_without_a_cache_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CouldNotRun, match=r"for arm64 are not in the cache: .* without --offline"):
        pip(tmp_path, FakePip()).wheels(offline=True)


def test_the_own_wheel_is_built_of_a_copy_of_the_checkout(tmp_path: Path) -> None:
    with pip(tmp_path, FakePip()).own_wheel(None, offline=False) as wheel:
        assert wheel.file.name == OWN
        assert wheel.component.version == spot_webcam.__version__
    assert not wheel.file.exists()


def test_a_given_wheel_must_be_of_this_version(tmp_path: Path) -> None:
    other = tmp_path / "spot_webcam-0.0.1-py3-none-any.whl"
    with zipfile.ZipFile(other, "w"):
        pass
    own = other.rename(tmp_path / OWN)
    with pip(tmp_path, FakePip()).own_wheel(own, offline=True) as wheel:
        assert wheel.file == own
    for wrong in (own.rename(other), tmp_path / "missing" / OWN):
        with (
            pytest.raises(Misused, match="is no wheel of this version"),
            pip(tmp_path, FakePip()).own_wheel(wrong, offline=True),
        ):
            pytest.fail("it is taken")


def test_an_installed_program_needs_its_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels.spot_webcam, "__file__", str(tmp_path / "spot_webcam" / "x.py"))
    with (
        pytest.raises(CouldNotRun, match="from a checkout: give its wheel with --wheel"),
        pip(tmp_path, FakePip()).own_wheel(None, offline=False),
    ):
        pytest.fail("it is built of nothing")


def test_a_python_without_pip_says_so(tmp_path: Path) -> None:
    steps = FakePip(0)
    steps.error = "/usr/bin/python3: No module named pip"
    with pytest.raises(CouldNotRun, match=r"pip is missing: run .* -m ensurepip"):
        pip(tmp_path, steps).wheels(offline=False)
