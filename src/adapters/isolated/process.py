"""Child process with request and reply, and a bound for every wait."""

import errno
import os
import select
import signal
import socket
import subprocess
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from spot_webcam.adapters.isolated.encoding import MAX_BYTES, OtherVersion, decode, encode
from spot_webcam.adapters.isolated.messages import (
    Argument,
    FrameReply,
    Grabbed,
    Outcome,
    Reply,
    Request,
)
from spot_webcam.domain.errors import (
    CameraCrashed,
    CameraError,
    CameraMisconfigured,
    NoData,
    StaleFrame,
)

# Maximum wait for a killed process. A process blocked in the kernel is abandoned.
REAP_S = 0.5
_MAX_FDS = 4

# Killed processes that the kernel holds until their driver returns.
_abandoned: list["subprocess.Popen[bytes]"] = []


@dataclass(frozen=True, slots=True)
class Answer:
    """Result or error of a call, with received descriptors, which the caller must close."""

    outcome: Outcome | Grabbed
    fds: list[int]


class WorkerProcess:
    """A child process. One thread at a time calls it; any thread may `wake`."""

    def __init__(self, command: Sequence[str], interrupt_grace_s: float) -> None:
        """Start the process.

        The descriptors of socket and lifeline are appended to the command. The child inherits
        stderr and no other descriptor, and receives no signals from the terminal.

        Raises:
            NoData: the limit of processes or descriptors is reached.
        """
        _reap()
        self._interrupt_grace_s = interrupt_grace_s
        self._number = 0
        self._poll = select.poll()
        ends: list[socket.socket] = []
        try:
            for kind in (socket.SOCK_SEQPACKET, socket.SOCK_STREAM, socket.SOCK_STREAM):
                ends += socket.socketpair(socket.AF_UNIX, kind)
            passed = [ends[1].fileno(), ends[3].fileno()]
            child = subprocess.Popen(  # noqa: S603 - the command is the composition root's
                [*command, *map(str, passed)],
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                # Modules in the working directory are not imported.
                env={**os.environ, "PYTHONSAFEPATH": "1"},
            )
        except OSError as error:
            for end in ends:
                end.close()
            limit = " (ulimit -u, TasksMax= or pids.max)" if error.errno == errno.EAGAIN else ""
            raise NoData(f"cannot start the process of the camera: {error}{limit}") from error
        self._socket, theirs, self._lifeline, their_lifeline, self._wake, self._waker = ends
        theirs.close()
        their_lifeline.close()
        self._child = child
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        self._poll.register(self._socket, select.POLLIN)
        self._end = weakref.finalize(
            self, _end, child, [self._socket, self._lifeline, self._wake, self._waker]
        )

    @property
    def pid(self) -> int:
        """Process id and process group of the child."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the process has not been ended."""
        return self._end.alive

    def end(self) -> None:
        """Kill the process and release its resources, once; waits for half a second at most."""
        self._end()

    def wake(self) -> None:
        """End the wait of the running call, or of the next; never blocks."""
        with suppress(OSError):
            self._waker.send(b"!")

    def ask(self, method: str, argument: Argument, timeout_s: float, *, waits: bool) -> Answer:
        """Call a method in the child process.

        After `wake`, a call that only waits (`waits`) is abandoned at once; others get
        `interrupt_grace_s`. Late replies of abandoned calls are dropped.

        Raises:
            NoData: the call was interrupted.
            StaleFrame: the call timed out, and the process was killed.
            CameraCrashed: the process died.
            CameraMisconfigured: the process is of another version.
        """
        deadline_s = time.monotonic() + timeout_s
        self.send(method, argument)
        self._poll.register(self._wake, select.POLLIN)
        woken = False
        while True:
            left_s = deadline_s - time.monotonic()
            ready = dict(self._poll.poll(max(0.0, left_s) * 1e3))
            if self._socket.fileno() in ready:
                answer = self._receive()
                if answer is not None:
                    return answer
            elif self._wake.fileno() in ready:
                woken = True
                if waits:
                    raise NoData("the camera was interrupted")
                self._poll.unregister(self._wake)
                deadline_s = min(deadline_s, time.monotonic() + self._interrupt_grace_s)
            elif left_s <= 0:
                error = self._hung(method)
                raise NoData("the camera was interrupted") if woken else error

    def send(self, method: str, argument: Argument) -> None:
        """Send a request, and do not wait for a reply; never blocks.

        Raises:
            StaleFrame: the process reads no requests, and was killed.
            CameraCrashed: the process died.
        """
        self._number += 1
        try:
            self._socket.send(encode(Request(self._number, method, argument)), socket.MSG_DONTWAIT)
        except BlockingIOError:
            raise self._hung(method) from None
        except OSError:
            raise self._died() from None

    def _receive(self) -> Answer | None:
        """Return the reply if it belongs to the last request."""
        try:
            data, fds, flags, _ = socket.recv_fds(
                self._socket, MAX_BYTES, _MAX_FDS, socket.MSG_CMSG_CLOEXEC
            )
        except OSError:
            raise self._died() from None
        if not data:
            raise self._died()
        try:
            reply = _reply(data, flags)
        except OtherVersion as error:
            close_all(fds)
            self.end()
            raise CameraMisconfigured(
                "spot-webcam was upgraded while running, and the process of the camera has the new"
                " version: restart the daemon"
            ) from error
        except ValueError as error:
            close_all(fds)
            self.end()
            raise CameraCrashed(
                f"the process of the camera sent an invalid reply, and was ended: {error}"
            ) from error
        if reply.number == self._number:
            return Answer(reply.outcome, fds)
        close_all(fds)
        return None

    def _hung(self, method: str) -> CameraError:
        self.end()
        return StaleFrame(f"the camera hangs in {method}: its process was ended")

    def _died(self) -> CameraError:
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(REAP_S)
        code = self._child.returncode
        self.end()
        if code is None:
            return CameraCrashed("the process of the camera closed its socket: it was ended")
        if code == os.EX_OSERR:
            return CameraCrashed(
                "the process of the camera ran out of threads, memory or descriptors:"
                " raise the limits (TasksMax=, MemoryMax=, LimitNOFILE=)"
            )
        if code >= 0:
            return CameraCrashed(f"the process of the camera ended with exit code {code}")
        remedy = " (by the kernel, if memory ran out)" if code == -signal.SIGKILL else ""
        return CameraCrashed(f"the process of the camera died of {_name(-code)}{remedy}")


def _reply(data: bytes, flags: int) -> Reply | FrameReply:
    """Return the reply in a message.

    Raises:
        ValueError: the message is truncated or not a reply.
    """
    if flags & socket.MSG_TRUNC:
        raise ValueError(f"its message is longer than {MAX_BYTES} bytes")
    reply = decode(data)
    if not isinstance(reply, (Reply, FrameReply)):
        raise ValueError("its message is not a reply")  # noqa: TRY004 - see Raises
    return reply


def close_all(fds: Sequence[int]) -> None:
    """Close descriptors."""
    for fd in fds:
        os.close(fd)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _end(child: "subprocess.Popen[bytes]", ends: Sequence[socket.socket]) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    for end in ends:
        end.close()
    try:
        child.wait(REAP_S)
    except subprocess.TimeoutExpired:
        _abandoned.append(child)


def _reap() -> None:
    """Reap abandoned processes that have ended."""
    for child in list(_abandoned):
        if child.poll() is not None:
            with suppress(ValueError):  # another thread was faster
                _abandoned.remove(child)
