"""Examination whether the robot reaches this computer: the robot is asked to forward a call."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import grpc
from bosdyn.client.directory_registration import (
    DirectoryRegistrationClient,
    ServiceDoesNotExistError,
)

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.bosdyn.server.peer_allowlist import address_of
from spot_webcam.app.robot.address_resolver import addresses_of
from spot_webcam.domain.errors import RobotError
from spot_webcam.tools.doctor.findings import Finding, error, ok, warning
from spot_webcam.tools.doctor.ports import ExaminedPort, status_of
from spot_webcam.tools.doctor.setup import Setup

# No image service: neither the tablet nor data acquisition looks at it.
SERVICE = "grpc.health.v1.Health"
METHOD = f"/{SERVICE}/Check"
NAME, AUTHORITY = "spot-webcam-doctor", "spot-webcam-doctor.spot.robot"
# What the robot's proxy says, and no service of this project.
_NOT_REACHED = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
_NO_CALLS = "clients of the robot get no pictures"


def examine_forwarding(
    setup: Setup, link: RobotLink, port: ExaminedPort, address: str
) -> Iterator[Finding]:
    """Register an entry of its own for a moment, call it through the robot, and remove it.

    The call goes to the daemon if that runs, and else to a server on its port.
    """
    if setup.read_only or not (port.is_free or port.is_daemon):
        yield ok(
            "forwarding", "not examined: " + ("--read-only" if setup.read_only else "see port")
        )
        return
    peers: list[str] = []
    with ExitStack() as stack:
        number = setup.port if port.is_daemon else stack.enter_context(_server(setup.port, peers))
        place = f"{address}:{number}"
        try:
            stack.enter_context(_entry(link, address, number))
            code, details = _call(link)
        except RobotError as failure:
            why = f"the robot does not let it be examined: {failure}"
            yield warning("forwarding", why, _NO_CALLS, "start serve, and see its log")
            return
    if code in _NOT_REACHED:
        yield error(
            "forwarding",
            f"the robot does not reach {place}: {details}",
            _NO_CALLS,
            "is --host-ip this computer's address in the robot's network, and does a firewall or a"
            " container let the port through?",
        )
    elif code is grpc.StatusCode.PERMISSION_DENIED and port.is_daemon:
        yield _not_allowed(f"the daemon that runs refuses the robot's calls ({details})", "")
    else:
        yield ok("forwarding", f"the robot reaches {place}")
        yield from _examine_peers(setup, peers)


def _examine_peers(setup: Setup, peers: list[str]) -> Iterator[Finding]:
    """Find calls of the robot that `--allow-from` would refuse."""
    allowlist = setup.allowlist()
    if allowlist.open or setup.robot is None:
        return
    robot: list[str] = []
    with suppress(OSError):
        robot = addresses_of(setup.robot.host)
    allowlist.update_robot(robot)
    for peer in dict.fromkeys(peers):
        if not allowlist.allows(peer):
            shown = str(address_of(peer) or peer)
            yield _not_allowed(f"{shown} is neither the robot nor in --allow-from", shown)
            return
    yield ok("allow-from", "the robot's calls are answered")


def _not_allowed(found: str, network: str) -> Finding:
    advice = f"add --allow-from {network or 'with the network that the robot calls from'}"
    return error("allow-from", found, _NO_CALLS, advice)


def _call(link: RobotLink) -> tuple[grpc.StatusCode, str]:
    """Return how a call through the robot ended."""
    # An empty message is a request for the health of the whole server.
    call: Any = link.channel(AUTHORITY).unary_unary(METHOD)
    try:
        call(b"", timeout=link.rpc_timeout_s)
    except grpc.RpcError as failure:
        return status_of(failure)
    return grpc.StatusCode.OK, ""


@contextmanager
def _entry(link: RobotLink, address: str, port: int) -> Iterator[None]:
    """Register the entry of the examination; raises `RobotError`."""
    client = link.client(DirectoryRegistrationClient.default_service_name)
    timeout_s = link.rpc_timeout_s
    with robot_errors(), suppress(ServiceDoesNotExistError):
        client.unregister(NAME, timeout=timeout_s)  # of an examination that was killed
    with robot_errors():
        client.register(
            name=NAME,
            service_type=SERVICE,
            authority=AUTHORITY,
            host_ip=address,
            port=port,
            user_token_required=False,
            timeout=timeout_s,
        )
    try:
        yield
    finally:
        with suppress(RobotError), robot_errors():
            client.unregister(NAME, timeout=timeout_s)


@contextmanager
def _server(port: int, peers: list[str]) -> Iterator[int]:
    """Serve on the port, and collect the peers that call."""

    def answer(_request: bytes, context: grpc.ServicerContext) -> bytes:
        peers.append(context.peer())
        return b""

    handler: Any = grpc.unary_unary_rpc_method_handler(answer)
    methods = grpc.method_handlers_generic_handler(SERVICE, {"Check": handler})
    with ThreadPoolExecutor(1, "doctor") as executor:
        server = grpc.server(executor, options=(("grpc.so_reuseport", 0),))
        server.add_generic_rpc_handlers((methods,))
        number = server.add_insecure_port(f"[::]:{port}")
        server.start()
        try:
            yield number
        finally:
            server.stop(0).wait()
