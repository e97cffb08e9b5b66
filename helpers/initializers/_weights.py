"""What all initializers share: the type they return, and the check that a dtype can hold weights of some size."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["REACH", "Weights", "check_size"]

Weights = NDArray[np.floating[Any]]

# A normal draw beyond 10 standard deviations has probability 1.5e-23: a dtype must hold draws up to there.
REACH = 10.0


def check_size(names: str, size: float, dtype: np.dtype[np.floating[Any]]) -> None:
    """Refuse a size that would become inf or 0 in `dtype`; `names` are the arguments that it comes from.

    Examples
    --------
    >>> check_size("std", 1e6, np.dtype(np.float16))
    Traceback (most recent call last):
    ...
    ValueError: std must give weights that float16 can hold (0, or of size 5.96046e-08 to 65504), got size 1e+06
    """
    largest, smallest = float(np.finfo(dtype).max), float(np.finfo(dtype).smallest_subnormal)
    if size != 0 and not smallest <= size <= largest:
        raise ValueError(
            f"{names} must give weights that {dtype} can hold (0, or of size {smallest:g} to {largest:g}), "
            f"got size {size:g}"
        )
