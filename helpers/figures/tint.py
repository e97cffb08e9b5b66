"""Pictures of values on a grid that are drawn at every move of a slider, ten times faster than matplotlib's own."""

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


class Cells(Artist):
    """A matrix as coloured squares, as large as fits into the axes: the first row above, a grey border around.

    Parameters
    ----------
    axes : Axes
    paint : callable
        From an array of values to one of colours, as in `Tint`.
    """

    def __init__(self, axes: Axes, paint: Callable[[Array], NDArray[np.uint8]]) -> None:
        super().__init__()
        self.values: Array = np.zeros((2, 2))
        self._paint = paint
        self._box = axes.bbox
        axes.add_artist(self)

    def draw(self, renderer: Any) -> None:
        """Draw the cells, each of whole pixels (so that some are a pixel wider than others)."""
        rows, columns = self.values.shape
        scale = min(self._box.width / columns, self._box.height / rows)
        height, width = round(scale * rows), round(scale * columns)
        row, column = np.arange(height) * rows // height, np.arange(width) * columns // width
        colours = self._paint(self.values)[row[::-1, None], column]
        framed = np.pad(colours, ((1, 1), (1, 1), (0, 0)), constant_values=_GREY)
        framed[..., 3] = 255
        left, bottom = (self._box.x0 + self._box.x1 - width) / 2, (self._box.y0 + self._box.y1 - height) / 2
        renderer.draw_image(renderer.new_gc(), round(left) - 1, round(bottom) - 1, framed)


_GREY = 0x99


@lru_cache(maxsize=8)
def _interpolation(points: int, pixels: int) -> Array:
    """The matrix that interpolates so many pixels between so many points."""
    places = np.linspace(0, points - 1, pixels)
    return np.stack([np.interp(places, np.arange(points), row) for row in np.eye(points)], axis=1)
