"""The fake kernel's fixtures, for the commands that list and control V4L2 cameras."""

from tests.unit.adapters.v4l2.conftest import kernel, names

__all__ = ["kernel", "names"]
