"""The SDK's own tests of its module, on ours: not in this repository, and not changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

VARIABLE = "SPOT_SDK_TEST_IMAGE_SERVICE_HELPERS"
RUN = """
import sys
import pytest
import spot_webcam.image_service_helpers as ours

sys.modules["bosdyn.client.image_service_helpers"] = ours
sys.exit(pytest.main([sys.argv[1], "--rootdir", sys.argv[2], "-c", sys.argv[3], "-q"]))
"""


@pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no file")
def test_the_sdks_own_tests_pass(tmp_path: Path) -> None:
    """The variable names `python/bosdyn-client/tests/test_image_service_helpers.py` of the SDK.

    Its tests need Pillow as well, and are of a release since 3.3.
    """
    copied = tmp_path / "test_of_the_sdk.py"
    copied.write_bytes(Path(os.environ[VARIABLE]).read_bytes())
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\naddopts = -p no:cacheprovider\n", encoding="utf-8")
    words = (sys.executable, "-c", RUN, str(copied), str(tmp_path), str(settings))
    ended = subprocess.run(
        words, cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False
    )
    assert ended.returncode == 0, ended.stdout
    assert "passed" in ended.stdout
