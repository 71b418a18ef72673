"""The layers of the image: Debian with Python, the wheels, and this program."""

import io
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from functools import partial

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.extension.debian import RELEASE, Package
from spot_webcam.tools.extension.names import OWN_MOUNT, SETTINGS_MOUNT
from spot_webcam.tools.extension.steps import Steps
from spot_webcam.tools.extension.tree import Tree
from spot_webcam.tools.extension.wheels import PYTHON, Wheel

USER, USER_NUMBER = "spot-webcam", 999
HOME, BYTECODE = f"home/{USER}", "var/cache/spot-webcam"
SBOM_PATH = "usr/share/spot-webcam/sbom.cdx.json"
_PACKAGES = f"usr/local/lib/python{PYTHON}/dist-packages"
_AUTHORITIES = "etc/ssl/certs/ca-certificates.crt"
# Beside these, licences are kept: usr/share/doc/*/copyright.
_PRUNED = (
    *("usr/share/man/", "usr/share/locale/", "usr/share/info/", "usr/share/lintian/"),
    *("usr/share/applications/", "usr/share/pixmaps/", "usr/share/gdb/", "usr/share/gcc/"),
    *("usr/share/bug/", "usr/share/doc-base/", "usr/share/binfmts/", "var/lib/dpkg/"),
    *(f"usr/lib/python{PYTHON}/{name}/" for name in ("ensurepip", "idlelib", "lib2to3", "tkinter")),
    *(f"usr/lib/python{PYTHON}/{name}/" for name in ("pydoc_data", "test", "turtledemo")),
)
_PRUNED_FOLDERS = ("/gconv/", "/audit/")
_DOCUMENTATION, _LICENCE = "usr/share/doc/", "/copyright"
# Of wheels: what is for compilers and type checkers, and NumPy's own tests.
_PRUNED_SUFFIXES = (".pyi", ".pxd", ".h", ".a", ".c", ".pyx")
_COMMAND = "#!/usr/bin/python3\nfrom spot_webcam.app.cli.entry import main\n\nmain()\n"
_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/usr/sbin/nologin\n"
    f"{USER}:x:{USER_NUMBER}:{USER_NUMBER}::/{HOME}:/usr/sbin/nologin\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    # The number of Debian's and Ubuntu's group, which the device files of cameras have.
    "etc/group": f"root:x:0:\nvideo:x:44:{USER}\n{USER}:x:{USER_NUMBER}:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "etc/os-release": f'ID=debian\nVERSION_ID="{RELEASE}"\nNAME="Debian GNU/Linux"\n'
    f'PRETTY_NAME="Debian GNU/Linux {RELEASE}, without a package manager"\n',
}


def debian_layer(packages: Iterable[Package], steps: Steps) -> Tree:
    """Return the root file system; no script of a package is run."""
    tree = Tree()
    packages = list(packages)
    total = sum(package.file.stat().st_size for package in packages)
    with steps.step("unpack Debian packages", total) as advance:
        for package in packages:
            _unpack(package, tree)
            advance(package.file.stat().st_size)
    tree.add_merged_links()
    for path, text in _FILES.items():
        tree.add_file(path, text.encode())
    for path in ("dev", "proc", "run", "sys", "root", SETTINGS_MOUNT, OWN_MOUNT):
        tree.add_folder(path.lstrip("/"))
    for path in ("tmp", "var/tmp"):
        tree.add_folder(path, 0o1777)
    tree.add_folder(HOME, 0o755, USER_NUMBER)
    # Python compiles modules at their first import, and cannot beside them.
    tree.add_folder(BYTECODE, 0o755, USER_NUMBER)
    tree.add_link("usr/bin/python3", f"python{PYTHON}")
    # The authorities of certifi, where OpenSSL and programs look.
    tree.add_link(_AUTHORITIES, f"/{_PACKAGES}/certifi/cacert.pem")
    tree.add_link("usr/lib/ssl/cert.pem", f"/{_AUTHORITIES}")
    tree.add_link("usr/lib/ssl/certs", "/etc/ssl/certs")
    return tree


def wheels_layer(wheels: Iterable[Wheel]) -> Tree:
    """Return the files of wheels, as Debian's Python finds them."""
    tree = Tree()
    for wheel in wheels:
        _add_wheel(wheel, tree)
    return tree


def own_layer(wheel: Wheel, sbom: bytes) -> Tree:
    """Return this program, its command, and what the image is made of."""
    tree = Tree()
    _add_wheel(wheel, tree)
    tree.add_file(f"usr/local/bin/{USER}", _COMMAND.encode(), 0o755)
    tree.add_file(SBOM_PATH, sbom)
    return tree


def _unpack(package: Package, tree: Tree) -> None:
    ended = subprocess.run(  # noqa: S603
        ["dpkg-deb", "--fsys-tarfile", str(package.file)],  # noqa: S607 - found by Apt
        capture_output=True,
        check=False,
        timeout=60,
        start_new_session=True,  # Ctrl-C is for this process
    )
    if ended.returncode:
        raise CouldNotRun(
            f"{package.file} is damaged: remove it, and build again without --offline"
        )
    with tarfile.open(fileobj=io.BytesIO(ended.stdout)) as archive:
        for member in archive:
            path = member.name.removeprefix("./")
            if _is_kept(f"{path}/" if member.isdir() else path):
                file = archive.extractfile(member) if member.isreg() else None
                tree.add_merged(member, b"" if file is None else file.read())


def _is_kept(path: str) -> bool:
    if path.startswith(_DOCUMENTATION):
        return path.endswith(_LICENCE)
    return not path.startswith(_PRUNED) and not any(name in path for name in _PRUNED_FOLDERS)


def _add_wheel(wheel: Wheel, tree: Tree) -> None:
    archive = zipfile.ZipFile(wheel.file)
    for member in archive.infolist():
        parts = member.filename.split("/")
        if member.is_dir() or _is_development(parts):
            continue
        if parts[0].endswith(".data"):
            # Scripts and headers have no use here.
            if parts[1] not in {"purelib", "platlib"}:
                continue
            parts = parts[2:]
        read: Callable[[], bytes] = partial(archive.read, member)
        mode = 0o755 if member.external_attr >> 16 & 0o111 else 0o644
        tree.add_file(f"{_PACKAGES}/{'/'.join(parts)}", read, mode, member.file_size)


def _is_development(parts: list[str]) -> bool:
    is_test = parts[0] == "numpy" and "tests" in parts
    return is_test or parts[-1].endswith(_PRUNED_SUFFIXES)
