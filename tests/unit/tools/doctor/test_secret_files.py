"""Who can read the secrets."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from spot_webcam.tools.doctor.findings import Severity
from spot_webcam.tools.doctor.secret_files import examine_secrets


def test_credentials_of_systemd_are_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It lets the service read them by an access control list, whose mask looks like a group's.
    file = tmp_path / "payload"
    file.write_text("guid\nsecret\n")
    file.chmod(0o440)
    options = argparse.Namespace(
        secret=None, payload_credentials_file=str(file), http_password_file=None
    )
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert list(examine_secrets(options, None, [])) == []
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    [finding] = examine_secrets(options, None, [])
    assert finding.severity is Severity.WARNING
