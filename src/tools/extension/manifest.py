"""`manifest.json` of an extension."""

import json
from collections.abc import Sequence
from datetime import datetime, timezone

from spot_webcam import __version__
from spot_webcam.tools.extension.names import ICON, RELEASE


def manifest(
    name: str,
    description: str,
    created_s: int,
    *,
    images: Sequence[str] = (),
    udev_rules: str = "",
    files_to_save: Sequence[str] = (),
) -> bytes:
    """Return the manifest; the files that it names must be in the archive."""
    release = RELEASE.match(__version__)
    content: dict[str, object] = {
        "extension_name": name,
        "version": release[0] if release else "0.0.0",
        "description": description,
        "date": datetime.fromtimestamp(created_s, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "icon": ICON,
        "installation_target": "spot",
        "images": list(images),
    }
    if udev_rules:
        content["udev_rules"] = udev_rules
    if files_to_save:
        content["files_to_save"] = list(files_to_save)
    return f"{json.dumps(content, indent=2)}\n".encode()
