"""What a service runs: compose file, image and isolation put together."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from spot_webcam.fakes.core_io.compose import Service, Volume
from spot_webcam.fakes.core_io.enter import Description, Mount
from spot_webcam.fakes.core_io.errors import CoreIoError
from spot_webcam.fakes.core_io.image import Image
from spot_webcam.fakes.core_io.isolation import Isolation
from spot_webcam.fakes.core_io.paths import resolved
from spot_webcam.fakes.core_io.users import identity

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Of this computer where it has them, whatever the root folder of the fake is.
_SHARED = ("/dev", "/proc", "/run/udev", "/sys")
# Writable on a CORE I/O: Docker makes what is missing there. All else is read-only.
_WRITABLE = ("/data/", "/persist/", "/run/")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_OF_THE_HOST = ("/etc/hosts", "/etc/resolv.conf")


def planned(
    service: Service, image: Image, isolation: Isolation, root: Path, host: Path, folder: Path
) -> Description:
    """Describe the container of a service.

    `root` is its root folder, `host` that of the computer, `folder` that of the extension.

    Raises:
        CoreIoError: a path to mount is missing, there is no such user, or nothing to run.
    """
    config = image.config
    entrypoint = service.entrypoint
    command = service.command
    if entrypoint is None:
        entrypoint = tuple(config.get("Entrypoint") or ())
        command = tuple(config.get("Cmd") or ()) if command is None else command
    words = (*entrypoint, *(command or ()))
    if not words:
        raise CoreIoError(f"{service.name} has no command, and its image has none either")
    user = service.user if service.user is not None else config.get("User") or ""
    who = identity(root, user, service.groups)
    environment = {"PATH": _PATH, "HOSTNAME": service.name, "HOME": "/"}
    environment |= dict(pair.split("=", 1) for pair in config.get("Env") or ())
    working_dir = service.working_dir or config.get("WorkingDir") or "/"
    resolved(root, working_dir).mkdir(parents=True, exist_ok=True)
    (root / "proc").mkdir(exist_ok=True)
    mounts = [*_system_mounts(service.volumes, root)]
    mounts += [_mount(volume, root, host, folder) for volume in service.volumes]
    return Description(
        root=str(root),
        mounts=tuple(mounts),
        words=words,
        environment={**environment, **service.environment},
        working_dir=working_dir,
        uid=who.uid,
        gid=who.gid,
        groups=who.groups,
        has_users=isolation.has_users,
        binfmt=isolation.binfmt,
    )


def _system_mounts(volumes: Sequence[Volume], root: Path) -> Iterator[Mount]:
    """Yield what Docker mounts into each container, as far as programs need it."""
    paths = [*_OF_THE_HOST, "/sys"]
    if not any(volume.target.rstrip("/") == "/dev" for volume in volumes):
        paths += [f"/dev/{name}" for name in _DEVICES]
    for path in filter(Path.exists, map(Path, paths)):
        target = _target(root, str(path), is_folder=path.is_dir())
        yield Mount(str(path), target, read_only=False)


def _mount(volume: Volume, root: Path, host: Path, folder: Path) -> Mount:
    source = _source(volume.source, host, folder)
    return Mount(
        str(source), _target(root, volume.target, is_folder=source.is_dir()), volume.read_only
    )


def _source(path: str, host: Path, folder: Path) -> Path:
    if path.startswith("."):
        source = folder / path
    elif path.startswith(_SHARED) and Path(path).exists():
        source = Path(path)
    else:
        source = host / path.lstrip("/")
    if not source.exists():
        if not path.startswith((".", *_WRITABLE)):
            raise CoreIoError(f"{path} is missing, and the root file system is read-only")
        source.mkdir(parents=True)
    return source


def _target(root: Path, path: str, *, is_folder: bool) -> str:
    """Return a path within the root at which to mount; make it if it is missing."""
    target = resolved(root, path)
    if is_folder:
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    return str(target)
