"""Camera schemes of other packages, such as `thermal:` in the device name `thermal:/dev/x`.

A package registers a scheme by an entry point of the group `spot_webcam.cameras` whose name is the
scheme: docs/camera-packages.md. This module does not import such packages.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.address import URL_SCHEMES, DeviceAddress

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "spot_webcam.cameras"

# At least two letters: a single letter is a drive.
_SCHEME = re.compile(r"[a-z][a-z0-9+._-]+")
_BUILT_IN = frozenset({"synthetic", "opencv", "usb", "name"})
# Schemes that OpenCV opens: an installed package must not change the meaning of a URL.
_OPENCV_SCHEMES = URL_SCHEMES


@dataclass(frozen=True, slots=True)
class CameraScheme:
    """A scheme and the package that registers it. `trouble`: why it cannot be used, else empty."""

    name: str
    package: str
    entry_point: "EntryPoint"
    trouble: str = ""

    def address_in(self, address: DeviceAddress) -> DeviceAddress:
        """Return the address without the scheme, as the package expects it."""
        return address.removeprefix(f"{self.name}:")

    def __str__(self) -> str:
        return f"camera scheme {self.name}: of {self.package}"


def camera_schemes() -> list[CameraScheme]:
    """Return the schemes registered in this environment, sorted by name."""
    # Imported on use: it takes a tenth of the start of a camera's process, and few have a scheme.
    from importlib.metadata import entry_points  # noqa: PLC0415

    found: dict[tuple[str, str, str], CameraScheme] = {}
    for point in entry_points(group=GROUP):
        scheme = CameraScheme(point.name, _package(point), point)
        # A package is found twice if its folder is in the path twice.
        found.setdefault((point.name, scheme.package, point.value), scheme)
    schemes = sorted(found.values(), key=lambda scheme: (scheme.name, scheme.package))
    return [
        CameraScheme(scheme.name, scheme.package, scheme.entry_point, _trouble(scheme, schemes))
        for scheme in schemes
    ]


def registered_scheme(address: DeviceAddress) -> CameraScheme | None:
    """Return the registered scheme of an address.

    `None` if the address has no scheme, or a scheme of this package or of OpenCV.

    Raises:
        CameraMisconfigured: no package registers the scheme, or it cannot be used.
    """
    written = address.reveal()
    name, colon, rest = written.partition(":")
    if not colon or not _SCHEME.fullmatch(name) or name in _BUILT_IN | _OPENCV_SCHEMES:
        return None
    schemes = camera_schemes()
    scheme = next((scheme for scheme in schemes if scheme.name == name), None)
    if scheme is None:
        if rest.startswith("//") or " ! " in rest or file_exists(written):
            return None
        # What looks like a scheme may be the name of a user.
        named = f" {name}: of" if str(address).startswith(f"{name}:") else " of"
        registered = ", ".join(f"{known.name}:" for known in schemes) or "none"
        raise CameraMisconfigured(
            f"no package registers the camera scheme{named} {address}"
            f" (registered: {registered}): install it where spot-webcam is, or correct the name; a"
            " file of that name is ./NAME"
        )
    if scheme.trouble:
        raise CameraMisconfigured(f"{scheme}: {scheme.trouble}")
    return scheme


def _package(point: "EntryPoint") -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"


def _trouble(scheme: CameraScheme, schemes: Iterable[CameraScheme]) -> str:
    if scheme.name in _BUILT_IN:
        return "spot-webcam has this scheme itself: its author must choose another name"
    if scheme.name in _OPENCV_SCHEMES:
        return "OpenCV opens such URLs: its author must choose another name"
    if not _SCHEME.fullmatch(scheme.name):
        return (
            "invalid scheme: expected two or more of a-z, 0-9 and +._-, beginning with a letter:"
            " its author must choose another name"
        )
    others = [
        other.package for other in schemes if other.name == scheme.name and other is not scheme
    ]
    if others:
        return f"{' and '.join(others)} registers it too: uninstall one of them"
    return ""


def file_exists(name: str) -> bool:
    """Report whether a file of that name exists; False where no file can have the name."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
