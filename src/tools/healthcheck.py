"""`spot-webcam healthcheck`: ask the daemon of this container whether its threads turn.

It finds the daemon among the processes, and its ports in /proc: an image states its check once, and
does not know the options of `serve`. The page's /healthz decides. Without a page it is enough that
the image service answers: whether there are pictures is gRPC's health, and no container is
restarted for a camera that is unplugged.
"""

import argparse
import http.client
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from spot_webcam.adapters.system.listeners import Listener, listeners, sockets_of
from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun

# Of each question, so that the check ends before Docker gives up.
TIMEOUT_S = 3.0
_EVERY_INTERFACE = ("0.0.0.0", "::")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add no argument of its own."""
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")


def run(_options: argparse.Namespace, _stopping: threading.Event) -> int:
    """Return if every daemon that this user may see runs as it should.

    Raises:
        CouldNotRun: there is none, or one does not.
    """
    proc = Path("/proc")
    daemons = list(daemons_in(proc)) if (proc / "self/ns").exists() else []
    if not daemons:
        raise CouldNotRun("no daemon of this user runs here: start it with spot-webcam serve")
    for process in daemons:
        reason = not_alive(ports_of(process))
        if reason:
            raise CouldNotRun(f"process {process.name}: {reason}: restart it")
    print("ok")  # noqa: T201 - what `docker inspect` shows
    return EXIT_STOPPED


def daemons_in(proc: Path) -> Iterator[Path]:
    """Yield the folders of the processes that run `serve`, with the network of this one."""
    network = (proc / "self/ns/net").readlink()
    for process in proc.glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_text("utf-8", "replace").split("\0")
            if (process / "ns/net").readlink() != network:
                continue
        except OSError:  # it has ended, or is another user's
            continue
        # Not a container's init, whose arguments are those of the daemon.
        if Path(words[0]).name.startswith("python"):
            words = words[2 if words[1:2] == ["-m"] else 1 :]
        names = ("spot-webcam", "spot_webcam")
        if words[1:2] == ["serve"] and Path(words[0]).name in names:
            yield process


def ports_of(process: Path) -> list[Listener]:
    """Return where a process listens."""
    inodes = sockets_of(process)
    return [listener for listener in listeners(process / "net") if listener.inode in inodes]


def not_alive(ports: list[Listener], timeout_s: float = TIMEOUT_S) -> str:
    """Return why a daemon that listens there should be restarted, empty if it need not be."""
    try:
        for port in ports:
            status, text = _health_page(_host(port), port.port, timeout_s)
            if status:
                return "" if status == http.client.OK else "; ".join(text.splitlines())
        if any(_has_image_service(_host(port), port.port, timeout_s) for port in ports):
            return ""
    except TimeoutError:
        return f"port {port.port} does not answer"
    return "its image service does not answer"


def _host(listener: Listener) -> str:
    return "localhost" if listener.host in _EVERY_INTERFACE else listener.host


def _health_page(host: str, port: int, timeout_s: float) -> tuple[int, str]:
    """Return status and text of the page's health; status 0 if this is no port of a page.

    Raises:
        TimeoutError: there is no answer, of whatever kind.
    """
    # The page's certificate names its address in the network.
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    plain = http.client.HTTPConnection(host, port, timeout=timeout_s)
    secure = http.client.HTTPSConnection(host, port, timeout=timeout_s, context=trusting)
    status, text = _answer(plain)
    return (status, text) if status else _answer(secure)


def _answer(connection: http.client.HTTPConnection) -> tuple[int, str]:
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except TimeoutError:
        raise
    except (OSError, http.client.HTTPException):  # another protocol
        return 0, ""
    finally:
        connection.close()


def _has_image_service(host: str, port: int, timeout_s: float) -> bool:
    """Return whether the image service answers, be it with a refusal."""
    # Only where there is no page: the import takes longer than all the rest.
    import grpc  # noqa: PLC0415
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415

    options = [("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(f"{host}:{port}", options) as channel:
        try:
            health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=timeout_s
            )
        except grpc.RpcError as failure:
            unanswered = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
            return failure.code() not in unanswered
    return True
