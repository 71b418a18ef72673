"""What a CORE I/O refuses."""


class CoreIoError(Exception):
    """An extension cannot be installed or started; the text says why."""
