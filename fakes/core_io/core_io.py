"""Fake CORE I/O: installs Spot Extensions into a folder, and runs them without Docker."""

import shutil
import signal
import tempfile
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from types import TracebackType

from spot_webcam.fakes.core_io.compose import Service, read_compose
from spot_webcam.fakes.core_io.container import Container, Policy, Processes, command_line
from spot_webcam.fakes.core_io.errors import CoreIoError, refusing
from spot_webcam.fakes.core_io.image import Image, read_images, unpack_image
from spot_webcam.fakes.core_io.isolation import Isolation, find_isolation
from spot_webcam.fakes.core_io.package import (
    COMPOSE,
    MANIFEST,
    Manifest,
    read_manifest,
    unpack_package,
)
from spot_webcam.fakes.core_io.paths import removed
from spot_webcam.fakes.core_io.plan import planned

EXTENSIONS = "data/.extensions"
UDEV_RULES = "etc/udev/rules.d"
CREDENTIALS = "opt/payload_credentials/payload_guid_and_secret"
_CONTAINERS = "var/lib/containers"
_LOGS = "var/log/containers"


class ExtensionState(Enum):
    """`RUNNING` if all containers run; an extension of static files has none that does not."""

    RUNNING = "running"
    STOPPED = "stopped"


class FakeCoreIo:
    """A CORE I/O in a folder, which holds its file system; what is installed stays in it.

    Extensions are installed, upgraded and removed as on the computer: the extension of the same
    name is replaced, but for what `files_to_save` and `directories_to_save` of both manifests
    name (which of them counts is documented nowhere); udev rules are copied. Containers run in
    namespaces of their own, with the image unpacked as their root folder.

    Not enforced: ports and networks (a container has those of this computer, and any port is
    reachable), memory limits and `oom_score_adj`, `device_cgroup_rules`, capabilities, health
    checks, `depends_on`, the read-only root of an image (`read_only`). A restart keeps what a
    container wrote, an installation does not. Udev rules are not run. Links and device files as
    members of an extension are refused, and so are compose files with variables or named volumes.
    Without root, all users of a container are the one who runs the fake, and `:ro` is ignored; so
    it is for images of another processor, which run under qemu-user-static.
    """

    def __init__(
        self,
        root: Path,
        isolation_for: Callable[[str], Isolation] = find_isolation,
        processes: Processes | None = None,
    ) -> None:
        """`isolation_for` returns how images of an architecture can be run."""
        self.root = root
        self.udev_triggers: list[str] = []
        self._isolation_for = isolation_for
        self._processes = processes
        self._containers: dict[str, list[Container]] = {}
        for folder in (EXTENSIONS, UDEV_RULES, _CONTAINERS, _LOGS, "persist", "tmp"):
            (root / folder).mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "FakeCoreIo":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop all containers, as when the computer shuts down."""
        for name in list(self._containers):
            self.stop(name)

    def set_credentials(self, guid: str, secret: str, mode: int = 0o644) -> None:
        """Write the payload's credentials; their mode is documented nowhere."""
        file = self.root / CREDENTIALS
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{guid}\n{secret}\n")
        file.chmod(mode)

    def install(self, file: Path) -> Manifest:
        """Install an extension, or upgrade the one of its name, and start it.

        Raises:
            CoreIoError: it cannot be installed, and what was installed before is untouched; or it
                cannot be started.
        """
        staging = Path(tempfile.mkdtemp(dir=self.root / "tmp"))
        staging.chmod(0o755)
        try:
            manifest = unpack_package(file, staging)
            self._load_images(manifest, staging)
            folder = self.folder(manifest.name)
            if manifest.name in self.extensions():
                self._keep(manifest, staging)
                self.remove(manifest.name)
            # What Docker made to mount it is replaced too: a container sees the new folder after
            # its next start only.
            removed(folder)
            staging.rename(folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        if manifest.udev_rules:
            shutil.copy(folder / manifest.udev_rules, self.root / UDEV_RULES)
            self.udev_triggers.append(Path(manifest.udev_rules).name)
        self.start(manifest.name)
        return manifest

    def remove(self, name: str) -> None:
        """Stop and remove an extension with its containers and udev rules."""
        manifest = self.manifest(name)
        self.stop(name)
        if manifest.udev_rules:
            removed(self.root / UDEV_RULES / Path(manifest.udev_rules).name)
        shutil.rmtree(self.folder(name))
        removed(self.root / _CONTAINERS / name)

    def start(self, name: str) -> None:
        """Start the containers of an extension; of a static one there are none.

        Raises:
            CoreIoError: one cannot be started.
        """
        self.stop(name)
        folder = self.folder(name)
        manifest = self.manifest(name)
        if not (folder / COMPOSE).is_file():
            return
        images = self._load_images(manifest, folder)
        containers: list[Container] = []
        for service in read_compose(folder / COMPOSE):
            with refusing(f"{service.name} cannot be started"):
                containers.append(self._container(name, service, images))
        self._containers[name] = containers
        for container in containers:
            container.start()

    def stop(self, name: str) -> None:
        """Stop the containers of an extension; they do not restart."""
        for container in self._containers.pop(name, ()):
            container.stop()

    def extensions(self) -> list[str]:
        """Return the names of what is installed."""
        return sorted(file.parent.name for file in (self.root / EXTENSIONS).glob(f"*/{MANIFEST}"))

    def folder(self, name: str) -> Path:
        """Return the folder of an extension."""
        return self.root / EXTENSIONS / name

    def manifest(self, name: str) -> Manifest:
        """Return the manifest of an installed extension; raise `CoreIoError` if there is none."""
        return read_manifest(self.folder(name), name)

    def state(self, name: str) -> ExtensionState:
        """Return whether all containers of an extension run."""
        is_static = not (self.folder(name) / COMPOSE).is_file()
        containers = self._containers.get(name, [])
        if is_static or (containers and all(one.is_running for one in containers)):
            return ExtensionState.RUNNING
        return ExtensionState.STOPPED

    def containers(self, name: str) -> list[Container]:
        """Return the containers of an extension that was started."""
        return list(self._containers.get(name, ()))

    def log(self, name: str) -> str:
        """Return what the containers of an extension wrote, since it was first installed."""
        logs = sorted((self.root / _LOGS).glob(f"{name}.*.log"))
        return "".join(log.read_text(errors="replace") for log in logs)

    def _keep(self, manifest: Manifest, staging: Path) -> None:
        """Copy what an upgrade keeps into the new version."""
        kept = manifest.saved & self.manifest(manifest.name).saved
        for path in kept:
            source, target = self.folder(manifest.name) / path, staging / path
            if source.is_dir():
                shutil.copytree(source, removed(target))
            elif source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, removed(target))

    def _load_images(self, manifest: Manifest, folder: Path) -> dict[str, Image]:
        images: dict[str, Image] = {}
        for name in manifest.images:
            images.update(read_images(folder / name))
        return images

    def _container(self, name: str, service: Service, images: dict[str, Image]) -> Container:
        image = images.get(service.image)
        if image is None:
            raise CoreIoError(
                f"{service.name} needs image {service.image}, which no archive has: a robot has no"
                " internet"
            )
        isolation = self._isolation_for(image.architecture)
        root = self.root / _CONTAINERS / name / service.name
        if not root.exists():
            unpacked = Path(tempfile.mkdtemp(dir=self.root / "tmp"))
            unpacked.chmod(0o755)
            try:
                unpack_image(image, unpacked)
                root.parent.mkdir(exist_ok=True)
                unpacked.rename(root)
            finally:
                shutil.rmtree(unpacked, ignore_errors=True)
        description = planned(service, image, isolation, root, self.root, self.folder(name))
        number = service.stop_signal or image.config.get("StopSignal") or "SIGTERM"
        return Container(
            f"{name}-{service.name}",
            command_line(isolation, description),
            self.root / _LOGS / f"{name}.{service.name}.log",
            Policy(service.restart, _signal(number), service.stop_grace_s),
            self._processes,
        )


def _signal(text: str) -> signal.Signals:
    """Return a signal, of which Docker knows the number and the name with SIG or without."""
    if text.isdecimal():
        return signal.Signals(int(text))
    return signal.Signals[f"SIG{text.upper().removeprefix('SIG')}"]
