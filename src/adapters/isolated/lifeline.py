"""A child that ends with its parent, whatever it is doing."""

import fcntl
import os
import select
import signal


def die_with(fd: int) -> None:
    """Let the kernel kill this process once the other end of a pipe is closed.

    It does so when the parent was killed as well, and when native code here hangs and holds the
    interpreter's lock: no thread could. PR_SET_PDEATHSIG would watch the thread that started the
    child instead of its process.
    """
    fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    if poll.poll(0):  # it was closed before the kernel was told
        os._exit(0)
