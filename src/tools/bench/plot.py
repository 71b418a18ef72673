"""The plot of sources and clients, as SVG."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spot_webcam.tools.bench.measures import HELPER, OURS
from spot_webcam.tools.bench.scaling import Cell

PANEL_PX, HEIGHT_PX, MARGIN_PX, LEGEND_PX = 360, 280, 56, 130
_COLOURS = ("#1b6ca8", "#2a9d5c", "#c77d0a", "#b03060", "#6a4c93", "#555555")
_DASHES = {OURS: "", HELPER: ' stroke-dasharray="5 4"'}


@dataclass(frozen=True, slots=True)
class _Panel:
    """One diagram: clients to the right, both axes logarithmic."""

    left_px: float
    title: str
    cells: Sequence[Cell]
    value: Callable[[Cell], float]

    def draw(self) -> list[str]:
        decades = [math.log10(self.value(cell)) for cell in self.cells]
        low, high = math.floor(min(decades)), math.ceil(max(decades))
        high = max(high, low + 1)
        lines = [_text(self.left_px + PANEL_PX / 2, 20, self.title, "middle", bold=True)]
        for decade in range(low, high + 1):
            y = self._y(10.0**decade, low, high)
            lines.append(
                f'<line x1="{self.left_px + MARGIN_PX}" y1="{y:.1f}" x2="{self.left_px + PANEL_PX}"'
                f' y2="{y:.1f}" stroke="#dddddd"/>'
            )
            lines.append(_text(self.left_px + MARGIN_PX - 6, y + 4, f"{10.0**decade:g}", "end"))
        lines += [
            _text(self._x(clients), HEIGHT_PX - 30, str(clients), "middle")
            for clients in sorted({cell.clients for cell in self.cells})
        ]
        lines.append(_text(self.left_px + PANEL_PX / 2, HEIGHT_PX - 10, "clients", "middle"))
        for number, sources in enumerate(sorted({cell.sources for cell in self.cells})):
            for name in (OURS, HELPER):
                lines += self._curve(name, sources, _COLOURS[number % len(_COLOURS)], low, high)
        return lines

    def _curve(self, name: str, sources: int, colour: str, low: int, high: int) -> list[str]:
        cells = [one for one in self.cells if (one.contender, one.sources) == (name, sources)]
        points = [
            (self._x(one.clients), self._y(self.value(one), low, high))
            for one in sorted(cells, key=lambda cell: cell.clients)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        line = f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"'
        dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        return [f"{line}{_DASHES[name]}/>", *dots]

    def _x(self, clients: int) -> float:
        most = max(2, *(cell.clients for cell in self.cells))
        share = math.log(clients) / math.log(most)
        return self.left_px + MARGIN_PX + 12 + share * (PANEL_PX - MARGIN_PX - 24)

    def _y(self, value: float, low: int, high: int) -> float:
        share = (math.log10(value) - low) / (high - low)
        return HEIGHT_PX - 48 - share * (HEIGHT_PX - 48 - 34)


def plot(cells: Sequence[Cell]) -> str:
    """Return the picture; one without diagrams if nothing was measured."""
    cells = [one for one in cells if one.pictures_per_s > 0 and one.cpu_ms_per_picture > 0]
    width = 2 * PANEL_PX + LEGEND_PX + 20
    size = f'viewBox="0 0 {width} {HEIGHT_PX}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{HEIGHT_PX}" fill="white"/>',
    ]
    if cells:
        lines += _Panel(0, "pictures a second", cells, lambda cell: cell.pictures_per_s).draw()
        lines += _Panel(
            PANEL_PX, "CPU ms a picture", cells, lambda cell: cell.cpu_ms_per_picture
        ).draw()
        lines += _legend(2 * PANEL_PX + 16, cells)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _legend(left_px: float, cells: Sequence[Cell]) -> list[str]:
    lines = []
    entries = [
        (f"{sources} source{'s' if sources > 1 else ''}", _COLOURS[number % len(_COLOURS)], "")
        for number, sources in enumerate(sorted({cell.sources for cell in cells}))
    ]
    entries += [("ours", "black", _DASHES[OURS]), ("the SDK's helper", "black", _DASHES[HELPER])]
    for number, (label, colour, dashes) in enumerate(entries):
        y = 48 + 20 * number
        lines.append(
            f'<line x1="{left_px}" y1="{y}" x2="{left_px + 22}" y2="{y}" stroke="{colour}"'
            f' stroke-width="2"{dashes}/>'
        )
        lines.append(_text(left_px + 28, y + 4, label, "start"))
    return lines


def _text(x: float, y: float, words: str, anchor: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{words}</text>'
