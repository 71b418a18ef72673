import fcntl
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from spot_webcam.adapters.system.name_lock import FileLock

NAME = "a robot:443 a service of this test"

HOLDER = """
import sys
import tempfile
from pathlib import Path
from spot_webcam.adapters.system.name_lock import FileLock
lock = FileLock(sys.argv[1], Path(sys.argv[2]))
print(lock.acquire(), flush=True)
lock.store(7)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_name_is_held_by_one_at_a_time(folder: Path) -> None:
    first, second = FileLock(NAME, folder), FileLock(NAME, folder)
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    first.release()
    assert second.acquire()
    second.release()


def test_names_do_not_disturb_each_other(folder: Path) -> None:
    first, second = FileLock(NAME, folder), FileLock(f"{NAME} 2", folder)
    assert first.acquire()
    assert second.acquire()
    first.release()
    second.release()


def test_killed_holder_holds_nothing_and_its_number_stays(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, NAME, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        ours = FileLock(NAME, folder)
        assert not ours.acquire()
        holder.kill()
        holder.wait()
        assert ours.acquire()
        ours.release()


@pytest.mark.parametrize("number", [0, 7, 2**63 - 1])
def test_number_is_kept_for_the_next_holder(folder: Path, number: int) -> None:
    first, second = FileLock(NAME, folder), FileLock(NAME, folder)
    first.acquire()
    assert first.stored() is None
    first.store(10**18)
    first.store(number)
    first.release()
    assert second.stored() is None
    second.acquire()
    assert second.stored() == number
    second.store(None)
    second.release()
    assert list(folder.iterdir()) == []


def test_lock_without_a_number_leaves_no_file(folder: Path) -> None:
    first, second = FileLock(NAME, folder), FileLock(NAME, folder)
    first.acquire()
    first.release()
    assert list(folder.iterdir()) == []
    first.acquire()
    first.store(None)
    second.acquire()
    first.release()
    assert len(list(folder.iterdir())) == 1
    second.release()


def test_number_is_not_stored_without_the_lock(folder: Path) -> None:
    lock = FileLock(NAME, folder)
    lock.store(7)
    assert list(folder.iterdir()) == []


def test_lock_whose_file_was_removed_is_not_shared(folder: Path) -> None:
    first, second = FileLock(NAME, folder), FileLock(NAME, folder)
    first.acquire()
    first.store(None)
    assert second.acquire()
    first.release()
    second.release()


def test_file_that_is_removed_while_it_is_locked_is_no_lock(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As its last holder does, at the worst moment.
    monkeypatch.setattr(fcntl, "flock", lambda *_: next(folder.iterdir()).unlink())
    assert not FileLock(NAME, folder).acquire()


def test_folder_that_takes_no_file_gives_no_lock_and_excludes_nobody(folder: Path) -> None:
    first, second = FileLock(NAME, folder / "none"), FileLock(NAME, folder / "none")
    assert first.acquire()
    assert second.acquire()
    first.store(7)
    assert first.stored() is None
    first.release()


def test_link_in_place_of_the_file_is_not_followed(folder: Path) -> None:
    lock = FileLock(NAME, folder)
    lock.acquire()
    [file] = folder.iterdir()
    lock.release()
    file.symlink_to(folder / "victim")
    lock.acquire()
    lock.store(7)
    assert not (folder / "victim").exists()


def test_usual_folder_is_the_temporary_one() -> None:
    usual, there = FileLock(NAME), FileLock(NAME, Path(tempfile.gettempdir()))
    assert usual.acquire()
    assert not there.acquire()
    usual.store(None)
    usual.release()
