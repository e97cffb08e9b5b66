"""A matplotlib figure redrawn fast inside a widget, and what makes a box of widgets usable by keyboard and ear.

The frame of a figure (axes, labels, zones) is drawn once and kept; a move of a slider redraws only the artists that
move, on top of it, and sends the picture as PNG. `figures.Picture` is the
still twin.
"""

import base64
from collections.abc import Hashable, Sequence
from html import escape
from importlib.resources import files
from typing import Any

import anywidget
import ipywidgets
import traitlets
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from helpers.figures import CSS_DPI, encode, image_html

__all__ = ["Keyboard", "LiveImage", "box"]


class Keyboard(anywidget.AnyWidget):
    """An invisible widget that looks after the keys, names and spoken values of the box it is in (see live.js)."""

    _esm = files(__package__).joinpath("live.js").read_text(encoding="utf-8")
    density = traitlets.Float(1.0, help="Device pixels per CSS pixel of the screen.").tag(sync=True)


class LiveImage(ipywidgets.HTML):
    """A picture of a figure that follows its moving artists.

    Parameters
    ----------
    figure : Figure
        Drawn at 96 dpi times the density of the screen.
    moving : sequence of Artist
        The artists that change between updates, in drawing order.
    """

    def __init__(self, figure: Figure, moving: Sequence[Artist]) -> None:
        super().__init__(layout=ipywidgets.Layout(max_width="100%", overflow="hidden"))
        self._density = self._zoom = 1.0
        self._canvas = FigureCanvasAgg(figure)
        self._moving = moving
        self._frames: dict[Hashable, Any] = {}
        self._frame: Hashable = None
        self._alt = ""
        for artist in moving:
            artist.set_animated(True)
        self._fit()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in CSS pixels."""
        width, height = (round(inches * CSS_DPI * self._zoom) for inches in self._canvas.figure.get_size_inches())
        return width, height

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""
        return self._alt

    def set_density(self, density: float) -> None:
        """Draw for a screen of so many device pixels per CSS pixel (at most 2 are worth sending)."""
        self._density = min(max(density, 1.0), 2.0)
        self._fit()

    def set_zoom(self, zoom: float) -> None:
        """Show the picture so many times as large, with all its letters and lines."""
        self._zoom = zoom
        self._fit()

    def _fit(self) -> None:
        """Draw the picture anew if it has become another."""
        dpi = CSS_DPI * self._density * self._zoom
        if dpi != self._canvas.figure.dpi:
            self._canvas.figure.set_dpi(dpi)
            self._frames.clear()
            if self._alt:
                self.show(self._alt, self._frame)

    def show(self, alt: str, frame: Hashable) -> None:
        """Send the picture; `frame` stands for all that does not move, and is drawn anew only when it is new."""
        self._alt, self._frame = alt, frame
        self.value = image_html(encode(self._draw()), alt, self.size)

    def still(self) -> bytes:
        """The present picture as PNG, for a dense screen."""
        figure = self._canvas.figure
        dpi = figure.dpi
        figure.set_dpi(2 * CSS_DPI)
        self._frames.clear()
        png = encode(self._draw(), smallest=True)
        figure.set_dpi(dpi)
        self._frames.clear()
        return png

    def _draw(self) -> FigureCanvasAgg:
        canvas = self._canvas
        if self._frame not in self._frames:
            if len(self._frames) == _KEPT:
                del self._frames[next(iter(self._frames))]
            canvas.draw()
            self._frames[self._frame] = canvas.copy_from_bbox(canvas.figure.bbox)
        canvas.restore_region(self._frames[self._frame])
        for artist in self._moving:
            canvas.figure.draw_artist(artist)
        return canvas


_KEPT = 6  # frames, of 2 to 6 MB each


def box(children: Sequence[ipywidgets.Widget], image: LiveImage | None = None) -> dict[str, Any]:
    """Arguments of an `ipywidgets.VBox` that holds the children and a `Keyboard`, which tells `image` the density."""
    keyboard = Keyboard()
    if image is not None:
        keyboard.observe(lambda change: image.set_density(change.new), "density")
    return {"children": [*children, keyboard]}


def bundle(live: ipywidgets.VBox, png: bytes | None, html: str, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What shows a box made by `box`: the live view with its own still, for whoever has no kernel, and metadata.

    The metadata is anywidget's: Colab needs it to show a box that holds a `Keyboard`.
    """
    still = {"text/html": html, "text/plain": text}
    if png is not None:
        still["image/png"] = base64.b64encode(png).decode()
    keyboard = next(child for child in live.children if isinstance(child, Keyboard))
    _, metadata = keyboard._repr_mimebundle_()
    return ipywidgets.VBox._repr_mimebundle_(live) | still, metadata


def message(kind: str, html: str, colour: str) -> str:
    """A line of text marked by a word and a coloured border, in whatever text colour the theme has."""
    return (
        f'<div style="border-left: 6px solid {colour}; padding: 2px 0 2px 12px; font-size: 15px; line-height: 1.45">'
        f"<strong>{escape(kind)}</strong> {html}</div>"
    )
