"""Order of the examinations, each of which may fail without an effect on the others."""

import argparse
import logging
import threading
from collections.abc import Callable, Iterable, Iterator

from spot_webcam.tools.doctor.cameras import examine_cameras
from spot_webcam.tools.doctor.findings import Finding, Severity, warning
from spot_webcam.tools.doctor.host import (
    examine_clock,
    examine_disk,
    examine_limits,
    examine_opencv,
)
from spot_webcam.tools.doctor.ports import (
    ExaminedPort,
    examine_http_port,
    examine_port,
    port_of_page,
)
from spot_webcam.tools.doctor.robot import examine_address, examine_robot
from spot_webcam.tools.doctor.setup import setup_of
from spot_webcam.tools.doctor.usb import examine_usb

_LOG = logging.getLogger(__name__)


def examine(options: argparse.Namespace, stopping: threading.Event) -> Iterator[Finding]:
    """Yield the findings about a command line of `serve`, this computer and the robot."""
    setup = setup_of(options)
    yield from setup.findings
    has_http = setup.http is not None
    limits = list(_guarded("limits", lambda: examine_limits(len(setup.cameras), has_http=has_http)))
    yield from limits
    if any(finding.severity is Severity.ERROR for finding in limits):
        return  # gRPC aborts the process without what it needs
    for name, examine_host in (
        ("disk", examine_disk),
        ("clock", examine_clock),
        ("opencv", lambda: examine_opencv(setup.devices)),
        ("usb", lambda: examine_usb(setup.devices)),
    ):
        yield from _guarded(name, examine_host)
    ports: list[ExaminedPort] = []

    def examine_ports() -> Iterator[Finding]:
        if setup.port == 0 and setup.http is not None:
            setup.port = port_of_page(setup.http, setup.service_name)
        ports.append(examine_port(setup.port))
        yield ports[0].finding
        if setup.http is not None:
            yield examine_http_port(setup.http.port, is_daemon=ports[0].is_daemon)

    yield from _guarded("port", examine_ports)
    if stopping.is_set() or not ports:
        return
    [port] = ports
    yield from _guarded("cameras", lambda: examine_cameras(setup, port.served, stopping))
    if stopping.is_set() or setup.robot is None:
        return

    def examine_network() -> Iterator[Finding]:
        address, finding = examine_address(setup, setup.port)
        yield finding
        yield from examine_robot(setup, port, None if address is None else address.address)

    yield from _guarded("robot", examine_network)


def _guarded(about: str, examine: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield findings; a defect of an examination is a finding, too."""
    try:
        yield from examine()
    except Exception as failure:  # noqa: BLE001 - hosts differ in more than is known here
        _LOG.debug("an examination that failed", exc_info=True)
        found = f"not examined: {type(failure).__name__}: {failure}"
        yield warning(about, found, "a defect of the doctor", "report it, with what -v prints")
