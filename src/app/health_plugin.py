"""The data acquisition plugin of `serve --live-data`: a part of the composition root."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from spot_webcam.adapters.bosdyn.plugin.servicer import SERVICE, PluginServicer
from spot_webcam.adapters.bosdyn.robot.capture_store import BosdynCaptureStore
from spot_webcam.adapters.bosdyn.robot.directory import ServiceEntry
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.bosdyn.server.dispatcher import Services
from spot_webcam.app.monitoring.camera_reports import CameraReports, ReportedSource
from spot_webcam.app.monitoring.picture_meter import PictureMeter
from spot_webcam.domain.timing import Clock

# Of the plugin's name and authority, after those of the image service. Recorded missions have it.
SUFFIX = "-health"


def health_services(
    service_name: str,
    sources: Iterable[ReportedSource],
    meter: PictureMeter,
    link: RobotLink,
    clock: Clock,
    enter_blocking_region: Callable[[], None],
) -> Services:
    """Return the plugin of an image service of this name; `sources` may change."""
    servicer = PluginServicer(
        service_name + SUFFIX,
        CameraReports(sources, meter),
        BosdynCaptureStore(link),
        clock,
        enter_blocking_region,
    )
    return {SERVICE: servicer.methods}


def health_entry(entry: ServiceEntry) -> ServiceEntry:
    """Return the plugin's entry, given that of the image service: it has the same port."""
    return replace(
        entry,
        name=entry.name + SUFFIX,
        authority=entry.authority + SUFFIX,
        service_type=SERVICE,
    )
