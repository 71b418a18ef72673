"""The default demo observes everything that it expects."""

from pathlib import Path

import cv2
import pytest

from spot_webcam.app.cli.main import main

pytestmark = pytest.mark.slow


def test_demo_shows_faults_raised_and_cleared_and_saves_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["demo", "--output", str(tmp_path / "out"), "--svg", str(tmp_path / "demo.svg")])
    shown, why = capsys.readouterr()
    assert code == 0, f"{why}\n{shown}\n{(tmp_path / 'out' / 'tour.log').read_text()}"
    assert "Image Capture Failure for unplugged" in shown
    assert "Image Capture Failure for stalled" in shown
    assert "left 0 services and 0 faults" in shown
    for name in ("moving", "unplugged", "stalled", "depth"):
        picture = cv2.imread(str(tmp_path / "out" / f"{name}.jpg"))
        assert picture is not None
        assert picture.std() > 10
    assert (tmp_path / "demo.svg").read_text().startswith("<svg")


def test_an_unwritable_output_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["demo", "--output", str(tmp_path / "file")]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "choose another --output" in line
