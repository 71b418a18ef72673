"""`spot-webcam extension build`: an extension of this program, without Docker or root."""

import argparse
import re
import threading
from pathlib import Path

from spot_webcam.tools.extension.architecture import ARCHITECTURES
from spot_webcam.tools.extension.output import add_output_argument

_MEMORY = re.compile(r"[1-9]\d*[MG]")
_USER = re.compile(r"\d{1,9}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add for which computer, what goes in, where it comes from and where it goes."""
    parser.add_argument(
        "--arch",
        choices=sorted(ARCHITECTURES, reverse=True),
        required=True,
        help="of the payload computer: arm64 for a CORE I/O",
    )
    add_output_argument(parser)
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="configuration file (TOML) to pack; without it, every USB camera is served",
    )
    parser.add_argument(
        "--wheel",
        metavar="FILE",
        type=Path,
        help="wheel of this program and version (default: built from the checkout that runs)",
    )
    parser.add_argument(
        "--mirror",
        metavar="URL",
        help="where debian/ and debian-security/ are (default: apt's sources on Debian 12,"
        " http://deb.debian.org elsewhere)",
    )
    parser.add_argument(
        "--offline",
        action="store_true",
        help="use only what earlier builds left in the cache (spot-webcam/ in XDG_CACHE_HOME,"
        " ~/.cache by default)",
    )
    parser.add_argument(
        "--user",
        metavar="N",
        type=_user,
        default="999",
        help="number of the container's user; 0, root, can read credentials that nobody else may"
        " (default: %(default)s)",
    )
    parser.add_argument(
        "--memory",
        metavar="SIZE",
        type=_memory,
        default="1G",
        help="limit of the container's memory (default: %(default)s)",
    )


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Build until the event is set."""
    # --help needs none of it.
    from spot_webcam.tools.extension.builder import build  # noqa: PLC0415

    return build(options, stopping)


def _user(text: str) -> str:
    if not _USER.fullmatch(text):
        raise argparse.ArgumentTypeError(f"invalid user {text!r}: expected a number, such as 999")
    return text


def _memory(text: str) -> str:
    if not _MEMORY.fullmatch(text):
        raise argparse.ArgumentTypeError(f"invalid memory {text!r}: expected a size, such as 1G")
    return text
