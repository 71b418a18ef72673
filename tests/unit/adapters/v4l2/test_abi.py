"""Structures and numbers compared with the header of this host."""

import ctypes
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from spot_webcam.adapters.v4l2 import abi, structures

HEADER = Path("/usr/include/linux/videodev2.h")
# Ours by the header's name.
NUMBERS = (
    *("QUERYCAP", "ENUM_FMT", "G_FMT", "S_FMT", "REQBUFS", "QUERYBUF", "QBUF", "DQBUF"),
    *("STREAMON", "STREAMOFF", "G_PARM", "S_PARM", "QUERYMENU", "G_EXT_CTRLS"),
    *("S_EXT_CTRLS", "ENUM_FRAMESIZES", "ENUM_FRAMEINTERVALS", "QUERY_EXT_CTRL"),
)
CONSTANTS = {
    **{
        f"V4L2_{name}": getattr(abi, name)
        for name in (
            *("CAP_VIDEO_CAPTURE", "CAP_VIDEO_OUTPUT", "CAP_VIDEO_M2M", "CAP_STREAMING"),
            *("CAP_VIDEO_M2M_MPLANE", "CAP_DEVICE_CAPS", "BUF_TYPE_VIDEO_CAPTURE"),
            *("MEMORY_MMAP", "CAP_TIMEPERFRAME", "BUF_FLAG_ERROR", "CTRL_TYPE_INTEGER"),
            *("BUF_FLAG_TIMESTAMP_MASK", "BUF_FLAG_TIMESTAMP_MONOTONIC", "CTRL_TYPE_MENU"),
            *("CTRL_TYPE_BOOLEAN", "CTRL_TYPE_BUTTON", "CTRL_TYPE_INTEGER64"),
            *("CTRL_TYPE_BITMASK", "CTRL_FLAG_DISABLED", "CTRL_FLAG_READ_ONLY"),
            *("CTRL_FLAG_UPDATE", "CTRL_FLAG_INACTIVE", "CTRL_FLAG_WRITE_ONLY"),
            *("CTRL_FLAG_VOLATILE", "CTRL_FLAG_NEXT_CTRL", "CID_EXPOSURE_ABSOLUTE"),
        )
    },
    "V4L2_CTRL_TYPE_INTEGER_MENU": abi.CTRL_TYPE_INTEGER_MENU,
    "V4L2_FRMSIZE_TYPE_DISCRETE": abi.FRMSIZE_DISCRETE,
    "V4L2_FRMIVAL_TYPE_DISCRETE": abi.FRMIVAL_DISCRETE,
    "V4L2_PIX_FMT_MJPEG": abi.fourcc("MJPG"),
    "V4L2_PIX_FMT_Y16_BE": abi.fourcc("Y16-BE"),
    "V4L2_CID_AUTO_WHITE_BALANCE": 0x0098090C,
    "V4L2_CID_AUTOGAIN": 0x00980912,
    "V4L2_CID_WHITE_BALANCE_TEMPERATURE": 0x0098091A,
    "V4L2_CID_EXPOSURE_AUTO": 0x009A0901,
    "V4L2_CID_EXPOSURE_AUTO_PRIORITY": 0x009A0903,
    "V4L2_CID_FOCUS_ABSOLUTE": 0x009A090A,
    "V4L2_CID_FOCUS_AUTO": 0x009A090C,
}
STRUCTURES = {
    "v4l2_capability": structures.Capability,
    "v4l2_fmtdesc": structures.FormatDescription,
    "v4l2_frmsizeenum": structures.FrameSize,
    "v4l2_frmivalenum": structures.FrameInterval,
    "v4l2_pix_format": structures.PixFormat,
    "v4l2_format": structures.Format,
    "v4l2_captureparm": structures.CaptureParameters,
    "v4l2_streamparm": structures.StreamParameters,
    "v4l2_requestbuffers": structures.RequestBuffers,
    "v4l2_timecode": structures.TimeCode,
    "v4l2_buffer": structures.Buffer,
    "v4l2_query_ext_ctrl": structures.QueryExtControl,
    "v4l2_querymenu": structures.QueryMenu,
    "v4l2_ext_control": structures.ExtControl,
    "v4l2_ext_controls": structures.ExtControls,
}
# Fields of anonymous unions have no name to ask for in the header.
NAMELESS = {"size", "interval", "entry", "v", "which", "mbus_code", "reserved", "request_fd"}


@pytest.mark.skipif(platform.system() != "Linux", reason="V4L2 is Linux's")
def test_numbers_sizes_and_offsets_are_the_header_s(tmp_path: Path) -> None:
    compiler = shutil.which("gcc")
    if compiler is None or not HEADER.exists():
        pytest.skip("needs gcc and <linux/videodev2.h> (linux-libc-dev)")
    ours = {f"VIDIOC_{name}": getattr(abi, name) for name in NUMBERS} | CONSTANTS
    for name, structure in STRUCTURES.items():
        ours[f"sizeof(struct {name})"] = ctypes.sizeof(structure)
        for field, *_ in structure._fields_:
            if field not in NAMELESS:
                ours[f"offsetof(struct {name}, {field})"] = getattr(structure, field).offset
    lines = "".join(f'    printf("%lu\\n", (unsigned long)({one}));\n' for one in ours)
    source = tmp_path / "abi.c"
    source.write_text(
        "#include <stddef.h>\n#include <stdio.h>\n#include <sys/time.h>\n"
        f"#include <linux/videodev2.h>\nint main(void) {{\n{lines}    return 0;\n}}\n"
    )
    program = tmp_path / "abi"
    subprocess.run([compiler, source, "-o", program], check=True)
    printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    theirs = dict(zip(ours, map(int, printed.split()), strict=True))
    assert ours == theirs


@pytest.mark.parametrize("name", ["MJPG", "Y16", "Y16-BE", "BA81", "\xe4\xf6\xfc."])
def test_fourcc_and_its_name_are_each_other_s(name: str) -> None:
    assert abi.fourcc_name(abi.fourcc(name)) == name
