"""The explorer of notebook 03: how a signal or its gradient grows until its number format gives out."""

from helpers.explorers.explorer import Explorer
from helpers.explorers.profiles import explore_profiles
from helpers.precision import FORMATS


def explosion() -> Explorer:
    """Explore at which layer numbers overflow to inf and turn into NaN.

    Controls: ``depth`` (1 to 300 layers), ``width`` (1 to 65,536 units), ``sigma2`` (variance of a weight),
    ``activation``, ``format`` (the six of `precision.FORMATS`) and ``direction`` ("forward" or "backward").

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = explosion()
    >>> print(explorer.update(depth=20, sigma2=1.0, format="bfloat16")[:64])
    Explosion. Each layer multiplies the variance by nσ² = 512; at l
    """
    return explore_profiles(sigma2=1.0, deepest=300, formats=tuple(FORMATS))
