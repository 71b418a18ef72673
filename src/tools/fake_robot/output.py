"""Where the fake robot's commands print."""

from spot_webcam.app.cli.command_line import CouldNotRun


def put(text: str) -> None:
    """Print a text that ends its own lines; nothing more to do where nobody reads on.

    Raises:
        CouldNotRun: such as a full disk.
    """
    try:
        print(text, end="", flush=True)  # noqa: T201 - what it was asked for
    except BrokenPipeError:  # `| head` and `| grep -q` have seen enough
        pass
    except OSError as error:
        raise CouldNotRun(f"cannot write to standard output: {error.strerror}") from error
