"""Places of findings: members, keys and lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spot_webcam.tools.extension.lint.document import parse_yaml
from spot_webcam.tools.extension.lint.finding import Finding
from tests.extension_archives import Spx

MANIFEST = b"""{
  "extension_name": "app",
  "version": "1.0",
  "description": "A service.",
  "images": [
    "app.tar.gz"
  ],
  "files_to_save": ["/settings.toml"]
}
"""
COMPOSE = b"""\
x-common: &common
  restart: unless-stopped
  oom_score_adj: 1000
  mem_limit: 256m
services:
  app:
    <<: *common
    image: app:1
    ports:
      - "21000:21000"
      - "${PORT:-8080}:${PORT:-8080}"
    restart: sometimes
  # Everything of this one is merged.
  other:
    <<: [*common, {image: "app:1", restart: "no"}]
"""


def places(findings: list[Finding]) -> dict[str, str]:
    return {finding.rule.id: str(finding.place) for finding in findings}


def test_findings_of_the_manifest_have_keys_and_lines(
    findings_of: Callable[..., list[Finding]],
) -> None:
    spx = Spx(manifest=MANIFEST)
    found = places(findings_of(spx.packed()))
    assert found["manifest-version"] == "manifest.json:3 version"
    assert found["save-path-outside"] == "manifest.json:8 files_to_save[0]"
    assert found["icon-not-named"] == "icon.png"


def test_invalid_texts_have_the_line_of_the_error(
    findings_of: Callable[..., list[Finding]],
) -> None:
    spx = Spx(manifest=b'{\n  "version": 1\n  "icon": 2\n}\n')
    spx.compose = b"services:\n  app:\n    image: [app\n"
    found = places(findings_of(spx.packed()))
    assert found["manifest-invalid"] == "manifest.json:3"
    assert found["compose-invalid"] == "docker-compose.yml:4"


def test_findings_of_the_compose_file_have_keys_and_lines(
    findings_of: Callable[..., list[Finding]],
) -> None:
    spx = Spx()
    spx.compose = COMPOSE
    found = places(findings_of(spx.packed()))
    assert found == {
        "port-range": "docker-compose.yml:11 services.app.ports[1]",
        "restart-form": "docker-compose.yml:12 services.app.restart",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$$HOME", "$HOME"),
        ("$NAME", "value"),
        ("${NAME}", "value"),
        ("${NAME:-other}", "value"),
        ("${EMPTY:-other}", "other"),
        ("${EMPTY-other}", ""),
        ("${GONE-other}", "other"),
        ("${NAME:+set}", "set"),
        ("${GONE:+set}", ""),
        ("a ${NAME:?needed} b", "a value b"),
    ],
)
def test_variables_are_replaced_as_docker_compose_does(text: str, value: str) -> None:
    variables = {"NAME": "value", "EMPTY": ""}
    document, undefined = parse_yaml("docker-compose.yml", f"a: '{text}'".encode(), variables)
    assert document.data == {"a": value}
    assert not undefined


def test_variables_of_the_archive_are_used(findings_of: Callable[..., list[Finding]]) -> None:
    spx = Spx()
    spx.service["ports"] = ["${PORT}:${PORT}"]
    spx.files[".env"] = b"# a comment\nPORT=21000\n"
    assert findings_of(spx.packed()) == []
