#!/usr/bin/env python3
# Runs in the guest, by itself: a script beside the project, not a part of it.
"""An emulated USB webcam (UVC 1.1, MJPG + YUYV) behind the kernel's own
uvcvideo driver: this process speaks the USB/IP protocol to vhci_hcd over a
socket pair.  End it (SIGTERM) = pull the plug.

  usbcam.py [--port 0] [--serial LAB0001] [--name "Lab USB Camera"]
            [--corrupt KIND --every K] [--no-yuyv]

  SIGTERM   unplug
  SIGSTOP   the whole device hangs (frames and control requests)
  SIGUSR1   pause / resume the video stream only; controls still answered
  SIGUSR2   start / stop damaging frames (--corrupt, default flip)
"""

import argparse
import glob
import os
import random
import signal
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from feed import damage

VHCI = "/sys/devices/platform/vhci_hcd.0"
URB = 16384  # 32 packets of 512: the largest bulk URB uvcvideo submits
EP_IN = 1
SHAPES = {  # (format, frame) -> (feed, w, h, intervals in 100 ns)
    (1, 1): ("mjpg-720p", 1280, 720, (333333, 666666)),
    (1, 2): ("mjpg-480p", 640, 480, (333333, 666666)),
    (2, 1): ("yuyv-480p", 640, 480, (333333, 666666)),
}
SET_CUR, GET_CUR, GET_MIN, GET_MAX, GET_RES, GET_LEN, GET_INFO, GET_DEF = (
    1,
    0x81,
    0x82,
    0x83,
    0x84,
    0x85,
    0x86,
    0x87,
)


def u16(v):
    return struct.pack("<H", v & 0xFFFF)


def u32(v):
    return struct.pack("<I", v & 0xFFFFFFFF)


class Ctl:
    def __init__(self, size, mn, mx, res, dflt):
        self.size, self.min, self.max, self.res, self.dflt, self.cur = size, mn, mx, res, dflt, dflt

    def pack(self, v):
        return (v & ((1 << 8 * self.size) - 1)).to_bytes(self.size, "little")


def controls():
    return {
        # camera terminal (entity 1)
        (1, 0x02): Ctl(1, 1, 8, 0x09, 8),  # AE mode: 1 manual, 8 aperture priority
        (1, 0x04): Ctl(4, 3, 2047, 1, 250),  # exposure time absolute
        (1, 0x06): Ctl(2, 0, 250, 5, 0),  # focus absolute
        (1, 0x08): Ctl(1, 0, 1, 1, 1),  # focus auto
        # processing unit (entity 2)
        (2, 0x02): Ctl(2, -64, 64, 1, 0),  # brightness
        (2, 0x03): Ctl(2, 0, 95, 1, 32),  # contrast
        (2, 0x07): Ctl(2, 0, 255, 1, 64),  # saturation
        (2, 0x08): Ctl(2, 0, 7, 1, 2),  # sharpness
        (2, 0x0A): Ctl(2, 2800, 6500, 10, 4600),  # white balance temperature
        (2, 0x0B): Ctl(1, 0, 1, 1, 1),  # white balance temperature auto
        (2, 0x04): Ctl(2, 0, 255, 1, 16),  # gain
        (2, 0x05): Ctl(1, 0, 2, 1, 1),  # power line frequency
    }


def descriptors(yuyv):
    def mjpg_frame(i):
        _, w, h, iv = SHAPES[(1, i)]
        return (
            bytes([26 + 4 * len(iv), 0x24, 0x07, i, 0])
            + u16(w)
            + u16(h)
            + u32(w * h * 16 * 15)
            + u32(w * h * 16 * 30)
            + u32(w * h * 2)
            + u32(iv[0])
            + bytes([len(iv)])
            + b"".join(map(u32, iv))
        )

    def yuyv_frame(i):
        _, w, h, iv = SHAPES[(2, i)]
        return (
            bytes([26 + 4 * len(iv), 0x24, 0x05, i, 0])
            + u16(w)
            + u16(h)
            + u32(w * h * 16 * 15)
            + u32(w * h * 16 * 30)
            + u32(w * h * 2)
            + u32(iv[0])
            + bytes([len(iv)])
            + b"".join(map(u32, iv))
        )

    ct = (
        bytes([18, 0x24, 2, 1])
        + u16(0x0201)
        + bytes([0, 0])
        + bytes(6)
        + bytes([3])
        + (0x2002A).to_bytes(3, "little")
    )
    pu_bits = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 9 | 1 << 10 | 1 << 12
    pu = bytes([12, 0x24, 5, 2, 1]) + u16(0) + bytes([2]) + u16(pu_bits) + bytes([0, 0])
    ot = bytes([9, 0x24, 3, 3]) + u16(0x0101) + bytes([0, 2, 0])
    units = ct + pu + ot
    vc = (
        bytes([13, 0x24, 1])
        + u16(0x0110)
        + u16(13 + len(units))
        + u32(48000000)
        + bytes([1, 1])
        + units
    )
    fmts = (
        bytes([11, 0x24, 0x06, 1, 2, 1, 1, 0, 0, 0, 0])
        + mjpg_frame(1)
        + mjpg_frame(2)
        + bytes([6, 0x24, 0x0D, 1, 1, 4])
    )
    n = 1
    if yuyv:
        guid = bytes.fromhex("5955593200001000800000aa00389b71")
        fmts += (
            bytes([27, 0x24, 0x04, 2, 1])
            + guid
            + bytes([16, 1, 0, 0, 0, 0])
            + yuyv_frame(1)
            + bytes([6, 0x24, 0x0D, 1, 1, 4])
        )
        n = 2
    hlen = 13 + n
    vs = (
        bytes([hlen, 0x24, 1, n])
        + u16(hlen + len(fmts))
        + bytes([0x80 | EP_IN, 0, 3, 0, 0, 0, 1])
        + bytes(n)
        + fmts
    )
    body = (
        bytes([8, 0x0B, 0, 2, 0x0E, 3, 0, 2])
        + bytes([9, 4, 0, 0, 0, 0x0E, 1, 0, 2])
        + vc
        + bytes([9, 4, 1, 0, 1, 0x0E, 2, 0, 0])
        + vs
        + bytes([7, 5, 0x80 | EP_IN, 2])
        + u16(512)
        + bytes([0])
    )
    cfg = bytes([9, 2]) + u16(9 + len(body)) + bytes([2, 1, 0, 0x80, 250]) + body
    dev = (
        bytes([18, 1])
        + u16(0x0200)
        + bytes([0xEF, 2, 1, 64])
        + u16(0x1D6B)
        + u16(0x0102)
        + u16(0x0100)
        + bytes([1, 2, 3, 1])
    )
    return dev, cfg


