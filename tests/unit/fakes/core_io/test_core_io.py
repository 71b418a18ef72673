"""Installation, upgrade and removal of extensions."""

from __future__ import annotations

import gzip
import json
import signal
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.fakes.core_io import CoreIoError, ExtensionState, FakeCoreIo
from tests.extension_archives import Spx, file_member, image_archive, special_member, tar_of
from tests.timing import eventually
from tests.unit.fakes.core_io.conftest import FakeProcesses

Pack = Callable[..., Path]


def is_running(core_io: FakeCoreIo, name: str = "app") -> bool:
    return core_io.state(name) is ExtensionState.RUNNING


def test_extension_is_installed_and_runs(
    core_io: FakeCoreIo, packed: Pack, processes: FakeProcesses
) -> None:
    manifest = core_io.install(packed())
    assert (manifest.name, manifest.version) == ("app", "1.2.3")
    assert core_io.extensions() == ["app"]
    assert core_io.folder("app") == core_io.root / "data/.extensions/app"
    assert (core_io.root / "etc/udev/rules.d/99-app.rules").is_file()
    assert core_io.udev_triggers == ["99-app.rules"]
    assert eventually(lambda: is_running(core_io))
    [container] = core_io.containers("app")
    assert container.name == "app-app"
    [words] = processes.words
    assert words[:3] == ["setpriv", "--pdeathsig", "KILL"]
    assert json.loads(words[-1])["words"][:2] == ["app", "--port"]


def test_state_is_stopped_when_a_container_is(
    core_io: FakeCoreIo, packed: Pack, processes: FakeProcesses
) -> None:
    spx = Spx()
    spx.service["restart"] = "no"
    core_io.install(packed(spx))
    assert eventually(lambda: is_running(core_io))
    processes.started[0].end(1)
    assert eventually(lambda: not is_running(core_io))
    core_io.start("app")
    assert eventually(lambda: is_running(core_io))
    core_io.stop("app")
    assert not is_running(core_io)
    assert core_io.containers("app") == []


def test_upgrade_replaces_all_but_what_is_saved(core_io: FakeCoreIo, packed: Pack) -> None:
    spx = Spx()
    spx.manifest["files_to_save"] = ["settings.toml", "deep/state", "only-old", "gone"]
    core_io.install(packed(spx))
    folder = core_io.folder("app")
    for name in ("settings.toml", "deep/state", "only-old", "not-saved", "calibration/front"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("mine")
    first = core_io.containers("app")
    spx = Spx()
    spx.manifest["files_to_save"] = ["settings.toml", "deep/state", "gone"]
    spx.files["calibration/front"] = b"shipped"
    core_io.install(packed(spx, version="1.3.0", udev_rules=""))
    assert core_io.manifest("app").version == "1.3.0"
    assert core_io.extensions() == ["app"]
    kept = {
        name for name in ("settings.toml", "deep/state") if (folder / name).read_text() == "mine"
    }
    assert kept == {"settings.toml", "deep/state"}
    assert (folder / "calibration/front").read_text() == "mine"
    assert not (folder / "not-saved").exists()
    assert not (folder / "only-old").exists()
    assert not (core_io.root / "etc/udev/rules.d/99-app.rules").exists()
    assert not any(container.is_running for container in first)
    assert eventually(lambda: is_running(core_io))


def test_removal_leaves_the_log_and_what_docker_made(core_io: FakeCoreIo, packed: Pack) -> None:
    core_io.install(packed())
    core_io.remove("app")
    assert core_io.extensions() == []
    left = {str(path.relative_to(core_io.root)) for path in core_io.root.rglob("*app*")}
    assert left == {"var/log/containers/app.app.log", "data/.extensions/app_config"}
    with pytest.raises(CoreIoError, match=r"no manifest.json"):
        core_io.remove("app")


def test_extension_of_static_files_counts_as_running(core_io: FakeCoreIo, packed: Pack) -> None:
    spx = Spx()
    spx.compose = None
    del spx.manifest["images"], spx.manifest["udev_rules"]
    core_io.install(packed(spx, extension_name="app_config"))
    assert is_running(core_io, "app_config")
    assert core_io.udev_triggers == []
    core_io.remove("app_config")
    assert core_io.extensions() == []


def test_settings_replace_the_folder_that_was_made_to_mount_them(
    core_io: FakeCoreIo, packed: Pack
) -> None:
    core_io.install(packed())
    made = core_io.folder("app_config")
    assert made.is_dir()
    assert core_io.extensions() == ["app"]
    before = made.stat().st_ino
    spx = Spx()
    spx.compose = None
    del spx.manifest["images"]
    core_io.install(packed(spx, extension_name="app_config"))
    assert core_io.extensions() == ["app", "app_config"]
    assert made.stat().st_ino != before


def test_without_a_name_the_file_gives_it(core_io: FakeCoreIo, packed: Pack) -> None:
    spx = Spx()
    del spx.manifest["extension_name"]
    assert core_io.install(packed(spx, "other.spx")).name == "other"


def test_log_is_kept_over_an_upgrade(core_io: FakeCoreIo, packed: Pack) -> None:
    core_io.install(packed())
    log = core_io.containers("app")[0].log
    assert eventually(log.exists)
    log.write_text("a line\n")
    core_io.install(packed(version="2.0.0"))
    assert core_io.log("app") == "a line\n"


def without(**values: Any) -> Callable[[Spx], None]:
    return lambda spx: spx.manifest.update(values)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (without(images=["gone.tar.gz"]), "names gone.tar.gz"),
        (without(udev_rules="gone.rules"), "names gone.rules"),
        (without(extension_name="a b"), "other characters"),
        (without(files_to_save=["/etc/passwd"]), "outside"),
        (without(directories_to_save=["../x"]), "outside"),
        (without(images=3), "invalid"),
        (without(images=[3]), "invalid"),
        (without(images=["../../../../etc/hosts"]), "names ../"),
        (without(udev_rules={"a": 1}), "invalid"),
        (without(extension_name=3), "invalid"),
        (without(files_to_save=[""]), "outside"),
        (lambda spx: setattr(spx, "manifest", 30_000 * b"["), "invalid"),
        (lambda spx: spx.members.append(file_member(".")), "cannot be unpacked"),
        (lambda spx: spx.manifest.pop("version"), "invalid"),
        (lambda spx: setattr(spx, "manifest", b"{"), "invalid"),
        (lambda spx: setattr(spx, "manifest", None), "no manifest.json"),
        (lambda spx: spx.members.append(file_member("../x")), "outside"),
        (lambda spx: spx.members.append(special_member("l", tarfile.SYMTYPE, "x")), "neither"),
        (lambda spx: spx.files.update({"app.tar.gz": b"x"}), "no archive of images"),
    ],
)
def test_bad_extension_leaves_what_was_installed(
    damage: Callable[[Spx], object], reason: str, core_io: FakeCoreIo, packed: Pack
) -> None:
    core_io.install(packed())
    assert eventually(lambda: is_running(core_io))
    spx = Spx()
    spx.manifest["version"] = "9.0.0"
    damage(spx)
    with pytest.raises(CoreIoError, match=reason):
        core_io.install(packed(spx))
    assert core_io.manifest("app").version == "1.2.3"
    assert is_running(core_io)
    assert not list((core_io.root / "tmp").iterdir())


