"""PictureTimeout of the tests."""

from collections.abc import Callable

from spot_webcam.fakes.robot.state.changes import Changes

# Upper bound of every wait for what takes milliseconds, on a loaded machine. No test measures it,
# and it is below pytest's timeout, so that the assertion that failed is reported.
PATIENCE_S = 30.0


def eventually(predicate: Callable[[], object]) -> bool:
    """Return whether the predicate holds within the patience; poll, for what notifies nobody."""
    return Changes().wait_for(predicate, PATIENCE_S)
