"""Figures of the series: one look (`style`), still pictures (`stills`) and those that move (`profile`, `neurons`).

Nothing here knows of widgets.
"""

from helpers.figures.neurons import NeuronFigure, NeuronView
from helpers.figures.profile import ProfileFigure, ProfileView
from helpers.figures.stills import histograms, losses, profiles
from helpers.figures.style import (
    COLOURS,
    CSS_DPI,
    STYLE,
    Picture,
    encode,
    image_html,
    plain_number,
    power_of_ten,
)

__all__ = [
    "COLOURS",
    "CSS_DPI",
    "STYLE",
    "NeuronFigure",
    "NeuronView",
    "Picture",
    "ProfileFigure",
    "ProfileView",
    "encode",
    "histograms",
    "image_html",
    "losses",
    "plain_number",
    "power_of_ten",
    "profiles",
]
