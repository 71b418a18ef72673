"""Capture settings as a message of the API; invalid ones are left out."""

import logging
import math
from collections.abc import Callable

from bosdyn.api import image_pb2, service_customization_pb2

from spot_webcam.adapters.bosdyn.messages.parameters import params_of
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

# Maximum of google.protobuf.Duration; a camera may report an infinite exposure.
MAX_EXPOSURE_S = 315_576_000_000


def write_settings(
    settings: CaptureSettings, source: ImageSource | None, proto: image_pb2.CaptureParameters
) -> None:
    """Fill exposure, gain and custom parameters; invalid values are skipped, not the picture."""
    _skip_if_invalid(lambda: _write_exposure(settings, proto))
    _skip_if_invalid(lambda: _write_gain(settings, proto))
    _skip_if_invalid(lambda: _write_parameters(settings, source, proto))


def _skip_if_invalid(write: Callable[[], None]) -> None:
    try:
        write()
    except Exception:  # noqa: BLE001 - third-party cameras report anything
        _LOG.debug("skipped an invalid setting of the camera", exc_info=True)


def _write_exposure(settings: CaptureSettings, proto: image_pb2.CaptureParameters) -> None:
    exposure_s = settings.exposure_s
    if exposure_s is None or math.isnan(exposure_s) or exposure_s < 0:
        return
    exposure_ns = round(min(exposure_s, MAX_EXPOSURE_S) * NANOSECONDS)
    duration = proto.exposure_duration
    duration.seconds, duration.nanos = divmod(exposure_ns, NANOSECONDS)


def _write_gain(settings: CaptureSettings, proto: image_pb2.CaptureParameters) -> None:
    if settings.gain_db is not None and math.isfinite(settings.gain_db):
        proto.gain = settings.gain_db


def _write_parameters(
    settings: CaptureSettings, source: ImageSource | None, proto: image_pb2.CaptureParameters
) -> None:
    if settings.encoded_parameters:
        # Parsed apart: after an error the message would keep the part that was read.
        used = service_customization_pb2.DictParam.FromString(settings.encoded_parameters)
        proto.custom_params.CopyFrom(used)
    elif source is not None and settings.parameters:
        proto.custom_params.CopyFrom(params_of(settings.parameters, source.parameters))
