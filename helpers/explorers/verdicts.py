"""What a propagation means, in words and numbers: per layer, at the end, and in its number format."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpers import theory
from helpers.activations import activation
from helpers.figures import plain_number, power_of_ten
from helpers.simulation import Propagation

Profile = NDArray[np.float64]

# log10 of a layer's factor beyond which fifty layers change the variance a hundredfold, and that hundred.
_STEADY, _NEAR = 0.04, 2.0


@dataclass(frozen=True)
class Setting:
    """A network of equal layers, as an explorer's controls describe it."""

    depth: int
    width: int
    sigma2: float
    activation: str
    format: str
    backward: bool

    def predicted(self) -> Profile:
        """Base-10 logarithms of the mean second moments: of the signal, or of the gradient."""
        predict = theory.log10_gradient_variance if self.backward else theory.log10_variance
        return predict(self.depth, self.width, self.sigma2, self.activation)


def kind(setting: Setting, predicted: Profile, measured: Profile | None = None) -> str:
    """The outcome in a word, by the mean over networks, and by one network where it is far from that."""
    phi = activation(setting.activation)
    end = predicted[0] if setting.backward else predicted[-1]
    if not setting.backward and phi.bounded and end > _NEAR:
        return "Saturated."
    if not setting.backward and phi.value(0.0) != 0 and abs(end) <= _NEAR and _forgets(setting):
        return "Forgotten."
    if abs(end) > _NEAR:
        return "Explosion." if end > 0 else "Collapse."
    rate = _log10_factor(setting, predicted)
    if abs(rate) > _STEADY:
        return "Growing." if rate > 0 else "Shrinking."
    ours = predicted if measured is None else measured
    alike = abs(ours[0] if setting.backward else ours[-1]) <= _NEAR
    return "Healthy." if alike else "Healthy on average."


def _forgets(setting: Setting) -> bool:
    """Whether nothing that depends on the input arrives, though the signal has its size."""
    return bool(
        theory.log10_gradient_variance(setting.depth, setting.width, setting.sigma2, setting.activation)[0] < -2
    )


def _log10_factor(setting: Setting, predicted: Profile) -> float:
    """log10 of the factor of a layer in the midst of the network."""
    phi = activation(setting.activation)
    if phi.homogeneous:
        return float(np.log10(setting.width * setting.sigma2 * phi.second_moment))
    steps = predicted[:-1] - predicted[1:] if setting.backward else np.diff(predicted)
    return float(steps[len(steps) // 2])


def story(setting: Setting, predicted: Profile) -> str:
    """What a layer does, and what all of them do."""
    phi = activation(setting.activation)
    n, depth, backward = setting.width, setting.depth, setting.backward
    what = "the gradient's variance" if backward else "the variance"
    product = f"nσ² = {plain_number(n * setting.sigma2)}"
    end = power_of_ten(predicted[0] if backward else predicted[-1])
    arrives = f"{'at the input' if backward else f'at layer {depth}'} it is {end}."
    if setting.activation == "linear":
        return f"Each layer multiplies {what} by {product}; {arrives}"
    if phi.homogeneous:
        factor = plain_number(n * setting.sigma2 * phi.second_moment)
        except_one = "the last step, to the input, by" if backward else "the first, whose inputs are raw, by"
        step = f"Each layer multiplies {what} by nσ² · {plain_number(phi.second_moment)} = {factor}"
        return f"{step} ({except_one} {product}); {arrives}"
    average = plain_number(10 ** ((predicted[0] if backward else predicted[-1]) / depth))
    words = f"With {product}, a layer multiplies {what} by {average} on (geometric) average; {arrives}"
    if kind(setting, predicted) == "Saturated.":
        words += f" The units of {setting.activation} sit at its ends."
    if kind(setting, predicted) == "Forgotten.":
        words += f" That is the value of {setting.activation} at 0, the same for every input."
    return words


def forward_event(run: Propagation) -> tuple[int, str] | None:
    """The layer at which the signal leaves its number format, and what happens."""
    if run.first_zero is not None:
        return run.first_zero, f"all 0 from layer {run.first_zero}"
    if run.first_nonfinite is None:
        return None
    if run.first_nan == run.first_nonfinite:
        return run.first_nan, f"NaN from layer {run.first_nan}"
    then = "" if run.first_nan is None else f", NaN from {run.first_nan}"
    return run.first_nonfinite, f"inf at layer {run.first_nonfinite}{then}"


def expected_end(setting: Setting) -> int | None:
    """The layer at which, by theory, the signal leaves its number format; None where it does not get there."""
    ends = _ends(setting)
    layer = ends[0] or ends[1]
    return layer if layer is not None and layer <= setting.depth else None


def _ends(setting: Setting) -> tuple[int | None, int | None]:
    """By theory: the layers of the first zeros and of the first overflow."""
    arguments = setting.width, setting.sigma2, setting.format, setting.activation
    return theory.first_underflow_layer(*arguments), theory.first_overflow_layer(*arguments)


def forward_fate(setting: Setting, run: Propagation) -> str:
    """When the signal leaves its number format: in this network, and by theory."""
    zero, burst = _ends(setting)
    event = forward_event(run)
    if event is not None:
        expected = zero if run.first_zero is not None else burst
        by_theory = "the mean over networks is not" if expected is None else f"predicted: about layer {expected:,}"
        return f"In {setting.format} this network: {event[1]} ({by_theory})."
    predicted = zero or burst
    if predicted is None:
        return f"The mean over networks stays within {setting.format} at any depth."
    end = "all units are exactly 0" if zero else "the largest units overflow"
    return f"{setting.format} still holds it; by theory {end} from about layer {predicted:,} on."


def backward_event(measured: Profile) -> tuple[int, str] | None:
    """The layer at which the gradient, on its way down, leaves its number format, and what happens."""
    zero, inf, nan = (
        np.flatnonzero(gone) for gone in (np.isneginf(measured), np.isposinf(measured), np.isnan(measured))
    )
    if len(zero):
        return int(zero[-1]), f"all 0 from layer {zero[-1]} down" if zero[-1] else "all 0 at the input"
    if len(inf):
        then = f", NaN from {nan[-1]} down" if len(nan) else ""
        return int(inf[-1]), f"inf at layer {inf[-1]}{then}"
    if len(nan):
        return int(nan[-1]), f"NaN from layer {nan[-1]} down"
    return None


def backward_fate(setting: Setting, run: Propagation) -> str:
    """When the gradient leaves its number format in this network."""
    if setting.activation != "linear" and run.first_nan is not None and run.first_nan < setting.depth:
        return f"In {setting.format} the signal is NaN from layer {run.first_nan} on: there is no gradient to speak of."
    event = backward_event(run.log10_gradient_variance)
    if event is None:
        return f"{setting.format} holds it all the way down."
    cause = ""
    if setting.activation == "relu" and run.first_zero is not None:
        cause = f", since the signal is 0 from layer {run.first_zero} up and a ReLU passes no gradient at 0"
    return f"In {setting.format} the gradient is {event[1]}{cause}."
