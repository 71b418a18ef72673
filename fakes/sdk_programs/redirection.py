"""Environment variables that redirect Python programs to a fake robot."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from spot_webcam.fakes.sdk_programs.target import Target

CONTROL_PORT_VARIABLE = "SPOT_WEBCAM_FAKE_ROBOT_CONTROL_PORT"
USER_VARIABLE, PASSWORD_VARIABLE = "BOSDYN_CLIENT_USERNAME", "BOSDYN_CLIENT_PASSWORD"
# Files of the injected folder, and their sources beside this module.
_CODE = {"sitecustomize.py": "first.py", "spot_webcam_fake_robot.py": "injected.py"}
# Read and written by the injected code.
_TARGET_FILE, _SEEN_FILE = "fake_robot.json", "seen"
_CA_FILE = "robot-ca.pem"


class Redirection:
    """Redirects the SDK to a fake robot in every Python process with `environment`.

    It prepends a folder with a `sitecustomize` module to PYTHONPATH; `injected.py` lists what that
    changes. The folder exists until the end of the `with` block, which programs must not outlive.

    Not redirected: Python with `-I`, `-E` or `-S`, processes with another PYTHONPATH, and clients
    other than `bosdyn.client`. In Python before 3.8, importing `bosdyn` fails.
    """

    def __init__(self, target: Target, environ: Mapping[str, str] | None = None) -> None:
        """Extend `environ`; by default, this process's own."""
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
        """Variables for the program: PYTHONPATH, user and password."""
        environment = dict(self._environ)
        path = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (self._folder.name, path)))
        # They may be those of another robot.
        for name in (USER_VARIABLE, PASSWORD_VARIABLE):
            environment.pop(name, None)
        if self._target.user:
            environment[USER_VARIABLE] = self._target.user
            environment[PASSWORD_VARIABLE] = self._target.password
        # It may be that of another fake robot.
        environment.pop(CONTROL_PORT_VARIABLE, None)
        if self._target.control_port is not None:
            environment[CONTROL_PORT_VARIABLE] = str(self._target.control_port)
        environment.update(_proxy_exemptions(environment, self._target.address))
        return environment

    @property
    def ca_file(self) -> Path:
        """CA file, for programs that take it as an argument."""
        return Path(self._folder.name, _CA_FILE)

    def was_noticed(self) -> bool:
        """Whether any Python process has started with it."""
        return Path(self._folder.name, _SEEN_FILE).exists()

    def close(self) -> None:
        """Remove the folder."""
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


def _proxy_exemptions(environment: Mapping[str, str], address: str) -> dict[str, str]:
    """Return variables that exempt the fake robot from the proxies of gRPC and urllib, if any.

    Unlike browsers, gRPC uses a proxy even for loopback addresses.
    """
    if not any(name.lower().endswith("_proxy") for name in environment):
        return {}
    exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    names = {"no_proxy": exempt}
    if "no_grpc_proxy" in environment:
        names["no_grpc_proxy"] = environment["no_grpc_proxy"]
    return {name: ",".join(filter(None, (value, address))) for name, value in names.items()}
