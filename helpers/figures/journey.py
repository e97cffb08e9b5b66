"""What figures by layer have in common: dots for one network beside a line for theory, and how far an axis reaches."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

Profile = NDArray[np.float64]
Pair = tuple[Line2D, Line2D]

_MOST_DOTS = 20


def pair(axes: Axes, marker: str, colour: str, line: str = "-", *, theory: str | None = None) -> Pair:
    """Dots for one network, and a line for theory, in the same colour or in one of its own."""
    dots = axes.plot([], [], linestyle="none", marker=marker, markersize=5, color=colour, zorder=4)[0]
    return dots, axes.plot([], [], linestyle=line, color=theory or colour, linewidth=2, zorder=3)[0]


def set_pair(drawn: Pair, profiles: tuple[Profile, Profile], depth: int) -> None:
    """Show one network and theory, in the layers that end with `depth`; so many dots that they stay apart."""
    ours, theory = profiles
    layers = np.arange(depth + 1)[-len(ours) :]
    every = -(-len(layers) // _MOST_DOTS)
    shown = np.isfinite(ours) & ((layers % every == 0) | (layers == depth))
    dots, line = drawn
    dots.set_data(layers[shown], ours[shown])
    line.set_data(layers, theory)


def reach(profiles: Sequence[Profile], decades: Sequence[float]) -> tuple[float, float]:
    """How far an axis goes below and above 0: a rung of `decades` for each side, a twelfth of the other at least."""
    curves = np.concatenate(profiles)
    curves = curves[np.isfinite(curves)]
    low, high = (next((d for d in decades if d >= end), end) for end in (-curves.min(), curves.max()))
    return max(low, 0.08 * high), max(high, 0.08 * low)
