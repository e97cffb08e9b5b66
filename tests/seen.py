"""What tests see of an explorer: its words, its picture, its buttons."""

import base64
import io
import itertools
import re
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from helpers.activations import ACTIVATIONS
from helpers.explorers.explorer import as_html

# How the alternative text begins, and the kinds of outcome that may follow.
OUTCOMES = {
    "Line chart of the variance": (
        "Collapse|Explosion|Shrinking|Growing|Saturated|Forgotten|Healthy|Healthy on average"
    ),
    "Above, histograms of the": (
        "Explosion, but only of the gradient|Explosion on average|Vanishing gradient|Collapse|Healthy"
    ),
    "Left, line chart of the": "Goldilocks|Goldilocks on average|One way only|Torn|Collapse|Explosion",
    "Left, the plane of sigma_w": "Ordered|Chaotic|At the edge",
    "A matrix of": "Constant|Random|Variance-scaling|Structured",
    "Left, the incoming weights": "Lockstep|Lockstep to the eye|Parting|Broken|Different|Stuck|Diverged|One neuron",
}


class Page(HTMLParser):
    """A text in HTML: its elements as (name, attributes)."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Called by the parser."""
        self.elements.append((tag, dict(attrs)))

    def all(self, tag):
        """The attributes of the elements with this name."""
        return [attributes for name, attributes in self.elements if name == tag]


def image(html):
    """The attributes of the only <img> in `html`."""
    (attributes,) = Page(html).all("img")
    return attributes


def corners(activation, *levels):
    """A third of all combinations of an activation with `levels`: those whose places add up to a multiple of three.

    This is a fractional factorial design: leave any two factors out, and all combinations of the others are there.
    """
    number = list(ACTIVATIONS).index(activation)
    for places in itertools.product(*(range(len(level)) for level in levels)):
        if (number + sum(places)) % 3 == 0:
            yield tuple(level[place] for level, place in zip(levels, places, strict=True))


def pixels(html):
    """The picture in the only <img> in `html`."""
    return decoded(base64.b64decode(image(html)["src"].removeprefix("data:image/png;base64,")))


def decoded(png):
    """The pixels of a PNG."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def buttons(explorer):
    """The buttons of an explorer, by their labels."""

    def walk(widget):
        for child in getattr(widget, "children", ()):
            yield child
            yield from walk(child)

    return {w.description: w for w in walk(explorer) if type(w).__name__ == "Button"}


def values(explorer):
    """What the controls of an explorer stand at."""
    return {name: control.value for name, control in explorer.controls.items()}


def everything(explorer):
    """All that a reader sees of an explorer."""
    return explorer.verdict, explorer._line.value, explorer._image.value, values(explorer)


def assert_told(explorer):
    """The verdict is a kind of outcome and sentences, and shows in the line, in the alternative text and in numbers."""
    verdict = explorer.verdict
    alt = image(explorer._image.value)["alt"]
    assert alt == explorer._image.alt
    assert alt.endswith(f". {verdict}"), alt
    (kinds,) = [kinds for opening, kinds in OUTCOMES.items() if alt.startswith(opening)]
    told = re.fullmatch(rf"((?:{kinds})\.) (.*\d.*\.)", verdict)
    assert told, verdict
    assert not re.search(r"\bnan\b|None|\de[+-]?\d|\.\.|\d\. (?!b?float)[a-z]|  ", alt), alt
    assert explorer._line.value.endswith(f"<strong>{told[1]}</strong> {as_html(told[2])}</div>"), verdict
