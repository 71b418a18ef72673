"""Small text files that an operator names on the command line."""

import os
import pwd
import stat
from pathlib import Path

# Far more than any credentials, bundle of certificates or scenario; far less than a recording.
MAX_BYTES = 1 << 20


class UnreadableFile(Exception):
    """A file cannot be read as text; the message says why and what to do, without the name."""


def read_text_file(path: Path) -> str:
    """Return the text of a regular file; pipes and devices, which could block, are refused.

    Raises:
        UnreadableFile: it is missing, not permitted, no regular file, too large, or not UTF-8.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableFile(
                "is a folder: name a file (Docker makes a folder where the file to mount is"
                " missing)"
            )
        if not stat.S_ISREG(mode):
            raise UnreadableFile("is a pipe or a device: name a file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadableFile("does not exist: correct the path") from None
    except PermissionError:
        raise UnreadableFile(
            f"may not be read by the user of this process, {_user()}: change the file's owner or"
            " group, or start this as another user (docker run --user)"
        ) from None
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise UnreadableFile(f"is larger than {MAX_BYTES >> 20} MiB: name the right file")
    try:
        text = content.decode("utf-8-sig")  # some editors of Windows begin a file with a mark
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # UTF-16 without a mark decodes, too
        raise UnreadableFile("holds no UTF-8 text: name the right file, or save it as UTF-8")
    return text


def _user() -> str:
    uid = os.geteuid()
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:  # such as a number given to docker run --user
        return f"uid {uid}"
