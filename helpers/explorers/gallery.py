"""The explorer of all initializers: pick one and a shape, and see its matrix and what networks make of it."""

import math
from collections.abc import Callable
from functools import lru_cache, partial
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from helpers import data, theory, training
from helpers.explorers.explorer import Explorer, Report
from helpers.explorers.layout import activation_dropdown, dropdown, notes, rows, slider
from helpers.figures import GalleryFigure, GalleryView, plain_number, power_of_ten
from helpers.figures.gallery import BINS, LAYERS, STEPS, round_up
from helpers.initializers import CATALOG, Initializer
from helpers.live import LiveImage
from helpers.simulation import simulate_through
from helpers.theory import weights as laws

Weights = NDArray[np.floating]
Array = NDArray[np.float64]

WIDTHS = (64, 32, 32, 32, 10)  # of the network that learns digits
CHANCE = math.log(10)
RECORDS = {record.name: record for record in CATALOG}

# What a call needs beyond the shape, or what shows more than the default.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "constant": {"value": 0.5},
    "uniform": {"low": -0.1, "high": 0.1},
    "normal": {"std": 0.01},
    "truncated_normal": {"std": 0.02},
    "sparse": {"sparsity": 0.9, "std": 0.5},
    "variance_scaling": {"scale": 2, "mode": "fan_avg"},
}
# The distribution of a weight, by fan-out m and fan-in n.
LAWS: dict[str, Callable[[int, int], laws.Law]] = {
    "zeros": lambda m, n: laws.points({0.0: 1.0}),
    "ones": lambda m, n: laws.points({1.0: 1.0}),
    "constant": lambda m, n: laws.points({0.5: 1.0}),
    "eye": lambda m, n: laws.points({0.0: 1 - 1 / max(m, n), 1.0: 1 / max(m, n)}),
    "dirac": lambda m, n: laws.points({0.0: 1 - 1 / max(m, n), 1.0: 1 / max(m, n)}),
    "uniform": lambda m, n: laws.uniform(0.1**2 / 3),
    "normal": lambda m, n: laws.normal(0.01),
    "truncated_normal": lambda m, n: laws.truncated_normal(0.02),
    "sparse": lambda m, n: laws.diluted(laws.normal(0.5), math.ceil(0.9 * m) / m),
    "variance_scaling": lambda m, n: laws.normal(math.sqrt(4 / (m + n))),
    "xavier_uniform": lambda m, n: laws.uniform(2 / (m + n)),
    "xavier_normal": lambda m, n: laws.normal(math.sqrt(2 / (m + n))),
    "he_uniform": lambda m, n: laws.uniform(2 / n),
    "he_normal": lambda m, n: laws.normal(math.sqrt(2 / n)),
    "lecun_uniform": lambda m, n: laws.uniform(1 / n),
    "lecun_normal": lambda m, n: laws.normal(math.sqrt(1 / n)),
    "orthogonal": lambda m, n: laws.coordinate(max(m, n)),
}

_FIRST_DRAW = 0
_RATE = 0.1  # of learning: he_normal learns well with relu, and xavier_normal with tanh
_BATCH = 16  # inputs: a single one may well be dead from the first ReLU on
_LAST = 10  # steps that the final loss is averaged over
_BEYOND, _SAME = 1000, 0.05  # of losses: not worth a number; not to be told apart
_MANY = 4  # weights of exactly one value are no chance
_VALUES = {"zeros": 0.0, "ones": 1.0, "constant": 0.5}


def gallery() -> Explorer:
    """Explore what every initializer draws, and what becomes of networks that start from it.

    The singular values of independent weights are predicted by the law of large matrices; 30 square layers as wide as
    the matrix has inputs pass a signal and a gradient; a network of widths 64, 32, 32, 32, 10 takes 100 steps on
    digits. Of a kernel of `dirac` the centre is shown: the rest is 0.

    Controls: ``fan_out`` (8 to 128 outputs), ``fan_in`` (8 to 128 inputs), ``initializer`` ("zeros", "ones",
    "constant", "eye", "dirac", "uniform", "normal", "truncated_normal", "sparse", "variance_scaling",
    "xavier_uniform", "xavier_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "orthogonal") and
    ``activation``.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = gallery()
    >>> print(explorer.update(initializer="ones", fan_in=32)[:32])
    Constant. ones((64, 32)): σ = 0.
    """
    log_slider = ipywidgets.FloatLogSlider
    sizes = {"base": 2, "min": 3, "max": 7, "step": 0.5, "readout_format": ".0f"}
    controls: dict[str, Any] = {
        "fan_out": slider(log_slider, 64, "outputs", **sizes),
        "fan_in": slider(log_slider, 64, "inputs", **sizes),
        "initializer": dropdown(list(RECORDS), "he_normal", "initializer", width="290px"),
        "activation": activation_dropdown("relu"),
    }
    figure = GalleryFigure(CHANCE)
    layout = rows(
        [controls["fan_out"], controls["fan_in"]],
        [controls["initializer"], controls["activation"]],
    )
    return Explorer(
        controls, layout, LiveImage(figure.figure, figure.moving), partial(_draw, figure), _FIRST_DRAW, notes("72px")
    )


