"""The explorers: one function each, which returns controls, a live figure and a verdict in words."""

from helpers.explorers.collapse import collapse

__all__ = ["collapse"]
