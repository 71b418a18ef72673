"""The requirements of an extension are those of this program, as pinned. `make lock`."""

import re
import sys
from importlib import resources
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[4]
TARGET = {"python_version": "3.11", "python_full_version": "3.11.2", "sys_platform": "linux"}


def pins(text: str) -> dict[str, str]:
    """Return the versions by name that a file pins for Python 3.11."""
    found = {}
    for name, version, marker in re.findall(
        r"^([\w.-]+)==([^\s;]+)(?: ; ([^\\\n]+))?", text, re.MULTILINE
    ):
        if not marker or Marker(marker).evaluate(TARGET):
            found[canonicalize_name(name)] = version
    return found


REQUIREMENTS = (resources.files("spot_webcam.tools.extension") / "requirements.txt").read_text()


def test_versions_are_those_of_the_constraints() -> None:
    found, pinned = pins(REQUIREMENTS), pins((ROOT / "constraints.txt").read_text())
    assert len(found) > 20
    assert found == {name: pinned[name] for name in found}


def test_all_dependencies_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = map(Requirement, project["dependencies"] + project["optional-dependencies"]["http"])
    needed = {
        canonicalize_name(one.name)
        for one in asked
        if one.marker is None or one.marker.evaluate(TARGET)
    }
    assert needed <= set(pins(REQUIREMENTS))


def test_each_has_hashes() -> None:
    parts = re.split(r"^(?=\w)", REQUIREMENTS, flags=re.MULTILINE)
    assert all("--hash=sha256:" in part for part in parts if part.strip())
