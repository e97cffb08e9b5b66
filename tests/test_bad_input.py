"""Bad input of every kind to every public function: it works, or it is an error that names the argument.

Each function is called with arguments that are right, then with one of them replaced by each value of a zoo. What
comes must be a result of the usual type without NaN, from a value that is one of the argument's kind, or a TypeError
or ValueError whose message names the argument. A warning fails the test, as everywhere in this project.
"""

import importlib
import inspect
import itertools
import math
import pkgutil
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real

import numpy as np
import pytest

import helpers
from helpers import initializers, lockstep, quiz, training
from helpers.activations import ACTIVATIONS
from helpers.precision import FORMATS
from helpers.theory import tanh_phase, weights

ZOO = [
    *(None, True, False, np.True_, ..., NotImplemented, object(), int, len, lambda *_: 0, slice(3), range(3)),
    *(-1, 0, 1, 3, 10**400, -(10**400), np.int64(-1), np.uint8(200)),
    *(2.5, -0.0, 1e300, -1e300, 5e-324, math.nan, math.inf, -math.inf, np.float64("nan"), np.float16("inf")),
    *(1j, np.complex64(2), Fraction(1, 3), Fraction(10**400), Decimal(1), Decimal("NaN"), Decimal("sNaN")),
    *("", "1", "nonsense", "rèlu\0", "x" * 5000, b"relu", bytearray(b"1"), memoryview(b"12"), np.str_("relu")),
    *([], (), {}, set(), [[]], [1, [2, 3]], [[1, 2], [3]], [None], ["a", "b"], [math.nan], [10**400], [object()]),
    *([0, 1], (2, 3, 4), (-1, 2), (10**400, 2), (10**10, 10**10), {"a": 1}, {1: "a"}, {0.5, 1.5}, iter([1, 2])),
    *(np.array(2.0), np.array([]), np.ones(2), np.ones((2, 2)), np.ones((1, 2, 2)), np.array([1j]), np.array(["a"])),
    *(np.array([None]), np.array([True, False]), np.array([math.nan, 1]), np.zeros((0, 3)), np.ma.masked),
    *(np.datetime64("2020-01-01"), np.timedelta64(3, "s"), np.array(["2020"], "M8[Y]"), np.void(b"ab")),
    *(np.dtype("int8"), np.float128 if hasattr(np, "float128") else "g", np.random, np.random.RandomState(0)),
]
X = np.array([[0.5, -1.0, 0.25], [1.0, 2.0, -0.5]])
Y = np.array([0.0, 1.0, -1.0])
LAYERS = [training.Layer(np.ones((4, 2)), np.zeros((4, 1))), training.Layer(np.ones((3, 4)), np.zeros((3, 1)))]
ROWS = np.array([[0.5, 0.25, 0.0, 1.0], [1.0, -0.5, 0.0, -1.0]])
RUN = lockstep.train(ROWS[:1], X, Y, steps=2)
CURVES = {"one": np.array([0.0, 1.0, 2.0]), "two": np.array([0.0, -1.0, -2.0])}
DRAW = {"rng": 0, "dtype": np.float32}
NORMAL = {"shape": (3, 2), "mean": 0.0, "std": 1.0}
MEAN_FIELD = {"sigma_w": 1.5, "sigma_b": 0.3, "activation": "tanh"}
LIFETIME = {"fan_in": 5, "variance": 0.5, "format": "float16", "activation": "relu"}

