"""Build of an extension: download, unpack, and write."""

import argparse
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from rich.console import Console

from spot_webcam import __version__
from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun
from spot_webcam.tools.extension.architecture import ARCHITECTURES
from spot_webcam.tools.extension.archive import created_s, new_file, write_extension
from spot_webcam.tools.extension.compose import compose_file
from spot_webcam.tools.extension.debian import Apt, Package
from spot_webcam.tools.extension.image import Image, Layer, write_image, write_layer
from spot_webcam.tools.extension.layers import (
    BYTECODE,
    HOME,
    debian_layer,
    own_layer,
    wheels_layer,
)
from spot_webcam.tools.extension.manifest import manifest
from spot_webcam.tools.extension.names import (
    COMPOSE,
    EXTENSION,
    ICON,
    IMAGE_FILE,
    IMAGE_PORT,
    MANIFEST,
    PAGE_PORT,
    RULES,
)
from spot_webcam.tools.extension.sbom import sbom
from spot_webcam.tools.extension.settings import packed_settings
from spot_webcam.tools.extension.steps import Steps
from spot_webcam.tools.extension.wheels import UNFINISHED, Pip, Wheel

TAG = f"spot-webcam:{__version__}"
_DESCRIPTION = "USB and network cameras as an image service of the robot"
_MEGABYTE = 1_000_000


def build(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Write the extension and, beside it, what it is made of.

    Raises:
        Misused: a file of the command line cannot be used.
        CouldNotRun: something is missing, cannot be written, or the user interrupted.
    """
    created = created_s()
    settings = packed_settings(options.config)
    steps = Steps(stopping, Console(stderr=True))
    cache = _cache_folder()
    with steps.shown(), steps.lock(cache):
        for left in cache.glob(f"{UNFINISHED}*"):  # by a build that was killed
            shutil.rmtree(left, ignore_errors=True)
        # The output is opened first: a folder that cannot be written to is found at once.
        with (
            # Settings have passwords, in addresses or in files of their own.
            new_file(options.output, is_private=options.config is not None) as file,
            tempfile.TemporaryDirectory(dir=cache, prefix=UNFINISHED) as name,
        ):
            image = Path(name) / IMAGE_FILE
            bill = _write_image(options, steps, cache, image, created)
            members = {**_described(options, settings, created), **settings, IMAGE_FILE: image}
            with steps.step("the extension", image.stat().st_size) as advance:
                write_extension(file, members, created, advance)
    beside = options.output.with_suffix(".cdx.json")
    with new_file(beside) as file:
        file.write(bill)
    size = options.output.stat().st_size / _MEGABYTE
    sys.stdout.write(f"{options.output}: {size:.0f} MB for {options.arch}; parts in {beside}\n")
    return EXIT_STOPPED


def _described(
    options: argparse.Namespace, settings: Mapping[str, bytes], created: int
) -> dict[str, bytes | Path]:
    """Return what a CORE I/O reads of an extension."""
    package = resources.files(__package__)
    described = manifest(
        EXTENSION,
        _DESCRIPTION,
        created,
        images=[IMAGE_FILE],
        udev_rules=RULES,
        files_to_save=[*settings],
    )
    return {
        MANIFEST: described,
        COMPOSE: compose_file(TAG, options.user, options.memory),
        ICON: (package / ICON).read_bytes(),
        RULES: (package / RULES).read_bytes(),
    }


def _write_image(
    options: argparse.Namespace, steps: Steps, cache: Path, output: Path, created: int
) -> bytes:
    """Write the image; return the SBOM."""
    architecture = ARCHITECTURES[options.arch]
    apt = Apt(cache / f"apt-{options.arch}", options.arch, options.mirror, steps)
    pip = Pip(cache, architecture, steps)
    with pip.own_wheel(options.wheel, offline=options.offline) as own:
        packages = apt.packages(offline=options.offline)
        wheels = pip.wheels(offline=options.offline)
        bill = _bill(own, packages, wheels, created)
        layers = _write_layers(steps, output.parent, packages, wheels, own, bill, created)
    image = Image(TAG, options.arch, _container_config(options.user), layers)
    total = sum(layer.file.stat().st_size for layer in layers)
    with output.open("wb") as file, steps.step("the image", total) as advance:
        write_image(image, file, created, advance)
    return bill


def _write_layers(
    steps: Steps,
    folder: Path,
    packages: Sequence[Package],
    wheels: Sequence[Wheel],
    own: Wheel,
    bill: bytes,
    created: int,
) -> list[Layer]:
    trees = {
        "Debian with Python": debian_layer(packages, steps),
        "wheels": wheels_layer(wheels),
        "spot-webcam": own_layer(own, bill),
    }
    layers: list[Layer] = []
    with steps.step("layers", sum(tree.size for tree in trees.values())) as advance:
        for made_by, tree in trees.items():
            file = folder / f"{len(layers)}.tar"
            layers.append(write_layer(tree, file, made_by, created, advance))
    return layers


def _bill(own: Wheel, packages: Sequence[Package], wheels: Sequence[Wheel], created: int) -> bytes:
    components = [package.component for package in packages]
    components += [wheel.component for wheel in wheels]
    return sbom(own.component, components, created)


def _container_config(user: str) -> dict[str, object]:
    return {
        "User": user,
        "WorkingDir": f"/{HOME}",
        "Entrypoint": ["/usr/local/bin/spot-webcam"],
        "Cmd": ["extension", "start"],
        "Env": [
            "PATH=/usr/local/bin:/usr/bin",
            "LANG=C.UTF-8",
            f"HOME=/{HOME}",
            f"PYTHONPYCACHEPREFIX=/{BYTECODE}",
        ],
        "ExposedPorts": {f"{port}/tcp": {} for port in (IMAGE_PORT, PAGE_PORT)},
        "StopSignal": "SIGTERM",
        "Labels": {
            "org.opencontainers.image.title": "spot-webcam",
            "org.opencontainers.image.version": __version__,
            "org.opencontainers.image.licenses": "Apache-2.0",
        },
    }


def _cache_folder() -> Path:
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(given) if given.startswith("/") else Path.home() / ".cache"
    except RuntimeError as error:  # a user whom the computer does not know
        raise CouldNotRun("there is no home folder, and so no cache: set XDG_CACHE_HOME") from error
    return base / "spot-webcam" / "extension"
