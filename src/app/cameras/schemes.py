"""Camera schemes that other packages register: `thermal:` of the device name `thermal:/dev/x`.

A package does so by an entry point of the group `spot_webcam.cameras`, whose name is the scheme:
docs/cameras.md. Here nothing of such a package is imported.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.address import URL_SCHEMES, DeviceAddress

GROUP = "spot_webcam.cameras"

# One letter is a drive's.
_SCHEME = re.compile(r"[a-z][a-z0-9+._-]+")
_OURS = frozenset({"synthetic", "opencv", "usb", "name"})
# Whoever installs some package must not get other pictures from a URL.
_OPENCVS = URL_SCHEMES


@dataclass(frozen=True, slots=True)
class CameraScheme:
    """A scheme, and who registers it; `trouble` says why it cannot be used, if that is so."""

    name: str
    package: str
    entry_point: EntryPoint
    trouble: str = ""

    def address_in(self, address: DeviceAddress) -> DeviceAddress:
        """Return what follows the scheme: the address as the package knows it."""
        return address.removeprefix(f"{self.name}:")

    def __str__(self) -> str:
        return f"camera scheme {self.name}: of {self.package}"


def camera_schemes() -> list[CameraScheme]:
    """Return all that are registered in this environment, by their names."""
    found: dict[tuple[str, str, str], CameraScheme] = {}
    for point in entry_points(group=GROUP):
        scheme = CameraScheme(point.name, _package(point), point)
        # One package is found twice where its folder is in the path twice.
        found.setdefault((point.name, scheme.package, point.value), scheme)
    schemes = sorted(found.values(), key=lambda one: (one.name, one.package))
    return [
        CameraScheme(one.name, one.package, one.entry_point, _trouble(one, schemes))
        for one in schemes
    ]


def registered_scheme(address: DeviceAddress) -> CameraScheme | None:
    """Return the registered scheme of an address.

    `None` is for one without a scheme, or with one that is ours or OpenCV's.

    Raises:
        CameraMisconfigured: no package registers the scheme, or it cannot be used.
    """
    written = address.reveal()
    name, colon, rest = written.partition(":")
    if not colon or not _SCHEME.fullmatch(name) or name in _OURS | _OPENCVS:
        return None
    schemes = camera_schemes()
    scheme = next((one for one in schemes if one.name == name), None)
    if scheme is None:
        if rest.startswith("//") or " ! " in rest or file_exists(written):
            return None
        # What looks like a scheme may be a user's name.
        named = f" {name}: of" if str(address).startswith(f"{name}:") else " of"
        known = ", ".join(f"{one.name}:" for one in schemes) or "none"
        raise CameraMisconfigured(
            f"no package registers the camera scheme{named} {address}"
            f" (registered: {known}): install it where spot-webcam is, or correct the name; a file"
            " of that name is ./NAME"
        )
    if scheme.trouble:
        raise CameraMisconfigured(f"{scheme}: {scheme.trouble}")
    return scheme


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"


def _trouble(scheme: CameraScheme, schemes: Iterable[CameraScheme]) -> str:
    if scheme.name in _OURS:
        return "spot-webcam has this scheme itself: its author must choose another name"
    if scheme.name in _OPENCVS:
        return "OpenCV opens such URLs: its author must choose another name"
    if not _SCHEME.fullmatch(scheme.name):
        return (
            "a scheme has two or more of a-z, 0-9 and +._- and begins with a letter: its author"
            " must choose another name"
        )
    others = [one.package for one in schemes if one.name == scheme.name and one is not scheme]
    if others:
        return f"{' and '.join(others)} registers it too: uninstall one of them"
    return ""


def file_exists(name: str) -> bool:
    """Report whether a file of that name exists; False where no file can have the name."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