BASELINES = {
    "activations.activation": {"name": "relu"},
    "activations.normal_cdf": {"z": np.array([1.0, 2.0])},
    "activations.gaussian_mean": {"function": np.tanh, "scale": np.array([1.0, 2.0])},
    "data.digits": {},
    "data.inside": {},
    "figures.against_normal": {"values": np.array([0.0, 1.0, 2.0]), "mean": 0.0, "variance": 1.0, "what": "a"},
    "figures.against_theory": {
        "x": np.array([1.0, 2.0]), "measured": np.array([1.0, 2.0]), "theory": np.ones(2), "xlabel": "a", "ylabel": "b",
    },
    "figures.histograms": {"samples": [np.arange(9.0), np.arange(9.0)], "layers": [0, 1], "names": "layer"},
    "figures.losses": {"curves": CURVES, "chance": 2.3, "roles": ["theory", "measured"], "window": 2},
    "figures.plain_number": {"value": 0.5},
    "figures.planes": {"networks": {"one": (ROWS, 0.0)}, "inputs": X, "targets": Y, "activation": "tanh"},
    "figures.power_of_ten": {"exponent": 0.5, "digits": 1},
    "figures.profiles": {"curves": CURVES, "what": "variance", "roles": ["theory", "measured"]},
    "figures.shares": {
        "table": np.ones((2, 3)), "rows": [1, 2], "columns": [1, 2, 4], "names": ("a", "b"), "marked": 2.0,
    },
    "initializers.constant": {"shape": (3, 2), "value": 0.5, **DRAW},
    "initializers.dirac": {"shape": (3, 2, 3), "groups": 1, **DRAW},
    "initializers.eye": {"shape": (3, 2), **DRAW},
    "initializers.fans": {"shape": (3, 2)},
    "initializers.he_normal": {"shape": (3, 2), "mode": "fan_in", "negative_slope": 0.0, **DRAW},
    "initializers.he_uniform": {"shape": (3, 2), "mode": "fan_in", "negative_slope": 0.0, **DRAW},
    "initializers.lecun_normal": {"shape": (3, 2), **DRAW},
    "initializers.lecun_uniform": {"shape": (3, 2), **DRAW},
    "initializers.normal": {**NORMAL, **DRAW},
    "initializers.ones": {"shape": (3, 2), **DRAW},
    "initializers.orthogonal": {"shape": (3, 2), "gain": 1.0, **DRAW},
    "initializers.sparse": {"shape": (3, 2), "sparsity": 0.5, "std": 1.0, **DRAW},
    "initializers.truncated_normal": {**NORMAL, "lower": -2.0, "upper": 2.0, **DRAW},
    "initializers.uniform": {"shape": (3, 2), "low": 0.0, "high": 1.0, **DRAW},
    "initializers.variance_scaling": {
        "shape": (3, 2), "scale": 1.0, "mode": "fan_in", "distribution": "normal", **DRAW,
    },
    "initializers.xavier_normal": {"shape": (3, 2), "gain": 1.0, **DRAW},
    "initializers.xavier_uniform": {"shape": (3, 2), "gain": 1.0, **DRAW},
    "initializers.zeros": {"shape": (3, 2), **DRAW},
    "lockstep.distinct": {"rows": ROWS, "tolerance": 0.0},
    "lockstep.growth": {"one": RUN, "inputs": X, "targets": Y, "activation": "tanh", "learning_rate": 0.5},
    "lockstep.neurons": {"weights": np.ones((2, 3)), "outgoing": np.ones(2)},
    "lockstep.output": {"rows": ROWS, "output_bias": np.array(0.0), "inputs": X, "activation": "tanh"},
    "lockstep.points_right": {
        "rows": ROWS, "output_bias": np.array(0.0), "inputs": X, "targets": Y, "activation": "tanh",
    },
    "lockstep.rank": {"rows": ROWS, "tolerance": 0.01},
    "lockstep.spread": {"history": RUN},
    "lockstep.train": {
        "start": ROWS, "inputs": X, "targets": Y, "activation": "tanh", "steps": 2, "learning_rate": 0.5,
    },
    "precision.format_limits": {"name": "float16"},
    "quiz.ask": {"name": "collapse.histograms"},
    "quiz.questions": {"notebook": "collapse"},
    "simulation.simulate": {
        "depth": 3, "width": 4, "variance": 0.25, "activation": "relu", "batch": 1, "dtype": np.float32,
        "method": "fast", "rng": 0,
    },
    "simulation.simulate_ensemble": {
        "networks": 3, "depth": 3, "width": 4, "variance": 0.25, "activation": "linear", "rng": 0,
    },
    "simulation.simulate_through": {"weights": [np.eye(2)] * 2, "activation": "relu", "batch": 1, "rng": 0},
    "theory.chi_1": MEAN_FIELD,
    "theory.correlation_map": {"c": 0.5, **MEAN_FIELD},
    "theory.critical_sigma_w": {"sigma_b": 0.3, "activation": "tanh"},
    "theory.first_overflow_layer": LIFETIME,
    "theory.first_underflow_layer": LIFETIME,
    "theory.fluctuation_band": {
        "depth": 3, "width": 4, "activation": "relu", "coverage": 0.9, "direction": "forward",
    },
    "theory.log10_gradient_variance": {
        "depth": 3, "fan_out": 4, "variance": 0.25, "activation": "tanh", "fan_in": 4, "input_variance": 1.0,
    },
    "theory.log10_variance": {"depth": 3, "fan_in": 4, "variance": 0.25, "activation": "tanh", "input_variance": 1.0},
    "theory.q_fixed_point": MEAN_FIELD,
    "theory.q_map": {"q": 1.0, **MEAN_FIELD},
    "theory.singular_values": {"fan_out": 4, "fan_in": 3, "variance": 0.5},
    "theory.stable_variance": {"fan_in": 4, "fan_out": 3, "mode": "fan_in", "activation": "relu"},
    "theory.tanh_phase": {"sigma_w": 1.5, "sigma_b": 0.3},
    "theory.tanh_plane": {},
    "theory.weights.coordinate": {"dimension": 3},
    "theory.weights.diluted": {"law": weights.normal(1.0), "zeros": 0.5},
    "theory.weights.normal": {"std": 1.0},
    "theory.weights.points": {"shares": {0.0: 0.5, 1.0: 0.5}},
    "theory.weights.truncated_normal": {"std": 1.0},
    "theory.weights.uniform": {"variance": 1.0},
    "training.accuracy": {"layers": LAYERS, "inputs": X, "labels": np.array([0, 1, 2]), "activation": "relu"},
    "training.forward": {"layers": LAYERS, "inputs": X, "activation": "relu", "in_order": False},
    "training.gradients": {
        "layers": LAYERS, "inputs": X, "labels": np.array([0, 1, 2]), "activation": "relu", "in_order": False,
    },
    "training.initialize": {"widths": [3, 2], "initializer": initializers.he_normal, "rng": 0},
    "training.train": {
        "layers": LAYERS, "inputs": X, "labels": np.array([0, 1, 2]), "activation": "relu", "steps": 2,
        "learning_rate": 0.1, "batch_size": 2, "max_norm": 1.0, "in_order": False, "rng": 0,
    },
    "zone.accuracies": {"recompute": False},
    "zone.accuracy": {"depth": 2, "scale": 2.0, "seed": 0, "width": 4, "steps": 1},
}  # fmt: skip

