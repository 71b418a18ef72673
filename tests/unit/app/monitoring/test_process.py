import threading
from pathlib import Path

import pytest

from spot_webcam.app.monitoring import process
from spot_webcam.app.monitoring.process import process_snapshot


def test_this_process_uses_something() -> None:
    snapshot = process_snapshot(3.0)
    assert snapshot.uptime_s == 3.0
    assert snapshot.cpu_s > 0
    assert snapshot.threads == threading.active_count()
    assert snapshot.resident_bytes is not None
    assert snapshot.resident_bytes > 1_000_000
    assert snapshot.descriptors is not None
    assert snapshot.descriptors > 2


def test_what_the_system_does_not_say_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_STATUS", tmp_path / "absent")
    snapshot = process_snapshot(3.0)
    assert snapshot.cpu_s > 0
    assert (snapshot.resident_bytes, snapshot.descriptors) == (None, None)
