"""The kernel's interface: constants and ioctl numbers of <linux/videodev2.h>.

Written after the userspace API's documentation, docs.kernel.org "Video for Linux API", and
compared with the header by a test. The numbers are those of every architecture but Alpha,
MIPS, PowerPC and SPARC, whose ioctls are packed in another way.
"""

import ctypes
from typing import Any

from spot_webcam.adapters.v4l2 import structures

CAP_VIDEO_CAPTURE = 0x1
CAP_VIDEO_OUTPUT = 0x2
CAP_VIDEO_M2M = 0x8000
CAP_VIDEO_M2M_MPLANE = 0x4000
CAP_STREAMING = 0x04000000
CAP_DEVICE_CAPS = 0x80000000

BUF_TYPE_VIDEO_CAPTURE = 1
MEMORY_MMAP = 1
FRMSIZE_DISCRETE = 1
FRMIVAL_DISCRETE = 1
CAP_TIMEPERFRAME = 0x1000

BUF_FLAG_ERROR = 0x40
BUF_FLAG_TIMESTAMP_MASK = 0xE000
BUF_FLAG_TIMESTAMP_MONOTONIC = 0x2000

CTRL_TYPE_INTEGER, CTRL_TYPE_BOOLEAN, CTRL_TYPE_MENU, CTRL_TYPE_BUTTON = 1, 2, 3, 4
CTRL_TYPE_INTEGER64, CTRL_TYPE_BITMASK, CTRL_TYPE_INTEGER_MENU = 5, 8, 9
CTRL_FLAG_DISABLED = 0x1
CTRL_FLAG_READ_ONLY = 0x4
CTRL_FLAG_UPDATE = 0x8
CTRL_FLAG_INACTIVE = 0x10
CTRL_FLAG_WRITE_ONLY = 0x40
CTRL_FLAG_VOLATILE = 0x80
CTRL_FLAG_NEXT_CTRL = 0x80000000

CID_EXPOSURE_ABSOLUTE = 0x009A0902


_WRITE, _READ = 1, 2
_BIG_ENDIAN = "-BE"


def _number(direction: int, command: int, argument: type[Any]) -> int:
    """Return `_IOC(direction, 'V', command, sizeof(argument))`."""
    return direction << 30 | ctypes.sizeof(argument) << 16 | ord("V") << 8 | command


QUERYCAP = _number(_READ, 0, structures.Capability)
ENUM_FMT = _number(_READ | _WRITE, 2, structures.FormatDescription)
G_FMT = _number(_READ | _WRITE, 4, structures.Format)
S_FMT = _number(_READ | _WRITE, 5, structures.Format)
REQBUFS = _number(_READ | _WRITE, 8, structures.RequestBuffers)
QUERYBUF = _number(_READ | _WRITE, 9, structures.Buffer)
QBUF = _number(_READ | _WRITE, 15, structures.Buffer)
DQBUF = _number(_READ | _WRITE, 17, structures.Buffer)
STREAMON = _number(_WRITE, 18, ctypes.c_int)
STREAMOFF = _number(_WRITE, 19, ctypes.c_int)
G_PARM = _number(_READ | _WRITE, 21, structures.StreamParameters)
S_PARM = _number(_READ | _WRITE, 22, structures.StreamParameters)
QUERYMENU = _number(_READ | _WRITE, 37, structures.QueryMenu)
G_EXT_CTRLS = _number(_READ | _WRITE, 71, structures.ExtControls)
S_EXT_CTRLS = _number(_READ | _WRITE, 72, structures.ExtControls)
ENUM_FRAMESIZES = _number(_READ | _WRITE, 74, structures.FrameSize)
ENUM_FRAMEINTERVALS = _number(_READ | _WRITE, 75, structures.FrameInterval)
QUERY_EXT_CTRL = _number(_READ | _WRITE, 103, structures.QueryExtControl)


def fourcc(name: str) -> int:
    """Return a FOURCC's number; a name of fewer letters is filled with blanks."""
    letters = name.removesuffix(_BIG_ENDIAN)
    number = int.from_bytes(letters.ljust(4).encode("latin-1", "replace")[:4], "little")
    return number | (letters != name) << 31


def fourcc_name(number: int) -> str:
    """Return a FOURCC's letters; big-endian formats (bit 31) get the kernel's '-BE'."""
    letters = (number & 0x7FFFFFFF).to_bytes(4, "little").decode("latin-1").rstrip("\0 ")
    return letters + _BIG_ENDIAN * (number >> 31)
