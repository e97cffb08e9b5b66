"""Simulation: the fast ways have the law of the dense one, the formats behave as their arithmetic, nothing overflows.

Two-sample Kolmogorov-Smirnov tests with fixed seeds: each passes where p > 1e-4, so a right implementation would fail a
new seed once in 10,000 tests.
"""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from helpers import theory
from helpers.activations import ACTIVATIONS
from helpers.precision import FORMATS, Format
from helpers.simulation import dense, norms, rounding, simulate, simulate_ensemble, simulate_through, units
from helpers.simulation.result import log10_second_moment

F64 = FORMATS["float64"]


def _same_law(a, b):
    a, b = np.asarray(a), np.asarray(b)
    # -inf (dead networks) are ties that the test handles; they must come equally often
    return stats.ks_2samp(a, b, method="asymp").pvalue > 1e-4


def _statistics(run):
    """What is compared: the profiles, and how forward and backward go together."""
    forward, backward = run.log10_variance, run.log10_gradient_variance
    with np.errstate(invalid="ignore"):
        return [forward[1], forward[-1], backward[0], backward[len(backward) // 2], backward[0] + forward[-1]]


def _ways(name, batch, widths, variance, number_format=F64):
    """Every way of simulating that applies, as functions of a seed."""
    phi, sigma = ACTIVATIONS[name], variance**0.5
    yield lambda seed: units.propagate(widths, sigma, phi, batch, number_format, np.random.default_rng(seed))
    if batch == 1 and name in norms.ACTIVATIONS:
        yield lambda seed: norms.propagate(widths, sigma, name, number_format, np.random.default_rng(seed))


CASES = [
    *itertools.product(ACTIVATIONS, [1], [[12] * 6]),
    *itertools.product(["linear", "relu", "tanh"], [3], [[12] * 6]),
    ("relu", 1, [5, 20, 3, 9, 14]),
    ("linear", 1, [5, 20, 3, 9, 14]),
    ("gelu", 4, [9, 20, 6, 14]),
    ("relu", 1, [2] * 5),  # some networks are dead
    ("linear", 1, [1] * 5),
    ("tanh", 6, [3, 8, 8]),  # more inputs than input units
]


@pytest.mark.parametrize(("name", "batch", "widths"), CASES)
def test_fast_and_dense_have_the_same_law(name, batch, widths):
    networks = 400
    variance = 1.6 / np.mean(widths)
    phi = ACTIVATIONS[name]
    expected = [
        _statistics(dense.propagate(widths, variance**0.5, phi, batch, F64, np.random.default_rng(seed)))
        for seed in range(networks)
    ]
    for way in _ways(name, batch, widths, variance):
        found = [_statistics(way(seed)) for seed in range(10**6, 10**6 + networks)]
        assert all(itertools.starmap(_same_law, zip(np.transpose(expected), np.transpose(found), strict=True)))


@pytest.mark.parametrize("name", ["linear", "relu", "tanh"])
def test_correlations_between_inputs_and_gradients_have_the_dense_law(name):
    """Second moments do not see correlations: these are the cross products of a batch of 2, from whole runs."""
    phi, widths, networks = ACTIVATIONS[name], [10] * 5, 1000

    def cross(propagate, seeds):
        rows = []
        for seed in seeds:
            captured = {}

            def keep(forward, backward, activations, captured=captured):
                backward = backward()
                captured["row"] = [
                    forward[-1][:, 0] @ forward[-1][:, 1],
                    backward[0][:, 0] @ backward[0][:, 1],
                    backward[0][:, 0] @ forward[0][:, 0],
                    backward[0][:, 1] @ forward[0][:, 0],
                ]

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(f"{propagate.__module__}.summarize", keep)
                propagate(widths, 0.4, phi, 2, F64, np.random.default_rng(seed))
            rows.append(captured["row"])
        return np.transpose(rows)

    a, b = cross(dense.propagate, range(networks)), cross(units.propagate, range(networks, 2 * networks))
    assert all(itertools.starmap(_same_law, zip(a, b, strict=True)))


def test_ensemble_has_the_law_of_single_networks():
    forward, backward = simulate_ensemble(1500, 5, 7, 0.2, "relu", rng=0)
    single = [simulate(5, 7, 0.2, "relu", rng=seed) for seed in range(1500)]
    for layer in range(6):
        assert _same_law(forward[:, layer], [run.log10_variance[layer] for run in single])
        assert _same_law(backward[:, layer], [run.log10_gradient_variance[layer] for run in single])


@pytest.mark.parametrize(("name", "factor"), [("linear", 2), ("relu", 5)])
def test_fourth_moments_of_hanin_and_rolnick(name, factor):
    """E[|z|⁴] / E[|z|²]² over networks with one fixed input: prod(1 + factor / n); here also the input's and the top's.

    The input (random here) and the last layer (all units count) each add 1 + 2/n. Tolerance: 5 bootstrap errors.
    """
    n, depth = 50, 11
    forward, _ = simulate_ensemble(400_000, depth, n, theory.stable_variance(n, activation=name), name, rng=1)
    squared = 10 ** forward[:, -1]
    expected = (1 + factor / n) ** (depth - 1) * (1 + 2 / n) ** 2
    ratios = [np.mean(part**2) / np.mean(part) ** 2 for part in np.array_split(squared, 40)]
    assert np.mean(ratios) == pytest.approx(expected, abs=5 * np.std(ratios) / 40**0.5 + 0.005 * expected)
    if name == "relu":
        assert round((1 + 5 / 50) ** 10, 2) == 2.59


def test_log_normal_law_of_hanin_and_nica():
    """ln(norm²) behind 10 ReLU layers of 50 units: variance 1.08, mean -.52, less what input and top layer add."""
    n = 50
    forward, _ = simulate_ensemble(200_000, 11, n, 2 / n, "relu", rng=2)
    logs = np.log(10.0) * forward[:, -1] - np.log(2)  # the first layer's variance is not halved
    assert logs.var() - 2 * special.polygamma(1, n / 2) == pytest.approx(1.08, abs=0.02)
    assert logs.mean() - 2 * (special.digamma(n / 2) - np.log(n / 2)) == pytest.approx(-0.52, abs=0.015)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("method", ["fast", "dense"])
def test_wide_networks_follow_the_theory(name, method):
    n, depth, scale = 4000 if method == "fast" else 600, 8, 1.5
    run = simulate(depth, n, scale / n, name, method=method, rng=5)
    np.testing.assert_allclose(run.log10_variance, theory.log10_variance(depth, n, scale / n, name), atol=0.3)
    backward = theory.log10_gradient_variance(depth, n, scale / n, name)
    np.testing.assert_allclose(run.log10_gradient_variance, backward, atol=0.3)


@pytest.mark.parametrize("name", ["linear", "relu", "tanh"])
@pytest.mark.parametrize("method", ["fast", "dense"])
def test_unequal_widths_follow_the_theory(name, method):
    widths = [300, 600, 200, 900, 400]
    run = simulate(4, widths, 1 / 400, name, method=method, batch=2, rng=6)
    expected = theory.log10_variance(4, widths[:-1], 1 / 400, name)
    np.testing.assert_allclose(run.log10_variance, expected, atol=0.15)
    backward = theory.log10_gradient_variance(4, widths[1:], 1 / 400, name, fan_in=widths[:-1])
    np.testing.assert_allclose(run.log10_gradient_variance, backward, atol=0.15)


def test_gradient_of_the_dense_way_is_the_gradient():
    """Against finite differences of the network that it draws."""
    widths, sigma, phi, seed = [4, 5, 3], 0.7, ACTIVATIONS["tanh"], 9
    seeds = np.random.default_rng(seed).integers(2**63, size=4)
    draws = [np.random.default_rng(s) for s in seeds]
    x = draws[0].standard_normal((4, 1))
    w1, w2 = sigma * draws[1].standard_normal((5, 4)), sigma * draws[2].standard_normal((3, 5))
    top = draws[3].standard_normal((3, 1))

    def loss(x):
        return (top.T @ (w2 @ phi.value(w1 @ x))).item()

    slopes = [(loss(x + 1e-6 * e[:, None]) - loss(x - 1e-6 * e[:, None])) / 2e-6 for e in np.eye(4)]
    run = dense.propagate(widths, sigma, phi, 1, F64, np.random.default_rng(seed))
    assert run.gradient_variance[0] == pytest.approx(np.mean(np.square(slopes)), rel=1e-6)
    assert run.variance[1] == pytest.approx(np.mean((w1 @ x) ** 2))


# --- number formats

FIRST = [  # sigma, dtype, event, layers that it may fall on
    (0.01, np.float16, "first_zero", {13}),
    (0.01, np.float32, "first_zero", {70, 71, 72}),
    (0.01, np.float64, "first_zero", {500, 501, 502, 503}),
    (0.1, np.float16, "first_nonfinite", {12, 13}),
    (0.1, np.float32, "first_nonfinite", {107, 108}),
    (1.0, np.float16, "first_nonfinite", {4}),
    (1.0, np.float32, "first_nonfinite", {28, 29}),
    (1.0, np.float64, "first_nonfinite", {227, 228}),
]


@pytest.mark.parametrize(("sigma", "dtype", "event", "layers"), FIRST)
@pytest.mark.parametrize("seed", range(3))
def test_the_layer_at_which_512_units_die(sigma, dtype, event, layers, seed):
    run = simulate(max(layers) + 3, 512, sigma**2, dtype=dtype, rng=seed)
    assert getattr(run, event) in layers
    profile = run.log10_variance
    if event == "first_zero":
        assert np.isneginf(profile[run.first_zero :]).all()
        assert np.isfinite(profile[: run.first_zero]).all()
        assert run.first_nonfinite is None
    else:
        assert run.first_nan - run.first_nonfinite in (1, 2)  # 2 where one unit alone overflowed: no inf - inf yet
        assert np.isposinf(profile[run.first_nonfinite : run.first_nan]).all()
        assert np.isnan(profile[run.first_nan :]).all()
        assert run.first_zero is None


@pytest.mark.parametrize(
    ("sigma", "dtype", "event", "layers"),
    [
        (0.01, np.float16, "first_zero", {13}),
        (0.01, np.float32, "first_zero", {70}),
        (1.0, np.float16, "first_nonfinite", {4}),
        (1.0, np.float32, "first_nonfinite", {28, 29}),
    ],
)
def test_real_arithmetic_dies_there_too(sigma, dtype, event, layers):
    run = simulate(max(layers) + 1, 512, sigma**2, dtype=dtype, method="dense", rng=0)
    assert getattr(run, event) in layers


def test_real_float64_arithmetic_dies_where_the_notebook_says():
    rng = np.random.default_rng(0)
    h, layer = rng.standard_normal(512), 0
    while h.any():
        h, layer = (0.01 * rng.standard_normal((512, 512))) @ h, layer + 1
    assert layer in {500, 501}


EQUAL, WIDENING = [24] * 14, [6] * 6 + [48] * 15


@pytest.mark.parametrize(
    ("format_name", "name", "widths", "scale"),
    [
        ("float16", "linear", EQUAL, 0.02),
        ("float16", "relu", EQUAL, 60.0),
        ("float8_e4m3", "relu", EQUAL, 0.02),
        ("float8_e4m3", "linear", EQUAL, 60.0),
        ("float8_e5m2", "linear", EQUAL, 0.02),
        ("float8_e5m2", "linear", EQUAL, 60.0),
        ("float8_e5m2", "relu", EQUAL, 60.0),
        ("float8_e5m2", "relu", WIDENING, 8.0),  # its gradient overflows, its signal does not
    ],
)
def test_norms_round_as_units_do(format_name, name, widths, scale):
    """Networks that die: the same layers and the same last breaths, by law, from three ways of computing."""
    networks = 400
    sigma, dtype, phi = (scale / widths[-1]) ** 0.5, FORMATS[format_name], ACTIVATIONS[name]

    def features(run):
        forward, backward = run.log10_variance, run.log10_gradient_variance
        events = [np.nan if e is None else e for e in (run.first_zero, run.first_nonfinite, run.first_nan)]
        gone = [np.isneginf(backward).sum(), np.isposinf(backward).sum(), np.isnan(backward).sum()]
        finite = forward[np.isfinite(forward)]
        return [*np.nan_to_num(events, nan=-1), *gone, len(finite), *finite[-2:].round(6)]

    def sample(way):
        return np.transpose([features(way(np.random.default_rng(seed))) for seed in range(networks)])

    by_matrix = sample(lambda rng: dense.propagate(widths, sigma, phi, 1, dtype, rng))
    by_unit = sample(lambda rng: units.propagate(widths, sigma, phi, 1, dtype, rng))
    by_norm = sample(lambda rng: norms.propagate(widths, sigma, name, dtype, rng))
    for a, b, c in zip(by_matrix, by_unit, by_norm, strict=True):
        assert _same_law(a, b)
        assert _same_law(b, c)


@pytest.mark.parametrize("deviations", [0.02, 0.5, 1.0, 3.0, 39.0, 41.0])
def test_units_overflow_by_the_normal_law(deviations):
    """With the largest number so many deviations out: how many exceed it, and the mean square of the others."""
    limits, count = rounding.Limits(FORMATS["float8_e5m2"]), 10**6
    log10_scale, share = limits.log10_max - np.log10(deviations), 2 * stats.norm.sf(deviations)
    slack = 5 * (count * share * (1 - share)) ** 0.5
    found = limits.overflowing(count, log10_scale, np.random.default_rng(0))
    assert found == pytest.approx(count * share, abs=slack)
    assert limits.overflowing(0, log10_scale, np.random.default_rng(0)) == 0
    kept = stats.truncnorm(-deviations, deviations).var() if deviations < 39 else 1
    assert limits.log10_kept(log10_scale) == pytest.approx(np.log10(kept), abs=1e-9)
    assert limits.near(log10_scale) == (deviations < 40)


@pytest.mark.parametrize("ratio", [0.02, 0.3, 1.0, 5.0, 15.9])
def test_tiny_units_are_multiples_of_the_smallest_number_by_the_normal_law(ratio):
    """So many smallest numbers to a deviation: how many units stay, and their sum of squares; 5 standard errors."""
    limits, count = rounding.Limits(FORMATS["float16"]), 10**6
    j = np.arange(1, 200)
    shares = 2 * (stats.norm.cdf((j + 0.5) / ratio) - stats.norm.cdf((j - 0.5) / ratio))
    stay, log10_total = limits.rounded(count, limits.log10_smallest + np.log10(ratio), np.random.default_rng(0))
    assert stay == pytest.approx(count * shares.sum(), abs=5 * (count * shares.sum()) ** 0.5)
    total = 10 ** (log10_total - 2 * limits.log10_smallest)
    assert total == pytest.approx(count * shares @ j**2, abs=5 * (count * shares @ j**4) ** 0.5)
    assert limits.near(limits.log10_smallest + np.log10(ratio))


def test_where_rounding_is_fine_and_where_nothing_is_left():
    limits, rng = rounding.Limits(FORMATS["float16"]), np.random.default_rng(0)
    assert limits.rounded(9, limits.log10_smallest + np.log10(16.1), rng) is None
    assert not limits.near(limits.log10_smallest + np.log10(16.1))
    assert limits.rounded(9, limits.log10_smallest - 2.1, rng) == limits.rounded(0, -7.0, rng) == (0, -np.inf)


def test_float16_results_come_from_float16_arithmetic():
    run = simulate(3, 50, 1 / 50, "tanh", dtype=np.float16, rng=0)
    assert all(h.dtype == np.float16 for h in run.activations)
    assert simulate(1, 8, 1e-6, dtype=np.float16, method="dense", rng=0).activations[1].dtype == np.float16


def test_saturated_units_do_not_overflow():
    run = simulate(100, 64, 100.0, "tanh", dtype=np.float16, rng=0)
    assert run.first_nonfinite is None
    assert run.first_zero is None


# --- promises of the interface


@pytest.mark.parametrize("name", ["linear", "tanh"])
@pytest.mark.parametrize("method", ["fast", "dense"])
def test_the_seed_decides(name, method):
    a, b, c = (simulate(4, 9, 0.1, name, method=method, rng=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a.log10_variance, b.log10_variance)
    np.testing.assert_array_equal(a.log10_gradient_variance, b.log10_gradient_variance)
    assert not np.array_equal(a.log10_variance, c.log10_variance)
    rng = np.random.default_rng(1)
    first, second = (simulate(4, 9, 0.1, name, method=method, rng=rng) for _ in range(2))
    np.testing.assert_array_equal(first.log10_variance, a.log10_variance)
    assert not np.array_equal(first.log10_variance, second.log10_variance)


@pytest.mark.parametrize("name", ["linear", "relu", "tanh"])
def test_curves_deform_smoothly(name):
    """With one seed, a deeper network continues the shallower one, and the scale only scales."""
    short, long = (simulate(depth, 30, 1 / 30, name, rng=3) for depth in (10, 20))
    np.testing.assert_allclose(long.log10_variance[:11], short.log10_variance, rtol=1e-12)
    if name != "tanh":
        louder = simulate(10, 30, 4 / 30, name, rng=3)
        expected = np.arange(11) * np.log10(4)
        np.testing.assert_allclose(louder.log10_variance - short.log10_variance, expected, atol=1e-9)
        backward = louder.log10_gradient_variance - short.log10_gradient_variance
        np.testing.assert_allclose(backward, expected[::-1], atol=1e-9)


def test_linear_and_logarithmic_profiles_agree():
    run = simulate(5, 20, 0.1, rng=0)
    np.testing.assert_allclose(np.log10(run.variance), run.log10_variance)
    np.testing.assert_allclose(np.log10(run.gradient_variance), run.log10_gradient_variance)


@pytest.mark.parametrize("name", ["linear", "relu", "tanh"])
@pytest.mark.parametrize("method", ["fast", "dense"])
def test_activations_are_samples_of_each_layer(name, method):
    run = simulate(6, 1000, 1 / 1000, name, method=method, rng=8)
    assert [len(h) for h in run.activations] == [1000] * 7
    phi = ACTIVATIONS[name]
    for layer in range(1, 7):
        std = 10 ** (run.log10_variance[layer] / 2)
        assert (
            stats.ks_2samp(
                run.activations[layer], phi.value(std * stats.norm.ppf((np.arange(5000) + 0.5) / 5000))
            ).pvalue
            > 1e-4
        )


def test_activations_of_dead_and_overflown_layers():
    dead = simulate(20, 512, 0.01**2, dtype=np.float16, rng=0)
    assert not dead.activations[dead.first_zero].any()
    burst = simulate(20, 512, 1.0, dtype=np.float16, rng=0)
    assert np.isinf(burst.activations[burst.first_nonfinite + 0]).sum() >= 0
    assert np.isnan(burst.activations[-1]).all()


@given(
    st.integers(0, 40),
    st.integers(1, 60),
    st.floats(-15, 15),
    st.sampled_from(sorted(ACTIVATIONS)),
    st.integers(1, 3),
    st.sampled_from([np.float16, np.float32, np.float64]),
    st.sampled_from(["fast", "dense"]),
    st.integers(0, 9),
)
def test_any_network_gives_a_full_profile_without_a_warning(depth, width, log2, name, batch, dtype, method, seed):
    info = np.finfo(dtype)
    sigma = min(max(2.0**log2, 2 * float(info.smallest_normal)), float(info.max) / 200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = simulate(depth, width, sigma**2, name, batch=batch, dtype=dtype, method=method, rng=seed)
        sample = run.activations
        assert run.variance.shape == run.gradient_variance.shape == (depth + 1,)
    assert len(sample) == depth + 1
    assert run.log10_variance.shape == run.log10_gradient_variance.shape == (depth + 1,)
    lost = np.flatnonzero(np.isnan(run.log10_variance) | np.isposinf(run.log10_variance))
    assert (run.first_nonfinite is None) == (len(lost) == 0)
    assert run.first_nonfinite is None or run.first_nonfinite == lost[0]
    gone = np.flatnonzero(np.isneginf(run.log10_variance))
    assert run.first_zero == (gone[0] if len(gone) else None)
    assert np.isfinite(run.log10_gradient_variance[-1])


@pytest.mark.parametrize("variance", [1e-300, 1e300])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_extreme_scales(name, variance):
    for method in ("fast", "dense"):
        run = simulate(3, 7, variance, name, batch=2, method=method, rng=0)
        assert run.log10_variance[1] == pytest.approx(np.log10(7) + np.log10(variance), abs=1.5)


def test_second_moments_do_not_overflow_before_the_values():
    assert log10_second_moment(np.array([1e308, -1e308])) == pytest.approx(616)
    assert log10_second_moment(np.array([5e-324, 0.0])) == pytest.approx(2 * np.log10(5e-324) - np.log10(2))
    assert log10_second_moment(np.array([60000.0], dtype=np.float16)) == pytest.approx(2 * np.log10(59999), abs=1e-3)
    assert log10_second_moment(np.zeros(3)) == -np.inf
    assert log10_second_moment(np.array([np.inf, 1])) == np.inf
    assert np.isnan(log10_second_moment(np.array([np.inf, np.nan])))


BAD = [
    ("depth", {"depth": -1}),
    ("depth", {"depth": 1.5}),
    ("width", {"width": 0}),
    ("width", {"width": [3, 3]}),
    ("width", {"width": "3"}),
    ("variance", {"variance": 0}),
    ("variance", {"variance": np.inf}),
    ("variance", {"variance": 1e-20, "dtype": np.float16}),
    ("variance", {"variance": 1e20, "dtype": np.float16}),
    ("activation", {"activation": "swish"}),
    ("batch", {"batch": 0}),
    ("dtype", {"dtype": int}),
    ("dtype", {"dtype": "nonsense"}),
    ("method", {"method": "slow"}),
    ("rng", {"rng": "seed"}),
    ("rng", {"rng": -1}),
    ("rng", {"rng": True}),
    ("variance", {"variance": 1e7, "dtype": np.float16}),  # a deviation of 3,162, of which 21 would overflow
]


@pytest.mark.parametrize(("argument", "change"), BAD)
def test_bad_input_is_named(argument, change):
    with pytest.raises((ValueError, TypeError), match=rf"^{argument}\b.*must .*got"):
        simulate(**{"depth": 3, "width": 4, "variance": 1.0} | change)


def test_bad_input_to_the_ensemble_is_named():
    for argument, change in [("networks", {"networks": 0}), ("activation", {"activation": "tanh"})]:
        with pytest.raises(ValueError, match=rf"^{argument}\b.*must .*got"):
            simulate_ensemble(**{"networks": 3, "depth": 3, "width": 4, "variance": 1.0} | change)


# --- given matrices


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
def test_given_matrices_by_hand(activation):
    rng = np.random.default_rng(1)
    weights = [rng.standard_normal(shape) / 3 for shape in ((7, 5), (4, 7), (6, 4))]
    run = simulate_through(weights, activation, rng=3)
    draw = np.random.default_rng(3)
    phi, x, top = ACTIVATIONS[activation], draw.standard_normal((5, 1)), draw.standard_normal((6, 1))
    z1 = weights[0] @ x
    z2 = weights[1] @ phi.value(z1)
    z3 = weights[2] @ phi.value(z2)
    d2 = weights[2].T @ top * phi.derivative(z2)
    d1 = weights[1].T @ d2 * phi.derivative(z1)
    d0 = weights[0].T @ d1
    np.testing.assert_allclose(run.variance, [np.mean(v**2) for v in (x, z1, z2, z3)])
    np.testing.assert_allclose(run.gradient_variance, [np.mean(v**2) for v in (d0, d1, d2, top)])
    np.testing.assert_allclose(run.activations[2], phi.value(z2).ravel())


@pytest.mark.parametrize("name", ["linear", "relu"])
@pytest.mark.parametrize("scale", [0.02, 60.0])
@pytest.mark.parametrize("format_name", ["float16", "float8_e4m3", "float8_e5m2"])
def test_what_is_lost_stays_lost(format_name, name, scale):
    """Forward all above the first NaN or 0 is that too, backward all below it, down to the input."""
    for seed in range(20):
        run = simulate(14, 24, scale / 24, name, dtype=FORMATS[format_name].name, rng=seed)
        for profile in (run.log10_variance, run.log10_gradient_variance[::-1]):
            lost = np.isnan(profile) | np.isneginf(profile)
            assert (np.diff(lost.astype(int)) >= 0).all()
            assert np.isnan(profile[np.maximum.accumulate(np.isnan(profile))]).all()
            assert FORMATS[format_name].has_infinity or not np.isposinf(profile).any()
        assert run.first_nan is None or np.isnan(run.log10_variance[run.first_nan :]).all()


@pytest.mark.parametrize("name", ["linear", "relu"])
def test_layers_that_come_near_an_end_but_do_not_meet_it_stay_as_drawn(name):
    """The largest number of this format is five deviations out or more."""
    widths, limits = [24] * 9, rounding.Limits(Format("small", exponent_bits=3, mantissa_bits=10))
    draw = norms.Draw(1, widths, theory.stable_variance(24, activation=name) ** 0.5, name, np.random.default_rng(0))
    drawn = draw.log10_z[0].copy()
    forward = rounding.round_forward(draw, widths, limits, np.random.default_rng(1))
    assert limits.near((drawn - np.log10(24)) / 2).all()
    np.testing.assert_allclose(forward.log10_z, drawn, atol=1e-5)
    assert (forward.first_nonfinite, forward.first_nan, forward.first_zero) == (None, None, None)


def test_networks_with_a_dead_layer_have_no_gradient_below_the_top():
    forward, backward = simulate_ensemble(200, 6, 2, 1.0, "relu", rng=0)
    dead = np.isneginf(forward[:, -1])
    assert 0 < dead.sum() < 200
    assert np.isneginf(backward[dead, :-1]).all()
    assert np.isfinite(backward[~dead, -1]).all()


def test_scaled_values_have_squares_and_logarithms_sum():
    for value in (1e-300, 1.0, 1.7e308):
        scaled, scale = units._scaled(np.array([[value], [0.0]]))
        assert 0.5 <= scaled[0, 0] < 2
        assert np.isfinite(scale)
    assert rounding._log10_sum(2.0, 3.0) == pytest.approx(np.log10(1100))
    assert rounding._log10_sum(-np.inf, 3.0) == 3


def test_back_through_inputs_that_depend_on_each_other():
    """Three inputs that span a plane: hᵀ (Wᵀ d) is (W h)ᵀ d, and beside the plane is noise of the right size."""
    rng = np.random.default_rng(0)
    h = rng.standard_normal((300, 2)) @ rng.standard_normal((2, 3))
    product, scale = units._product(200, 0.1, h, rng)
    d = rng.standard_normal((200, 3))
    back = units._transposed_product(0.1, h, product, d, rng)
    np.testing.assert_allclose(h.T @ back, (scale * product).T @ d, rtol=1e-6)
    assert np.mean(back**2) == pytest.approx(0.1**2 * 200, rel=0.2)


def test_an_inf_spoils_the_gradient_of_its_own_input_only():
    """A signal that has overflowed says nothing of W, and the other inputs what they say."""
    rng = np.random.default_rng(0)
    h = rng.standard_normal((6, 3))
    h[0, 1] = np.inf
    d = rng.standard_normal((4, 3))
    d[0, 2] = np.inf
    with np.errstate(invalid="ignore"):
        product, scale = units._product(4, 0.1, h, rng)
        back = units._transposed_product(0.1, h, product, d, rng)
    assert np.isfinite(back).all(axis=0).tolist() == [True, True, False]
    known = [0, 2]
    np.testing.assert_allclose(h[:, known].T @ back[:, :2], (scale * product[:, known]).T @ d[:, :2], rtol=1e-9)


def test_sums_with_infinities():
    """One inf keeps or turns its sign, two meet the same sign in half of the sums, a NaN leaves nothing."""
    rng, count = np.random.default_rng(0), 10_000
    one, two = (units._infinite_sums(count, np.array([np.inf, 1, sign]), rng) for sign in (0, -np.inf))
    assert np.isinf(one).all()
    assert np.mean(one > 0) == pytest.approx(0.5, abs=0.025)
    assert np.isnan(two).mean() == pytest.approx(0.5, abs=0.025)
    assert np.isnan(units._infinite_sums(3, np.array([np.nan, np.inf]), rng)).all()


def test_the_first_nan_is_that_of_one_unit():
    """Infinity times 0 in the second unit alone; the first stays inf."""
    run = simulate_through(3 * [np.diag([1000, 1]).astype(np.float16)], rng=0)
    assert (run.first_nonfinite, run.first_nan) == (2, 3)


def test_given_matrices_keep_their_arithmetic():
    run = simulate_through(20 * [np.full((8, 8), 10, np.float16)], rng=0)
    assert run.first_nonfinite == 3
    assert simulate_through(20 * [np.full((8, 8), 10.0)], rng=0).first_nonfinite is None


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([], "weights must be one or more matrices"),
        ([np.ones(3)], r"weights\[0\] must be a matrix"),
        ([np.ones((3, 2)), np.ones((3, 2))], r"weights\[1\] must be a matrix that fits .*\(3, 2\)"),
        ([np.ones((3, 0))], r"weights\[0\] must be a matrix"),
        ([np.ones((2, 2), int)], r"weights\[0\] must be float16, float32 or float64, got int64"),
        ([np.ones((2, 2)), np.ones((2, 2), np.float32)], r"weights\[1\] must be of the float type .*float32"),
    ],
)
def test_given_matrices_that_are_none(weights, message):
    with pytest.raises((TypeError, ValueError), match=message):
        simulate_through(weights)


def test_scaling_loses_no_factor_at_the_end_of_float64():
    for largest in (1.5e308, 1.0, 5e-324, 0.0):
        scaled, power = units._scaled(np.array([[largest]]))
        assert scaled[0, 0] * power == largest
        assert scaled[0, 0] < 2
