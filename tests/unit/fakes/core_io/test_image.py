"""Images: their layers in a folder, and archives that are none."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.fakes.core_io import CoreIoError
from spot_webcam.fakes.core_io.image import read_images, unpack_image
from tests.extension_archives import file_member, image_archive, special_member, tar_of

Members = list[tuple[tarfile.TarInfo, bytes]]


def unpacked(folder: Path, *layers: Members) -> dict[str, Any]:
    """Return the files below a root of these layers: contents, and targets of links."""
    archive = folder / "image.tar.gz"
    archive.write_bytes(
        image_archive(layers={f"{n}/layer.tar": tar_of(layer) for n, layer in enumerate(layers)})
    )
    root = folder / "root"
    root.mkdir()
    unpack_image(read_images(archive)["app:1"], root)
    return {
        str(path.relative_to(root)): str(path.readlink()) if path.is_symlink() else path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def folder(name: str, mode: int = 0o755) -> tuple[tarfile.TarInfo, bytes]:
    member, content = special_member(name, tarfile.DIRTYPE)
    member.mode = mode
    return member, content


def test_later_layers_replace_and_remove(tmp_path: Path) -> None:
    first = [
        folder("./"),
        folder("etc", 0o555),
        file_member("etc/kept", b"1"),
        file_member("etc/replaced", b"1"),
        file_member("etc/removed", b"1"),
        file_member("opt/old/file", b"1"),
        file_member("var/gone/file", b"1"),
        special_member("dev/null", tarfile.CHRTYPE),
    ]
    second = [
        file_member("etc/replaced", b"2"),
        file_member("etc/.wh.removed"),
        file_member("opt/new", b"2"),
        file_member("opt/.wh..wh..opq"),
        file_member("var/.wh.gone"),
        folder("etc"),
    ]
    assert unpacked(tmp_path, first, second) == {
        "etc/kept": "1",
        "etc/replaced": "2",
        "opt/new": "2",
    }


def test_links_are_kept_and_never_followed_out_of_the_root(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    layer = [
        special_member("usr/bin", tarfile.DIRTYPE),
        special_member("bin", tarfile.SYMTYPE, "usr/bin"),
        special_member("abs", tarfile.SYMTYPE, str(outside)),
        special_member("up", tarfile.SYMTYPE, "../../../outside"),
        file_member("bin/tool", b"t"),
        special_member("usr/tool2", tarfile.LNKTYPE, "bin/tool"),
        file_member("abs/file", b"a"),
        file_member("up/file", b"u"),
        special_member("usr/folder", tarfile.SYMTYPE, "gone"),
        folder("usr/folder"),
    ]
    found = unpacked(tmp_path, layer)
    assert found["bin"] == "usr/bin"
    assert found["usr/bin/tool"] == found["usr/tool2"] == "t"
    assert not list(outside.iterdir())
    assert not (tmp_path / "root/usr/folder").is_symlink()


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    layer = [
        special_member("a", tarfile.SYMTYPE, "b"),
        special_member("b", tarfile.SYMTYPE, "./a"),
        file_member("a/file"),
    ]
    with pytest.raises(CoreIoError, match="too many links"):
        unpacked(tmp_path, layer)


def test_mode_of_a_program_is_kept(tmp_path: Path) -> None:
    member, content = file_member("bin/tool", b"t")
    member.mode = 0o755
    unpacked(tmp_path, [(member, content)])
    assert (tmp_path / "root/bin/tool").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", tar_of([]), tar_of([special_member("manifest.json", tarfile.DIRTYPE)])],
)
def test_other_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    archive = tmp_path / "image.tar.gz"
    archive.write_bytes(content)
    with pytest.raises(CoreIoError, match="no archive of images"):
        read_images(archive)


def test_damaged_layer_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "image.tar.gz"
    archive.write_bytes(image_archive(layers={"layer.tar": b"no tar"}))
    with pytest.raises(CoreIoError, match="damaged"):
        unpack_image(read_images(archive)["app:1"], tmp_path)
