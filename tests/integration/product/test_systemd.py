"""The unit of `install-service`, as systemd itself reads and judges it."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from spot_webcam.tools.systemd.host import Ended, Host
from spot_webcam.tools.systemd.unit import Unit

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)
# The first that judges files.
OFFLINE_VERSION = 250


@pytest.fixture(scope="module")
def version() -> int:
    found = Host().systemd_version()
    assert found is not None
    return found


def analyze(*words: str) -> Ended:
    return Host().run("systemd-analyze", *words)


@pytest.mark.parametrize("user", [None, "daemon"])
def test_systemd_accepts_the_unit_and_finds_it_confined(
    version: int, user: str | None, tmp_path: Path
) -> None:
    unit = Unit(
        "spot-webcam",
        [sys.executable, "-m", "spot_webcam"],
        Path('/etc/my "cams" 100%.toml'),
        version,
        user,
        {
            "payload": Path("/etc/credstore/spot-webcam.payload"),
            "gate": Path("/etc/credstore.encrypted/spot-webcam.gate"),
        },
    )
    file = tmp_path / unit.file_name
    file.write_text(unit.text())

    verified = analyze("verify", str(file))
    assert verified.code == 0, verified.text
    # It may have its doubts about other units of this computer.
    assert "spot-webcam" not in verified.text

    if version < OFFLINE_VERSION:
        return
    judged = analyze("security", "--offline=true", "--no-pager", str(file))
    assert judged.code == 0, judged.text
    found = re.search(r"exposure level for spot-webcam.service: (\d+\.\d)", judged.text)
    assert found is not None
    assert float(found[1]) < 3.0, judged.text


def test_systemd_names_what_is_wrong(version: int, tmp_path: Path) -> None:
    unit = Unit("spot-webcam", ["/no/such/spot-webcam"], Path("/etc/x.toml"), version)
    file = tmp_path / unit.file_name
    file.write_text(unit.text())
    verified = analyze("verify", str(file))
    assert verified.code == 1
    assert "spot-webcam.service: Command /no/such/spot-webcam is not executable" in verified.text
