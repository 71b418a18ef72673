import pytest

from spot_webcam.adapters.isolated.messages import CAMERA_ERRORS, portable
from spot_webcam.domain import errors
from spot_webcam.domain.errors import CameraAbsent, CameraError, NoData


def _tree(root: type[CameraError]) -> list[type[CameraError]]:
    return [root] + [one for child in root.__subclasses__() for one in _tree(child)]


def test_every_camera_error_of_the_domain_can_be_sent() -> None:
    ours = {kind for kind in _tree(CameraError) if kind.__module__ == errors.__name__}
    assert ours == set(CAMERA_ERRORS)


@pytest.mark.parametrize("kind", CAMERA_ERRORS)
def test_error_of_the_domain_stays_what_it_is(kind: type[CameraError]) -> None:
    error = portable(kind("no such thing"))
    assert type(error) is kind
    assert str(error) == "no such thing"


def test_error_of_an_adapter_becomes_what_it_is_derived_from() -> None:
    class UsbGone(CameraAbsent):
        """One that the other process does not know."""

    assert type(portable(UsbGone("gone"))) is CameraAbsent


def test_defect_becomes_no_data() -> None:
    error = portable(KeyError("x"))
    assert type(error) is NoData
    assert str(error) == "unexpected KeyError: 'x'"