class Camera:
    def __init__(self, a):
        self.a = a
        self.dev, self.cfg = descriptors(not a.no_yuyv)
        self.strings = {1: "V4L2 lab", 2: a.name, 3: a.serial}
        self.ctls = controls()
        self.probe = self.negotiate(1, 1, 333333)
        self.commit = None
        self.generation = 0  # of streams: none gets the rest of its forerunner's last frame
        self.pending = []  # (seqnum, length) of bulk IN URBs
        self.cv = threading.Condition()
        self.paused = False
        self.corrupting = bool(a.corrupt)
        self.sent = 0
        self.frames = {}
        self.wlock = threading.Lock()

    # ------------------------------------------------------------- UVC requests
    def negotiate(self, fmt, frame, interval):
        if (fmt, frame) not in SHAPES or (fmt == 2 and self.a.no_yuyv):
            fmt, frame = 1, 1
        _, w, h, iv = SHAPES[(fmt, frame)]
        interval = min(iv, key=lambda i: abs(i - interval))
        self.fmt = (fmt, frame, interval)
        return (
            u16(1)
            + bytes([fmt, frame])
            + u32(interval)
            + bytes(8)
            + u16(32)
            + u32(w * h * 2)
            + u32(URB)
            + u32(48000000)
            + bytes([3, 1, 1, 1])
        )

    def control(self, setup, out):
        """Answer a control request: bytes, or None for a STALL."""
        rt, rq, val, idx, ln = struct.unpack("<BBHHH", setup)
        if rt & 0x60 == 0:  # standard
            if rq == 6:
                t, i = val >> 8, val & 255
                if t == 1:
                    return self.dev
                if t == 2:
                    return self.cfg
                if t == 3:
                    if i == 0:
                        return bytes([4, 3, 9, 4])
                    s = self.strings.get(i)
                    return None if s is None else bytes([2 + 2 * len(s), 3]) + s.encode("utf-16-le")
                return None
            if rq == 0:
                return bytes(2)
            if rq == 8:
                return b"\1"
            if rq == 10:
                return b"\0"
            return b""
        if rt & 0x60 != 0x20:
            return None
        ent, itf, cs = idx >> 8, idx & 255, val >> 8
        if itf == 1 and ent == 0 and cs in (1, 2):  # VS probe / commit
            if rq == SET_CUR:
                p = self.negotiate(out[2], out[3], struct.unpack_from("<I", out, 4)[0])
                self.probe = p
                if cs == 2:
                    with self.cv:
                        self.commit = self.fmt
                        self.generation += 1
                        self.cv.notify_all()
                return b""
            if rq == GET_LEN:
                return u16(34)
            if rq == GET_INFO:
                return b"\3"
            return self.probe
        if itf == 0 and ent == 0:
            return b"\0"
        c = self.ctls.get((ent, cs))
        if c is None:
            return None
        if rq == SET_CUR:
            signed = c.min < 0
            v = int.from_bytes(out[: c.size], "little", signed=signed)
            if not c.min <= v <= c.max:
                return None
            c.cur = v
            print("set", (ent, cs), v, flush=True)
            return b""
        if rq == GET_LEN:
            return u16(c.size)
        if rq == GET_INFO:
            return b"\3"
        return {
            GET_CUR: lambda: c.pack(c.cur),
            GET_MIN: lambda: c.pack(c.min),
            GET_MAX: lambda: c.pack(c.max),
            GET_RES: lambda: c.pack(c.res),
            GET_DEF: lambda: c.pack(c.dflt),
        }[rq]()

    # ------------------------------------------------------------------- USB/IP
    def reply(self, seq, status, data=b"", n=None, is_in=True):
        h = (
            struct.pack(">IIIII", 3, seq, 0, 0, 0)
            + struct.pack(">iiiii", status, len(data) if n is None else n, 0, 0, 0)
            + bytes(8)
        )
        with self.wlock:
            self.sock.sendall(h + (data if is_in else b""))

    def recv(self, n):
        b = bytearray()
        while len(b) < n:
            c = self.sock.recv(n - len(b))
            if not c:
                raise EOFError
            b += c
        return bytes(b)

    def attach(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        for s in (ours, theirs):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.sock = ours
        with open(VHCI + "/attach", "w") as f:
            f.write(f"{self.a.port} {theirs.fileno()} {0x10001 + self.a.port} 3")  # 3: high speed
        theirs.close()

    def serve(self):
        while True:
            h = self.recv(48)
            cmd, seq, _, direction, ep = struct.unpack_from(">IIIII", h)
            if cmd == 1:
                _, ln, _, _, _ = struct.unpack_from(">Iiiii", h, 20)
                setup = h[40:48]
                out = self.recv(ln) if direction == 0 and ln > 0 else b""
                if ep == 0:
                    r = self.control(setup, out)
                    if r is None:
                        self.reply(seq, -32)
                    elif direction == 1:
                        self.reply(seq, 0, r[:ln])
                    else:
                        self.reply(seq, 0, b"", n=ln, is_in=False)
                elif ep == EP_IN and direction == 1:
                    with self.cv:
                        self.pending.append((seq, ln))
                        self.cv.notify_all()
                else:
                    self.reply(seq, -32)
            elif cmd == 2:
                victim = struct.unpack_from(">I", h, 20)[0]
                with self.cv:  # -ECONNRESET: unlinked; 0: its RET_SUBMIT has been sent
                    k = len(self.pending)
                    self.pending = [p for p in self.pending if p[0] != victim]
                    st = -104 if len(self.pending) < k else 0
                    with self.wlock:
                        self.sock.sendall(
                            struct.pack(">IIIII", 4, seq, 0, 0, 0)
                            + struct.pack(">i", st)
                            + bytes(24)
                        )

    # ---------------------------------------------------------------- streaming
    def load(self, feed):
        if feed not in self.frames:
            if feed.startswith("yuyv"):
                raw = open("/opt/lab/feeds/yuyv-480p.raw", "rb").read()
                self.frames[feed] = [raw[i : i + 614400] for i in range(0, len(raw), 614400)]
            else:
                self.frames[feed] = [
                    open(f, "rb").read() for f in sorted(glob.glob(f"/opt/lab/feeds/{feed}/*.jpg"))
                ]
        return self.frames[feed]

    def give(self, payload, timeout, generation):
        """Complete the oldest bulk URB.  Taking it and sending the answer must be
        one step: vhci_hcd drops the device when a RET_SUBMIT follows the
        RET_UNLINK of the same URB."""
        with self.cv:
            stale = lambda: self.generation != generation
            if not self.cv.wait_for(lambda: self.pending or stale(), timeout) or stale():
                return False
            self.reply(self.pending.pop(0)[0], 0, payload)
            return True

    def stream(self):
        rng = random.Random(1)
        fid, n, due = 0, 0, time.monotonic()
        while True:
            with self.cv:
                self.cv.wait_for(lambda: self.commit and self.pending)
                fmt, frame, interval = self.commit
                generation = self.generation
            now = time.monotonic()
            due = max(due + interval / 1e7, now - 0.1)
            time.sleep(max(0, due - now))
            n += 1  # the sensor's frame counter
            if self.paused:
                continue
            frames = self.load(SHAPES[(fmt, frame)][0])
            b = frames[n % len(frames)]
            if self.corrupting and n % self.a.every == 0:
                b = damage(self.a.corrupt or "flip", b, rng)
            fid ^= 1
            for off in range(0, len(b), URB - 2):
                chunk = b[off : off + URB - 2]
                last = off + URB - 2 >= len(b)
                if not self.give(
                    bytes([2, 0x80 | fid | (2 if last else 0)]) + chunk, 0.5, generation
                ):
                    break  # stream stopped meanwhile
            self.sent += 1


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--serial", default="LAB0001")
    p.add_argument("--name", default="Lab USB Camera")
    p.add_argument("--corrupt")
    p.add_argument("--every", type=int, default=3)
    p.add_argument("--no-yuyv", action="store_true")
    cam = Camera(p.parse_args())
    cam.attach()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGUSR1, lambda *_: setattr(cam, "paused", not cam.paused))
    signal.signal(signal.SIGUSR2, lambda *_: setattr(cam, "corrupting", not cam.corrupting))
    threading.Thread(target=cam.stream, daemon=True).start()
    try:
        cam.serve()
    except (EOFError, OSError) as e:
        print("detached", repr(e), flush=True)


if __name__ == "__main__":
    main()
