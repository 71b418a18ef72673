"""`LinuxKernel`, as far as it can be tested without a device."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spot_webcam.adapters.v4l2 import abi
from spot_webcam.adapters.v4l2.kernel import LinuxKernel
from spot_webcam.adapters.v4l2.structures import Capability
from spot_webcam.adapters.v4l2.wake import Wake

linux = pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux's")


@linux
def test_file_that_is_not_a_device_answers_with_an_error(tmp_path: Path) -> None:
    kernel = LinuxKernel()
    path = tmp_path / "video0"
    path.write_bytes(b"abcd" * 1024)
    handle = kernel.open(path)
    assert not os.get_inheritable(handle)
    with pytest.raises(OSError, match="ioctl"):
        kernel.ioctl(handle, abi.QUERYCAP, Capability())
    memory = kernel.map(handle, 4096, 0)
    assert memory[2:6] == b"cdab"
    memory.close()
    kernel.close(handle)


@linux
def test_wait_ends_with_the_wake_the_device_or_the_time() -> None:
    kernel = LinuxKernel()
    wake = Wake()
    wake.set()
    woken = wake.clear()
    device, feeder = os.pipe()
    try:
        assert not kernel.wait(device, woken, 0.0)
        assert not kernel.wait(device, woken, -1.0)
        for _ in range(3):
            wake.set()
        assert not kernel.wait(device, woken, 60.0)
        os.write(feeder, b"!")
        assert kernel.wait(device, woken, 60.0)
        os.read(device, 1)
        assert wake.clear() == woken
        assert not kernel.wait(device, woken, 0.0)
    finally:
        os.close(device)
        os.close(feeder)
        wake.close()
        wake.close()


def test_wake_never_blocks_however_often_it_is_set() -> None:
    wake = Wake()
    wake.clear()
    for _ in range(70_000):
        wake.set()
    wake.close()


def test_package_imports_where_there_is_not_a_fcntl() -> None:
    program = "import sys; sys.modules['fcntl'] = None; import spot_webcam.adapters.v4l2"
    subprocess.run([sys.executable, "-c", program], check=True)
