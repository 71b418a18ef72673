"""First code that Python runs in a process that is redirected to a fake robot.

`Redirection` copies this file, as `sitecustomize.py`, beside `injected.py`, which needs Python 3.8.
This file must run in every Python, 2.7 included: an older Python, which cannot be redirected,
would connect to a real robot. So importing the SDK fails there.
"""

import sys

OLDEST = (3, 8)
REFUSAL = (
    "no {} under `spot-webcam fake-robot run`: it needs Python {}.{} or newer there, and this is"
    " {}.{}, in which it would reach for a real robot"
)


class NoSdk:
    """Import hook that refuses the SDK, in the protocol of Python before 3.12."""

    def find_module(self, name, path=None):  # type: ignore[no-untyped-def]
        """Claim the modules of the SDK."""
        del path
        return self if name.split(".")[0] == "bosdyn" else None

    def load_module(self, name):  # type: ignore[no-untyped-def]
        """Raise `ImportError` with the reason."""
        raise ImportError(
            REFUSAL.format(name, OLDEST[0], OLDEST[1], sys.version_info[0], sys.version_info[1])
        )


if __name__ == "sitecustomize":
    if sys.version_info < OLDEST:
        sys.meta_path.insert(0, NoSdk())  # type: ignore[arg-type]
    else:
        # Importing it installs the redirection.
        import spot_webcam_fake_robot  # type: ignore[import-not-found] # noqa: F401
