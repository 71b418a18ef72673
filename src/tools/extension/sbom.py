"""Software bill of materials: CycloneDX 1.5, as JSON."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

_FORMAT, _VERSION = "CycloneDX", "1.5"


@dataclass(frozen=True, slots=True)
class Component:
    """A package of an image.

    `kind` is that of a package URL, such as `deb/debian` or `pypi`; `sha256` that of the file it
    came in, empty if unknown.
    """

    kind: str
    name: str
    version: str
    sha256: str = ""
    architecture: str = ""

    @property
    def package_url(self) -> str:
        """The package URL, by which scanners know the component."""
        qualifier = f"?arch={quote(self.architecture)}" if self.architecture else ""
        # A colon, as in the epoch of a version of Debian's, needs no escape, but ~ and + differ.
        return f"pkg:{self.kind}/{quote(self.name)}@{quote(self.version, safe=':~')}{qualifier}"


def sbom(subject: Component, components: Sequence[Component], created_s: int) -> bytes:
    """Return the document of what `subject` is made of; the same for the same arguments."""
    listed = [_described(one) for one in sorted(components, key=lambda one: one.package_url)]
    document: dict[str, Any] = {
        "bomFormat": _FORMAT,
        "specVersion": _VERSION,
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(created_s, timezone.utc).isoformat(),
            "component": {**_described(subject), "type": "application"},
        },
        "components": listed,
    }
    # A document's number must be its own: that of its content is, and does not change.
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}"
    return f"{json.dumps(document, indent=1, sort_keys=True)}\n".encode()


def _described(component: Component) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": "library",
        "bom-ref": component.package_url,
        "name": component.name,
        "version": component.version,
        "purl": component.package_url,
    }
    if component.sha256:
        described["hashes"] = [{"alg": "SHA-256", "content": component.sha256}]
    return described
