import gc
import io
import tarfile
from collections.abc import Callable

import pytest

from spot_webcam.tools.extension.archive import Archive, compressed
from spot_webcam.tools.extension.tree import Tree

CREATED_S = 1700000000


def ignored(_: int) -> None:
    """Nobody looks at the progress."""


def written(tree: Tree) -> bytes:
    file = io.BytesIO()
    archive = Archive(file, CREATED_S, ignored)
    tree.write(archive)
    archive.close()
    return file.getvalue()


def members(tree: Tree) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(written(tree))) as archive:
        return {member.name: member for member in archive}


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, 0o755
    info.uid, info.uname, info.mtime = 1000, "somebody", 5
    return info


def test_folders_come_before_what_is_in_them_and_belong_to_root() -> None:
    tree = Tree()
    tree.add_file("usr/share/b", b"text", 0o755)
    tree.add_file("a", lambda: b"later", size=5)
    tree.add_folder("home/me", 0o700, 999)
    found = members(tree)
    assert [*found] == ["a", "home", "home/me", "usr", "usr/share", "usr/share/b"]
    assert (found["home/me"].uid, found["home/me"].gid, found["home/me"].mode) == (999, 999, 0o700)
    assert (found["usr"].mode, found["usr/share/b"].mode) == (0o755, 0o755)
    others = [one for name, one in found.items() if name != "home/me"]
    assert {(one.uid, one.uname, one.mtime) for one in others} == {(0, "", CREATED_S)}
    assert tree.size == 9


def test_an_archive_does_not_depend_on_the_order_of_additions() -> None:
    first, second = Tree(), Tree()
    additions: list[Callable[[Tree], None]] = [
        lambda tree: tree.add_file("usr/a", b"1"),
        lambda tree: tree.add_link("usr/" + "long/" * 30 + "b", "a"),
    ]
    for add in additions:
        add(first)
    for add in reversed(additions):
        add(second)
    assert written(first) == written(second)


def test_what_packages_have_at_the_top_is_below_usr() -> None:
    tree = Tree()
    tree.add_merged(member("./", tarfile.DIRTYPE), b"")
    tree.add_merged(member("./lib/", tarfile.DIRTYPE), b"")
    tree.add_merged(member("./lib/arch/libc.so.6"), b"code")
    tree.add_merged(member("./lib64/ld.so", tarfile.SYMTYPE, "/lib/arch/ld.so"), b"")
    tree.add_merged(member("./lib/arch/near.so", tarfile.SYMTYPE, "libc.so.6"), b"")
    tree.add_merged(member("./lib/arch/far.so", tarfile.SYMTYPE, "../../usr/lib/far.so"), b"")
    tree.add_merged(member("./usr/bin/tool", tarfile.SYMTYPE, "../lib/tool"), b"")
    tree.add_merged(member("./usr/lib/same", tarfile.LNKTYPE, "./lib/arch/libc.so.6"), b"")
    tree.add_merged_links()
    found = members(tree)
    links = {name: one.linkname for name, one in found.items() if one.issym()}
    assert links == {
        "bin": "usr/bin",
        "lib": "usr/lib",
        "lib64": "usr/lib64",
        "usr/lib64/ld.so": "/lib/arch/ld.so",
        "usr/lib/arch/near.so": "libc.so.6",
        "usr/lib/arch/far.so": "/usr/lib/far.so",
        "usr/bin/tool": "../lib/tool",
    }
    assert found["usr/lib/arch/libc.so.6"].size == found["usr/lib/same"].size == 4
    assert not any(one.islnk() for one in found.values())


def test_who_interrupts_stops_an_archive() -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), compressed(io.BytesIO(), 1) as stream:
        Archive(stream, CREATED_S, interrupt).add_file("a", b"")
    gc.collect()  # what is freed writes nothing more, to a file that is closed
