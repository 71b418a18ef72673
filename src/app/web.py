"""The HTTP server of a daemon, with what it shows."""

from collections.abc import Iterator
from typing import Any, Protocol

from spot_webcam.adapters.web.ports import Pictures
from spot_webcam.adapters.web.ports import WebOptions as WebOptions  # noqa: PLC0414 - of `serve`
from spot_webcam.app.monitoring.as_json import as_json, json_schema
from spot_webcam.app.monitoring.health import not_alive, not_ready
from spot_webcam.app.monitoring.metrics import Metric, metrics_of
from spot_webcam.app.monitoring.monitor import Monitor
from spot_webcam.app.monitoring.snapshot import Snapshot


class WebUnavailable(OSError):
    """The HTTP server cannot listen at its address."""


class WebServer(Protocol):
    """An HTTP server that has bound its port."""

    # Of its thread.
    name: str
    port: int
    # The address of the page.
    url: str

    def start(self) -> None:
        """Answer requests from now on."""
        ...

    def ask_to_stop(self) -> None:
        """Take no more connections, and end the streams; returns at once."""
        ...

    def join(self, timeout_s: float) -> bool:
        """End what is left; return whether its thread ended in time."""
        ...


class MonitorStatus:
    """The state of a daemon as the HTTP server shows it. Thread-safe."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def status(self) -> dict[str, Any]:
        """Return the state as `json.dumps` takes it."""
        status: dict[str, Any] = as_json(self._monitor.snapshot())
        return status

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the state."""
        return json_schema(Snapshot)

    def metrics(self) -> Iterator[Metric]:
        """Return the metrics."""
        return metrics_of(self._monitor.snapshot())

    def not_alive(self) -> list[str]:
        """Return why the process should be restarted."""
        return not_alive(self._monitor.loops())

    def not_ready(self) -> list[str]:
        """Return why clients get no picture."""
        return not_ready(self._monitor.snapshot())


def build_web_server(
    monitor: Monitor, pictures: Pictures, options: WebOptions, version: str
) -> WebServer:
    """Return the server; its libraries are imported now.

    Raises:
        ModuleNotFoundError: the libraries of the extra `http` are missing.
        WebUnavailable: the port cannot be bound, or certificate or key cannot be read.
    """
    from spot_webcam.adapters.web import server, site  # noqa: PLC0415 - the libraries are an extra

    shown = site.DaemonSite(MonitorStatus(monitor), pictures, version)
    try:
        return server.WebServer(shown, options)
    except OSError as error:
        raise WebUnavailable(str(error)) from error
