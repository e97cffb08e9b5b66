"""What all explorers are made of: a box whose controls call one function, and that shows what it returns."""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets

from helpers import arguments
from helpers.explorers.layout import LARGE, buttons, large_type
from helpers.figures import COLOURS, image_html
from helpers.live import LiveImage, box, bundle, message

Values = Mapping[str, Any]

BORDERS = {
    "Healthy.": COLOURS["backward"],
    "Not drawn:": COLOURS["highlight"],
}

_ZOOM = 1.5  # in a lecture hall
_LINE = {1.0: "80px", _ZOOM: "108px"}  # height of the verdict: three lines


@dataclass(frozen=True)
class Report:
    """What a drawing tells: the kind of outcome in a word, the verdict's sentences, the picture in words, its frame.

    `notes` is the HTML of the footer, where there is one.
    """

    kind: str
    sentences: str
    picture: str
    frame: Hashable
    notes: str = ""


class Explorer(ipywidgets.VBox):
    """Controls, a live figure and a verdict.

    Parameters
    ----------
    controls : mapping of str to ipywidgets widget
        The values that `draw` takes, by name.
    rows : sequence of boxes
        The controls (and buttons) as they are laid out; what every explorer has joins the last row: the buttons for
        other random numbers and for a new start, and the switch for large type.
    image : LiveImage
        Shows the figure that `draw` changes.
    draw : callable
        ``draw(seed, **values)`` sets the figure and returns a `Report`; for bad values it raises ValueError or
        TypeError, before it touches the figure.
    seed : int
        Of the first random numbers.
    footer : ipywidgets widget, optional
        Below the figure, for the report's notes.
    """

    def __init__(
        self,
        controls: Values,
        rows: Sequence[ipywidgets.Widget],
        image: LiveImage,
        draw: Callable[..., Report],
        seed: int,
        footer: Any = None,
    ) -> None:
        self.controls = dict(controls)
        self._draw = draw
        self._seed = seed
        self._image = image
        self._footer = footer
        self._quiet = False
        self._verdict = ""
        self._line = ipywidgets.HTML(layout=ipywidgets.Layout(height=_LINE[1], overflow="auto", margin="4px 0"))
        self._line.add_class("wim-announced")
        switch = large_type()
        switch.observe(lambda change: self._enlarge(change.new), "value")
        rows[-1].children = [*rows[-1].children, *self._draws(), switch]
        super().__init__(**box([*rows, self._line, image, *([footer] if footer else [])], image))
        self.add_class("wim-box")
        for control in self.controls.values():
            control.observe(self._on_change, "value")
        self.update()

    def _draws(self) -> list[Any]:
        """One button that draws with the next seed, and one that goes back to the first seed and the first values."""
        seed, start = self._seed, {name: control.value for name, control in self.controls.items()}

        def new_draw(_: Any) -> None:
            self._seed += 1
            self._on_change()

        def reset(_: Any) -> None:
            self._seed = seed
            self.set(**start)

        made = buttons({"New draw": "Draw other random numbers", "Reset": "Back to where it began"})
        for button, act in zip(made, (new_draw, reset), strict=True):
            button.on_click(act)
        return made

    @property
    def verdict(self) -> str:
        """What the figure shows, in words and numbers."""
        return self._verdict

    def update(self, **values: Any) -> str:
        """Draw with the given values (the others as the controls stand), and return the verdict.

        Raises
        ------
        TypeError, ValueError
            For an unknown name or a bad value; the last good figure stays.
        """
        values = self._checked(values)
        report = self._draw(self._seed, **{name: control.value for name, control in self.controls.items()} | values)
        self._verdict = f"{report.kind} {report.sentences}"
        self._move(values)
        with self.hold_sync():
            self._image.show(f"{report.picture} {self._verdict}", report.frame)
            self._say(report.kind, report.sentences)
            if self._footer:
                self._footer.value = report.notes
        return self._verdict

    def set(self, **values: Any) -> None:
        """Set controls together and draw once.

        Raises
        ------
        TypeError, ValueError
            As `update` does.
        """
        self._move(self._checked(values))
        self._on_change()

    def _checked(self, values: Values) -> dict[str, Any]:
        unknown = values.keys() - self.controls.keys()
        if unknown:
            known = ", ".join(self.controls)
            raise TypeError(f"the controls are {known}; got {', '.join(sorted(unknown))}")
        return {name: _within_reach(name, value, self.controls[name]) for name, value in values.items()}

    def _move(self, values: Values) -> None:
        self._quiet = True
        try:
            for name, value in values.items():
                self.controls[name].value = value
        finally:
            self._quiet = False

    def _on_change(self, _: Any = None) -> None:
        if self._quiet:
            return
        try:
            self.update()
        except Exception as error:  # a callback's exception would vanish in the browser's log
            self._verdict = f"Not drawn: {error}"
            self._say("Not drawn:", str(error))

    def _enlarge(self, large: bool) -> None:
        zoom = _ZOOM if large else 1.0
        with self.hold_sync():
            (self.add_class if large else self.remove_class)(LARGE)
            self._line.layout.height = _LINE[zoom]
            self._image.set_zoom(zoom)

    def _say(self, kind: str, sentences: str) -> None:
        self._line.value = message(kind, as_html(sentences), BORDERS.get(kind, COLOURS["measured"]))

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        png = self._image.still()
        html = image_html(png, self._image.alt, self._image.size) + f"<p>{as_html(self._verdict)}</p>"
        if self._footer:
            html += self._footer.value
        return bundle(self, png, html, self._verdict)


def _within_reach(name: str, value: Any, control: Any) -> Any:
    """Refuse what the control itself could not be set to: it would show another value than the one drawn."""
    if hasattr(control, "options"):
        options = [option[1] if isinstance(option, tuple) else option for option in control.options]
        if any(isinstance(option, str) for option in options):
            return arguments.choice(name, value, options)
        if arguments.number(name, value) not in options:
            raise ValueError(f"{name} must be one of {', '.join(f'{option:g}' for option in options)}, got {value!r}")
        return options[options.index(value)]
    low, high = (control.base**end if hasattr(control, "base") else end for end in (control.min, control.max))
    if isinstance(control, ipywidgets.IntSlider):
        return int(arguments.number(name, arguments.integer(name, value), low, most=high))
    return arguments.number(name, value, low, most=high)


def as_html(text: str) -> str:
    """Escaped text with raised exponents.

    Examples
    --------
    >>> as_html("10^-64.5 < 1")
    '10<sup>−64.5</sup> &lt; 1'
    """
    return re.sub(r"10\^(-?)([\d.]*\d)", lambda m: f"10<sup>{'−' if m[1] else ''}{m[2]}</sup>", escape(text))
