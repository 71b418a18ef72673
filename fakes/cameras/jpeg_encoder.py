"""JPEG encoder in numpy, by ITU-T T.81: every sampling, restart intervals, sequential, progressive.

Its bytes depend on nothing that is installed. A picture of 640x480 takes 0.1 s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.media.image import Pixels

Sampling = tuple[tuple[int, int], ...]
_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
APP0, COM, DQT, DHT, DRI, SOS = 0xE0, 0xFE, 0xDB, 0xC4, 0xDD, 0xDA
SOF, PROGRESSIVE_SOF = 0xC0, 0xC2

# T.81, table K.1: for all components.
# fmt: off
_QUANTISATION = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56), (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)
# fmt: on
# T.81, tables K.3 to K.6, as in a segment: class and number, then how many codes of each length,
# then the symbols.
_HUFFMAN_TABLES = """
    0000010501010101010100000000000000000102030405060708090a0b

    100002010303020403050504040000017d0102030004110512213141061351610722711432
    8191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a
    434445464748494a535455565758595a636465666768696a737475767778797a8384858687
    88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8
    c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa

    0100030101010101010101010000000000000102030405060708090a0b

    1100020102040403040705040400010277000102031104052131061241510761711322328108
    144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a43
    4445464748494a535455565758595a636465666768696a737475767778797a82838485868788
    898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9ca
    d2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa
"""
HUFFMAN_TABLES = tuple(map(bytes.fromhex, _HUFFMAN_TABLES.strip().split("\n\n")))
_BLOCK, _COEFFICIENTS = 8, 64
_LONGEST_RUN, _ZERO_RUN, _END_OF_BLOCK = 16, 0xF0, 0x00
# More than a coefficient's place, so that a block number and a place make one sorting key.
_PLACES = 128


@dataclass(frozen=True, slots=True)
class JpegForm:
    """What an encoder is set to.

    `restart_interval` counts MCUs, 0 for none; progressive pictures have none.
    """

    quality: int = 85
    sampling: Sampling = ((2, 2), (1, 1), (1, 1))
    restart_interval: int = 0
    is_progressive: bool = False


@dataclass(slots=True)
class Scan:
    """A scan: its header segment, and the entropy-coded data of each restart interval."""

    header: bytes
    intervals: list[bytes]


@dataclass(slots=True)
class JpegParts:
    """A JPEG before it is put together: its segments, and then its scans."""

    segments: list[bytes] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)


def segment(marker: int, body: bytes) -> bytes:
    """Return a segment with its marker and length."""
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def encode(pixels: Pixels, form: JpegForm) -> JpegParts:
    """Encode 8-bit pixels: `(rows, cols)` for one component, else `(rows, cols, 3)` in BGR order.

    A fourth component of the sampling holds zeros.
    """
    rows, cols = pixels.shape[:2]
    table = _quantisation(form.quality)
    planes = _planes(pixels, form.sampling)
    blocks = [_blocks(plane, table) for plane in planes]
    parts = JpegParts(_header(cols, rows, form, table))
    numbers = range(len(planes))
    orders = [_order(form.sampling, blocks)]
    if not form.is_progressive:
        spectrum = (0, _COEFFICIENTS - 1)
        parts.scans = [_scan(numbers, blocks, orders[0], spectrum, form.restart_interval)]
        return parts
    parts.scans = [_scan(numbers, blocks, orders[0], (0, 0), 0)]
    widest, highest = _largest(form.sampling)
    for number, (across, down) in enumerate(form.sampling):
        # A scan of one component holds no blocks of padding.
        size = (-(-rows * down // highest), -(-cols * across // widest))
        used = [-(-side // _BLOCK) for side in size]
        places = np.arange(blocks[number].shape[0] * blocks[number].shape[1])
        kept = places.reshape(blocks[number].shape[:2])[: used[0], : used[1]].reshape(-1, 1)
        order = np.stack([np.full_like(kept, number), kept], axis=-1)
        parts.scans.append(_scan([number], blocks, order, (1, _COEFFICIENTS - 1), 0))
    return parts


def _largest(sampling: Sampling) -> tuple[int, int]:
    return max(across for across, _ in sampling), max(down for _, down in sampling)


def _quantisation(quality: int) -> _Ints:
    """Return T.81's table as the IJG's library scales it, `(8, 8)`."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    table: _Ints = np.clip((np.array(_QUANTISATION) * percent + 50) // 100, 1, 255)
    return table


