"""Figures of the series: one look, and a drawing for each kind of result. Knows nothing of widgets.

Colours mean the same everywhere, and never stand alone: lines differ in style or marker too.
"""

import base64
import io
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray
from PIL import Image

from helpers import arguments
from helpers.precision import FORMATS

__all__ = ["COLOURS", "Picture", "ProfileFigure", "ProfileView", "histograms", "losses", "profiles"]

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
    wanted += [colour + (white - colour) * share for share in np.linspace(0, 1, 24) for colour in full]
    wanted += [
        colour + (ground - colour) * share for share in (0.35, 0.7) for colour in full for ground in (zone, band)
    ]
    chosen: list[NDArray[np.float64]] = []
    for colour in np.array(wanted) * 255:  # Pillow looks colours up in steps of 8: closer ones would blur into another
        if len(chosen) < 256 and all(np.abs(colour - other).max() > 8 for other in chosen):
            chosen.append(colour)
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


def plain_number(value: float) -> str:
    """Three digits of a positive number, with a power of ten where zeros would have to be counted.

    Examples
    --------
    >>> plain_number(0.0512), plain_number(1.0), plain_number(655360)
    ('0.0512', '1', '6.55·10^5')
    """
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
    if math.isnan(exponent):
        return "NaN"
    if math.isinf(exponent):
        return "inf" if exponent > 0 else "0"
    if -2.5 < exponent < math.log10(999.5):
        return f"{10**exponent:#.3g}".rstrip(".")
    return f"10^{exponent:.{digits}f}"


@dataclass(frozen=True)
class ProfileView:
    """What a `ProfileFigure` shows: base-10 logarithms by layer, from the input (layer 0) to the top.

    Attributes
    ----------
    theory, measured : ndarray, shape (L + 1,)
        The predicted second moments and those of one network, in which -inf, inf and NaN are what is left of it.
    band : tuple of two ndarrays, or None
        log10 of the lower and the upper edge of the band of networks, relative to theory.
    format : str
        Number format, whose ends are shown as zones.
    backward : bool
        Whether these are gradients.
    event : tuple of int and str, or None
        A layer to be marked, and what happens there.
    """

    theory: NDArray[np.float64]
    measured: NDArray[np.float64]
    band: tuple[NDArray[np.float64], NDArray[np.float64]] | None
    format: str
    backward: bool
    event: tuple[int, str] | None = None


# Frames change seldom while a slider moves: their ends lie away from round numbers.
_DEPTHS = (60, 200, 500, 1000)
_REACHES = (3, 10, 30, 100, 300, 1000, 3000)
_DECADES = (0.5, 1.5, 5, 15, 50, 150, 500, 1500)


