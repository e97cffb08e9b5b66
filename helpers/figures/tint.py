"""A picture of values on a grid that is drawn at every move of a slider, ten times faster than matplotlib's own."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from numpy.typing import NDArray

Array = NDArray[np.floating]


class Tint(Artist):
    """Values on a grid over the whole axes (rows from below), each pixel interpolated between its neighbours.

    Parameters
    ----------
    axes : Axes
    paint : callable
        From an array of values to one of colours, with red, green, blue and opacity (0 to 255) in a last axis.
    ends : tuple of two floats
        Values beyond are drawn like these, and NaN like 0.
    """

    zorder = 0

    def __init__(self, axes: Axes, paint: Callable[[Array], NDArray[np.uint8]], ends: tuple[float, float]) -> None:
        super().__init__()
        self.values: Array = np.zeros((2, 2))
        self._paint, self._ends = paint, ends
        self._box = axes.bbox
        axes.add_artist(self)

    def draw(self, renderer: Any) -> None:
        """Draw all pixels of the axes."""
        left, bottom, right, top = np.rint(self._box.extents).astype(int)
        rows, columns = self.values.shape
        up, across = _interpolation(rows, int(top - bottom)), _interpolation(columns, int(right - left))
        values = np.nan_to_num(np.clip(self.values, *self._ends))
        renderer.draw_image(renderer.new_gc(), left, bottom, self._paint(up @ values @ across.T))


@lru_cache(maxsize=8)
def _interpolation(points: int, pixels: int) -> Array:
    """The matrix that interpolates so many pixels between so many points."""
    places = np.linspace(0, points - 1, pixels)
    return np.stack([np.interp(places, np.arange(points), row) for row in np.eye(points)], axis=1)
