"""Calls of the image service, as the servicer makes them."""

from collections.abc import Sequence

from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest


def answers(
    service: ImageService, requests: Sequence[ImageRequest], timeout_s: float = 0.0
) -> list[Answer]:
    """Prepare, wait for and render one call."""
    call = service.prepare(requests)
    call.wait(timeout_s)
    return call.render()
