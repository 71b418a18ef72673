import platform
import subprocess
import sys

import pytest

from spot_webcam.adapters.system import name_lock as module
from spot_webcam.adapters.system.name_lock import AbstractSocketLock, NoLock, name_lock

linux = pytest.mark.skipif(platform.system() != "Linux", reason="abstract sockets are Linux's")
NAME = "a robot:443 a service of this test"

HOLDER = """
import sys
from spot_webcam.adapters.system.name_lock import name_lock
lock = name_lock(sys.argv[1])
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


@linux
def test_name_is_held_by_one_at_a_time() -> None:
    first, second = AbstractSocketLock(NAME), AbstractSocketLock(NAME)
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    first.release()
    assert second.acquire()
    second.release()


@linux
def test_names_do_not_disturb_each_other() -> None:
    first, second = AbstractSocketLock(NAME), AbstractSocketLock(f"{NAME} 2")
    assert first.acquire()
    assert second.acquire()
    assert first.scope != second.scope
    first.release()
    second.release()


@linux
def test_killed_holder_holds_nothing() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, NAME], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        ours = AbstractSocketLock(NAME)
        assert not ours.acquire()
        holder.kill()
        holder.wait()
        assert ours.acquire()
        ours.release()


@linux
def test_scope_is_the_same_for_all_of_one_name_here() -> None:
    assert AbstractSocketLock(NAME).scope == AbstractSocketLock(NAME).scope != ""


@linux
def test_kernel_that_does_not_say_which_it_is_is_no_scope(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_BOOT_ID", module._BOOT_ID / "none")
    assert AbstractSocketLock(NAME).scope == ""


def test_lock_of_other_systems_excludes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    first, second = name_lock(NAME), name_lock(NAME)
    assert isinstance(first, NoLock)
    assert first.acquire()
    assert second.acquire()
    assert first.scope == ""
    first.release()
