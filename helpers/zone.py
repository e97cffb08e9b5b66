"""The Goldilocks zone: how well networks learn digits, by their depth and the scale of their initial weights.

The result is shipped; the experiment that it comes from is here too, and takes some minutes.
"""

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from helpers import arguments, initializers, training
from helpers.data import digits

__all__ = ["DEPTHS", "SCALES", "accuracies", "accuracy"]

DEPTHS = (5, 10, 20, 30, 50)
SCALES = tuple(float(scale) for scale in 2 ** np.linspace(-2, 4, 13).round(1))
_DRAWS = 2
_FILE = files("helpers.data") / "zone.csv"


def accuracies(*, recompute: bool = False) -> NDArray[np.float64]:
    """Share of test digits that ReLU networks get right after training, a mean over two draws.

    Parameters
    ----------
    recompute : bool
        Train all networks anew (130 of them: some minutes) instead of reading the stored result.

    Returns
    -------
    ndarray, shape (len(DEPTHS), len(SCALES))
        By depth, and by n sigma², the variance of the weights times the inputs of their layer.

    Examples
    --------
    >>> accuracies().shape == (len(DEPTHS), len(SCALES))
    True
    """
    if not arguments.instance("recompute", recompute, bool, "True or False"):
        return np.loadtxt(_FILE.read_text(encoding="utf-8").splitlines(), delimiter=",", ndmin=2)
    shares = np.empty((len(DEPTHS), len(SCALES)))
    for done, (row, column) in enumerate(np.ndindex(shares.shape)):
        runs = [accuracy(DEPTHS[row], SCALES[column], seed) for seed in range(_DRAWS)]
        shares[row, column] = np.mean(runs)
        _tell((done + 1) / shares.size)
    return shares


def _tell(share: float) -> None:
    """A bar that grows on one line."""
    bar = "█" * round(40 * share)
    print(f"\r{bar:░<40} {share:4.0%}", end="\n" if share == 1 else "", flush=True)


def accuracy(depth: int, scale: float, seed: int, *, width: int = 64, steps: int = 600) -> float:
    """Share of test digits right after training one network whose weights have the variance scale / fan_in.

    Parameters
    ----------
    depth : int
        Number of layers, the last (with its 10 scores) included.
    scale : float
    seed : int
        Of the weights and of the batches.
    width, steps : int

    Examples
    --------
    >>> accuracy(3, 2.0, 0, width=32, steps=200) > 0.8
    True
    """
    depth = arguments.integer("depth", depth, 1)
    scale = arguments.number("scale", scale, 0)
    arguments.integer("seed", seed)
    width = arguments.integer("width", width, 1)
    data = digits()

    def draw(shape: tuple[int, int], *, rng: np.random.Generator) -> NDArray[np.floating]:
        return initializers.variance_scaling(shape, scale, rng=rng)

    start = training.initialize([64, *(depth - 1) * [width], 10], draw, rng=seed)
    with np.errstate(all="ignore"):
        run = training.train(start, data.train_inputs, data.train_labels, steps=steps, learning_rate=0.02, rng=seed)
        return training.accuracy(run.layers, data.test_inputs, data.test_labels, "relu")
