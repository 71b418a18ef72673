import gc
from collections.abc import Iterator

import pytest

from spot_webcam.app.runtime.garbage import uncollected


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_nothing_is_collected_meanwhile() -> None:
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_exists_afterwards_is_not_visited_again() -> None:
    with uncollected():
        lasting: list[list[int]] = [[]]
    later: list[list[int]] = [[]]
    visited = [id(one) for one in gc.get_objects()]
    assert id(lasting) not in visited
    assert id(later) in visited


def test_failed_import_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), uncollected():
        raise ImportError
    assert gc.isenabled()
