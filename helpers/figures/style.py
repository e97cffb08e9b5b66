"""The look of the series: colours, type, pictures with their text, and how numbers are written.

Colours mean the same everywhere, and never stand alone: lines differ in style or marker too.
"""

import base64
import io
import math
from collections.abc import Mapping
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from helpers import arguments

CSS_DPI = 96

BLACK, NAVY, ORANGE, TEAL, MAROON, VIOLET = "#000000", "#293366", "#c2520a", "#00857a", "#701400", "#a314ff"

COLOURS: Mapping[str, str] = {
    "theory": BLACK,
    "measured": ORANGE,
    "forward": NAVY,
    "backward": TEAL,
    "format": MAROON,
    "highlight": VIOLET,
    "healthy": BLACK,
    "collapse": MAROON,
    "explosion": VIOLET,
}

STYLE: dict[str, Any] = {
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.labelsize": 12.5,
    "xtick.labelsize": 11.5,
    "ytick.labelsize": 11.5,
    "legend.fontsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "lines.linewidth": 2.4,
    "hatch.linewidth": 0.6,
    "figure.facecolor": "white",
    "figure.dpi": CSS_DPI,
}


ZONE, BAND_ALPHA = "#f3e4e0", 0.22
SHADES = 23  # of every colour towards white


def _palette() -> Image.Image:
    """256 colours: every colour of the series and its shades towards white, the zones and the bands.

    A picture with a palette is encoded four times as fast as one without, and a third as large; the shades are those
    that smooth the edges of lines and letters.
    """
    named = [
        mpl.colors.to_rgb(colour) for colour in ("white", ZONE, "#dddddd", "#444444", "#d9b3a8", *COLOURS.values())
    ]
    white, zone, *full = np.array(named)
    band = BAND_ALPHA * np.array(mpl.colors.to_rgb(COLOURS["measured"])) + 1 - BAND_ALPHA
    wanted = [white, zone, band, *full]
    wanted += [colour + (white - colour) * share for share in np.linspace(0, 1, SHADES + 1) for colour in full]
    wanted += [
        colour + (ground - colour) * share for share in (0.35, 0.7) for colour in full for ground in (zone, band)
    ]
    chosen = np.empty((0, 3))
    for colour in np.array(wanted) * 255:  # Pillow looks colours up in steps of 8: closer ones would blur into another
        if len(chosen) < 256 and np.all(np.abs(chosen - colour).max(axis=1) > 8):
            chosen = np.vstack([chosen, colour])
    colours = np.rint(chosen).astype(np.uint8)
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.tobytes())
    return palette


def encode(canvas: FigureCanvasAgg, *, smallest: bool = False) -> bytes:
    """The canvas as PNG: fast, or as small as it gets."""
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture = picture.quantize(palette=_PALETTE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    picture.save(buffer, "png", **({"optimize": True} if smallest else {"compress_level": 1}))
    return buffer.getvalue()


_PALETTE = _palette()


def image_html(png: bytes, alt: str, size: tuple[int, int]) -> str:
    """An `<img>` with its alternative text; `decoding="sync"` shows it in the frame in which it arrives."""
    width, height = size
    data = base64.b64encode(png).decode()
    return (
        f'<img decoding="sync" alt="{escape(alt)}" width="{width}" height="{height}" '
        f'style="max-width: 100%; height: auto; aspect-ratio: {width} / {height}" src="data:image/png;base64,{data}">'
    )


class Picture:
    """A still figure with its alternative text, as notebooks show and store it.

    Examples
    --------
    >>> Picture(Figure(figsize=(2, 1)), "An empty figure.")
    An empty figure.
    """

    def __init__(self, figure: Figure, alt: str) -> None:
        self.figure = figure
        self.alt = alt

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        width, height = (round(inches * CSS_DPI) for inches in self.figure.get_size_inches())
        self.figure.set_dpi(2 * CSS_DPI)
        canvas = FigureCanvasAgg(self.figure)
        canvas.draw()
        png = encode(canvas, smallest=True)
        return {
            "text/html": image_html(png, self.alt, (width, height)),
            "image/png": base64.b64encode(png).decode(),
            "text/plain": self.alt,
        }


def short_number(value: float) -> str:
    """A number at a tick, with the minus that matplotlib has.

    Examples
    --------
    >>> short_number(-0.5)
    '−0.5'
    """
    return f"{value:g}".replace("-", "−")


def plain_number(value: float) -> str:
    """Three digits of a positive number, with a power of ten where zeros would have to be counted.

    Examples
    --------
    >>> plain_number(0.0512), plain_number(1.0), plain_number(655360)
    ('0.0512', '1', '6.55·10^5')
    """
    value = arguments.number("value", value)
    if 1e-3 <= value < 999.5:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa}·10^{int(exponent)}"


def power_of_ten(exponent: float, digits: int = 1) -> str:
    """10 to the given power, as text that people can read aloud.

    Examples
    --------
    >>> power_of_ten(-64.536), power_of_ten(0.30103), power_of_ten(-math.inf), power_of_ten(-2)
    ('10^-64.5', '2.00', '0', '0.0100')
    """
    digits = arguments.integer("digits", digits)
    if isinstance(exponent, float | np.floating) and math.isnan(exponent):
        return "NaN"
    exponent = arguments.number("exponent", exponent, infinite=True)
    if math.isinf(exponent):
        return "inf" if exponent > 0 else "0"
    if -2.5 < exponent < math.log10(999.5):
        return f"{10**exponent:#.3g}".rstrip(".")
    return f"10^{exponent:.{digits}f}"


def as_power(exponent: float, _: int = 0) -> str:
    """10 to the given power, as a label on an axis (matplotlib's tick formatters pass a position too)."""
    if exponent % 1:
        return f"{10**exponent:.2g}"
    return "1" if exponent == 0 else rf"$10^{{{exponent:.0f}}}$"
