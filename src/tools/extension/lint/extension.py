"""What the checks look at: contents, manifest and compose file of one extension."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from spot_webcam.tools.extension.lint.archive import ENV, MAX_TEXT_BYTES, Contents
from spot_webcam.tools.extension.lint.document import (
    Entry,
    Invalid,
    Path,
    parse_json,
    parse_yaml,
)
from spot_webcam.tools.extension.lint.finding import COMPOSE, MANIFEST, Finding, Place
from spot_webcam.tools.extension.lint.image_archive import Image
from spot_webcam.tools.extension.lint.rules import compose as compose_rules
from spot_webcam.tools.extension.lint.rules import manifest as manifest_rules

# What manifests and compose files call a folder of their own extension.
EXTENSIONS_FOLDER = "/data/.extensions"


@dataclass(slots=True)
class Extension:
    """An extension; `manifest` and `compose` are missing where they cannot be read."""

    contents: Contents
    arch: str
    manifest: Entry | None = None
    compose: Entry | None = None
    undefined: set[Path] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Return `extension_name`, or nothing."""
        entry = self.manifest.get("extension_name") if self.manifest else None
        return entry.text if entry else ""

    def services(self) -> Iterator[tuple[str, Entry]]:
        """Iterate over the services of the compose file."""
        services = self.compose.get("services") if self.compose else None
        if services is not None:
            for name, service in services.items():
                if isinstance(service.value, dict):
                    yield name, service

    def images(self) -> dict[str, Image]:
        """Return the images of all archives by name and tag."""
        return {
            tag: image
            for archive in self.contents.images.values()
            for image in archive.images
            for tag in image.tags
        }

    def saved(self) -> set[str]:
        """Return the paths that an upgrade keeps."""
        entries = [
            self.manifest.get(key) if self.manifest else None
            for key in ("files_to_save", "directories_to_save")
        ]
        return {
            one.text.rstrip("/").removeprefix("./")
            for entry in entries
            if entry is not None
            for one in entry.elements()
        }


def read_texts(extension: Extension) -> Iterator[Finding]:
    """Parse manifest and compose file; yield why it cannot be, and keys that exist twice."""
    texts = extension.contents.texts
    for member, rule in ((MANIFEST, manifest_rules.NOT_JSON), (COMPOSE, compose_rules.INVALID)):
        data = texts.get(member)
        if data is None:
            continue
        if len(data) > MAX_TEXT_BYTES:
            yield manifest_rules.TOO_LARGE.at(Place(member), "the file is larger")
            continue
        try:
            if member == MANIFEST:
                document = parse_json(member, data)
            else:
                variables = _variables(texts.get(ENV, b""))
                document, extension.undefined = parse_yaml(member, data, variables)
        except Invalid as error:
            yield rule.at(Place(member, line=error.line), str(error))
            continue
        for path in document.duplicates:
            yield manifest_rules.DUPLICATE_KEY.at(document.place(path), "the key exists twice")
        if not isinstance(document.data, dict):
            yield rule.at(Place(member, line=1), "it is not a mapping of keys to values")
        elif member == MANIFEST:
            extension.manifest = document.root
        else:
            extension.compose = document.root


def _variables(data: bytes) -> dict[str, str]:
    lines = data.decode(errors="replace").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("'\"") for name, value in pairs}
