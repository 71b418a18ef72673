"""What a container runs: compose file and image together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.fakes.core_io import CoreIoError
from spot_webcam.fakes.core_io.compose import Service, Volume
from spot_webcam.fakes.core_io.enter import Description, Mount
from spot_webcam.fakes.core_io.image import Image
from spot_webcam.fakes.core_io.plan import planned
from spot_webcam.fakes.core_io.users import Identity, identity
from tests.unit.fakes.core_io.conftest import NO_ISOLATION

SERVICE = Service(
    name="app",
    image="app:1",
    entrypoint=None,
    command=None,
    environment={"B": "service"},
    volumes=(),
    user=None,
    groups=(),
    working_dir=None,
    restart="no",
    stop_signal=None,
    stop_grace_s=1,
)
CONFIG = {
    "Entrypoint": ["entry"],
    "Cmd": ["default"],
    "Env": ["A=image", "B=image"],
    "User": "app",
    "WorkingDir": "/work",
}
PASSWD = "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/:/bin/sh\nbroken\n"


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., Description]:
    """Plan a service in a folder with a root, a host and the extension's own folder."""
    root, host = tmp_path / "root", tmp_path / "host"
    (root / "etc").mkdir(parents=True)
    (root / "etc/passwd").write_text(PASSWD)
    (root / "etc/group").write_text("video:x:44:\n")
    folder = host / "data/.extensions/app"
    folder.mkdir(parents=True)
    (folder / "file").touch()

    def make(config: Any = CONFIG, **changes: Any) -> Description:
        image = Image(tmp_path / "image", "amd64", config, ())
        return planned(replace(SERVICE, **changes), image, NO_ISOLATION, root, host, folder)

    return make


def test_image_says_what_the_service_does_not(plan: Callable[..., Description]) -> None:
    found = plan()
    assert found.words == ("entry", "default")
    assert (found.uid, found.gid, found.groups) == (1000, 1001, ())
    assert found.working_dir == "/work"
    assert found.environment["A"] == "image"
    assert found.environment["B"] == "service"
    assert found.environment["PATH"].endswith(":/bin")


def test_service_overrides_its_image(plan: Callable[..., Description]) -> None:
    found = plan(command=("other",), user="1000:video", groups=("video", "7"), working_dir="/var")
    assert found.words == ("entry", "other")
    assert (found.gid, found.groups, found.working_dir) == (44, (44, 7), "/var")
    # With an entry point of its own, the command of the image does not count.
    assert plan(entrypoint=("own",)).words == ("own",)


def test_nothing_to_run_is_refused(plan: Callable[..., Description]) -> None:
    with pytest.raises(CoreIoError, match="no command"):
        plan({})


def test_volumes_are_in_the_folder_of_the_fake(
    plan: Callable[..., Description], tmp_path: Path
) -> None:
    volumes = (
        Volume("./file", "/file", True),
        Volume("/data/.extensions/other/", "/config/", True),
        Volume("/run/udev-of-nobody", "/run/udev", True),
        Volume("/dev", "/dev", False),
    )
    found = plan(volumes=volumes)
    own = found.mounts[-4:]
    host = tmp_path / "host/data/.extensions"
    root = tmp_path / "root"
    assert own == (
        Mount(str(host / "app/file"), str(root / "file"), True),
        Mount(str(host / "other"), str(root / "config"), True),
        Mount(str(tmp_path / "host/run/udev-of-nobody"), str(root / "run/udev"), True),
        Mount("/dev", str(root / "dev"), False),
    )
    assert (host / "other").is_dir()  # as Docker makes it
    assert (root / "file").is_file()
    assert not any(mount.source == "/dev/null" for mount in found.mounts)
    assert any(mount.source == "/dev/null" for mount in plan().mounts)


def test_missing_path_of_the_read_only_root_is_refused(plan: Callable[..., Description]) -> None:
    with pytest.raises(CoreIoError, match="/opt/app is missing, and the root file system"):
        plan(volumes=(Volume("/opt/app", "/app", True),))


def test_users_are_those_of_the_image(plan: Callable[..., Description], tmp_path: Path) -> None:
    root = tmp_path / "root"
    assert identity(root, "", ()) == Identity(0, 0, ())
    assert identity(root, "4711", ()) == Identity(4711, 0, ())
    assert identity(tmp_path / "empty", "5:6", ()) == Identity(5, 6, ())
    with pytest.raises(CoreIoError, match="no user nobody"):
        identity(root, "nobody", ())
    with pytest.raises(CoreIoError, match="no group wheel"):
        identity(root, "app", ("wheel",))
