"""Initializers, variance-propagation theory and simulation, and the explorers of the four notebooks.

Each module is imported by name (``from helpers import theory``); the package itself imports none of them.
"""
