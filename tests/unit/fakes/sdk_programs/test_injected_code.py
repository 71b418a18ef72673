"""Code that `Redirection` injects into other Python processes, run in this one."""

import json
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.request import Request

import pytest

from spot_webcam.fakes.sdk_programs import first, injected

FOUND = "spot_webcam_test_module_of_the_sdk"


@pytest.fixture(autouse=True)
def _interpreter_as_before() -> Iterator[None]:
    finders, path = list(sys.meta_path), list(sys.path)
    hidden = sys.modules.get("sitecustomize")
    yield
    sys.meta_path[:], sys.path[:] = finders, path
    sys.modules.pop("sitecustomize", None)
    sys.modules.pop(FOUND, None)
    if hidden is not None:
        sys.modules["sitecustomize"] = hidden


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = {"address": "127.0.0.1", "port": 1234, "ca": "the CA", "rest_port": 4321}
    folder = tmp_path / "injected"
    folder.mkdir()
    (folder / "fake_robot.json").write_text(json.dumps(target))
    return folder


@pytest.fixture
def robot(folder: Path) -> injected.Endpoint:
    return injected.Endpoint(str(folder))


def recorder(calls: list[Any]) -> Callable[..., str]:
    def record(*values: Any, **named: Any) -> str:
        calls.append((*values, named) if named else values)
        return "result"

    return record


def test_channels_lead_to_the_fake_robot_and_trust_it(robot: injected.Endpoint) -> None:
    calls: list[Any] = []
    module = SimpleNamespace(
        create_secure_channel=recorder(calls), create_secure_channel_creds=recorder(calls)
    )
    injected.redirect_channels(module, robot)
    module.create_secure_channel("10.0.0.3", 443, "credentials", "id.spot.robot", options=[])
    module.create_secure_channel(address="spot", port=443, creds=1, authority="a")
    module.create_secure_channel_creds(b"a robot's", "token")
    module.create_secure_channel_creds(None, "token")
    assert calls == [
        ("127.0.0.1", 1234, "credentials", "id.spot.robot", {"options": []}),
        ("127.0.0.1", 1234, {"creds": 1, "authority": "a"}),
        (b"a robot's\nthe CA", "token"),
        (b"\nthe CA", "token"),
    ]


def test_fake_robots_of_the_same_process_are_reached(robot: injected.Endpoint) -> None:
    calls: list[Any] = []
    module = SimpleNamespace(
        create_secure_channel=recorder(calls), create_secure_channel_creds=recorder([])
    )
    injected.redirect_channels(module, robot)
    module.create_secure_channel.own_fake_robots.add(("127.0.0.1", 99))
    module.create_secure_channel("127.0.0.1", 99, "credentials", "id.spot.robot")
    module.create_secure_channel("127.0.0.1", 98, "credentials", "id.spot.robot")
    assert [port for _, port, *_ in calls] == [99, 1234]


@pytest.mark.parametrize("make", [str, Request])
def test_downloads_come_from_the_fake_robot(
    robot: injected.Endpoint, make: Callable[[str], Any]
) -> None:
    calls: list[Any] = []
    module = SimpleNamespace(urlopen=recorder(calls))
    injected.redirect_downloads(module, robot)
    url = make("https://192.168.80.3/v1/data-buffer/daq-data/?from_nsec=1")
    assert module.urlopen(url, timeout=3) == "result"
    [(asked, named)] = calls
    assert named == {"timeout": 3}
    url = asked if isinstance(asked, str) else asked.full_url
    assert url == "https://127.0.0.1:4321/v1/data-buffer/daq-data/?from_nsec=1"


def test_own_address_is_that_of_the_fake_robot_s_side(robot: injected.Endpoint) -> None:
    calls: list[Any] = []
    module = SimpleNamespace(get_self_ip=recorder(calls))
    injected.redirect_self_ip(module, robot)
    module.get_self_ip("spot.invalid")
    assert calls == [("127.0.0.1",)]


@pytest.mark.parametrize("redirect", [injected.redirect_downloads, injected.redirect_self_ip])
def test_version_of_the_sdk_that_has_no_such_function_is_left_alone(
    robot: injected.Endpoint, redirect: Callable[..., None]
) -> None:
    module = SimpleNamespace()
    redirect(module, robot)
    assert vars(module) == {}


