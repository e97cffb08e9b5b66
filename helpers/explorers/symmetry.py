"""The explorer of notebook 01: neurons that start alike, and how little it takes to tell them apart."""

from functools import lru_cache, partial
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from helpers import initializers, lockstep
from helpers.activations import ACTIVATIONS
from helpers.data import inside
from helpers.explorers.explorer import Explorer, Report
from helpers.explorers.layout import activation_dropdown, dropdown, rows, slider
from helpers.figures import NeuronFigure, NeuronView, plain_number
from helpers.figures.neurons import GRID, GRID_SIZE
from helpers.live import LiveImage

STEPS = 200
ALIKE = 0.01  # smaller differences are not to be seen
STARTS = [
    ("zeros", "zeros"),
    ("ones", "ones"),
    ("constant", "constant"),
    ("constant + noise", "noise"),
    ("constant in, random out", "out"),
    ("eye", "eye"),
    ("random", "random"),
]
NOISES = [0.0, *(float(f"{digit}e{power}") for power in range(-16, 0) for digit in (1, 3)), 1.0]

_INPUTS, _TARGETS = inside()
_FIRST_DRAW = 0
_BEYOND = 1e6


def symmetry() -> Explorer:
    """Explore neurons of a hidden layer that start alike, or nearly alike.

    Controls: ``constant`` (-1 to 1, the value of the weights), ``noise`` (0 to 1, the standard deviation of what is
    added to each), ``width`` (1 to 512 neurons), ``steps`` (0 to 200, of gradient descent), ``activation`` and
    ``initializer`` ("zeros", "ones", "constant", "noise" for constant + noise, "out" for constant incoming and random
    outgoing weights, "eye", "random"). Biases start at 0.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = symmetry()
    >>> print(explorer.update(initializer="constant", width=512, steps=200)[:60])
    Lockstep. All 512 neurons are equal to the last bit: 1 disti
    """
    widths = {"base": 2, "min": 0, "max": 9, "step": 0.5, "readout_format": ".0f"}
    controls: dict[str, Any] = {
        "steps": slider(ipywidgets.IntSlider, 100, "step", min=0, max=STEPS),
        "noise": slider(
            ipywidgets.SelectionSlider, 0.0, "noise ε", options=[(_label(noise), noise) for noise in NOISES]
        ),
        "constant": slider(ipywidgets.FloatSlider, 0.5, "constant", min=-1, max=1, step=0.05),
        "width": slider(ipywidgets.FloatLogSlider, 16, "width n", **widths),
        "initializer": dropdown(STARTS, "noise", "initializer", width="320px"),
        "activation": activation_dropdown("tanh"),
    }
    figure = NeuronFigure(_INPUTS, _TARGETS)
    layout = rows(
        [controls[name] for name in ("steps", "noise", "width", "constant")],
        [controls["initializer"], controls["activation"]],
    )
    explorer = Explorer(controls, layout, LiveImage(figure.figure, figure.moving), partial(_draw, figure), _FIRST_DRAW)

    def ask_what_counts(_: Any = None) -> None:
        controls["noise"].disabled = controls["initializer"].value != "noise"
        controls["constant"].disabled = controls["initializer"].value not in ("constant", "noise", "out")

    controls["initializer"].observe(ask_what_counts, "value")
    return explorer


