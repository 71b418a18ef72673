"""A tiny extension as real processes: mounts, user, restarts and upgrades."""

from __future__ import annotations

import os
import signal
import tarfile
from pathlib import Path

from spot_webcam.fakes.core_io import ExtensionState, FakeCoreIo
from spot_webcam.fakes.core_io.isolation import find_isolation
from tests.extension_archives import (
    CREDENTIALS,
    Spx,
    file_member,
    image_archive,
    special_member,
    tar_of,
)
from tests.integration.core_io.conftest import ARCHITECTURE
from tests.timing import eventually

COMMAND = (
    f"id; ls /; cat /settings.toml {CREDENTIALS}; echo x > /dev/null; echo $GREETING;"
    " trap 'echo ended; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
)


def extension(folder: Path, busybox: bytes, version: str) -> Path:
    program, content = file_member("bin/busybox", busybox)
    program.mode = 0o755
    layer = tar_of(
        [
            (program, content),
            *(
                special_member(f"bin/{name}", tarfile.SYMTYPE, "busybox")
                for name in ("sh", "id", "ls", "cat", "sleep")
            ),
            file_member("etc/passwd", b"app:x:1000:1000::/:/bin/sh\n"),
        ]
    )
    spx = Spx()
    spx.manifest["version"] = version
    spx.service.update(
        command=["sh", "-c", COMMAND],
        environment={"GREETING": f"hello {version}"},
        user="app",
        volumes=[f"{CREDENTIALS}:{CREDENTIALS}:ro", "./settings.toml:/settings.toml:ro"],
    )
    del spx.service["device_cgroup_rules"]
    spx.files["settings.toml"] = b"from the archive\n"
    spx.files["app.tar.gz"] = image_archive(architecture=ARCHITECTURE, layers={"layer": layer})
    file = folder / f"{version}.spx"
    file.write_bytes(spx.packed())
    return file


def test_container_is_restarted_upgraded_and_removed(
    core_io: FakeCoreIo, busybox: bytes, tmp_path: Path
) -> None:
    core_io.install(extension(tmp_path, busybox, "1.0.0"))
    assert eventually(lambda: core_io.log("app").count("ready\n") == 1), core_io.log("app")
    assert core_io.state("app") is ExtensionState.RUNNING
    lines = core_io.log("app").splitlines()
    if find_isolation(ARCHITECTURE).has_users:
        assert lines[0] == "uid=1000(app) gid=1000"
    assert {"guid", "secret", "from the archive", "hello 1.0.0"} <= set(lines)
    assert {"bin", "dev", "etc", "proc"} <= set(lines)
    assert "home" not in lines  # of this computer

    [container] = core_io.containers("app")
    first = container.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: core_io.log("app").count("ready\n") == 2)
    assert container.restarts == 1
    assert container.pid not in {None, first}
    assert "ended" not in core_io.log("app")

    (core_io.folder("app") / "settings.toml").write_text("from the operator\n")
    core_io.install(extension(tmp_path, busybox, "1.1.0"))
    assert eventually(lambda: core_io.log("app").count("ready\n") == 3)
    assert "ended" in core_io.log("app")  # by the signal, within its grace period
    assert "from the operator" in core_io.log("app")
    assert "hello 1.1.0" in core_io.log("app")

    pid = core_io.containers("app")[0].pid
    assert pid is not None
    core_io.remove("app")
    assert not Path(f"/proc/{pid}").exists()


def test_program_that_is_missing_stops_the_extension(core_io: FakeCoreIo, tmp_path: Path) -> None:
    spx = Spx()
    spx.service.update(command="gone", volumes=[], restart="no")
    spx.files["app.tar.gz"] = image_archive(architecture=ARCHITECTURE)
    file = tmp_path / "gone.spx"
    file.write_bytes(spx.packed())
    core_io.install(file)
    assert eventually(lambda: "the container cannot be started" in core_io.log("app"))
    assert eventually(lambda: core_io.state("app") is ExtensionState.STOPPED)