class ProfileFigure:
    """Second moments by layer on a fixed frame: above, the journey between the ends of a number format; below, one
    network against theory, magnified.

    `figure` is the figure, `moving` its moving artists; `update` sets them.
    """  # noqa: D205

    def __init__(self, figure: Figure | None = None) -> None:
        with mpl.rc_context(STYLE):
            self.figure = figure or Figure(figsize=(8.4, 4.25))
            grid = self.figure.add_gridspec(
                2, 1, height_ratios=[2.7, 1], left=0.135, right=0.98, top=0.925, bottom=0.13, hspace=0.12
            )
            self._main: Axes = self.figure.add_subplot(grid[0])
            self._zoom: Axes = self.figure.add_subplot(grid[1], sharex=self._main)
            self._build_frame()
            self._build_moving()
        self._shown: tuple[Any, ...] = ()

    def _build_frame(self) -> None:
        self._main.tick_params(labelbottom=False)
        for axes in (self._main, self._zoom):
            axes.yaxis.set_label_coords(-0.115, 0.5)
        self._main.yaxis.set_major_locator(MaxNLocator(7, integer=True))
        self._main.yaxis.set_major_formatter(FuncFormatter(_as_power))
        self._zoom.yaxis.set_major_formatter(FuncFormatter(_as_factor))
        self._zoom.xaxis.set_major_locator(MaxNLocator(10, integer=True, steps=[1, 2, 5, 10]))
        self._zoom.text(0.015, 0.93, "one network ÷ theory", va="top", transform=self._zoom.transAxes, fontsize=12)
        self._zoom.axhline(0, color=COLOURS["theory"], linewidth=1.6)
        zone: dict[str, Any] = {"facecolor": ZONE, "edgecolor": "#d9b3a8", "hatch": "//", "linewidth": 0, "zorder": 0.5}
        self._zones = [self._main.axhspan(0, 1, **zone) for _ in range(2)]
        label: dict[str, Any] = {"color": COLOURS["format"], "ha": "right", "fontsize": 12, "zorder": 3}
        label["bbox"] = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5}
        self._zone_labels = [
            self._main.text(0.985, y, "", va=va, transform=self._main.transAxes, **label)
            for y, va in ((0.975, "top"), (0.03, "bottom"))
        ]
        self._main.axhline(0, color="#999999", linewidth=1, zorder=0.6)

    def _build_moving(self) -> None:
        measured: dict[str, Any] = {"color": COLOURS["measured"], "linestyle": "none", "marker": "o", "zorder": 4}
        self._theory = self._main.plot([], [], color=COLOURS["theory"], label="theory", zorder=3)[0]
        self._measured = self._main.plot([], [], label="one network", markersize=5, **measured)[0]
        band: dict[str, Any] = {"facecolor": COLOURS["measured"], "alpha": BAND_ALPHA, "linewidth": 0}
        self._band = self._zoom.fill_between([0], [0], [0], label="9 of 10 networks", **band)
        self._ratio = self._zoom.plot([], [], markersize=4, **measured)[0]
        self._no_band = self._zoom.text(0.015, 0.06, "", transform=self._zoom.transAxes, fontsize=11.5, color="#444444")
        event: dict[str, Any] = {"color": COLOURS["highlight"], "zorder": 5}
        self._event = self._main.axvline(0, linestyle="--", linewidth=2, **event)
        self._event_label = self._main.text(
            0, 0, "", fontsize=12.5, fontweight="bold", va="center", transform=self._main.get_xaxis_transform(), **event
        )
        self._event_label.set_bbox({"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5})
        handles = [self._theory, self._measured, self._band]
        self._main.legend(handles=handles, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=3, frameon=False,
                          borderaxespad=0.1, handlelength=1.6, columnspacing=1.6)  # fmt: skip
        self.moving: list[Artist] = [
            self._theory, self._measured, self._band, self._ratio, self._no_band, self._event, self._event_label,
        ]  # fmt: skip

    def update(self, view: ProfileView) -> Hashable:
        """Show a view; return what its frame (all that does not move) depends on."""
        self._set_frame(view)
        layers = np.arange(len(view.theory))
        self._theory.set_data(layers, view.theory)
        alive = np.isfinite(view.measured)
        every = max(1, int(alive.sum()) // 25)  # dots stay apart
        shown = alive & ((layers % every == 0) | (layers == layers[-1]))
        self._measured.set_data(layers[shown], view.measured[shown])
        self._ratio.set_data(layers[shown], (view.measured - view.theory)[shown] if shown.any() else [])
        lower, upper = view.band or (np.zeros(1), np.zeros(1))
        reach = self._shown[2] * 1.2
        span = layers[: len(lower)]
        self._band.set_data(span, np.clip(lower, -reach, reach), np.clip(upper, -reach, reach))
        self._no_band.set_text("" if view.band else "a band is exact for linear and ReLU only")
        self._set_event(view)
        return self._shown

    def _set_event(self, view: ProfileView) -> None:
        self._event.set_visible(view.event is not None)
        self._event_label.set_visible(view.event is not None)
        if view.event is None:
            return
        layer, text = view.event
        self._event.set_xdata([layer, layer])
        right = layer < 0.6 * self._shown[0]
        self._event_label.set_text(f" {text} ")
        self._event_label.set_horizontalalignment("left" if right else "right")
        self._event_label.set_position((layer, 0.25))

    def _set_frame(self, view: ProfileView) -> None:
        end = next(d for d in _DEPTHS if d >= len(view.theory) - 1)
        limits = FORMATS[view.format]
        floor, ceiling = 2 * math.log10(limits.smallest_subnormal), 2 * math.log10(limits.max)
        span = _span(np.concatenate([view.theory, view.measured[np.isfinite(view.measured)]]), floor, ceiling)
        with np.errstate(invalid="ignore"):
            ratio = np.abs(view.measured - view.theory)
        largest = float(np.max(ratio[np.isfinite(ratio)], initial=0))
        if view.band:
            edges = np.abs(np.concatenate(view.band))
            largest = max(largest, float(np.max(edges[np.isfinite(edges)], initial=0)))
        reach = next((d for d in _DECADES if d >= largest / 0.95), largest)
        frame = (end, span, reach, view.format, view.backward)
        if frame == self._shown:
            return
        self._shown = frame
        self._main.set_xlim(-0.01 * end, end * 1.01)
        self._main.set_ylim(*span)
        self._zoom.set_ylim(-reach, reach)
        self._zoom.yaxis.set_major_locator(_FactorLocator(reach))
        for zone, (bottom, top) in zip(self._zones, [(ceiling, span[1]), (span[0], floor)], strict=True):
            zone.set_bounds(0, bottom, 1, max(top - bottom, 0))
        what = "gradient" if view.backward else "signal"
        ends = ("overflows to inf", ceiling, "↑", ceiling < span[1]), ("rounds to 0", floor, "↓", floor > span[0])
        for label, (text, limit, arrow, seen) in zip(self._zone_labels, ends, strict=True):
            where = "here" if seen else f"at $10^{{{limit:.0f}}}$ {arrow}"
            label.set_text(f"{view.format}: the {what} {text} {where}")
            label.set_position((0.985 if view.backward else 0.015, label.get_position()[1]))
            label.set_horizontalalignment("right" if view.backward else "left")
        self._main.set_ylabel("gradient variance" if view.backward else "signal variance")
        self._zoom.set_ylabel("ratio")
        self._zoom.set_xlabel("layer (0 is the input)" + (", gradients flow to the left" if view.backward else ""))


def _span(exponents: NDArray[np.float64], floor: float, ceiling: float) -> tuple[float, float]:
    """Limits of the axis, with most of the room on the side to which the curves go.

    They are from a short ladder, and not far beyond the ends of the number format: no network gets there.
    """
    low, high = float(exponents.min()), float(exponents.max())
    reach = float(next((r for r in _REACHES if r >= 0.95 * max(-low, high)), max(-low, high)))
    if max(-low, high) < 1:
        return -reach, reach
    if -low > high:
        reach = min(reach, -1.25 * floor)
        return -reach, reach / 4
    reach = min(reach, 1.25 * ceiling)
    return -reach / 4, reach


class _FactorLocator(MaxNLocator):
    """Ticks for factors: halves and doubles where little happens, powers of ten elsewhere."""

    def __init__(self, reach: float) -> None:
        super().__init__(4, integer=True)
        self._close = reach < 1

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Return the positions, in powers of ten."""
        if self._close:
            return np.log10([0.5, 1, 2])
        return super().tick_values(vmin, vmax)


def _as_power(exponent: float, _: int = 0) -> str:
    return "1" if exponent == 0 else rf"$10^{{{exponent:.0f}}}$"


def _as_factor(exponent: float, _: int = 0) -> str:
    if abs(exponent) < 2.5:
        return f"×{10**exponent:.2g}"
    return rf"×$10^{{{exponent:.0f}}}$"


_LINES = [("-", "o"), ("--", "s"), (":", "^")]


def _styled(
    curves: Mapping[str, NDArray[np.float64]], roles: Sequence[str]
) -> list[tuple[str, NDArray[np.float64], tuple[str, str], str]]:
    """Name, curve, line style with marker, and colour of each curve."""
    if not len(curves) == len(roles) <= len(_LINES):
        raise ValueError(f"curves must be at most {len(_LINES)}, with a role for each, got {list(curves)} and {roles}")
    colours = [COLOURS[arguments.choice("roles", role, COLOURS)] for role in roles]
    return list(zip(curves, curves.values(), _LINES, colours, strict=False))


def profiles(curves: Mapping[str, NDArray[np.float64]], what: str, roles: Sequence[str]) -> Picture:
    """Profiles by layer on a logarithmic axis, each labelled at its end.

    Parameters
    ----------
    curves : mapping of str to ndarray
        At most three base-10 logarithms by layer (layer 0: the input), by label.
    what : str
        What they measure: the label of the axis.
    roles : sequence of str
        A key of `COLOURS` for each curve.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 3.6))
        axes = figure.subplots()
        for name, curve, (line, marker), colour in _styled(curves, roles):
            layers = np.arange(len(curve))
            every = max(1, len(curve) // 10)
            axes.plot(layers, curve, linestyle=line, marker=marker, markevery=every, color=colour)
            axes.annotate(
                name,
                (layers[-1], curve[-1]),
                (8, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                fontsize=12.5,
            )
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(_as_power))
        axes.xaxis.set_major_locator(MaxNLocator(10, integer=True, steps=[1, 2, 5, 10]))
        axes.set(xlabel="layer (0 is the input)", ylabel=what)
        figure.subplots_adjust(left=0.115, right=0.77, top=0.96, bottom=0.17)
    ends = "; ".join(f"{name}: from {power_of_ten(c[0])} to {power_of_ten(c[-1])}" for name, c in curves.items())
    return Picture(figure, f"Line chart of the {what} by layer on a logarithmic axis. {ends}.")


def histograms(samples: Sequence[NDArray[np.floating]], layers: Sequence[int], names: str = "layer") -> Picture:
    """Histograms of activations, one panel for each of the given layers, all on one axis and equally high.

    Parameters
    ----------
    samples : sequence of ndarray
        One array of values per layer of the network, from the input up.
    layers : sequence of int
        Which of them to show.
    names : str
        What the panels count.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 2.6))
        panels = figure.subplots(1, len(layers), sharex=True)
        values = [np.asarray(samples[layer], dtype=float).ravel() for layer in layers]
        reach = 3.2 * max(float(v.std()) for v in values)
        bins = np.linspace(-reach, reach, 42)
        for panel, layer, v in zip(panels, layers, values, strict=True):
            panel.hist(v, bins=bins, color=COLOURS["forward"])
            panel.set_title(f"{names} {layer}\nstd {v.std():.2g}")
            panel.set_yticks([])
            panel.grid(visible=False)
            panel.spines["left"].set_visible(False)
            panel.set_xticks([-round(reach / 1.6), 0, round(reach / 1.6)])
        figure.supxlabel("value of a unit, the same axis in every panel", fontsize=12, y=0.04)
        figure.subplots_adjust(left=0.03, right=0.97, top=0.76, bottom=0.24, wspace=0.12)
    stds = ", ".join(f"{v.std():.2g} at {names} {layer}" for layer, v in zip(layers, values, strict=True))
    return Picture(figure, f"Histograms of the units, one panel per {names}, on one axis. Standard deviations: {stds}.")


def _compared(loss: float, chance: float) -> str:
    """A loss in words that hold on every machine: long training runs differ in their last digits."""
    for share, words in ((0.1, "below a tenth of it"), (0.5, "below half of it"), (0.97, "below it"), (1.03, "at it")):
        if loss < share * chance:
            return words
    return "above it"


def losses(curves: Mapping[str, NDArray[np.float64]], chance: float, roles: Sequence[str], window: int = 10) -> Picture:
    """Training losses by step, with the loss of guessing as a line.

    Parameters
    ----------
    curves : mapping of str to ndarray
        At most three losses by step, by label.
    chance : float
        The loss of guessing.
    roles : sequence of str
        A key of `COLOURS` for each curve.
    window : int
        Number of steps that are averaged.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 3.4))
        axes = figure.subplots()
        axes.axhline(chance, color="#777777", linewidth=1.4)
        axes.text(0, chance + 0.06, f"guessing: {chance:.3f} ", va="bottom", ha="left", fontsize=12, color="#444444")
        ends = []
        for name, curve, (line, _), colour in _styled(curves, roles):
            smooth = np.convolve(curve, np.ones(window) / window, mode="valid")
            axes.plot(np.arange(len(smooth)) + window, smooth, linestyle=line, color=colour, label=name)
            ends.append(f"{name} ends {_compared(smooth[-1], chance)}")
        axes.set(xlabel="training step", ylabel="loss", ylim=(0, 1.25 * chance))
        axes.legend(frameon=False, loc="center right")
        figure.subplots_adjust(left=0.09, right=0.975, top=0.96, bottom=0.17)
    return Picture(figure, f"Training loss by step against the loss of guessing, {chance:.3f}: {'; '.join(ends)}.")
