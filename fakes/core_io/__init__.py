"""Fake of Spot's payload computer CORE I/O, for Spot Extensions."""

from spot_webcam.fakes.core_io.container import Container
from spot_webcam.fakes.core_io.core_io import ExtensionState, FakeCoreIo
from spot_webcam.fakes.core_io.errors import CoreIoError
from spot_webcam.fakes.core_io.package import Manifest

__all__ = ["Container", "CoreIoError", "ExtensionState", "FakeCoreIo", "Manifest"]
