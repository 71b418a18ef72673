"""Main loop of the child process: one camera, called by messages."""

import fcntl
import os
import select
import signal
import socket
from collections.abc import Callable, Sequence

from spot_webcam.adapters.isolated.encoding import MAX_BYTES, OtherVersion, decode, encode
from spot_webcam.adapters.isolated.messages import (
    Argument,
    Grabbed,
    Outcome,
    Reply,
    Request,
    portable,
)
from spot_webcam.adapters.isolated.shared_memory import PictureWriter
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.ports import Camera, Controllable, StreamTimed

Make = Callable[[object], Camera]


def serve_camera(arguments: Sequence[str], make: Make) -> None:
    """Serve requests of the parent until it ends.

    `arguments` are those of the process. `make` receives the parent's recipe, and returns the
    camera, not opened yet.
    """
    connection, lifeline = (int(text) for text in arguments[-2:])
    # The parent decides when this process ends; it receives the same signals.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # `systemctl kill` sends a signal for the parent to every process of the service.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    _die_with_parent(lifeline)
    worker = _Worker(make)
    with socket.socket(fileno=connection) as parent:
        while data := parent.recv(MAX_BYTES):
            try:
                request = decode(data)
            except OtherVersion:
                # The parent reads the fingerprint of the reply, and reports the difference.
                parent.send(encode(Reply(0, None)))
                return
            if not isinstance(request, Request):
                raise TypeError(f"invalid message {request}: expected a request")
            reply, fds = worker.answer(request)
            socket.send_fds(parent, [reply], fds)
            for fd in fds:
                os.close(fd)


def _die_with_parent(fd: int) -> None:
    """Let the kernel kill this process once the other end of a pipe is closed.

    That also works if the parent was killed, and if native code hangs with the interpreter's lock,
    where no thread could act. PR_SET_PDEATHSIG would watch the thread that started the child
    instead of its process.
    """
    fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    if poll.poll(0):  # it was closed before the kernel watched it
        os._exit(0)


class _Worker:
    def __init__(self, make: Make) -> None:
        self._make = make
        self._camera: Camera | None = None
        self._writer = PictureWriter()

    def answer(self, request: Request) -> tuple[bytes, list[int]]:
        """Return the encoded reply to a request, and the descriptors to send with it."""
        fds: list[int] = []
        try:
            return encode(Reply(request.number, self._outcome(request, fds))), fds
        except Exception as error:  # noqa: BLE001 - raised by the parent
            return encode(Reply(request.number, portable(error))), fds

    def _outcome(self, request: Request, fds: list[int]) -> Outcome:
        """Carry out a request; append descriptors of the outcome to `fds`."""
        if request.method == "make":
            self._camera = self._make(request.argument)
            return None
        if self._camera is None:
            raise NoData("the camera has not been made yet")
        if request.method == "retrieve":
            return self._retrieve(self._camera, request.argument, fds)
        return self._call(self._camera, request)

    def _retrieve(self, camera: Camera, slot: Argument, fds: list[int]) -> Outcome:
        picture = camera.retrieve()
        at, fd = self._writer.put(picture, slot if isinstance(slot, int) else 0)
        if fd is not None:
            fds.append(fd)
        return at

    def _call(self, camera: Camera, request: Request) -> Outcome:
        if request.method == "grab":
            device_timestamp_ns = camera.grab()
            stream_ns = camera.stream_time_ns() if isinstance(camera, StreamTimed) else None
            return Grabbed(device_timestamp_ns, stream_ns)
        if request.method == "controls" and not isinstance(camera, Controllable):
            return []
        call = getattr(camera, request.method)
        outcome: Outcome = call() if request.argument is None else call(request.argument)
        return outcome
