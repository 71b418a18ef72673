"""`--output` of the commands that write an extension."""

import argparse
from pathlib import Path

SUFFIX = ".spx"


def add_output_argument(parser: argparse.ArgumentParser) -> None:
    """Add the flag."""
    parser.add_argument(
        "--output", metavar="FILE.spx", type=_extension, required=True, help="the file to write"
    )


def _extension(text: str) -> Path:
    if not text.endswith(SUFFIX) or text.endswith(f"/{SUFFIX}") or text == SUFFIX:
        raise argparse.ArgumentTypeError(f"invalid file {text!r}: expected NAME{SUFFIX}")
    return Path(text)
