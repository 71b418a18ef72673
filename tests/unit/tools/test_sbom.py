"""The bill of materials of this environment."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from spot_webcam import __version__
from spot_webcam.tools import sbom

Printed = Callable[..., dict[str, Any]]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Printed:
    """Return what the program prints, as of one moment."""

    def run(*arguments: str) -> dict[str, Any]:
        monkeypatch.setattr(sys, "argv", ["sbom", *arguments])
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        sbom.main()
        sys.stdout.flush()
        document: dict[str, Any] = json.loads(capfdbinary.readouterr().out)
        return document

    return run


def test_all_of_an_image_is_listed(printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    package = sbom.Component("deb/debian", "libc6", "2.36-9+deb12u13", architecture="arm64")
    monkeypatch.setattr(sbom, "debian_components", lambda: [package])
    document = printed()
    urls = [component["purl"] for component in document["components"]]
    assert "pkg:deb/debian/libc6@2.36-9%2Bdeb12u13?arch=arm64" in urls
    assert f"pkg:pypi/grpcio@{grpc.__version__}" in urls
    assert f"pkg:generic/python@{sys.version.split()[0]}" in urls
    assert len(urls) == len(set(urls))
    product = f"pkg:pypi/spot-webcam@{__version__}"
    assert document["metadata"]["component"]["purl"] == product
    assert product not in urls
    assert document["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"


def test_only_what_a_file_names_is_listed(printed: Printed, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("grpcio==1.0 \\\n    --hash=sha256:0\n    # via pytest==1\nnot-there==1\n")
    listed = printed("--requirements", str(file))["components"]
    assert [component["name"] for component in listed] == ["grpcio"]


def test_system_without_debians_packages_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert sbom.debian_components() == []


def test_wrong_epoch_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["sbom"])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(SystemExit):
        sbom.main()
    assert "SOURCE_DATE_EPOCH='yesterday': expected the seconds" in capfd.readouterr().err
