"""Figures of the series: one look (`style`), still pictures (`stills`), and those that move (the others).

Nothing here knows of widgets.
"""

from helpers.figures.balance import BalanceFigure, BalanceView
from helpers.figures.chaos import ChaosFigure, ChaosView
from helpers.figures.gallery import GalleryFigure, GalleryView
from helpers.figures.neurons import NeuronFigure, NeuronView, planes
from helpers.figures.profile import ProfileFigure, ProfileView
from helpers.figures.saturation import SaturationFigure, SaturationView
from helpers.figures.stills import against_normal, against_theory, histograms, losses, profiles, shares
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
    "BalanceFigure",
    "BalanceView",
    "ChaosFigure",
    "ChaosView",
    "GalleryFigure",
    "GalleryView",
    "NeuronFigure",
    "NeuronView",
    "Picture",
    "ProfileFigure",
    "ProfileView",
    "SaturationFigure",
    "SaturationView",
    "against_normal",
    "against_theory",
    "encode",
    "histograms",
    "image_html",
    "losses",
    "plain_number",
    "planes",
    "power_of_ten",
    "profiles",
    "shares",
]
