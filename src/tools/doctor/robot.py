"""Examination of the robot: address, certificate, login, clock, directory entry, faults."""

import socket
import ssl
import time
from collections.abc import Iterator

from bosdyn.client.directory import DirectoryClient

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.adapters.system.network import SystemNetwork
from spot_webcam.app.robot.host_address import ExaminedAddress, HostAddress
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.domain.errors import (
    CredentialsRejected,
    PayloadNotAuthorized,
    RobotError,
    RobotUnreachable,
)
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.doctor.findings import Finding, error, ok, warning
from spot_webcam.tools.doctor.forwarding import examine_forwarding
from spot_webcam.tools.doctor.ports import ExaminedPort
from spot_webcam.tools.doctor.setup import Setup
from spot_webcam.tools.robot_clients.check_client import CheckClient

DAY_S = 24 * 3600.0
MIN_CERTIFICATE_S = 30 * DAY_S
# The daemon converts any skew, but people who compare logs are misled by hours.
MAX_SKEW_S = 3600.0
_NOT_REGISTERED = "the service is not registered, and no client finds it"


def examine_address(setup: Setup, port: int) -> tuple[ExaminedAddress | None, Finding]:
    """Return the address that the robot is given, and a finding about it."""
    host = setup.robot.host if setup.robot is not None else ""
    address = HostAddress(setup.host_ip, host, port, SystemNetwork())
    address.resolve()
    try:
        found = address.examine()
    except RobotUnreachable as unreachable:
        return None, error(
            "address", str(unreachable), _NOT_REGISTERED, "check cable, Wi-Fi and addresses"
        )
    if found.is_doubtful:
        meaning = "the robot's calls may not arrive: clients get no pictures"
        return found, warning("address", found.text, meaning, "correct or leave out --host-ip")
    return found, ok("address", found.text or f"the robot is to resolve {found.address}")


def examine_robot(setup: Setup, port: ExaminedPort, address: str | None) -> Iterator[Finding]:
    """Examine step by step what the daemon's session does; ends where it would fail."""
    if setup.robot is None:
        return
    credentials = setup.credentials or PayloadCredentials("", "")
    link = RobotLink(setup.robot, credentials, RobotTimeouts().robot_rpc_s)
    try:
        yield ok("robot", f"connected to {link.connect()}")
        yield from examine_certificate(setup.robot, link.certificates)
        if setup.credentials is None:
            return
        link.authenticate()
        yield ok("credentials", "the robot has the payload, and has authorized it")
        yield from _with_login(setup, link, port, address)
    except RobotUnreachable as failure:
        meaning = f"{_NOT_REGISTERED}; the answers say that robot time is not known yet"
        yield error("robot", str(failure), meaning, "is the robot on, and its address right?")
    except PayloadNotAuthorized as failure:
        advice = "authorize it on the robot's web page, under Payloads"
        yield error("credentials", str(failure), _NOT_REGISTERED, advice)
    except CredentialsRejected as failure:
        advice = "compare the credentials file with the robot's Payloads page"
        yield error("credentials", str(failure), _NOT_REGISTERED, advice)
    except RobotError as failure:
        yield error("robot", str(failure), _NOT_REGISTERED, "read the robot's message")
    finally:
        link.close()


def examine_certificate(address: RobotAddress, trusted: bytes | None) -> Iterator[Finding]:
    """Examine how long the robot's certificate is valid; that it is trusted is known by now."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # the robot's certificate is for its services' names
    if trusted:
        context.load_verify_locations(cadata=trusted.decode("ascii", "replace"))
    timeout_s = RobotTimeouts().robot_rpc_s
    try:
        with (
            socket.create_connection((address.host, address.port), timeout_s) as connection,
            context.wrap_socket(connection, server_hostname=address.host) as secured,
        ):
            certificate = secured.getpeercert() or {}
    except OSError as failure:
        advice = "is --robot-ca the right file, and this computer's clock set?"
        yield warning("certificate", f"it cannot be read: {failure}", "it may be refused", advice)
        return
    ends = str(certificate.get("notAfter", ""))
    left_s = ssl.cert_time_to_seconds(ends) - time.time() if ends else MIN_CERTIFICATE_S
    if left_s < MIN_CERTIFICATE_S:
        yield warning(
            "certificate",
            f"the robot's certificate ends on {ends}",
            "from then on the robot is not trusted, and the service not registered",
            "update the robot's software, or its certificates",
        )
    else:
        yield ok("certificate", f"trusted, until {ends or 'an unknown day'}")


def _with_login(
    setup: Setup, link: RobotLink, port: ExaminedPort, address: str | None
) -> Iterator[Finding]:
    clock = SystemClock()
    robot_clock = BosdynRobotClock(link, clock)
    robot_clock.synchronize()
    client = CheckClient(link, robot_clock, clock, setup.service_name)
    skew_s = client.skew_ns() / NANOSECONDS
    found = f"the robot's is {skew_s:+.1f} s off this computer's"
    if abs(skew_s) > MAX_SKEW_S:
        meaning = "pictures have robot time, the log this computer's: they are hard to compare"
        yield warning("clock", found, meaning, "set the one that is wrong")
    else:
        yield ok("clock", f"{found}; the daemon converts the times of pictures")
    yield from _examine_entry(setup, link, client, port)
    if address is not None:
        yield from examine_forwarding(setup, link, port, address)
    yield from _examine_faults(client)


def _examine_entry(
    setup: Setup, link: RobotLink, client: CheckClient, port: ExaminedPort
) -> Iterator[Finding]:
    name = setup.service_name
    entry = client.entry()
    with robot_errors():
        directory = link.client(DirectoryClient.default_service_name)
        others = [one for one in directory.list(timeout=link.rpc_timeout_s) if one.name != name]
    for other in others:
        if other.authority == setup.authority:
            yield error(
                "directory",
                f"the service {other.name} has the authority {setup.authority}",
                "the robot refuses to register this one",
                "choose another --authority, and with it another --service-name",
            )
    if entry is None:
        if port.is_daemon:
            advice = "see its log; or is it the daemon of another --service-name?"
            yield warning("directory", f"no entry {name}, but it runs", _NOT_REGISTERED, advice)
        else:
            yield ok("directory", f"no entry {name} yet: `serve` makes it")
        return
    silent_s = (client.robot_now_ns() - entry.last_update.ToNanoseconds()) / NANOSECONDS
    is_alive = silent_s <= (entry.liveness_timeout_secs or MAX_SKEW_S)
    found = f"the entry {name} was updated {max(0.0, silent_s):.0f} s ago"
    if entry.host_payload_guid.casefold() != link.payload_guid.casefold() and is_alive:
        yield error(
            "directory",
            f"{found} by another payload: another daemon serves it",
            "serve waits for its end",
            "end that one, choose another --service-name and --authority, or give --takeover",
        )
    elif not is_alive:
        advice = "start it; if it runs, see its log"
        yield warning("directory", f"{found}: its daemon does not run", _NOT_REGISTERED, advice)
    else:
        yield ok("directory", found)


def _examine_faults(client: CheckClient) -> Iterator[Finding]:
    faults = client.faults()
    for name, message in faults.items():
        yield warning(
            "faults",
            f"{name}: {message}",
            "the operator sees this fault, and missions may stop at it",
            "remove its cause: docs/faults.md",
        )
    if not faults:
        yield ok("faults", "the robot has none of this service")
