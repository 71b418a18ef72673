"""Which machine it was, and with what installed."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = (
    *("grpcio", "protobuf", "numpy", "opencv-python-headless", "simplejpeg"),
    *("bosdyn-client", "spot-webcam"),
)


def machine() -> dict[str, object]:
    """Return the facts; nothing that names the host."""
    return {
        "cpu": cpu_model(),
        "cores": usable_cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
    }


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return what the processor calls itself."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _version(name: str) -> str | None:
    try:
        return version(name)
    except ModuleNotFoundError:
        return None
