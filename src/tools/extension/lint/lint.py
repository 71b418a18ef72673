"""All checks of one extension, in memory."""

from collections.abc import Callable, Iterator
from io import BufferedReader

from spot_webcam.tools.extension.lint.archive import Contents, read_archive
from spot_webcam.tools.extension.lint.bounded import Budget, Limits
from spot_webcam.tools.extension.lint.check_compose import check_compose
from spot_webcam.tools.extension.lint.check_images import check_images
from spot_webcam.tools.extension.lint.check_manifest import check_manifest
from spot_webcam.tools.extension.lint.check_mounts import check_mounts
from spot_webcam.tools.extension.lint.check_ports import check_ports
from spot_webcam.tools.extension.lint.extension import Extension, read_texts
from spot_webcam.tools.extension.lint.finding import MANIFEST, Finding

_CHECKS = (check_manifest, check_images, check_compose, check_ports, check_mounts)


def lint(
    file: BufferedReader,
    name: str,
    size: int,
    arch: str,
    should_stop: Callable[[], bool] = lambda: False,
    limits: Limits | None = None,
) -> Iterator[Finding]:
    """Check the extension in a file of this name and size, in bytes, for this architecture.

    Raises:
        Interrupted: `should_stop` returned true.
    """
    contents = Contents()
    yield from read_archive(file, name, Budget(size, limits or Limits(), should_stop), contents)
    # Of what cannot be read, nothing more is to be said than that.
    if not contents.complete and MANIFEST not in contents.texts:
        return
    extension = Extension(contents, arch)
    yield from read_texts(extension)
    for check in _CHECKS:
        yield from check(extension)
