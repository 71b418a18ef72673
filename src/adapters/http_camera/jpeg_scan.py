"""Search for the end of a JPEG in bytes that are still arriving, by its markers (T.81, annex B).

Only the structure is followed, tolerantly: whether the picture is valid is decided elsewhere.
"""

import re

SOI = b"\xff\xd8"
_EOI, _SOI, _SOS, _TEM = 0xD9, 0xD8, 0xDA, 0x01
# Markers that may follow entropy-coded data: DHT, SOI, EOI, SOS, DQT, DNL, DRI, APPn, COM. Others
# are damage, whose length would lead anywhere.
_MARKER_AFTER_SCAN = re.compile(rb"\xff[\xc4\xd8-\xdd\xe0-\xef\xfe]")
_STANDALONE = frozenset({0x00, _TEM, *range(0xD0, 0xD8)})


class JpegScan:
    """The structure of one JPEG, which begins at offset 0 of a buffer that grows.

    All are offsets: `scan_start` of the first entropy-coded data, `end` after the end marker, and
    `next_start` of another start marker that was found before any end.
    """

    def __init__(self) -> None:
        self.scan_start: int | None = None
        self.end: int | None = None
        self.next_start: int | None = None
        self._at = len(SOI)
        self._in_scan = False

    def advance(self, data: bytearray) -> None:
        """Follow the markers in all that has arrived; every byte is looked at once."""
        while self.end is None and self.next_start is None and self._step(data):
            pass

    def _step(self, data: bytearray) -> bool:
        """Go to the next marker; return False if it has not arrived."""
        if self._in_scan:
            found = _MARKER_AFTER_SCAN.search(data, self._at)
            # A marker may be cut in two.
            self._at = found.start() if found else max(self._at, len(data) - 1)
            self._in_scan = found is None
        else:
            # Cameras leave stray bytes between segments.
            marker_at = data.find(0xFF, self._at)
            self._at = marker_at if marker_at >= 0 else max(self._at, len(data))
        if self._in_scan or self._at + 2 > len(data):
            return False
        return self._read_marker(data, data[self._at + 1])

    def _read_marker(self, data: bytearray, marker: int) -> bool:
        if marker == _EOI:
            self.end = self._at + 2
        elif marker == _SOI:
            self.next_start = self._at
        elif marker == 0xFF:  # a fill byte
            self._at += 1
        elif marker in _STANDALONE:
            self._at += 2
        else:
            return self._skip_segment(data, is_scan=marker == _SOS)
        return True

    def _skip_segment(self, data: bytearray, *, is_scan: bool) -> bool:
        start = self._at + 2
        length = int.from_bytes(data[start : start + 2], "big")
        if len(data) < start + max(2, length):
            return False
        self._at = start + length
        self._in_scan = is_scan
        if is_scan and self.scan_start is None:
            self.scan_start = self._at
        return True
