"""All checks, in the order in which they make sense."""

from spot_webcam.app.check import (
    answers,
    colours,
    crowd,
    data_acquisition,
    listing,
    parameters,
    refusals,
    registration,
    sizes,
    times,
)
from spot_webcam.app.check.settings import Settings
from spot_webcam.app.check.target import Check

_FIRST: tuple[Check, ...] = (
    registration.REGISTERED,
    registration.REACHABLE,
    registration.NO_FAULTS,
    listing.SOURCES,
    listing.DESCRIPTION,
    listing.CAMERA_MODEL,
    registration.HEADER,
    answers.OPEN_REQUEST,
    answers.LISTED_FORMATS,
    answers.DETAILS,
    sizes.RESIZING,
    sizes.QUALITY,
    colours.COLOUR_ORDER,
    colours.GREY,
    times.TIMES,
    parameters.PARAMETERS,
    refusals.FALLBACK,
    refusals.UNKNOWN_SOURCE,
    *refusals.BAD_REQUESTS,
    refusals.AMONG_GOOD,
    crowd.ORDER,
    crowd.MANY,
    crowd.CROWD,
    crowd.VANISHING_CLIENTS,
)
_LAST: tuple[Check, ...] = (registration.NO_FAULTS_OF_REQUESTS, registration.STILL_THERE)
# What shows nothing when no source gives pictures.
NEED_PICTURES = frozenset({crowd.ORDER.name, crowd.CROWD.name, crowd.VANISHING_CLIENTS.name})


def plan(settings: Settings) -> tuple[Check, ...]:
    """Return the checks to run."""
    more = (data_acquisition.DATA_ACQUISITION,) if settings.data_acquisition else ()
    return (*_FIRST, *more, *_LAST)
