"""All checks, in the order in which they make sense."""

from spot_webcam.tools.check import (
    all_at_once,
    answers,
    changed_parameters,
    colours,
    crowd,
    data_acquisition,
    formats_in_turn,
    listing,
    parameters,
    refusals,
    registration,
    same_picture,
    sizes,
    times,
)
from spot_webcam.tools.check.settings import Settings
from spot_webcam.tools.check.target import Check

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
    same_picture.WHOLE,
    sizes.QUALITY,
    same_picture.RAW_AND_JPEG,
    colours.COLOUR_ORDER,
    colours.GREY,
    times.TIMES,
    formats_in_turn.FORMATS_IN_TURN,
    parameters.PARAMETERS,
    refusals.FALLBACK,
    refusals.UNKNOWN_SOURCE,
    *refusals.BAD_REQUESTS,
    refusals.AMONG_GOOD,
    crowd.ORDER,
    all_at_once.ALL_AT_ONCE,
    crowd.MANY,
    crowd.CROWD,
    crowd.VANISHING_CLIENTS,
)
_LAST: tuple[Check, ...] = (registration.NO_FAULTS_OF_REQUESTS, registration.STILL_THERE)
# What shows nothing when no source gives pictures.
NEED_PICTURES = frozenset(
    one.name for one in (crowd.ORDER, all_at_once.ALL_AT_ONCE, crowd.CROWD, crowd.VANISHING_CLIENTS)
)


def plan(settings: Settings) -> tuple[Check, ...]:
    """Return the checks to run."""
    more: tuple[Check, ...] = ()
    if settings.change_parameters:
        more = (*more, changed_parameters.CHANGED_PARAMETERS)
    if settings.data_acquisition:
        more = (*more, data_acquisition.DATA_ACQUISITION)
    return (*_FIRST, *more, *_LAST)