# What explorers show by clicks is not for people to call (`live`, `server`), and the checks have tests of their own.
ASIDE = {"arguments", "live", "server"}
# These take Jupyter's or matplotlib's objects, from within; those have tests of their own, with names and functions.
INNER = {"figures.encode", "figures.image_html"} | {"check.completion_code", "check.expected_code"}


def public():
    """Every public function by its name: those in the `__all__` of a module or package."""
    found = {}
    for info in pkgutil.walk_packages(helpers.__path__, "helpers."):
        name = info.name.removeprefix("helpers.")
        if name.partition(".")[0] in ASIDE or "._" in info.name:
            continue
        module = importlib.import_module(info.name)
        for each in getattr(module, "__all__", []):
            function = inspect.unwrap(getattr(module, each))
            if inspect.isfunction(function) and function.__name__ == each:  # no second names
                found.setdefault(function, f"{name}.{each}")
    return {name: function for function, name in found.items() if name not in INNER}


PUBLIC = public()
CHECKED = sorted(name for name in PUBLIC if name.startswith("check."))
EXPLORED = sorted(name for name in PUBLIC if name.startswith("explorers."))


def test_every_public_function_has_its_arguments_here():
    assert sorted(BASELINES) == sorted(set(PUBLIC) - set(CHECKED) - set(EXPLORED))
    for name, baseline in BASELINES.items():
        assert list(baseline) == list(inspect.signature(PUBLIC[name]).parameters), name


