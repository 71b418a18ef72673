"""`spot-webcam demo`."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing yet."""
    parser.add_argument("-v", "--verbose", action="store_true")


def run(options: argparse.Namespace) -> int:
    """Run."""
    raise SystemExit(options.verbose)
