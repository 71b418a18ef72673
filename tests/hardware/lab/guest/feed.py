#!/usr/bin/env python3
# Runs in the guest, by itself: a script beside the project, not a part of it.
"""Feed a v4l2loopback device by write(): exact control over every frame.

  feed.py /dev/video0 [--feed mjpg-720p] [--fps 30] [--count N]
          [--corrupt KIND --every K]     damage every K-th frame
          [--stall-after N --stall S]    after N frames send nothing for S seconds

KIND: truncate   the second half is missing (no EOI)
      flip       32 bytes of entropy-coded data are overwritten
      garbage    random bytes, no JPEG at all
      header     the first 64 bytes are zero
      empty      one single zero byte
      pad        intact JPEG followed by 4096 zero bytes
      appn       intact JPEG followed by 512 bytes of 0xFF 0xD8 junk after EOI
"""

import argparse
import fcntl
import glob
import os
import random
import struct
import time

VIDIOC_S_FMT = 0xC0D05605
VIDIOC_S_PARM = 0xC0CC5616


def set_format(fd, w, h, fourcc, size, fps):
    buf = bytearray(208)
    struct.pack_into("<I", buf, 0, 2)  # V4L2_BUF_TYPE_VIDEO_OUTPUT
    struct.pack_into("<IIIIIII", buf, 8, w, h, int.from_bytes(fourcc, "little"), 1, 0, size, 8)
    fcntl.ioctl(fd, VIDIOC_S_FMT, buf)
    got = struct.unpack_from("<IIIIII", buf, 8)
    parm = bytearray(204)
    struct.pack_into("<I", parm, 0, 2)
    struct.pack_into("<IIII", parm, 4, 0x1000, 0, 1, fps)
    try:
        fcntl.ioctl(fd, VIDIOC_S_PARM, parm)
    except OSError:
        pass
    return got


def damage(kind, b, rng):
    b = bytearray(b)
    if kind == "truncate":
        return bytes(b[: len(b) // 2])
    if kind == "flip":
        for _ in range(32):
            b[rng.randrange(1000, len(b) - 2)] = rng.randrange(256)
        return bytes(b)
    if kind == "garbage":
        return rng.randbytes(len(b))
    if kind == "header":
        return bytes(64) + bytes(b[64:])
    if kind == "empty":
        return b"\0"
    if kind == "pad":
        return bytes(b) + bytes(4096)
    if kind == "appn":
        return bytes(b) + b"\xff\xd8" * 256
    raise SystemExit("unknown kind " + kind)


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("device")
    p.add_argument("--feed", default="mjpg-720p")
    p.add_argument("--fps", type=int, default=30)
    p.add_argument("--count", type=int, default=0)
    p.add_argument("--corrupt")
    p.add_argument("--every", type=int, default=3)
    p.add_argument("--stall-after", type=int, default=0)
    p.add_argument("--stall", type=float, default=0)
    a = p.parse_args()
    w, h = {"720p": (1280, 720), "480p": (640, 480)}[a.feed.split("-")[1]]
    frames = [open(f, "rb").read() for f in sorted(glob.glob(f"/opt/lab/feeds/{a.feed}/*.jpg"))]
    rng = random.Random(1)
    fd = os.open(a.device, os.O_RDWR)
    print("S_FMT ->", set_format(fd, w, h, b"MJPG", w * h * 2, a.fps), flush=True)
    t = time.monotonic()
    n = 0
    while not a.count or n < a.count:
        b = frames[n % len(frames)]
        if a.corrupt and n % a.every == a.every - 1:
            b = damage(a.corrupt, b, rng)
        try:
            os.write(fd, b)
        except OSError as e:
            print("write", n, e, flush=True)
        n += 1
        if a.stall_after and n == a.stall_after:
            time.sleep(a.stall)
            t = time.monotonic()
        t += 1 / a.fps
        time.sleep(max(0, t - time.monotonic()))


if __name__ == "__main__":
    main()
