"""The kernel's interface: structures of <linux/videodev2.h>; their names are the header's.

Written after the userspace API's documentation, docs.kernel.org "Video for Linux API", and
compared with the header by a test.
"""

import ctypes

_u8, _u32, _s32 = ctypes.c_uint8, ctypes.c_uint32, ctypes.c_int32
_s64, _u64 = ctypes.c_int64, ctypes.c_uint64


class Capability(ctypes.Structure):
    """`struct v4l2_capability`."""

    _fields_ = (
        ("driver", ctypes.c_char * 16),
        ("card", ctypes.c_char * 32),
        ("bus_info", ctypes.c_char * 32),
        ("version", _u32),
        ("capabilities", _u32),
        ("device_caps", _u32),
        ("reserved", _u32 * 3),
    )


class FormatDescription(ctypes.Structure):
    """`struct v4l2_fmtdesc`."""

    _fields_ = (
        ("index", _u32),
        ("type", _u32),
        ("flags", _u32),
        ("description", ctypes.c_char * 32),
        ("pixelformat", _u32),
        ("mbus_code", _u32),
        ("reserved", _u32 * 3),
    )


class FrameSizeDiscrete(ctypes.Structure):
    """`struct v4l2_frmsize_discrete`."""

    _fields_ = (("width", _u32), ("height", _u32))


class FrameSizeStepwise(ctypes.Structure):
    """`struct v4l2_frmsize_stepwise`."""

    _fields_ = (
        ("min_width", _u32),
        ("max_width", _u32),
        ("step_width", _u32),
        ("min_height", _u32),
        ("max_height", _u32),
        ("step_height", _u32),
    )


class _FrameSizes(ctypes.Union):
    _fields_ = (("discrete", FrameSizeDiscrete), ("stepwise", FrameSizeStepwise))


class FrameSize(ctypes.Structure):
    """`struct v4l2_frmsizeenum`."""

    _fields_ = (
        ("index", _u32),
        ("pixel_format", _u32),
        ("type", _u32),
        ("size", _FrameSizes),
        ("reserved", _u32 * 2),
    )


class Fraction(ctypes.Structure):
    """`struct v4l2_fract`."""

    _fields_ = (("numerator", _u32), ("denominator", _u32))


class FrameIntervalStepwise(ctypes.Structure):
    """`struct v4l2_frmival_stepwise`."""

    _fields_ = (("min", Fraction), ("max", Fraction), ("step", Fraction))


class _FrameIntervals(ctypes.Union):
    _fields_ = (("discrete", Fraction), ("stepwise", FrameIntervalStepwise))


class FrameInterval(ctypes.Structure):
    """`struct v4l2_frmivalenum`."""

    _fields_ = (
        ("index", _u32),
        ("pixel_format", _u32),
        ("width", _u32),
        ("height", _u32),
        ("type", _u32),
        ("interval", _FrameIntervals),
        ("reserved", _u32 * 2),
    )


class PixFormat(ctypes.Structure):
    """`struct v4l2_pix_format`."""

    _fields_ = (
        ("width", _u32),
        ("height", _u32),
        ("pixelformat", _u32),
        ("field", _u32),
        ("bytesperline", _u32),
        ("sizeimage", _u32),
        ("colorspace", _u32),
        ("priv", _u32),
        ("flags", _u32),
        ("ycbcr_enc", _u32),
        ("quantization", _u32),
        ("xfer_func", _u32),
    )


class _Formats(ctypes.Union):
    # The pointer is v4l2_window's, to which the union is aligned.
    _fields_ = (("pix", PixFormat), ("_window", ctypes.c_void_p), ("_raw", _u8 * 200))


class Format(ctypes.Structure):
    """`struct v4l2_format`."""

    _fields_ = (("type", _u32), ("fmt", _Formats))


class CaptureParameters(ctypes.Structure):
    """`struct v4l2_captureparm`."""

    _fields_ = (
        ("capability", _u32),
        ("capturemode", _u32),
        ("timeperframe", Fraction),
        ("extendedmode", _u32),
        ("readbuffers", _u32),
        ("reserved", _u32 * 4),
    )


class _Parameters(ctypes.Union):
    _fields_ = (("capture", CaptureParameters), ("_raw", _u8 * 200))


class StreamParameters(ctypes.Structure):
    """`struct v4l2_streamparm`."""

    _fields_ = (("type", _u32), ("parm", _Parameters))


class RequestBuffers(ctypes.Structure):
    """`struct v4l2_requestbuffers`."""

    _fields_ = (
        ("count", _u32),
        ("type", _u32),
        ("memory", _u32),
        ("capabilities", _u32),
        ("flags", _u8),
        ("reserved", _u8 * 3),
    )


class TimeVal(ctypes.Structure):
    """`struct timeval`."""

    _fields_ = (("tv_sec", ctypes.c_long), ("tv_usec", ctypes.c_long))


class TimeCode(ctypes.Structure):
    """`struct v4l2_timecode`."""

    _fields_ = (
        ("type", _u32),
        ("flags", _u32),
        ("frames", _u8),
        ("seconds", _u8),
        ("minutes", _u8),
        ("hours", _u8),
        ("userbits", _u8 * 4),
    )


class _BufferPlace(ctypes.Union):
    _fields_ = (("offset", _u32), ("userptr", ctypes.c_ulong), ("fd", _s32))


class Buffer(ctypes.Structure):
    """`struct v4l2_buffer`."""

    _fields_ = (
        ("index", _u32),
        ("type", _u32),
        ("bytesused", _u32),
        ("flags", _u32),
        ("field", _u32),
        ("timestamp", TimeVal),
        ("timecode", TimeCode),
        ("sequence", _u32),
        ("memory", _u32),
        ("m", _BufferPlace),
        ("length", _u32),
        ("reserved2", _u32),
        ("request_fd", _s32),
    )


class QueryExtControl(ctypes.Structure):
    """`struct v4l2_query_ext_ctrl`."""

    _fields_ = (
        ("id", _u32),
        ("type", _u32),
        ("name", ctypes.c_char * 32),
        ("minimum", _s64),
        ("maximum", _s64),
        ("step", _u64),
        ("default_value", _s64),
        ("flags", _u32),
        ("elem_size", _u32),
        ("elems", _u32),
        ("nr_of_dims", _u32),
        ("dims", _u32 * 4),
        ("reserved", _u32 * 32),
    )


class _MenuEntry(ctypes.Union):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("name", ctypes.c_char * 32), ("value", _s64))


class QueryMenu(ctypes.Structure):
    """`struct v4l2_querymenu`."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("id", _u32), ("index", _u32), ("entry", _MenuEntry), ("reserved", _u32))


class _ControlValue(ctypes.Union):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("value", _s32), ("value64", _s64), ("_pointer", ctypes.c_void_p))


class ExtControl(ctypes.Structure):
    """`struct v4l2_ext_control`."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("id", _u32), ("size", _u32), ("reserved2", _u32), ("v", _ControlValue))


class ExtControls(ctypes.Structure):
    """`struct v4l2_ext_controls`."""

    _fields_ = (
        ("which", _u32),
        ("count", _u32),
        ("error_idx", _u32),
        ("request_fd", _s32),
        ("reserved", _u32),
        ("controls", ctypes.POINTER(ExtControl)),
    )
