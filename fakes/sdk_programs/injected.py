"""Code that redirects a Python process to a fake robot, run at its start.

`Redirection` copies this file, as `spot_webcam_fake_robot.py`, into a folder with a
`sitecustomize.py` that imports it (`first.py` here), and a `fake_robot.json`. It runs in any
Python from 3.8 on, of any environment. So it imports only the standard library, and little of
that, and it patches modules of the SDK when the program imports them.

A program reaches the fake robot at every address and port, so it cannot move a real one.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import wraps
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

# For type checkers only: typing is slow to import, and annotations are not evaluated.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType
    from typing import Any

    Redirections = Mapping[str, Callable[[Any, "Endpoint"], None]]


class Endpoint:
    """Address of the fake robot; read when the first module of the SDK is imported."""

    def __init__(self, folder: str) -> None:
        import json  # noqa: PLC0415 - not needed in most processes

        with open(os.path.join(folder, "fake_robot.json"), encoding="utf-8") as file:  # noqa: PTH118, PTH123 - pathlib is slow to import
            fields = json.load(file)
        self.address: str = fields["address"]
        # As it stands before a port.
        self.target = f"[{self.address}]" if ":" in self.address else self.address
        self.port: int = fields["port"]
        self.ca: bytes = fields["ca"].encode()
        self.rest_port: int = fields["rest_port"]


def redirect_channels(module: Any, robot: Endpoint) -> None:
    """Redirect every secure channel to the fake robot, and trust its CA.

    Exempt are fake robots of this process, such as those of its tests: their address and port are
    in the new function's `own_fake_robots`.
    """
    create_channel = module.create_secure_channel
    create_credentials = module.create_secure_channel_creds
    own: set[tuple[Any, Any]] = set()

    @wraps(create_channel)
    def channel_to_fake_robot(address: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if (address, port) not in own:
            address, port = robot.target, robot.port
        return create_channel(address, port, *rest, **named)

    @wraps(create_credentials)
    def credentials_of_fake_robot(cert: Any, *rest: Any, **named: Any) -> Any:
        # Keep the program's certificate, bytes or None, for fake robots of its own.
        return create_credentials((cert or b"") + b"\n" + robot.ca, *rest, **named)

    channel_to_fake_robot.own_fake_robots = own  # type: ignore[attr-defined]
    module.create_secure_channel = channel_to_fake_robot
    module.create_secure_channel_creds = credentials_of_fake_robot


def redirect_downloads(module: Any, robot: Endpoint) -> None:
    """Redirect the SDK's REST downloads to the fake robot."""
    open_url = getattr(module, "urlopen", None)
    if open_url is None:  # another version of the SDK
        return

    @wraps(open_url)
    def open_at_fake_robot(url: Any, *rest: Any, **named: Any) -> Any:
        from urllib.parse import urlsplit  # noqa: PLC0415 - the SDK has imported it

        netloc = f"{robot.target}:{robot.rest_port}"
        if isinstance(url, str):
            url = urlsplit(url)._replace(netloc=netloc).geturl()
        else:
            url.full_url = urlsplit(url.full_url)._replace(netloc=netloc).geturl()
        return open_url(url, *rest, **named)

    module.urlopen = open_at_fake_robot


def redirect_self_ip(module: Any, robot: Endpoint) -> None:
    """Make the SDK return the address of this computer as seen by the fake robot."""
    get_self_ip = getattr(module, "get_self_ip", None)
    if get_self_ip is None:  # another version of the SDK
        return

    @wraps(get_self_ip)
    def self_ip_for_fake_robot(robot_hostname: Any) -> Any:
        del robot_hostname
        return get_self_ip(robot.address)

    module.get_self_ip = self_ip_for_fake_robot


REDIRECTIONS: Redirections = {
    "bosdyn.client.channel": redirect_channels,
    "bosdyn.client.common": redirect_self_ip,
    "bosdyn.client.bddf_download": redirect_downloads,
    "bosdyn.client.data_acquisition_helpers": redirect_downloads,
}


class Hook:
    """Import hook that patches the SDK's modules right after they have run."""

    points_at_a_fake_robot = True

    def __init__(self, folder: str, redirections: Redirections = REDIRECTIONS) -> None:
        self._folder = folder
        self._redirections = redirections
        self._robot: Endpoint | None = None

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Find the module by the other finders, and wrap its loader."""
        if name not in self._redirections:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                self._redirect_after(name, spec.loader)
                return spec
        return None

    def redirect(self, name: str, module: ModuleType) -> None:
        """Patch a module that has run."""
        if self._robot is None:
            self._robot = Endpoint(self._folder)
        self._redirections[name](module, self._robot)

    def _redirect_after(self, name: str, loader: Any) -> None:
        run_module = loader.exec_module

        def run_and_redirect(module: ModuleType) -> None:
            run_module(module)
            self.redirect(name, module)

        loader.exec_module = run_and_redirect


def install(folder: str, redirections: Redirections = REDIRECTIONS) -> None:
    """Install the import hook, unless that of another fake robot is installed."""
    if any(getattr(finder, "points_at_a_fake_robot", False) for finder in sys.meta_path):
        return
    with suppress(OSError):  # read-only for this user
        os.close(os.open(os.path.join(folder, "seen"), os.O_CREAT | os.O_WRONLY, 0o600))  # noqa: PTH118 - as above
    hook = Hook(folder, redirections)
    sys.meta_path.insert(0, hook)
    for name in redirections:
        if name in sys.modules:
            hook.redirect(name, sys.modules[name])


def run_next(folder: str) -> None:
    """Run the `sitecustomize` that this one hides, if any, under its own name."""
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


if __name__ == "spot_webcam_fake_robot":
    _folder = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - as above
    install(_folder)
    run_next(_folder)
