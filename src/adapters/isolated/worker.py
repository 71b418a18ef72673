"""Main loop of the child process: one camera, called by messages."""

import fcntl
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from spot_webcam.adapters.isolated.encoding import MAX_BYTES, OtherVersion, decode, encode
from spot_webcam.adapters.isolated.messages import (
    Argument,
    FrameReply,
    Grabbed,
    Outcome,
    Reply,
    Request,
    portable,
)
from spot_webcam.adapters.isolated.shared_memory import SCRATCH, PictureWriter
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
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
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
            if request.method == "skip":
                worker.skip(lambda: _is_readable(connection))
                continue
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
    if _is_readable(fd):  # it was closed before the kernel watched it
        os._exit(0)


def _is_readable(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


class _Worker:
    def __init__(self, make: Make) -> None:
        self._make = make
        self._camera: Camera | None = None
        self._writer = PictureWriter()
        # Of the last grab, for a `retrieve`.
        self._grabbed = Grabbed()
        # The picture that ended the skipping, or the error, until the next request.
        self._ahead: Grabbed | Exception | None = None
        # Why the picture of the last grab could not be retrieved with it.
        self._not_retrieved: Exception | None = None

    def skip(self, is_called: Callable[[], bool]) -> None:
        """Grab pictures and drop them, until the parent calls or the camera fails."""
        grabs = 0
        try:
            while self._ahead is None:
                grabbed = _grab(self._made(), grabs)
                grabs += 1
                if is_called():
                    self._ahead = grabbed
        except Exception as error:  # noqa: BLE001 - raised by the parent
            self._ahead = error

    def answer(self, request: Request) -> tuple[bytes, list[int]]:
        """Return the encoded reply to a request, and the descriptors to send with it."""
        fds: list[int] = []
        ahead, self._ahead = self._ahead, None
        try:
            outcome = self._outcome(request, ahead, fds)
            if isinstance(outcome, Grabbed):
                return encode(FrameReply(request.number, outcome)), fds
            return encode(Reply(request.number, outcome)), fds
        except Exception as error:  # noqa: BLE001 - raised by the parent
            return encode(Reply(request.number, portable(error))), fds

    def _outcome(
        self, request: Request, ahead: Grabbed | Exception | None, fds: list[int]
    ) -> Outcome | Grabbed:
        """Carry out a request; append descriptors of the outcome to `fds`."""
        if request.method == "make":
            self._camera = self._make(request.argument)
            return None
        camera = self._made()
        if request.method == "grab":
            if isinstance(ahead, Exception):
                raise ahead
            self._grabbed = ahead or _grab(camera)
            return self._with_picture(camera, request.argument, fds)
        if request.method == "retrieve":
            error, self._not_retrieved = self._not_retrieved, None
            if error is not None:
                raise error
            return self._retrieve(camera, request.argument, fds)
        return _call(camera, request)

    def _made(self) -> Camera:
        if self._camera is None:
            raise NoData("the camera has not been made yet")
        return self._camera

    def _with_picture(self, camera: Camera, slot: Argument, fds: list[int]) -> Grabbed:
        """Return the grabbed picture, retrieved if the parent named a slot for it.

        An error is raised by the `retrieve` that follows: the grab itself was successful.
        """
        self._not_retrieved = None
        if slot is not None:
            try:
                return self._retrieve(camera, slot, fds)
            except Exception as error:  # noqa: BLE001 - raised by the parent
                self._not_retrieved = error
        return self._grabbed

    def _retrieve(self, camera: Camera, slot: Argument, fds: list[int]) -> Grabbed:
        picture = camera.retrieve()
        at, fd = self._writer.put(picture, slot if isinstance(slot, int) else SCRATCH)
        if fd is not None:
            fds.append(fd)
        return replace(self._grabbed, picture=at)


def _grab(camera: Camera, skipped: int = 0) -> Grabbed:
    device_timestamp_ns = camera.grab()
    grabbed_ns = time.monotonic_ns()
    stream_ns = camera.stream_time_ns() if isinstance(camera, StreamTimed) else None
    return Grabbed(device_timestamp_ns, stream_ns, grabbed_ns, skipped)


def _call(camera: Camera, request: Request) -> Outcome:
    if request.method == "controls" and not isinstance(camera, Controllable):
        return []
    call = getattr(camera, request.method)
    outcome: Outcome = call() if request.argument is None else call(request.argument)
    return outcome
