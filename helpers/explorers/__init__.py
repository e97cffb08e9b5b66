"""The explorers: one function each, which returns controls, a live figure and a verdict in words."""

from helpers.explorers.collapse import collapse
from helpers.explorers.edge_of_chaos import edge_of_chaos
from helpers.explorers.explosion import explosion
from helpers.explorers.gallery import gallery
from helpers.explorers.goldilocks import goldilocks
from helpers.explorers.saturation import saturation
from helpers.explorers.symmetry import symmetry

__all__ = ["collapse", "edge_of_chaos", "explosion", "gallery", "goldilocks", "saturation", "symmetry"]
