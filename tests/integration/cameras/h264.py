"""A tiny H.264 stream, and a camera that sends it over HTTP with few key frames.

Key frames are of uncompressed macroblocks (I_PCM), the frames between have one of these, and repeat
the others (T-REC-H.264, 7.3 and 9.1).
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from spot_webcam.fakes.cameras.network import LoopbackServer

COLS_MB, ROWS_MB = 4, 3


@dataclass
class _Bits:
    text: str = ""

    def u(self, count: int, value: int) -> _Bits:
        """Append an unsigned integer of `count` bits."""
        self.text += format(value, f"0{count}b")
        return self

    def ue(self, *values: int) -> _Bits:
        """Append unsigned Exp-Golomb codes."""
        for value in values:
            code = format(value + 1, "b")
            self.text += "0" * (len(code) - 1) + code
        return self

    def align(self) -> _Bits:
        self.text += "0" * (-len(self.text) % 8)
        return self

    def grey(self, luma: int) -> _Bits:
        """Append the samples of a macroblock."""
        self.text += format(luma, "08b") * 256 + format(128, "08b") * 128
        return self

    def unit(self, header: int) -> bytes:
        """Return a NAL unit with its start code and emulation prevention."""
        self.u(1, 1).align()
        out = bytearray(b"\0\0\0\1" + bytes([header]))
        zeros = 0
        for at in range(0, len(self.text), 8):
            byte = int(self.text[at : at + 8], 2)
            if zeros >= 2 and byte <= 3:
                out.append(3)
                zeros = 0
            out.append(byte)
            zeros = 0 if byte else zeros + 1
        return bytes(out)


def parameter_sets() -> bytes:
    """Return the sets of baseline profile: one reference, deblocking off."""
    sps = _Bits().u(8, 66).u(8, 0xC0).u(8, 30).ue(0, 0, 2, 1).u(1, 0)
    sps.ue(COLS_MB - 1, ROWS_MB - 1).u(1, 1).u(1, 1).u(1, 0).u(1, 0)
    pps = _Bits().ue(0, 0).u(2, 0).ue(0, 0, 0).u(3, 0).ue(0, 0, 0).u(3, 0b100)
    return sps.unit(0x67) + pps.unit(0x68)


def key_frame(number: int, luma: int) -> bytes:
    """Return a picture of one grey."""
    bits = _Bits().ue(0, 7, 0).u(4, 0).ue(number % 2).u(2, 0).ue(0, 1)
    for _ in range(COLS_MB * ROWS_MB):
        bits.ue(25).align().grey(luma)
    return bits.unit(0x65)


def frame_between(number: int, luma: int) -> bytes:
    """Return a picture with another first macroblock, `number` frames after the key frame."""
    bits = _Bits().ue(0, 5, 0).u(4, number % 16).u(3, 0).ue(0, 1, 0, 30).align().grey(luma)
    return bits.ue(COLS_MB * ROWS_MB - 1).unit(0x41)


class H264Server(LoopbackServer):
    """Sends H.264; each connection begins after a key frame, with `interval` frames to the next."""

    def __init__(self, period_s: float, interval: int) -> None:
        super().__init__()
        self.period_s = period_s
        self.interval = interval

    @property
    def url(self) -> str:
        """Where the stream is."""
        return f"http://127.0.0.1:{self.port}/live.h264"

    def serve(self, client: socket.socket) -> None:
        """Send frames until the client goes."""
        client.recv(65536)
        client.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: video/h264\r\n\r\n" + parameter_sets())
        number = 0
        while not self.pause(self.period_s):
            number += 1
            count, since = divmod(number, self.interval)
            if since:
                client.sendall(frame_between(since, 16 + number % 200))
                continue
            client.sendall(parameter_sets() + key_frame(count, 60 + 20 * (count % 8)))
