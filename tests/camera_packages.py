"""Packages that register camera schemes, as an installer leaves them."""

from __future__ import annotations

from pathlib import Path


def install(site: Path, package: str, schemes: dict[str, str], version: str = "1.0") -> None:
    """Write what an installer writes of a package: schemes to what makes their cameras."""
    info = site / f"{package.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    lines = "".join(f"{name} = {target}\n" for name, target in schemes.items())
    (info / "entry_points.txt").write_text(f"[spot_webcam.cameras]\n{lines}")
