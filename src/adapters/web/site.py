"""What a server shows: the site of a daemon."""

from collections.abc import Callable
from typing import Protocol

from spot_webcam.adapters.web.application import application
from spot_webcam.adapters.web.events import EventServer
from spot_webcam.adapters.web.guard import Application
from spot_webcam.adapters.web.pictures import PictureServer
from spot_webcam.adapters.web.ports import Pictures, Status


class Site(Protocol):
    """What a server shows. Of one event loop."""

    def routes(self, token: Callable[[], str], /) -> Application:
        """Return the application; `token` returns what requests that change something send."""
        ...

    def close(self) -> None:
        """End all streams; called on the event loop, when the server stops."""
        ...


class DaemonSite:
    """The page of a daemon, its API, metrics and health."""

    def __init__(self, status: Status, pictures: Pictures, version: str) -> None:
        self._status = status
        self._version = version
        self._pictures, self._events = PictureServer(pictures), EventServer(status)

    def routes(self, token: Callable[[], str]) -> Application:
        """Return the routes of the daemon."""
        return application(self._status, self._pictures, self._events, token, self._version)

    def close(self) -> None:
        """End the streams of pictures and events."""
        self._pictures.close()
        self._events.close()
