import os
import subprocess
import sys

import pytest

from spot_webcam.app.runtime.native_logs import original_environ, spare_threads

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "GRPC_ENABLE_FORK_SUPPORT"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_libraries_start_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    spare_threads(opencv=True)
    assert [os.environ[name] for name in VARIABLES] == ["1"] * 3
    count = "import cv2, os; print(len(os.listdir('/proc/self/task')), cv2.getNumThreads())"
    if sys.platform == "linux":
        assert subprocess.check_output([sys.executable, "-c", count], text=True) == "1 1\n"


def test_opencv_is_left_alone_unless_asked() -> None:
    spare_threads()
    assert "OPENCV_FOR_THREADS_NUM" not in os.environ


def test_what_the_environment_says_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    spare_threads()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "4"


def test_other_programs_get_none_of_it() -> None:
    spare_threads(opencv=True)
    assert not original_environ().keys() & {*VARIABLES, "GRPC_ENABLE_FORK_SUPPORT"}