def test_other_file_is_refused(core_io: FakeCoreIo, tmp_path: Path) -> None:
    file = tmp_path / "x.spx"
    for content in (b"no archive", tar_of([]), gzip.compress(Spx().tar())[:100]):
        file.write_bytes(content)
        with pytest.raises(CoreIoError, match="cannot be unpacked"):
            core_io.install(file)


def test_damage_in_the_middle_is_refused(core_io: FakeCoreIo, tmp_path: Path) -> None:
    content = bytearray(gzip.compress(tar_of([file_member("x", bytes(range(256)) * 4000)])))
    content[300:340] = 40 * b"\xff"
    file = tmp_path / "x.spx"
    file.write_bytes(content)
    with pytest.raises(CoreIoError, match="cannot be unpacked"):
        core_io.install(file)


def sparse_member(name: str) -> tuple[tarfile.TarInfo, bytes]:
    """Return a file of a petabyte, all of it a hole."""
    member, content = file_member(name, b"x")
    member.pax_headers = {"GNU.sparse.map": f"0,1,{1 << 50},0", "GNU.sparse.size": str(1 << 50)}
    return member, content


def test_file_with_holes_does_not_fill_the_disk(core_io: FakeCoreIo, packed: Pack) -> None:
    spx = Spx()
    spx.members.append(sparse_member("data"))
    with pytest.raises(CoreIoError, match="data is a sparse file"):
        core_io.install(packed(spx))
    spx = Spx()
    spx.files["app.tar.gz"] = image_archive(layers={"layer": tar_of([sparse_member("data")])})
    with pytest.raises(CoreIoError, match="data is a sparse file"):
        core_io.install(packed(spx))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"image": ["app:1"]}, "app cannot be started"),
        ({"working_dir": 5}, "app cannot be started"),
        ({"stop_signal": "SIGNONE"}, "app cannot be started: 'SIGNONE'"),
        ({"stop_signal": 999}, "app cannot be started: 999"),
    ],
)
def test_service_that_docker_would_refuse_is_refused(
    values: dict[str, Any], reason: str, core_io: FakeCoreIo, packed: Pack
) -> None:
    spx = Spx()
    spx.service.update(values)
    with pytest.raises(CoreIoError, match=reason):
        core_io.install(packed(spx))


@pytest.mark.parametrize("name", ["SIGINT", "INT", "int", 2])
def test_stop_signal_has_all_names_of_docker(
    name: Any, core_io: FakeCoreIo, packed: Pack, processes: FakeProcesses
) -> None:
    spx = Spx()
    spx.service["stop_signal"] = name
    core_io.install(packed(spx))
    assert eventually(lambda: is_running(core_io))
    core_io.stop("app")
    assert processes.signals == [signal.SIGINT]


def test_image_that_is_not_packed_is_refused(core_io: FakeCoreIo, packed: Pack) -> None:
    spx = Spx()
    spx.service["image"] = "other:1"
    with pytest.raises(CoreIoError, match="a robot has no internet"):
        core_io.install(packed(spx))
    assert core_io.state("app") is ExtensionState.STOPPED


def test_damaged_image_is_not_started_later_either(core_io: FakeCoreIo, packed: Pack) -> None:
    spx = Spx()
    spx.files["app.tar.gz"] = image_archive(layers={"layer": b"no tar"})
    for start in (lambda: core_io.install(packed(spx)), lambda: core_io.start("app")):
        with pytest.raises(CoreIoError, match="damaged"):
            start()
    assert not list((core_io.root / "tmp").iterdir())


def test_folders_of_an_extension_are_unpacked(core_io: FakeCoreIo, packed: Pack) -> None:
    spx = Spx()
    spx.members = [special_member("state", tarfile.DIRTYPE), file_member("maps/a", b"a")]
    core_io.install(packed(spx))
    assert (core_io.folder("app") / "state").is_dir()
    assert (core_io.folder("app") / "maps/a").read_text() == "a"