def has_nan(result):
    if isinstance(result, dict):
        return any(map(has_nan, result.values()))
    if isinstance(result, list | tuple):
        return any(map(has_nan, result))
    if isinstance(result, float | np.ndarray | np.floating):
        return bool(np.isnan(result).any())
    return False


def nan_in(value):
    return has_nan(value) if not isinstance(value, np.ndarray) else value.dtype.kind == "f" and has_nan(value)


def may_be(usual, value, optional):
    """Whether a value is of the kind of the one that is usual: others have to be refused."""
    if optional and value is None:
        return True
    if isinstance(usual, bool):
        return isinstance(value, bool)
    if isinstance(usual, np.ndarray):
        return isinstance(value, Real | list | tuple | range | np.ndarray | bytearray | memoryview)
    if isinstance(usual, Integral):
        return isinstance(value, Integral | list | tuple | range | np.ndarray | np.random.Generator)
    if isinstance(usual, Real):
        return isinstance(value, Real | list | tuple | range | np.ndarray)
    if isinstance(usual, str):
        return isinstance(value, str)
    return not isinstance(value, Real | complex | str | bytes | None)


# The one argument of these two is called by what it names.
NAMED_AS = {"activations.activation": "activation", "precision.format_limits": "format"}


def assert_good_or_named(name, call, baseline, argument, value, optional=False, nan=False):
    if callable(baseline[argument]) and callable(value):
        return  # what another function does is its own affair
    arguments = {**baseline, argument: value}
    try:
        result = call(**arguments)
    except (TypeError, ValueError) as error:
        message = str(error)
        assert NAMED_AS.get(name, argument) in message, f"{name}({argument}={value!r}) does not name it: {message}"
        return
    except Exception as error:
        raise AssertionError(f"{name}({argument}={value!r}) raised {error!r}") from error
    assert may_be(baseline[argument], value, optional), f"{name}({argument}={value!r}) was accepted: {result!r}"
    if not nan and not (isinstance(baseline[argument], np.ndarray) and nan_in(value)):  # NaN in, NaN out
        assert not has_nan(result), f"{name}({argument}={value!r}) gave NaN: {result!r}"


CASES = [(name, argument) for name in BASELINES for argument in BASELINES[name]]


@pytest.mark.parametrize(("name", "argument"), CASES)
def test_bad_input_is_named(name, argument):
    function = PUBLIC[name]
    assert not has_nan(function(**BASELINES[name]))
    optional = inspect.signature(function).parameters[argument].default is None
    for value in ZOO:
        if name == "zone.accuracies" and value is True:
            continue  # right, and takes minutes
        assert_good_or_named(name, function, BASELINES[name], argument, value, optional)


METHODS = {
    **{f"{name}.value": (phi.value, {"z": np.array([0.5])}) for name, phi in ACTIVATIONS.items()},
    **{f"{name}.derivative": (phi.derivative, {"z": np.array([0.5])}) for name, phi in ACTIVATIONS.items()},
    **{f"{name}.round": (fmt.round, {"values": np.array([0.5])}) for name, fmt in FORMATS.items()},
    "Phase.correlations": (tanh_phase(1.5, 0.3).correlations, {"c": 0.5, "depth": 3}),
    "Quiz.choose": (quiz.ask("collapse.histograms").choose, {"letter": "A"}),
}


@pytest.mark.parametrize("name", METHODS)
def test_bad_input_to_methods_is_named(name):
    call, baseline = METHODS[name]
    for argument, value in itertools.product(baseline, ZOO):
        assert_good_or_named(name, call, baseline, argument, value, nan=True)  # as the arithmetic has it: 0 · inf


@pytest.mark.parametrize("name", CHECKED)
def test_a_check_has_a_sentence_for_anything(name):
    for value in ZOO:
        result = PUBLIC[name](value)
        assert result.right in (False, None), value
        assert result.sentence


@pytest.mark.parametrize("name", EXPLORED)
def test_explorers_name_what_their_controls_cannot_be(name):
    explorer = PUBLIC[name]()
    start = {key: control.value for key, control in explorer.controls.items()}
    for argument, value in itertools.product(start, ZOO):
        assert_good_or_named(name, explorer.update, start, argument, value)
        assert explorer.verdict
