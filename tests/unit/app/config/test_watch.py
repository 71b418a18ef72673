"""When a file is loaded again, and what comes of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.config.configuration import Configuration
from spot_webcam.app.config.watch import ConfigurationWatch, state_of
from spot_webcam.domain.errors import CameraMisconfigured

USED = Configuration({"port": 1, "verbose": False})


class House:
    """A file that is watched, what is read of it, and what was applied."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "spot.toml"
        self.file.write_text("one")
        self.found = USED
        self.error: Exception | None = None
        self.refusal: Exception | None = None
        self.applied: list[Configuration] = []
        # How many files had been applied at the beginning and end of each load.
        self.loads: list[tuple[int, int]] = []
        self.watch = ConfigurationWatch(
            *(self.file, state_of(self.file), USED, self._read, self._apply),
            period_s=0.5,
            reloading=self._reloading,
        )

    @contextmanager
    def _reloading(self) -> Iterator[None]:
        before = len(self.applied)
        try:
            yield
        finally:
            self.loads.append((before, len(self.applied)))

    def _read(self) -> Configuration:
        if self.error is not None:
            raise self.error
        return self.found

    def _apply(self, configuration: Configuration) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.applied.append(configuration)

    def change(self, text: str) -> None:
        self.file.write_text(text)
        # Even on file systems with times of a second.
        time_ns = self.file.stat().st_mtime_ns + 10**9
        os.utime(self.file, ns=(time_ns, time_ns))

    def steps(self, count: int = 1) -> int:
        """Take steps; return how often the file was applied since the start."""
        for _ in range(count):
            assert self.watch.step() == 0.5
        return len(self.applied)


@pytest.fixture
def house(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> House:
    caplog.set_level("INFO")
    return House(tmp_path)


def test_file_that_stays_the_same_is_not_loaded(house: House) -> None:
    assert house.steps(3) == 0


def test_changed_file_is_loaded_once_when_it_has_settled(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.change("two")
    assert house.steps() == 0
    house.change("three, by an editor that writes in parts")
    assert house.steps() == 0
    assert house.steps() == 1
    assert house.steps(3) == 1
    assert caplog.messages == [f"{house.file} is loaded again"]


def test_replaced_file_is_loaded(house: House) -> None:
    new = house.file.with_name("new")
    new.write_text("two")
    new.rename(house.file)
    assert house.steps(2) == 1


def test_request_loads_at_once_and_once(house: House) -> None:
    house.watch.request()
    assert house.steps() == 1
    assert house.steps(3) == 1
    assert house.loads == [(0, 1)]


@pytest.mark.parametrize("error", [Misused("x.toml:1: wrong"), CameraMisconfigured("wrong")])
@pytest.mark.parametrize("place", ["error", "refusal"])
def test_bad_file_changes_nothing_and_is_logged_once(
    error: Exception, place: str, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    setattr(house, place, error)
    house.change("two")
    assert house.steps(5) == 0
    assert caplog.messages == [f"{house.file} is not used, and nothing changes: {error}"]
    assert house.watch.error == str(error)
    setattr(house, place, None)
    house.change("three!")
    assert house.steps(2) == 1
    assert house.watch.error == ""


def test_missing_file_changes_nothing(house: House) -> None:
    house.error = Misused("does not exist")
    house.file.unlink()
    assert house.steps(3) == 0
    house.error = None
    house.file.write_text("back again")
    assert house.steps(2) == 1


def test_what_needs_a_restart_is_named(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.found = Configuration({"port": 2, "verbose": True})
    house.watch.request()
    house.steps()
    assert caplog.messages[-1] == "restart to use what has changed beside cameras: port, verbose"


def test_apply_for_which_the_host_lacks_something_is_tried_again(house: House) -> None:
    house.refusal = MemoryError()
    house.change("two")
    house.steps()
    with pytest.raises(MemoryError):
        house.steps()
    assert house.loads == [(0, 0)]
    house.refusal = None
    assert house.steps() == 1