def _label(noise: float) -> str:
    """A noise as people write it.

    Examples
    --------
    >>> _label(3e-16), _label(1e-6), _label(0.03), _label(0.0)
    ('3·10⁻¹⁶', '10⁻⁶', '0.03', '0')
    """
    if noise == 0 or noise > 1e-3:
        return f"{noise:g}"
    digit, power = f"{noise:.0e}".split("e-")
    raised = "⁻" + str(int(power)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{'' if digit == '1' else digit + '·'}10{raised}"


def _draw(
    figure: NeuronFigure,
    seed: int,
    steps: int,
    noise: float,
    constant: float,
    width: float,
    initializer: str,
    activation: str,
) -> Report:
    value = {"zeros": 0.0, "ones": 1.0}.get(initializer, constant)
    run = _run(initializer, value, noise if initializer == "noise" else 0.0, round(width), activation, seed)
    now = run.neurons[steps]
    one = None
    if initializer in ("zeros", "ones", "constant", "noise"):
        single, growth = _alone(value, activation)
        with np.errstate(all="ignore"):
            apart = np.ptp(growth @ (run.neurons[0] - run.neurons[0].mean(axis=0)).T, axis=2).max(axis=1)
        one = single.neurons[:, 0, :2], single.losses, apart
    field = lockstep.output(now, run.output_bias[steps], GRID, activation).reshape(2 * [GRID_SIZE])
    spread = lockstep.spread(run)
    frame = figure.update(NeuronView(run.neurons[..., :3], run.losses, spread, steps, field, one))
    kind, sentences = _verdict(run, spread, steps, one, activation)
    first = f"the first is now at ({now[0, 0]:.2f}, {now[0, 1]:.2f})" if np.isfinite(now[0]).all() else "now gone"
    picture = (
        f"Left, the incoming weights of {len(now)} neurons as points in a plane, with their paths from the start to "
        f"step {steps}; {first}. "
        "Middle, 7 points inside a circle, 11 around them, the lines at which the neurons switch, and the border of "
        "what the network calls inside. "
        f"Right, the loss by step, now {_as_text(run.losses[steps])}, and the largest difference between two neurons, "
        f"now {_as_text(spread[steps])}."
    )
    return Report(kind, sentences, picture, frame)


@lru_cache(maxsize=16)
def _run(initializer: str, constant: float, noise: float, width: int, activation: str, seed: int) -> lockstep.History:
    """The whole training run: moving the step costs nothing."""
    rng = np.random.default_rng(seed)

    def layer(shape: tuple[int, int], kind: str) -> NDArray[np.floating]:
        if kind == "eye":
            return initializers.eye(shape, dtype=np.float64)
        if kind == "random":
            return initializers.normal(shape, rng=rng, dtype=np.float64)
        same = initializers.constant(shape, constant, dtype=np.float64)
        return same + noise * initializers.normal(shape, rng=rng, dtype=np.float64) if noise else same

    incoming = layer((width, 2), initializer)
    outgoing = layer((1, width), "random" if initializer == "out" else initializer)[0]
    start = lockstep.neurons(incoming, outgoing)
    return lockstep.train(start, _INPUTS, _TARGETS, activation, steps=STEPS, learning_rate=_rate(activation))


@lru_cache(maxsize=16)
def _alone(constant: float, activation: str) -> tuple[lockstep.History, NDArray[np.floating]]:
    """The run of a single neuron, and what becomes of small differences along its path."""
    single = _run("constant", constant, 0.0, 1, activation, 0)
    with np.errstate(all="ignore"):
        return single, lockstep.growth(single, _INPUTS, _TARGETS, activation, learning_rate=_rate(activation))


def _rate(activation: str) -> float:
    """A learning rate at which training is quick and stable."""
    return 0.5 if ACTIVATIONS[activation].bounded else 0.25


def _verdict(
    run: lockstep.History, spread: NDArray[np.floating], step: int, one: Any, activation: str
) -> tuple[str, str]:
    """The kind of outcome in a word, and what there is to see."""
    now, n = run.neurons[step], run.neurons.shape[1]
    bad = ~(run.losses[: step + 1] <= _BEYOND)
    if bad.any():
        return "Diverged.", f"The steps are too long for these weights: the loss passed 10^6 at step {np.argmax(bad)}."
    when = f"After {step} step{'' if step == 1 else 's'}" if step else "At the start"
    alone = "" if one is None or n == 1 else f" (a single neuron's: {_as_text(one[1][step])})"
    right = lockstep.points_right(now, run.output_bias[step], _INPUTS, _TARGETS, activation)
    after = f"{when} the loss is {_as_text(run.losses[step])}{alone}, and {right} of {_TARGETS.size} points are right"
    if n == 1:
        return "One neuron.", f"{after}."
    rank = f"rank {lockstep.rank(now)} of {now.shape[1]}"
    if spread[step] == 0:
        if step and np.array_equal(run.neurons[0], now):
            return "Stuck.", f"No gradient reaches the {n} neurons: only the output's bias has moved. {after}."
        return "Lockstep.", f"All {n} neurons are equal to the last bit: 1 distinct neuron, {rank}. {after}."
    parted = np.flatnonzero(spread > 1)
    if spread[step] <= ALIKE and one is not None:
        fate = f"They will part at step {parted[0]}." if len(parted) else f"They do not part within {STEPS} steps."
        return "Lockstep to the eye.", (
            f"The {n} neurons differ by at most {_as_text(spread[step])}: 1 distinct neuron to the eye, {rank}. "
            f"{after}. {fate}"
        )
    told = f"{lockstep.distinct(now, ALIKE)} of {n} neurons are distinct (by more than {ALIKE}), {rank}. {after}."
    if one is None:
        return "Different.", told
    if spread[step] <= 1:
        return "Parting.", f"{told} The largest difference is {_as_text(spread[step])}."
    return "Broken.", f"{told} The largest difference passed 1 at step {parted[0]}."


def _as_text(value: float) -> str:
    if not np.isfinite(value):
        return "NaN" if np.isnan(value) else "inf"
    return plain_number(float(value)) if value else "0"
