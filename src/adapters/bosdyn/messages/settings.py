"""What a camera told of an exposure, as the API's message: what cannot be told is left out."""

import logging
import math
from collections.abc import Callable

from bosdyn.api import image_pb2, service_customization_pb2

from spot_webcam.adapters.bosdyn.messages.parameters import params_of
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

# What google.protobuf.Duration holds: an exposure without end is longer.
MAX_EXPOSURE_S = 315_576_000_000


def write_settings(
    settings: CaptureSettings, source: ImageSource | None, proto: image_pb2.CaptureParameters
) -> None:
    """Write exposure, gain and custom parameters; one that is no value costs no picture."""
    _quietly(lambda: _write_exposure(settings, proto))
    _quietly(lambda: _write_gain(settings, proto))
    _quietly(lambda: _write_parameters(settings, source, proto))


def _quietly(write: Callable[[], None]) -> None:
    try:
        write()
    except Exception:  # noqa: BLE001 - cameras of other packages tell anything
        _LOG.debug("a setting of the camera cannot be told", exc_info=True)


def _write_exposure(settings: CaptureSettings, proto: image_pb2.CaptureParameters) -> None:
    told_s = settings.exposure_s
    if told_s is None or math.isnan(told_s) or told_s < 0:
        return
    exposure_ns = round(min(told_s, MAX_EXPOSURE_S) * NANOSECONDS)
    duration = proto.exposure_duration
    duration.seconds, duration.nanos = divmod(exposure_ns, NANOSECONDS)


def _write_gain(settings: CaptureSettings, proto: image_pb2.CaptureParameters) -> None:
    if settings.gain_db is not None and math.isfinite(settings.gain_db):
        proto.gain = settings.gain_db


def _write_parameters(
    settings: CaptureSettings, source: ImageSource | None, proto: image_pb2.CaptureParameters
) -> None:
    if settings.encoded_parameters:
        # Not into the message itself, which would keep the half that was read.
        used = service_customization_pb2.DictParam.FromString(settings.encoded_parameters)
        proto.custom_params.CopyFrom(used)
    elif source is not None and settings.parameters:
        proto.custom_params.CopyFrom(params_of(settings.parameters, source.parameters))
