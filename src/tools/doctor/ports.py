"""Examination of ports: whether one is free, the daemon's, or another program's."""

import errno
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from spot_webcam.adapters.system.listeners import listeners, sockets_of
from spot_webcam.app.web import WebOptions
from spot_webcam.domain.errors import RobotUnreachable
from spot_webcam.domain.requests.status import Status
from spot_webcam.tools.doctor.findings import Finding, error, ok, warning
from spot_webcam.tools.robot_clients.direct_client import DirectClient
from spot_webcam.tools.robot_clients.page_client import PageRefused, PageUnavailable, page_of


@dataclass(slots=True)
class ExaminedPort:
    """What a port is: `served` has an empty text, or why there is no picture, by source."""

    finding: Finding
    is_free: bool = False
    is_daemon: bool = False
    served: dict[str, str] = field(default_factory=dict)


def examine_port(port: int) -> ExaminedPort:
    """Bind the port as the daemon does; if it is taken, ask what is there for pictures."""
    if port == 0:
        found = "any free port, another one at each start: give --port if a firewall is in between"
        return ExaminedPort(ok("port", found), is_free=True)
    try:
        bind(port)
    except PermissionError:
        return ExaminedPort(
            error(
                "port",
                f"this user may not listen on port {port}",
                "serve ends with 1 and says so",
                "choose a port from 1024 on",
            )
        )
    except OSError as failure:
        if failure.errno != errno.EADDRINUSE:
            raise
        return _taken(port)
    return ExaminedPort(ok("port", f"port {port} is free"), is_free=True)


def examine_http_port(port: int, *, is_daemon: bool) -> Finding:
    """Bind the port of the page; the daemon that runs may have it."""
    if port == 0:
        return ok("http", "any free port, another one at each start")
    try:
        bind(port)
    except OSError as failure:
        holder = ", ".join(holders(port)) or "another user's program"
        if is_daemon:
            return ok("http", f"port {port} is in use by {holder}, beside the daemon that runs")
        return error(
            "http",
            f"port {port} cannot be used: {failure.strerror}, by {holder}",
            "serve ends with 1 and says so",
            "end that program, or choose another port with --http",
        )
    return ok("http", f"port {port} is free")


def port_of_page(http: WebOptions, service_name: str) -> int:
    """Return the port of the daemon whose page runs there, 0 if none is found."""
    if http.port == 0:
        return 0
    try:
        page = page_of(http)
    except PageRefused:
        return 0
    try:
        state = page.state()
        return int(state["port"]) if state["service_name"] == service_name else 0
    # Whatever else listens there.
    except (PageUnavailable, PageRefused, KeyError, TypeError, ValueError):
        return 0
    finally:
        page.close()


def bind(port: int) -> None:
    """Bind a port of every interface for a moment.

    Raises:
        OSError: it is taken, or not permitted.
    """
    family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As gRPC does: a connection that was closed a moment ago does not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        probe.bind(("", port))
        probe.listen(1)


def _taken(port: int) -> ExaminedPort:
    holder = ", ".join(holders(port)) or f"another user's program: `sudo ss -tlnp sport = :{port}`"
    client = DirectClient("127.0.0.1", port)
    try:
        served = _served(client)
    except RobotUnreachable as failure:
        if grpc.StatusCode.PERMISSION_DENIED.name in str(failure):
            finding = warning(
                "port",
                f"the image service at port {port} does not answer this computer ({holder})",
                "its cameras cannot be examined: each is busy, if there is no other fault",
                "end it and examine again, or add --allow-from 127.0.0.1 to it",
            )
            return ExaminedPort(finding, is_daemon=True)
        finding = error(
            "port",
            f"port {port} is in use by {holder}",
            "serve ends with 1 and says so",
            "end that program, or choose another --port",
        )
        return ExaminedPort(finding)
    finally:
        client.close()
    names = ", ".join(served) or "no source"
    found = f"an image service runs at port {port}, with {names} ({holder})"
    return ExaminedPort(ok("port", found), is_daemon=True, served=served)


def _served(client: DirectClient) -> dict[str, str]:
    """Return why each source of an image service gives no picture, empty if it gives one."""
    names = list(client.listed_sizes())
    served = {}
    for answer in client.get_images(names) if names else []:
        if answer.status is not Status.OK:
            # The message of a call is about all of its pictures.
            [answer] = client.get_images([answer.source_name])  # noqa: PLW2901 - of this one alone
        served[answer.source_name] = "" if answer.status is Status.OK else answer.message
    return served


def holders(port: int, proc: Path = Path("/proc")) -> list[str]:
    """Return the programs that listen on a port, as far as this user may see them."""
    inodes = {listener.inode for listener in listeners(proc / "net") if listener.port == port}
    found = []
    for process in proc.glob("[0-9]*"):
        if process.name != str(os.getpid()) and sockets_of(process) & inodes:
            try:
                command = (process / "comm").read_text("utf-8", "replace").strip()
            except OSError:
                continue
            found.append(f"{command} (process {process.name})")
    return sorted(found)


def status_of(failure: grpc.RpcError) -> tuple[grpc.StatusCode, str]:
    """Return code and text of a call that failed."""
    return failure.code(), " ".join((failure.details() or "").split())