def _draw(figure: GalleryFigure, seed: int, fan_out: float, fan_in: float, initializer: str, activation: str) -> Report:
    view = _view(initializer, round(fan_out), round(fan_in), activation, seed)
    frame = figure.update(view)
    smallest, largest = (_signed(end) for end in (view.weights.min(), view.weights.max()))
    drawn, predicted = (" to ".join(_positive(end) for end in (s[-1], s[0])) for s in view.singular)
    picture = (
        f"A matrix of {round(fan_out)} by {round(fan_in)} weights from {smallest} to {largest}, navy above 0 and "
        f"maroon below, with a histogram of its values, and its singular values from {drawn}, predicted {predicted}. "
        f"Below, signal and gradient in {LAYERS} layers, and the loss in {STEPS} steps."
    )
    kind, sentences = _verdict(view, initializer, activation)
    return Report(kind, sentences, picture, frame, _notes(RECORDS[initializer]))


def _view(name: str, fan_out: int, fan_in: int, activation: str, seed: int) -> GalleryView:
    matrix, singular = _matrix(name, fan_out, fan_in, seed)
    reach = round_up(1.02 * float(np.abs(matrix).max()))
    edges = np.linspace(-reach, reach, BINS + 1)
    law = LAWS[name](fan_out, fan_in)
    values, counts = np.unique(matrix, return_counts=True)
    signal, gradient = _journey(name, fan_in, activation, seed)
    losses = _losses(name, activation, seed)
    return GalleryView(
        weights=matrix,
        reach=reach,
        shares=(np.histogram(matrix, edges)[0] / matrix.size, np.diff(law.below(edges))),
        points={float(v): float(c) / matrix.size for v, c in zip(values, counts, strict=True) if c >= _MANY},
        singular=(singular, _predicted_singular_values(name, fan_out, fan_in, law.variance)),
        signal=signal,
        gradient=gradient,
        losses=losses,
        outcome=_outcome(losses),
    )


@lru_cache(maxsize=256)
def _matrix(name: str, fan_out: int, fan_in: int, seed: int) -> tuple[Weights, Array]:
    """The matrix that is shown, and its singular values."""
    matrix = _weights(name, fan_out, fan_in, np.random.default_rng(seed))
    return matrix, np.linalg.svd(matrix.astype(np.float64), compute_uv=False)


def _weights(name: str, fan_out: int, fan_in: int, rng: np.random.Generator, dtype: Any = np.float32) -> Weights:
    shape = (fan_out, fan_in, 3) if name == "dirac" else (fan_out, fan_in)
    drawn = RECORDS[name].function(shape, **ARGUMENTS.get(name, {}), rng=rng, dtype=dtype)
    return drawn[:, :, 1] if name == "dirac" else drawn


def _predicted_singular_values(name: str, fan_out: int, fan_in: int, variance: float) -> Array:
    size = min(fan_out, fan_in)
    if name in ("eye", "dirac", "orthogonal"):
        return np.ones(size)
    if name in _VALUES:
        return np.where(np.arange(size) == 0, _VALUES[name] * math.sqrt(fan_out * fan_in), 0.0)
    return theory.singular_values(fan_out, fan_in, variance)


@lru_cache(maxsize=256)
def _journey(name: str, width: int, activation: str, seed: int) -> tuple[Array, Array]:
    """Signal and gradient in square layers, in float64."""
    rng = np.random.default_rng([seed, 1])
    layers = [_weights(name, width, width, rng, np.float64) for _ in range(LAYERS)]
    run = simulate_through(layers, activation, batch=_BATCH, rng=rng)
    return run.log10_variance, run.log10_gradient_variance


@lru_cache(maxsize=256)
def _losses(name: str, activation: str, seed: int) -> Array:
    """The small network's losses on digits."""
    rng = np.random.default_rng([seed, 2])
    digits = _digits()
    start = training.initialize(WIDTHS, lambda shape, rng: _weights(name, shape[0], shape[1], rng), rng=rng)
    with np.errstate(all="ignore"):
        run = training.train(
            start, digits.train_inputs, digits.train_labels, activation, steps=STEPS, learning_rate=_RATE, rng=rng
        )
    return run.losses


_digits = lru_cache(maxsize=1)(data.digits)


def _outcome(losses: Array) -> str:
    """What came of the training, in a few words."""
    end = _final(losses)
    if end > _BEYOND:
        return "loss ends above 1,000"
    return "loss ends at NaN" if math.isnan(end) else f"loss ends at {end:.2f}"


def _final(losses: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.mean(losses[-_LAST:]))


def _verdict(view: GalleryView, name: str, activation: str) -> tuple[str, str]:
    """The kind of initializer in a word, and what there is to see."""
    shape = f"({view.weights.shape[0]}, {view.weights.shape[1]}{', 3' if name == 'dirac' else ''})"
    arguments = "".join(f", {key}={value!r}" for key, value in ARGUMENTS.get(name, {}).items())
    call = f"{name}({shape}{arguments}){'[:, :, 1]' if name == 'dirac' else ''}"
    compared = "guessing" if _final(view.losses) < CHANCE - _SAME else "no better than guessing"
    return f"{RECORDS[name].category.capitalize()}.", (
        f"{call}: σ = {_positive(float(view.weights.std()))}. "
        f"Second moments after {LAYERS} square layers, {activation}: signal {power_of_ten(view.signal[-1])}, "
        f"gradient {power_of_ten(view.gradient[0])}. On digits, the {view.outcome} ({compared}: {CHANCE:.2f})."
    )


def _positive(value: float) -> str:
    return plain_number(value) if value > 1e-9 else "0"


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else ''}{_positive(abs(value))}"


def _notes(record: Initializer) -> str:
    return (
        f'<div style="font-size: 15px; line-height: 1.45">${escape(record.formula)}$ &nbsp; '
        f"<strong>Use:</strong> {escape(record.use)} <strong>Risk:</strong> {escape(record.risk)}</div>"
    )
