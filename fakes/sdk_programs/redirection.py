"""The environment in which Python programs find a fake robot instead of a robot."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from spot_webcam.fakes.sdk_programs.target import Target

CONTROL_PORT_VARIABLE = "SPOT_WEBCAM_FAKE_ROBOT_CONTROL_PORT"
USER_VARIABLE, PASSWORD_VARIABLE = "BOSDYN_CLIENT_USERNAME", "BOSDYN_CLIENT_PASSWORD"
# In the folder, by what they are here.
_CODE = {"sitecustomize.py": "first.py", "spot_webcam_fake_robot.py": "injected.py"}
# Read by the injected code, or left by it.
_TARGET_FILE, _SEEN_FILE = "fake_robot.json", "seen"
_CA_FILE = "robot-ca.pem"


class Redirection:
    """Points the SDK at a fake robot in every Python process that gets `environment`.

    A folder with a `sitecustomize` module goes first on PYTHONPATH; see `injected.py` for what it
    changes. It lasts until the end of the `with` block, which the programs must not outlive.

    What it does not reach: Python with `-I`, `-E` or `-S`, processes that are started with another
    PYTHONPATH, and whatever talks to robots without `bosdyn.client`. Python older than 3.8 gets no
    SDK.
    """

    def __init__(self, target: Target, environ: Mapping[str, str] | None = None) -> None:
        """Take the environment to add to; this process's own if none is given."""
        self._target = target
        self._environ = dict(os.environ if environ is None else environ)
        self._folder = tempfile.TemporaryDirectory(
            prefix="fake-robot-programs-", ignore_cleanup_errors=True
        )
        folder = Path(self._folder.name)
        try:
            for name, here in _CODE.items():
                (folder / name).write_text(Path(__file__).with_name(here).read_text())
            (folder / _TARGET_FILE).write_text(target.to_json())
            self.ca_file.write_text(target.ca)
        except OSError:
            self._folder.cleanup()
            raise

    @property
    def environment(self) -> dict[str, str]:
        """The variables for the program: Python's path, user and password."""
        environment = dict(self._environ)
        path = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (self._folder.name, path)))
        # Another robot's, if there are any.
        for name in (USER_VARIABLE, PASSWORD_VARIABLE):
            environment.pop(name, None)
        if self._target.user:
            environment[USER_VARIABLE] = self._target.user
            environment[PASSWORD_VARIABLE] = self._target.password
        # Another fake robot's, if there is one.
        environment.pop(CONTROL_PORT_VARIABLE, None)
        if self._target.control_port is not None:
            environment[CONTROL_PORT_VARIABLE] = str(self._target.control_port)
        environment.update(_past_proxies(environment, self._target.address))
        return environment

    @property
    def ca_file(self) -> Path:
        """What to trust, for programs that are told by a flag."""
        return Path(self._folder.name, _CA_FILE)

    def was_noticed(self) -> bool:
        """Whether any Python process has started with it."""
        return Path(self._folder.name, _SEEN_FILE).exists()

    def close(self) -> None:
        """Remove what was written."""
        self._folder.cleanup()

    def __enter__(self) -> "Redirection":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _past_proxies(environment: Mapping[str, str], address: str) -> dict[str, str]:
    """Return what keeps gRPC and urllib from asking a proxy for the fake robot, if they have one.

    Unlike browsers, gRPC takes the way through a proxy to this computer's own addresses, too.
    """
    if not any(name.lower().endswith("_proxy") for name in environment):
        return {}
    exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    names = {"no_proxy": exempt}
    if "no_grpc_proxy" in environment:
        names["no_grpc_proxy"] = environment["no_grpc_proxy"]
    return {name: ",".join(filter(None, (value, address))) for name, value in names.items()}
