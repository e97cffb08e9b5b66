"""The data that the notebooks train on: 1,797 handwritten digits of 8 × 8 pixels, and a few points in the plane.

The digits are the test set of "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak, 1998, UCI Machine
Learning Repository, https://doi.org/10.24432/C50P49, CC BY 4.0), which scikit-learn carries as `load_digits` too:
`images` holds grey values from 0 to 16, `labels` the digits.
"""

from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Digits", "digits", "inside"]


class Digits(NamedTuple):
    """Inputs as columns and their labels, split into a training and a test part."""

    train_inputs: NDArray[np.float32]
    train_labels: NDArray[np.intp]
    test_inputs: NDArray[np.float32]
    test_labels: NDArray[np.intp]


def digits() -> Digits:
    """Return the digits, ready for a network: one image per column, with mean 0 and second moment 1 over all pixels.

    Every fifth image is for testing. (The same 13 people wrote both parts: the task is easy, as a demonstration's
    should be.)

    Returns
    -------
    Digits
        Inputs of shapes (64, 1437) and (64, 360), labels of shapes (1437,) and (360,).

    Examples
    --------
    >>> digits().train_inputs.shape, digits().test_labels[:5]
    ((64, 1437), array([0, 5, 0, 5, 0]))
    """
    with (files(__package__) / "digits.npz").open("rb") as file, np.load(file) as stored:
        inputs = stored["images"].reshape(-1, 64).T.astype(np.float32)
        labels = stored["labels"].astype(np.intp)
    test = np.arange(len(labels)) % 5 == 0
    mean, std = inputs[:, ~test].mean(), inputs[:, ~test].std()
    inputs = (inputs - mean) / std
    return Digits(inputs[:, ~test], labels[~test], inputs[:, test], labels[test])


_INSIDE = [(-0.3, -0.6), (0.0, 0.7), (0.8, 0.2), (0.4, -0.8), (0.9, -0.4), (-0.4, 0.5), (0.5, -0.4)]
_OUTSIDE = [
    (1.4, 0.6), (-1.6, 0.5), (-0.4, 1.6), (-2.1, -0.1), (-1.2, 1.1), (1.2, 1.6), (0.8, 1.8), (-1.7, -0.6), (1.5, 1.0),
    (-1.5, 1.3), (0.1, -2.0),
]  # fmt: skip


def inside() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points in the plane and their targets: 1 inside the circle of radius 1.2 around 0, -1 outside.

    No line separates the two kinds, three lines do.

    Returns
    -------
    inputs : ndarray, shape (2, 18)
    targets : ndarray, shape (18,)

    Examples
    --------
    >>> inputs, targets = inside()
    >>> bool(np.all((np.hypot(*inputs) < 1.2) == (targets > 0)))
    True
    """
    targets = np.repeat([1.0, -1.0], [len(_INSIDE), len(_OUTSIDE)])
    return np.array(_INSIDE + _OUTSIDE).T, targets
