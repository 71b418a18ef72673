"""Seeded defects: each is found by its rule, and by no other."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.tools.extension.lint.finding import Finding
from spot_webcam.tools.extension.lint.rules import SECTIONS
from tests.extension_archives import (
    CREDENTIALS,
    Spx,
    file_member,
    image_archive,
    special_member,
    tar_of,
)

Damage = Callable[[Spx], object]


def manifest(**values: Any) -> Damage:
    """Set keys of the manifest, or remove those that are None."""

    def damage(spx: Spx) -> None:
        for key, value in values.items():
            if value is None:
                del spx.manifest[key]
            else:
                spx.manifest[key] = value

    return damage


def service(**values: Any) -> Damage:
    """Set keys of the service, or remove those that are None."""

    def damage(spx: Spx) -> None:
        for key, value in values.items():
            if value is None:
                del spx.service[key]
            else:
                spx.service[key] = value

    return damage


def volume(*entries: Any) -> Damage:
    """Add volumes."""
    return lambda spx: spx.service["volumes"].extend(entries)


def files(**values: bytes | None) -> Damage:
    """Add or remove files, by names with `__` for a dot."""
    return lambda spx: spx.files.update(
        {name.replace("__", "."): content for name, content in values.items()}
    )


def member(name: str, kind: bytes, linkname: str = "") -> Damage:
    """Add a link or a device."""
    return lambda spx: spx.members.append(special_member(name, kind, linkname))


def archive(**options: Any) -> Damage:
    """Replace the image archive."""
    return lambda spx: spx.files.update({"app.tar.gz": image_archive(**options)})


def compose(text: Any) -> Damage:
    """Replace the compose file."""
    return lambda spx: setattr(spx, "compose", text.encode() if isinstance(text, str) else text)


def compose_key(**values: Any) -> Damage:
    """Add a top-level key to the compose file."""
    return lambda spx: spx.compose.update(values)


def both(*damages: Damage) -> Damage:
    """Apply several."""
    return lambda spx: [damage(spx) for damage in damages]


def folder_of_all(spx: Spx) -> None:
    """Pack the folder itself, as beginners do."""
    spx.members = [
        file_member("app/manifest.json", json.dumps(spx.manifest).encode()),
        file_member("app/docker-compose.yml", b"services: {}"),
    ]
    spx.manifest = spx.compose = None
    spx.files = {}


ALIASES = "\n".join(
    [
        "services: {}",
        "a0: &a0 [x, x]",
        *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)),
    ]
)
DEFECTS: list[tuple[str, Damage]] = [
    ("file-suffix", lambda spx: setattr(spx, "name", "app.tgz")),
    ("path-outside", member("../escape", tarfile.REGTYPE)),
    ("path-outside", member("/etc/passwd", tarfile.REGTYPE)),
    ("path-outside", member("a/../../b", tarfile.REGTYPE)),
    ("link-outside", member("link", tarfile.SYMTYPE, "/etc/passwd")),
    ("link-outside", member("folder/link", tarfile.SYMTYPE, "../../x")),
    ("link-outside", member("link", tarfile.LNKTYPE, "../x")),
    ("special-file", member("null", tarfile.CHRTYPE)),
    ("special-file", member("disk", tarfile.BLKTYPE)),
    ("special-file", member("pipe", tarfile.FIFOTYPE)),
    ("duplicate-member", member("icon.png", tarfile.REGTYPE)),
    ("duplicate-member", member("./icon.png", tarfile.REGTYPE)),
    ("manifest-missing compose-name", folder_of_all),
    ("manifest-missing",
     lambda spx: setattr(spx, "manifest", None)),
    ("text-too-large", lambda spx: setattr(spx, "manifest", b"{" + b" " * (64 << 10) + b"}")),
    ("manifest-invalid", lambda spx: setattr(spx, "manifest", b'{"version": }')),
    ("manifest-invalid", lambda spx: setattr(spx, "manifest", b"\xff\xfe")),
    ("manifest-invalid", lambda spx: setattr(spx, "manifest", b"[" * 60_000)),
    ("manifest-invalid", lambda spx: setattr(spx, "manifest", [1])),
    ("duplicate-key",
     lambda spx: setattr(spx, "manifest",
                         b'{"version": "1.0.0",' + json.dumps(spx.manifest).encode()[1:])),
    ("manifest-unknown-key", manifest(image="app.tar.gz")),
    ("manifest-key-type image-archive-not-named", manifest(images=3)),
    ("manifest-key-type", manifest(version=1)),
    ("manifest-key-type", manifest(files_to_save="settings.toml")),
    ("manifest-version", manifest(version="1.2")),
    ("manifest-version", manifest(version="v1.2.3")),
    ("manifest-version", manifest(version=None)),
    ("manifest-description", manifest(description=None)),
    ("extension-name-missing", manifest(extension_name=None)),
    ("extension-name", manifest(extension_name="my app")),
    ("extension-name-reserved", manifest(extension_name="my-CoreIO-app")),
    ("extension-name-reserved", manifest(extension_name="mission_control2")),
    ("icon-missing", manifest(icon="other.png")),
    ("icon-not-named", manifest(icon=None)),
    ("udev-rules-missing udev-rules-not-named", manifest(udev_rules="98-other.rules")),
    ("udev-rules-suffix",
     both(manifest(udev_rules="rules.txt"), files(rules__txt=b"", **{"99-app__rules": None}))),
    ("udev-rules-not-named", manifest(udev_rules=None)),
    ("installation-target", manifest(installation_target="coreio")),
    ("manifest-date", manifest(date="31.01.2026")),
    ("save-path-outside", manifest(files_to_save=["/etc/passwd", "settings.toml"])),
    ("save-path-outside", manifest(directories_to_save=["../other"])),
    ("save-path-outside", manifest(directories_to_save=["."])),
    ("image-archive-missing image-not-packed", files(app__tar__gz=None)),
    ("image-archive-not-named", manifest(images=[])),
    ("image-archive-invalid image-not-packed", files(app__tar__gz=gzip.compress(b"no tar"))),
    ("image-archive-invalid image-not-packed", files(app__tar__gz=b"neither")),
    ("image-archive-invalid image-not-packed", files(app__tar__gz=image_archive()[:-100])),
    ("image-archive-invalid image-not-packed",
     archive(manifest=[{"Config": "config.json", "RepoTags": ["app:1"], "Layers": ["gone.tar"]}])),
    ("image-archive-invalid image-not-packed", archive(manifest={"no": "list"})),
    ("image-archive-invalid image-not-packed", archive(manifest=[])),
    ("image-archive-invalid image-not-packed", files(app__tar__gz=gzip.compress(tar_of([])))),
    ("image-archive-not-gzipped", files(app__tar__gz=gzip.decompress(image_archive()))),
    ("image-untagged image-not-packed", archive(tags=[])),
    ("image-architecture", archive(architecture="amd64")),
    ("image-not-packed image-not-used", archive(tags=["app:2"])),
    ("image-not-packed image-not-used", service(image="app")),
    ("image-not-used", archive(tags=["app:1"], manifest=[
        {"Config": "config.json", "RepoTags": [tag], "Layers": []} for tag in ("app:1", "old:1")])),
    ("compose-missing", lambda spx: setattr(spx, "compose", None)),
    ("compose-missing compose-name", both(compose(None), files(compose__yaml=b"services: {}"))),
    ("compose-invalid", compose("services:\n  app: [unclosed\n")),
    ("compose-invalid", compose("services:\n\tapp: {}\n")),
    ("compose-invalid", compose("a: 1\n---\nb: 2\n")),
    ("compose-invalid", compose("- app\n")),
    ("compose-invalid", compose("")),
    ("compose-invalid", compose("services: !reset {}")),
    ("compose-invalid", compose("[" * 400)),
    ("compose-invalid", compose("a: &a [*a]")),
    ("compose-invalid", compose("a: &a\n  <<: *a\n")),
    ("compose-invalid", compose("{[1]: 2}")),
    ("compose-invalid", compose("<<: 3")),
    ("compose-invalid", compose("date: 2026-99-99")),
    ("compose-invalid", compose("a: \x01")),
    ("compose-invalid", compose(ALIASES)),
    ("compose-invalid image-not-used", compose("services: {}")),
    ("compose-invalid image-not-used", compose({"services": {"app": "app:1"}})),
    ("text-too-large", compose("#" * (65 << 10))),
    ("duplicate-key", lambda spx: setattr(
        spx, "compose", b"x-a: {b: 1, b: 2}\n" + json.dumps(spx.compose).encode()[1:-1])),
    ("compose-v1-key", compose_key(name="app")),
    ("compose-version", compose_key(version=3.5)),
    ("compose-version", compose_key(version="1")),
    ("compose-version", compose_key(version="three")),
    ("compose-version", compose_key(version=["3"])),
    ("compose-v1-key", service(gpus="all")),
    ("service-without-image image-not-used", service(image=None)),
    ("service-without-image", service(build=".")),
    ("depends-on-unknown", service(depends_on=["db"])),
    ("depends-on-unknown", service(depends_on={"db": {"condition": "service_healthy"}})),
    ("variable-undefined", service(labels=["robot=${ROBOT}"])),
    ("variable-undefined", service(labels=["robot=$ROBOT"])),
    ("env-file-missing", service(env_file=".env.robot")),
    ("network-host network-conflict", service(network_mode="host")),
    ("network-host", service(network_mode="host", ports=[])),
    ("memory-limit", service(deploy=None)),
    ("oom-score", service(oom_score_adj=None)),
    ("oom-score", service(oom_score_adj=0)),
    ("restart-policy", service(restart=None)),
    ("restart-policy", service(restart=False)),
    ("restart-policy", service(restart="on-failure:3")),
    ("restart-form", service(restart="sometimes")),
    ("root-user", archive(user="")),
    ("root-user", archive(user="root")),
    ("root-user", service(user="0:0")),
    ("root-user", service(user=0)),
    ("privileged", service(privileged=True)),
    ("logging-driver", service(logging={"driver": "none"})),
    ("secret-in-file", service(command=["app", "--secret", "s"])),
    ("secret-in-file", service(environment={"PAYLOAD_SECRET": "s"})),
    ("secret-in-file", service(environment=["PAYLOAD_SECRET=s"])),
    ("host-ip", service(command="app --port=21000")),
    ("port-form", service(command="app", ports=["many"])),
    ("port-form", service(command="app", ports=["70000:70000"])),
    ("port-form", service(command="app", ports=["21000-21001:21000"])),
    ("port-form", service(command="app", ports=[{"published": 21000}])),
    ("port-range", service(command="app", ports=["8080:8080"])),
    ("port-range", service(command="app", ports=["21990-22001:21990-22001/udp"])),
    ("port-range", service(command="app", ports=[{"target": 80, "published": 80}])),
    ("port-reserved", service(command="app", ports=["21443:21443"])),
    ("port-unequal", service(command="app", ports=["21000:8080"])),
    ("port-unequal", service(command="app", ports=["21000"])),
    ("port-unequal", service(command="app", ports=[21000])),
    ("port-loopback", service(ports=["127.0.0.1:21000:21000"])),
    ("port-twice", service(ports=["21000:21000", "21000:21000/tcp"])),
    ("port-unpublished", service(ports=["21001:21001"])),
    ("port-unpublished", service(command=["app", "--port=21005", "--host-ip=192.168.50.5"])),
    ("volume-form", volume("settings")),
    ("volume-form", volume("./a:b")),
    ("volume-form", volume({"type": "bind", "source": "/dev"})),
    ("volume-undeclared", volume("state:/state")),
    ("host-path", volume("/opt/app:/app:ro")),
    ("host-path", volume("../../../etc/app:/app:ro")),
    ("host-path", volume({"source": "/usr/lib", "target": "/lib", "read_only": True})),
    ("mount-missing", volume("./lut.bin:/lut.bin:ro")),
    ("mount-not-saved", both(volume("./state:/state"), files(**{"state/x": b""}))),
    ("device-link", volume("/dev/v4l/by-id/usb-cam:/dev/video0")),
    ("device-link", service(devices=["/dev/v4l/by-id/usb-cam:/dev/video0"])),
    ("device-link", volume("/dev/serial/by-path:/dev/serial/by-path")),
    ("device-number", service(devices=["/dev/video0:/dev/video0"])),
    ("device-cgroup-rules", service(device_cgroup_rules=None)),
    ("docker-socket", volume("/var/run/docker.sock:/var/run/docker.sock")),
    ("credentials-mount",
     lambda spx: spx.service["volumes"].remove(f"{CREDENTIALS}:{CREDENTIALS}:ro")),
    ("credentials-mount",
     service(volumes=[], command="app", environment=[f"FILE={CREDENTIALS}"])),
    ("credentials-writable", volume("/opt/payload_credentials:/credentials")),
]  # fmt: skip


def ids(findings: list[Finding]) -> set[str]:
    return {finding.rule.id for finding in findings}


@pytest.mark.parametrize(
    ("expected", "damage"),
    DEFECTS,
    ids=[f"{n}-{expected}" for n, (expected, _) in enumerate(DEFECTS)],
)
def test_defect_is_found(
    expected: str, damage: Damage, findings_of: Callable[..., list[Finding]]
) -> None:
    spx = Spx()
    damage(spx)
    found = findings_of(spx.packed(), spx.name)
    assert ids(found) == set(expected.split()), [f"{one.place}: {one.found}" for one in found]


def test_every_rule_finds_a_seeded_defect() -> None:
    # Those of archives that cannot be read at all are in test_archives.py.
    unread = {"not-gzip", "damaged-archive", "archive-bomb"}
    seeded = {rule for expected, _ in DEFECTS for rule in expected.split()}
    assert seeded | unread == {rule.id for rules in SECTIONS.values() for rule in rules}