def _zigzag() -> _Ints:
    """Return the places of an 8x8 block in the order in which they are coded."""
    places = [(row, col) for row in range(_BLOCK) for col in range(_BLOCK)]
    places.sort(key=lambda at: (at[0] + at[1], at[0] if (at[0] + at[1]) % 2 else at[1]))
    return np.array([row * _BLOCK + col for row, col in places])


_ZIGZAG = _zigzag()


def _transform() -> _Floats:
    """Return the matrix of the one-dimensional DCT."""
    places = np.arange(_BLOCK)
    matrix = np.cos((2 * places[np.newaxis] + 1) * places[:, np.newaxis] * np.pi / (2 * _BLOCK))
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix / 2)


_DCT = _transform()


def _planes(pixels: Pixels, sampling: Sampling) -> list[_Floats]:
    """Return the components, padded to whole MCUs and sampled."""
    widest, highest = _largest(sampling)
    rows, cols = pixels.shape[:2]
    below, right = -rows % (highest * _BLOCK), -cols % (widest * _BLOCK)
    edges = ((0, below), (0, right), (0, 0))
    padded = np.pad(pixels.reshape(rows, cols, -1).astype(np.float64), edges, mode="edge")
    if len(sampling) == 1:
        components = [padded[:, :, 0]]
    else:
        blue, green, red = (padded[:, :, channel] for channel in range(3))
        luma = 0.299 * red + 0.587 * green + 0.114 * blue
        chromas = [128 + (blue - luma) / 1.772, 128 + (red - luma) / 1.402]
        components = [luma, *chromas, np.zeros_like(luma)][: len(sampling)]
    planes = []
    for component, (across, down) in zip(components, sampling, strict=True):
        down, across = highest // down, widest // across  # noqa: PLW2901 - pixels to a sample
        shape = (component.shape[0] // down, down, component.shape[1] // across, across)
        planes.append(component.reshape(shape).mean(axis=(1, 3)))
    return planes


def _blocks(plane: _Floats, table: _Ints) -> _Ints:
    """Return quantised coefficients in zigzag order, `(rows, cols, 64)`."""
    rows, cols = (side // _BLOCK for side in plane.shape)
    blocks = (plane - 128).reshape(rows, _BLOCK, cols, _BLOCK).swapaxes(1, 2)
    quantised = np.rint(_DCT @ blocks @ _DCT.T / table).astype(np.int64)
    return np.asarray(quantised.reshape(rows, cols, _COEFFICIENTS)[:, :, _ZIGZAG])


def _order(sampling: Sampling, blocks: Sequence[_Ints]) -> _Ints:
    """Return `(component, block)` of each block of each MCU, `(MCUs, blocks of one, 2)`."""
    parts = []
    for number, ((across, down), own) in enumerate(zip(sampling, blocks, strict=True)):
        rows, cols = own.shape[:2]
        places = np.arange(rows * cols).reshape(rows // down, down, cols // across, across)
        units = places.swapaxes(1, 2).reshape(-1, down * across)
        parts.append(np.stack([np.full_like(units, number), units], axis=-1))
    return np.concatenate(parts, axis=1)


def _header(cols: int, rows: int, form: JpegForm, table: _Ints) -> list[bytes]:
    count = len(form.sampling)
    size = rows.to_bytes(2, "big") + cols.to_bytes(2, "big")
    components = b"".join(
        bytes([number + 1, across << 4 | down, 0])
        for number, (across, down) in enumerate(form.sampling)
    )
    frame = bytes([_BLOCK]) + size + bytes([count]) + components
    segments = [
        segment(APP0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
        segment(DQT, b"\0" + bytes(table.reshape(-1)[_ZIGZAG].tolist())),
        segment(PROGRESSIVE_SOF if form.is_progressive else SOF, frame),
        *(segment(DHT, huffman) for huffman in HUFFMAN_TABLES),
    ]
    if form.restart_interval and not form.is_progressive:
        segments.append(segment(DRI, form.restart_interval.to_bytes(2, "big")))
    return segments


def _codes() -> tuple[_Ints, _Ints]:
    """Return the codes and their lengths, `(4, 256)`: DC and AC of luma, DC and AC of chroma."""
    codes, lengths = np.zeros((4, 256), np.int64), np.zeros((4, 256), np.int64)
    for number, table in enumerate(HUFFMAN_TABLES):
        symbols, code = iter(table[17:]), 0
        for length, count in enumerate(table[1:17], start=1):
            for _ in range(count):
                symbol = next(symbols)
                codes[number, symbol], lengths[number, symbol] = code, length
                code += 1
            code <<= 1
    return codes, lengths


_CODES, _LENGTHS = _codes()


def _scan(
    numbers: Sequence[int],
    blocks: Sequence[_Ints],
    order: _Ints,
    spectrum: tuple[int, int],
    restart_interval: int,
) -> Scan:
    """Code the coefficients from the first to the last of a spectrum of these components."""
    tables = b"".join(bytes([number + 1, 0x11 if number else 0x00]) for number in numbers)
    header = segment(SOS, bytes([len(numbers)]) + tables + bytes([*spectrum, 0]))
    units, blocks_in_unit = order.shape[:2]
    flat = [own.reshape(-1, _COEFFICIENTS) for own in blocks]
    component, place = order.reshape(-1, 2).T
    coded: _Ints = np.zeros((len(place), _COEFFICIENTS), np.int64)
    for number in numbers:
        coded[component == number] = flat[number][place[component == number]]
    interval = restart_interval or units
    unit = np.repeat(np.arange(units), blocks_in_unit)
    events = []
    if spectrum[0] == 0:
        events.append(_dc_events(coded[:, 0], component, unit // interval))
    if spectrum[1] > 0:
        events += _ac_events(coded, component)
    keys, codes, lengths = (np.concatenate(column) for column in zip(*events, strict=True))
    by_key = np.argsort(keys, kind="stable")
    codes, lengths, of_block = codes[by_key], lengths[by_key], keys[by_key] // _PLACES
    of_interval = unit[of_block] // interval
    starts = np.searchsorted(of_interval, np.arange(1, -(-units // interval)))
    pieces = zip(np.split(codes, starts), np.split(lengths, starts), strict=True)
    return Scan(header, [_packed(*piece) for piece in pieces])


def _dc_events(values: _Ints, component: _Ints, interval: _Ints) -> tuple[_Ints, _Ints, _Ints]:
    """Return keys, codes and lengths of the differences to the block before."""
    differences = values.copy()
    for number in np.unique(component):
        own = np.flatnonzero(component == number)
        goes_on = interval[own[1:]] == interval[own[:-1]]
        differences[own[1:]] -= np.where(goes_on, values[own[:-1]], 0)
    keys = np.arange(len(values)) * _PLACES
    return keys, *_coded(differences, np.zeros_like(keys), 2 * (component > 0))


def _ac_events(coded: _Ints, component: _Ints) -> list[tuple[_Ints, _Ints, _Ints]]:
    """Return keys, codes and lengths: of long runs of zeros, of coefficients, of ends."""
    tables = 1 + 2 * (component > 0)
    block, place = np.nonzero(coded[:, 1:])
    place += 1
    follows = np.concatenate([[False], block[1:] == block[:-1]])
    runs = place - 1 - np.where(follows, np.roll(place, 1), 0)
    keys = block * _PLACES + place
    zero_runs = np.repeat(np.arange(len(keys)), runs // _LONGEST_RUN)
    last = np.zeros(len(coded), np.int64)
    np.maximum.at(last, block, place)
    ended = np.flatnonzero(last < _COEFFICIENTS - 1)
    return [
        (keys[zero_runs], *_fixed(_ZERO_RUN, tables[block[zero_runs]])),
        (keys, *_coded(coded[block, place], runs % _LONGEST_RUN, tables[block])),
        (ended * _PLACES + _COEFFICIENTS, *_fixed(_END_OF_BLOCK, tables[ended])),
    ]


def _fixed(symbol: int, tables: _Ints) -> tuple[_Ints, _Ints]:
    return _CODES[tables, symbol], _LENGTHS[tables, symbol]


def _coded(values: _Ints, runs: _Ints, tables: _Ints) -> tuple[_Ints, _Ints]:
    """Return codes with the bits of the values, and their lengths."""
    sizes = np.ceil(np.log2(np.abs(values) + 1)).astype(np.int64)
    symbols = runs << 4 | sizes
    bits = np.where(values < 0, values + (1 << sizes) - 1, values)
    return _CODES[tables, symbols] << sizes | bits, _LENGTHS[tables, symbols] + sizes


def _packed(codes: _Ints, lengths: _Ints) -> bytes:
    """Join codes of so many bits, fill the last byte with ones, and stuff zeros after 0xff."""
    of_code = np.repeat(np.arange(len(codes)), lengths)
    place = np.arange(len(of_code)) - (np.cumsum(lengths) - lengths)[of_code]
    bits = codes[of_code] >> (lengths[of_code] - 1 - place) & 1
    whole = np.concatenate([bits, np.ones(-len(bits) % _BLOCK, np.int64)])
    return np.packbits(whole.astype(np.uint8)).tobytes().replace(b"\xff", b"\xff\0")