def test_every_module_that_is_changed_exists_in_the_sdk() -> None:
    offered = {
        injected.redirect_channels: ("create_secure_channel", "create_secure_channel_creds"),
        injected.redirect_downloads: ("urlopen",),
        injected.redirect_self_ip: ("get_self_ip",),
    }
    for name, redirect in injected.REDIRECTIONS.items():
        module = __import__(name, fromlist=["*"])
        for function in offered[redirect]:  # type: ignore[index]
            assert callable(getattr(module, function))


def test_modules_are_changed_when_they_are_imported(folder: Path, tmp_path: Path) -> None:
    (tmp_path / f"{FOUND}.py").write_text("urlopen = None\n")
    sys.path.insert(0, str(tmp_path))
    changed: list[tuple[ModuleType, int]] = []
    redirections = {FOUND: lambda module, robot: changed.append((module, robot.port))}
    injected.install(str(folder), redirections)
    assert (folder / "seen").exists()
    assert changed == []
    imported = __import__(FOUND)
    assert changed == [(imported, 1234)]
    # Again, as `importlib.reload` and a second robot's code do.
    sys.modules.pop(FOUND)
    injected.install(str(folder), redirections)
    again = __import__(FOUND)
    assert changed == [(imported, 1234), (again, 1234)]


def test_modules_that_are_there_already_are_changed_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = ModuleType(FOUND)
    monkeypatch.setitem(sys.modules, FOUND, there)
    changed: list[ModuleType] = []
    redirections = {FOUND: lambda module, _: changed.append(module)}
    injected.install(str(folder), redirections)
    assert changed == [there]


def test_module_that_is_not_installed_is_not_found(folder: Path) -> None:
    sys.meta_path[:] = [injected.Hook(str(folder))]
    assert sys.meta_path[0].find_spec("bosdyn.client.channel", None) is None
    assert sys.meta_path[0].find_spec("json", None) is None


@pytest.mark.parametrize("has_one", [True, False])
def test_sitecustomize_that_it_hides_is_run_too(
    folder: Path, tmp_path: Path, *, has_one: bool
) -> None:
    program = folder / "sitecustomize.py"
    program.write_text(Path(str(injected.__file__)).read_text())
    (tmp_path / "own").mkdir()
    if has_one:
        (tmp_path / "own" / "sitecustomize.py").write_text("RAN = True\n")
    sys.path[:] = [str(folder), str(tmp_path / "own")]
    injected.run_next(str(folder))
    assert str(folder) not in sys.path
    assert hasattr(sys.modules.get("sitecustomize"), "RAN") is has_one


def test_it_does_all_of_this_under_the_name_that_python_looks_for(folder: Path) -> None:
    # Nothing of the SDK may be changed in this process.
    sys.meta_path.insert(0, injected.Hook(str(folder)))
    sys.path[:] = [entry for entry in sys.path if "sitecustomize" not in entry]
    source = Path(str(injected.__file__))
    before = list(sys.meta_path)
    runpy.run_path(str(source), run_name="spot_webcam_fake_robot")
    assert sys.meta_path == before


def test_first_of_all_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    there = ModuleType("spot_webcam_fake_robot")
    monkeypatch.setitem(sys.modules, "spot_webcam_fake_robot", there)
    ran = runpy.run_path(str(first.__file__), run_name="sitecustomize")
    assert ran["spot_webcam_fake_robot"] is there


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 7, 0)])
def test_python_that_is_too_old_for_it_gets_no_sdk(
    version: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    runpy.run_path(str(first.__file__), run_name="sitecustomize")
    finder: Any = sys.meta_path[0]
    assert finder.find_module("json.decoder", None) is None
    for name in ("bosdyn", "bosdyn.client"):
        loader = finder.find_module(name)
        message = (
            f"no {name} under .* Python 3.8 or newer there, and this is {version[0]}.{version[1]}"
        )
        with pytest.raises(ImportError, match=message):
            loader.load_module(name)
