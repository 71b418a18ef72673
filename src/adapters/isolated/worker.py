"""The child's side: one camera, called by messages."""

import os
import signal
import socket
from collections.abc import Callable, Sequence

from spot_webcam.adapters.isolated.encoding import MAX_BYTES, OtherVersion, decode, encode
from spot_webcam.adapters.isolated.lifeline import die_with
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
from spot_webcam.domain.ports import Camera, StreamTimed
from spot_webcam.domain.sources.controls import Controllable

Make = Callable[[object], Camera]


def serve_camera(arguments: Sequence[str], make: Make) -> None:
    """Do what the parent asks until it goes away.

    `arguments` are those of the process. `make` gets what the parent has for it, and returns the
    camera, not opened yet.
    """
    connection, lifeline = (int(text) for text in arguments[-2:])
    # When to end is the parent's business, of whatever it is told itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    die_with(lifeline)
    worker = _Worker(make)
    with socket.socket(fileno=connection) as parent:
        while data := parent.recv(MAX_BYTES):
            try:
                request = decode(data)
            except OtherVersion:
                # The parent finds our fingerprint on it, and reports that they differ.
                parent.send(encode(Reply(0, None)))
                return
            if not isinstance(request, Request):
                raise TypeError(f"{request} is no request")
            reply, fds = worker.answer(request)
            socket.send_fds(parent, [reply], fds)
            for fd in fds:
                os.close(fd)


class _Worker:
    def __init__(self, make: Make) -> None:
        self._make = make
        self._camera: Camera | None = None
        self._writer = PictureWriter()

    def answer(self, request: Request) -> tuple[bytes, list[int]]:
        """Return the encoded reply to a request, and descriptors that belong to it."""
        fds: list[int] = []
        try:
            return encode(Reply(request.number, self._outcome(request, fds))), fds
        except Exception as error:  # noqa: BLE001 - the parent raises it
            return encode(Reply(request.number, portable(error))), fds

    def _outcome(self, request: Request, fds: list[int]) -> Outcome:
        """Do what a request asks; descriptors that belong to the outcome go to `fds`."""
        if request.method == "make":
            self._camera = self._make(request.argument)
            return None
        if self._camera is None:
            raise NoData("there is no camera yet")
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
