"""`python -m spot_webcam.tools.sbom`: the bill of materials of where it runs, CycloneDX as JSON.

In an image that is all Python distributions, the interpreter and Debian's packages; with
`--requirements FILE`, only this product and what that file names of the distributions that are
installed, as in a development environment.
"""

import argparse
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from spot_webcam import __version__
from spot_webcam.app.cli.command_line import Misused
from spot_webcam.tools.extension.archive import created_s
from spot_webcam.tools.extension.sbom import Component, sbom

PRODUCT = "spot-webcam"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_QUERY = ("dpkg-query", "--show", "--showformat", "${Package}\t${Version}\t${Architecture}\n")


def main() -> None:
    """Print the document; `SOURCE_DATE_EPOCH` is its time, if it is set."""
    parser = argparse.ArgumentParser(description="print a bill of materials, CycloneDX as JSON")
    parser.add_argument("--requirements", metavar="FILE", type=Path, help="only what it names")
    file: Path | None = parser.parse_args().requirements
    found = list(python_components())
    if file is None:
        found += [Component("generic", "python", platform.python_version()), *debian_components()]
    else:
        names = {_normalized(name) for name in _PINNED.findall(file.read_text())}
        found = [component for component in found if component.name in names]
    subject = Component("pypi", PRODUCT, __version__)
    components = sorted(set(found) - {subject}, key=lambda component: component.package_url)
    try:
        created = created_s()
    except Misused as error:
        parser.error(str(error))
    sys.stdout.buffer.write(sbom(subject, components, created))


def python_components() -> Iterator[Component]:
    """Yield the distributions that this interpreter can import."""
    for distribution in distributions():
        name, version = distribution.metadata["Name"], distribution.version
        yield Component("pypi", _normalized(name), version)


def debian_components() -> list[Component]:
    """Return Debian's packages, none on another system."""
    if shutil.which(_QUERY[0]) is None:
        return []
    printed = subprocess.run(_QUERY, check=True, capture_output=True, text=True).stdout  # noqa: S603 - a constant
    return [
        Component("deb/debian", name, version, architecture=architecture)
        for name, version, architecture in (line.split("\t") for line in printed.splitlines())
    ]


def _normalized(name: str) -> str:
    """Return the name of a distribution as package URLs have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
