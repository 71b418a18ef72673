"""What the robot's clients learn of the sources when the service registers."""

from collections.abc import Hashable, Iterable

from spot_webcam.domain.sources.description import ImageSource


def catalogue_of(sources: Iterable[ImageSource]) -> Hashable:
    """Return a value that changes when the sources do, except for their sizes and values."""
    return tuple(
        (
            source.name,
            source.image_type,
            source.pixel_formats,
            tuple(control.name for control in source.parameters),
            source.parameter_spec,
        )
        for source in sources
    )
