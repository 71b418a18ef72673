"""What any Python runs at its start in a process that is pointed at a fake robot.

`Redirection` copies this file, as `sitecustomize.py`, beside `injected.py`, which needs Python 3.8.
This one must be understood by every Python there is, 2.7 too: an older one that cannot be pointed
at the fake robot would reach a real one. So it gets no SDK.
"""

import sys

OLDEST = (3, 8)
REFUSAL = (
    "no {} under `spot-webcam fake-robot run`: it needs Python {}.{} or newer there, and this is"
    " {}.{}, in which it would reach for a real robot"
)


class NoSdk:
    """Finds the SDK, loads none of it, and says why; as Python asked for modules until 3.11."""

    def find_module(self, name, path=None):  # type: ignore[no-untyped-def]
        """Be there for the SDK alone."""
        del path
        return self if name.split(".")[0] == "bosdyn" else None

    def load_module(self, name):  # type: ignore[no-untyped-def]
        """Refuse."""
        raise ImportError(
            REFUSAL.format(name, OLDEST[0], OLDEST[1], sys.version_info[0], sys.version_info[1])
        )


if __name__ == "sitecustomize":
    if sys.version_info < OLDEST:
        sys.meta_path.insert(0, NoSdk())  # type: ignore[arg-type]
    else:
        # It does all at its import.
        import spot_webcam_fake_robot  # type: ignore[import-not-found] # noqa: F401
