"""The files of a layer of an image, which need neither root nor a folder to be unpacked to."""

import io
import posixpath
import tarfile
from collections.abc import Callable

from spot_webcam.tools.extension.archive import Archive

_TOP = frozenset({"bin", "sbin", "lib", "lib32", "lib64", "libx32"})


class Tree:
    """Files, folders and links by their paths, without a leading slash."""

    def __init__(self) -> None:
        self._members: dict[str, tuple[tarfile.TarInfo, Callable[[], bytes]]] = {}

    def add_file(
        self, path: str, content: bytes | Callable[[], bytes], mode: int = 0o644, size: int = -1
    ) -> None:
        """Add a file of root's; the size is needed where the content is read only when written."""
        read = (lambda: content) if isinstance(content, bytes) else content
        member = self._member(path, tarfile.REGTYPE, mode)
        member.size = len(content) if isinstance(content, bytes) else size
        self._members[path] = member, read

    def add_link(self, path: str, target: str) -> None:
        """Add a symbolic link."""
        member = self._member(path, tarfile.SYMTYPE, 0o777)
        member.linkname = target
        self._members[path] = member, bytes

    def add_folder(self, path: str, mode: int = 0o755, owner: int = 0) -> None:
        """Add a folder; `owner` is the number of its user and group."""
        member = self._member(path, tarfile.DIRTYPE, mode)
        member.uid = member.gid = owner
        self._members[path] = member, bytes

    def add_merged(self, member: tarfile.TarInfo, content: bytes) -> None:
        """Add a member of a Debian package, below /usr where the package has it at the top."""
        old = posixpath.normpath(member.name).lstrip("/")
        path = _merged(member.name)
        if path in {".", *(f"usr/{name}" for name in _TOP)}:
            return
        if member.isdir():
            self.add_folder(path, member.mode)
        elif member.issym():
            target = member.linkname
            if path != old and target.startswith(".."):
                target = posixpath.normpath(f"/{posixpath.dirname(old)}/{target}")
            self.add_link(path, target)
        elif member.islnk():
            first, read = self._members[_merged(member.linkname)]
            self.add_file(path, read(), first.mode)
        elif member.isfile():
            self.add_file(path, content, member.mode)

    def add_merged_links(self) -> None:
        """Add /bin, /lib, and so on, as links into /usr."""
        for name in sorted(_TOP):
            if any(path.startswith(f"usr/{name}/") for path in self._members):
                self.add_link(name, f"usr/{name}")

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(member.size for member, _ in self._members.values())

    def write(self, archive: Archive) -> None:
        """Write all members, sorted by path: folders before what is in them."""
        for path in [*self._members]:
            while path := posixpath.dirname(path):
                if path not in self._members:
                    self.add_folder(path)
        for path in sorted(self._members):
            member, read = self._members[path]
            archive.add(member, io.BytesIO(read()) if member.isreg() else None)

    @staticmethod
    def _member(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
        member = tarfile.TarInfo(path)
        member.type, member.mode = kind, mode
        return member


def _merged(name: str) -> str:
    path = posixpath.normpath(name).lstrip("/")
    return f"usr/{path}" if path.partition("/")[0] in _TOP else path
