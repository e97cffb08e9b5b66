"""The explorer of notebook 02: how a signal and its gradient fade (or grow) with depth, width and sigma²."""

from helpers.explorers.explorer import Explorer
from helpers.explorers.profiles import explore_profiles


def collapse() -> Explorer:
    """Explore how the variance of signals and gradients changes from layer to layer.

    Controls: ``depth`` (1 to 200 layers), ``width`` (1 to 65,536 units), ``sigma2`` (variance of a weight),
    ``activation``, ``format`` (the arithmetic of the measured network) and ``direction`` ("forward" or "backward").

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = collapse()
    >>> print(explorer.update(depth=50, width=512, sigma2=1e-4, format="float16")[:63])
    Collapse. Each layer multiplies the variance by nσ² = 0.0512; a
    """
    return explore_profiles(sigma2=1e-4, deepest=200, formats=("float16", "float32", "float64"))
