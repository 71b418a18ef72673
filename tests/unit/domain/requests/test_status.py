import pytest

from spot_webcam.domain import errors
from spot_webcam.domain.errors import CameraError, EncodingError, Error, NotSynchronized
from spot_webcam.domain.requests.status import Status, status_of_error

ERRORS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Error)]


@pytest.mark.parametrize("kind", ERRORS)
def test_what_gives_no_picture_is_image_data_and_the_rest_source_data(kind: type[Error]) -> None:
    no_picture = issubclass(kind, CameraError | EncodingError | NotSynchronized)
    expected = Status.IMAGE_DATA_ERROR if no_picture else Status.SOURCE_DATA_ERROR
    assert status_of_error(kind("why")) is expected


@pytest.mark.parametrize("kind", [one for one in ERRORS if one is not Error])
def test_each_error_stands_in_the_drawing_of_the_tree(kind: type[Error]) -> None:
    assert errors.__doc__ is not None
    assert f" {kind.__name__}" in errors.__doc__
