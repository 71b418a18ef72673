"""Archives that are damaged or hostile, and the bounds of what is read of them."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest

from spot_webcam.tools.extension.lint.bounded import Interrupted, Limits
from spot_webcam.tools.extension.lint.finding import Finding
from tests.extension_archives import Spx, file_member, image_archive, tar_of

Findings = Callable[..., list[Finding]]
SMALL = Limits(min_bytes=1 << 20, max_members=100)
MIB = 1 << 20
RANDOM = random.Random(1)  # noqa: S311 - not for a secret


def ids(findings: list[Finding]) -> set[str]:
    return {finding.rule.id for finding in findings}


@pytest.mark.parametrize("arch", ["arm64", "amd64"])
def test_well_formed_extension_has_no_finding(arch: str, findings_of: Findings) -> None:
    spx = Spx()
    spx.files["app.tar.gz"] = image_archive(architecture=arch)
    assert findings_of(spx.packed(), arch=arch) == []


def test_extension_of_static_files_has_no_finding(findings_of: Findings) -> None:
    spx = Spx(compose=None)
    spx.compose = None
    del spx.manifest["images"], spx.files["app.tar.gz"]
    assert findings_of(spx.packed()) == []


def test_members_below_a_dot_are_at_the_top_level(findings_of: Findings) -> None:
    folder = tarfile.TarInfo("./")
    folder.type = tarfile.DIRTYPE
    with tarfile.open(fileobj=io.BytesIO(Spx().tar())) as tar:
        members = [(folder, b"")]
        for member in tar:
            content = tar.extractfile(member)
            assert content is not None
            members.append(file_member(f"./{member.name}", content.read()))
    assert findings_of(gzip.compress(tar_of(members))) == []


def test_other_archives_are_no_images(findings_of: Findings) -> None:
    spx = Spx()
    spx.files["data.tar.gz"] = gzip.compress(tar_of([file_member("data", b"x")]))
    spx.files["model.gz"] = gzip.compress(b"weights")
    assert findings_of(spx.packed()) == []


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"#!/bin/sh\n", "neither"),
        (b"PK\x03\x04", "a zip"),
        (RANDOM.randbytes(4096), "neither"),
    ],
)
def test_other_file_is_named(data: bytes, kind: str, findings_of: Findings) -> None:
    [finding] = findings_of(data)
    assert finding.rule.id == "not-gzip"
    assert kind in finding.found


def test_zip_of_an_extension_is_named(findings_of: Findings) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", "{}")
    [finding] = findings_of(file.getvalue())
    assert "a zip" in finding.found


def test_tar_that_is_not_gzipped_is_read_all_the_same(findings_of: Findings) -> None:
    spx = Spx()
    spx.manifest["version"] = "1"
    assert ids(findings_of(spx.tar())) == {"not-gzip", "manifest-version"}


def test_truncated_archive_is_found_wherever_it_ends(findings_of: Findings) -> None:
    data = Spx().packed()
    for length in range(2, len(data), 53):
        assert "damaged-archive" in ids(findings_of(data[:length])), length


def test_tar_truncated_within_whole_gzip_is_found(findings_of: Findings) -> None:
    data = Spx().tar()
    end = len(data.rstrip(b"\0"))
    for length in range(512, end, 1024):
        assert "damaged-archive" in ids(findings_of(gzip.compress(data[:length], 1))), length


def test_damage_in_the_middle_is_found(findings_of: Findings) -> None:
    data = bytearray(Spx().tar())
    data[1024:1536] = b"?" * 512
    assert "damaged-archive" in ids(findings_of(gzip.compress(bytes(data), 1)))


def test_random_bytes_never_fail_otherwise(findings_of: Findings) -> None:
    generator = random.Random(7)  # noqa: S311 - not for a secret
    for form in (Spx().packed(), gzip.decompress(Spx().packed())):
        for _ in range(150):
            data = bytearray(form)
            for _ in range(generator.randint(1, 8)):
                data[generator.randrange(len(data))] = generator.randrange(256)
            findings_of(bytes(data))  # whatever is found, nothing is raised


@pytest.mark.parametrize("inner", [lambda data: data, lambda data: gzip.compress(data, 9)])
def test_bomb_is_not_read_to_its_end(
    inner: Callable[[bytes], bytes], findings_of: Findings
) -> None:
    spx = Spx()
    spx.files["bomb"] = inner(tar_of([file_member("zeros", bytes(8 * MIB))]))
    assert "archive-bomb" in ids(findings_of(spx.packed(), limits=SMALL))


def test_too_many_members_are_not_read(findings_of: Findings) -> None:
    spx = Spx()
    spx.members = [file_member(f"f{n}") for n in range(200)]
    assert "archive-bomb" in ids(findings_of(spx.packed(), limits=SMALL))
    spx.members = []
    spx.files["app.tar.gz"] = image_archive(layers={f"layer{n}": b"" for n in range(200)})
    assert "archive-bomb" in ids(findings_of(spx.packed(), limits=SMALL))


def test_header_of_any_size_is_not_read_into_memory(findings_of: Findings) -> None:
    spx = Spx()
    for kind in (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE):
        member, content = file_member("x", bytes(24 * MIB))
        member.type = kind
        spx.members = [(member, content)]
        data = spx.packed()
        del content
        tracemalloc.start()
        found = findings_of(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert "archive-bomb" in ids(found)
        assert peak < 12 * MIB


def test_headers_within_headers_are_damage(findings_of: Findings) -> None:
    header = tarfile.TarInfo("x")
    header.type = tarfile.GNUTYPE_LONGNAME
    header.size = 512
    chain = (header.tobuf() + b"name".ljust(512, b"\0")) * 2000
    assert "damaged-archive" in ids(findings_of(gzip.compress(chain)))


def test_what_was_read_of_a_truncated_archive_is_checked(findings_of: Findings) -> None:
    spx = Spx()
    spx.manifest["version"] = "1"
    spx.files["icon.png"] = RANDOM.randbytes(1 << 16)
    # The icon and what follows are not there: nobody knows whether they would be.
    assert ids(findings_of(spx.packed()[: 1 << 15])) == {"damaged-archive", "manifest-version"}


def test_lint_can_be_interrupted(findings_of: Findings) -> None:
    with pytest.raises(Interrupted):
        findings_of(Spx().packed(), should_stop=lambda: True)


def test_limits_are_those_of_the_rule(findings_of: Findings) -> None:
    [finding] = findings_of(Spx().packed(), limits=replace(Limits(), max_members=1))
    rule = finding.rule
    assert rule.id == "archive-bomb"
    assert f"{Limits().max_ratio} times" in rule.what
    assert f"{Limits().max_members:,} members" in rule.what
    assert f"{Limits().max_bytes >> 30} GiB" in rule.what
