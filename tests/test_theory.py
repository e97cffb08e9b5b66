"""Theory: exact identities, published values, and independent re-computation by other quadratures and by sampling."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from helpers import initializers, theory
from helpers.activations import ACTIVATIONS
from helpers.precision import FORMATS
from helpers.simulation import simulate_ensemble
from helpers.theory import fluctuations, weights

HOMOGENEOUS = [name for name, phi in ACTIVATIONS.items() if phi.homogeneous]
SMOOTH = [name for name, phi in ACTIVATIONS.items() if not phi.homogeneous]

# --- profiles


@given(st.integers(0, 300), st.integers(1, 10**6), st.floats(-300, 300), st.floats(-300, 300))
def test_linear_profile_is_a_power(depth, n, log10_sigma2, log10_input):
    profile = theory.log10_variance(depth, n, 10**log10_sigma2, input_variance=10**log10_input)
    expected = np.arange(depth + 1) * (math.log10(n) + log10_sigma2) + log10_input
    np.testing.assert_allclose(profile, expected, rtol=1e-9, atol=1e-9)


def test_collapse_of_the_opening_example():
    assert theory.log10_variance(50, 512, 0.01**2)[50] == pytest.approx(50 * math.log10(0.0512), abs=1e-12)
    assert round(theory.log10_variance(50, 512, 0.01**2)[50], 2) == -64.54


def test_explosions_of_the_opening_examples():
    assert round(theory.log10_variance(50, 512, 0.1**2)[50], 2) == 35.46
    assert round(theory.log10_variance(50, 512, 1.0)[50], 2) == 135.46


@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_the_rectifier_acts_from_the_second_layer_on(name):
    n, variance = 100, 0.013
    factor = n * variance * ACTIVATIONS[name].second_moment
    expected = [1, n * variance, n * variance * factor, n * variance * factor**2]
    np.testing.assert_allclose(10 ** theory.log10_variance(3, n, variance, name), expected)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_stable_variance_keeps_a_unit_second_moment(name):
    profile = theory.log10_variance(10, 300, theory.stable_variance(300, activation=name), name)
    expected = np.zeros(11)
    expected[1:] = 2 * math.log10(ACTIVATIONS[name].gain)
    # From layer 1 on, z has second moment gain²; phi brings it to 1 only where the scale passes through.
    if ACTIVATIONS[name].homogeneous:
        np.testing.assert_allclose(profile, expected, atol=1e-12)
    assert profile[1] == pytest.approx(expected[1], abs=1e-12)


def _integrated_profile(name, depth, n, variance):
    """The recursion once more, by adaptive quadrature."""
    phi, q = ACTIVATIONS[name], [1.0, n * variance]
    for _ in range(depth - 1):

        def integrand(t, last=q[-1]):
            return float(phi.value(math.sqrt(last) * t)) ** 2 * math.exp(-t * t / 2) / math.sqrt(2 * math.pi)

        second = sum(integrate.quad(integrand, *half, epsabs=1e-14, limit=200)[0] for half in ((-12, 0), (0, 12)))
        q.append(n * variance * second)
    return q


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_smooth_profiles_by_adaptive_quadrature(name, scale):
    profile = 10 ** theory.log10_variance(4, 200, scale / 200, name)
    np.testing.assert_allclose(profile, _integrated_profile(name, 4, 200, scale / 200), rtol=1e-8)


def test_tanh_with_xavier_decays_like_one_over_two_l():
    after = 10 ** theory.log10_variance(101, 512, 1 / 512, "tanh")[1:]  # after so many activations
    np.testing.assert_allclose(after[1:6].round(3), [0.394, 0.236, 0.167, 0.128, 0.103])
    assert after[30].round(3) == 0.017
    assert after[100].round(4) == 0.0051
    assert after[100] == pytest.approx(1 / 200, rel=0.05)


def test_tanh_with_gain_five_thirds():
    variance = (5 / 3) ** 2 / 512
    pre = theory.log10_variance(6, 512, variance, "tanh")
    activation_std = np.sqrt(10 ** pre[2:] / (512 * variance))
    np.testing.assert_allclose(activation_std.round(3), [0.759, 0.693, 0.669, 0.659, 0.654])
    assert round(math.sqrt(theory.q_fixed_point(5 / 3, 0, "tanh")) / (5 / 3), 3) == 0.651
    assert round(theory.chi_1(5 / 3, 0, "tanh"), 2) == 1.21


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("log10_input", [-290.0, -150.0, 150.0, 290.0])
def test_profiles_follow_power_laws_far_out(name, log10_input):
    profile = theory.log10_variance(2, 10, 0.1, name, input_variance=10.0**log10_input)
    assert np.isfinite(profile).all()
    far = ACTIVATIONS[name].value(np.array([-1.0, 1.0]) * 10 ** (log10_input / 2))
    assert profile[2] == pytest.approx(2 * np.log10(np.linalg.norm(far) / math.sqrt(2)), abs=1e-6)


@pytest.mark.parametrize("name", [name for name, phi in ACTIVATIONS.items() if not phi.bounded])
@pytest.mark.parametrize("log10_input", [-290.0, 290.0])
def test_slopes_far_out_and_at_zero_are_constant(name, log10_input):
    backward = theory.log10_gradient_variance(2, 1, 1.0, name, input_variance=10.0**log10_input)
    sides = ACTIVATIONS[name].derivative(np.array([-1.0, 1.0]) * 10 ** (log10_input / 2))
    assert backward[1] == pytest.approx(math.log10(np.mean(sides**2)), abs=1e-9)


@pytest.mark.parametrize("name", HOMOGENEOUS)
def test_gradients_of_a_square_network_mirror_the_signal(name):
    forward = theory.log10_variance(7, 64, 0.01, name)
    backward = theory.log10_gradient_variance(7, 64, 0.01, name)
    np.testing.assert_allclose(backward[1:], np.diff(forward)[1:].sum() - (forward[1:] - forward[1]), atol=1e-12)
    assert backward[0] - backward[1] == pytest.approx(math.log10(0.64))


def test_gradients_see_fan_out_and_signals_see_fan_in():
    widths = [30, 60, 120, 240]
    forward = theory.log10_variance(3, widths[:-1], 0.01)
    backward = theory.log10_gradient_variance(3, widths[1:], 0.01, fan_in=widths[:-1])
    np.testing.assert_allclose(10**forward, [1, 0.3, 0.3 * 0.6, 0.3 * 0.6 * 1.2])
    np.testing.assert_allclose(10**backward, [0.6 * 1.2 * 2.4, 1.2 * 2.4, 2.4, 1])


def test_gradients_of_tanh_take_the_slope_at_the_forward_profile():
    depth, n, variance = 5, 400, 2.0 / 400
    forward = 10 ** theory.log10_variance(depth, n, variance, "tanh")
    backward = 10 ** theory.log10_gradient_variance(depth, n, variance, "tanh")
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    for layer in range(1, depth):
        slope2 = weights @ np.cosh(math.sqrt(forward[layer]) * nodes) ** -4.0 / weights.sum()
        assert backward[layer] / backward[layer + 1] == pytest.approx(n * variance * slope2, rel=1e-9)
    assert backward[0] / backward[1] == pytest.approx(n * variance)


def test_depth_zero_is_the_input_alone():
    assert theory.log10_variance(0, 5, 1.0, input_variance=100).tolist() == [2]
    assert theory.log10_gradient_variance(0, 5, 1.0, "tanh").tolist() == [0]


def test_stable_variance_is_each_named_initializer():
    assert theory.stable_variance(300, 100) == 1 / 300
    assert theory.stable_variance(300, 100, "fan_out") == 1 / 100
    assert theory.stable_variance(300, 100, "fan_avg") == 2 / 400
    assert theory.stable_variance(300, 100, "fan_in", "relu") == 2 / 300


def test_linear_limit_of_glorot_and_bengio():
    """Glorot & Bengio 2010, 4.2.2: mean singular values .8 (normalized) and .5 (standard); linear: .849 and .490."""
    n = 400
    normalized = np.linalg.svd(initializers.xavier_uniform((n, n), rng=0), compute_uv=False)
    standard = np.linalg.svd(initializers.uniform((n, n), -(n**-0.5), n**-0.5, rng=0), compute_uv=False)
    assert normalized.mean() == pytest.approx(8 / (3 * math.pi), abs=0.003)
    assert round(8 / (3 * math.pi), 3) == 0.849
    assert standard.mean() == pytest.approx(0.490, abs=0.003)


@pytest.mark.parametrize(
    ("draw", "keep", "variance"),
    [
        (initializers.lecun_normal, 1.0, lambda depth: depth),
        (initializers.orthogonal, 1.0, lambda depth: 0),
        (initializers.he_normal, 0.5, lambda depth: 2 * depth),
        (partial(initializers.orthogonal, gain=math.sqrt(2)), 0.5, lambda depth: depth),
    ],
)
def test_jacobian_spectra_of_pennington_et_al(draw, keep, variance):
    """Pennington et al. 2017: the variance of the squared singular values of L layers; ReLU keeps half of the units.

    Wide limit, with corrections of order 1/n: within 8 %.
    """
    n, depth, rng = 600, 3, np.random.default_rng(0)
    jacobian = np.eye(n)
    for _ in range(depth):
        jacobian = (rng.random((n, 1)) < keep) * (draw((n, n), rng=rng, dtype=np.float64) @ jacobian)
    squared = np.linalg.svd(jacobian, compute_uv=False) ** 2
    assert squared.mean() == pytest.approx(1, abs=0.08)
    assert squared.var() / squared.mean() ** 2 == pytest.approx(variance(depth), rel=0.08, abs=1e-9)


def test_constant_01_shrinks_the_gradient_of_a_vgg_as_he_et_al_say():
    """He et al. 2015, section 2.2: std .01 instead of theirs shrinks the gradient from conv10 to conv2 by 1.7e4."""
    stds = {c: math.sqrt(theory.stable_variance(9 * c, activation="relu")) for c in (64, 128, 256, 512)}
    assert [round(s, 3) for s in stds.values()] == [0.059, 0.042, 0.029, 0.021]
    shrink = np.prod([stds[c] / 0.01 for c in (64, 128, 128, 256, 256, 512, 512, 512, 512)])
    assert shrink == pytest.approx(1.7e4, rel=0.02)


# --- where numbers die


@pytest.mark.parametrize(
    ("sigma", "fmt", "overflow"),
    [
        (0.1, "float16", 13),
        (0.1, "float32", 108),
        (1.0, "float16", 4),
        (1.0, "float32", 29),
        (1.0, "float64", 228),
    ],
)
def test_first_overflow(sigma, fmt, overflow):
    assert theory.first_overflow_layer(512, sigma**2, fmt) == overflow
    assert theory.first_underflow_layer(512, sigma**2, fmt) is None


@pytest.mark.parametrize(("fmt", "zero"), [("float16", 13), ("float32", 71), ("float64", 503)])
def test_first_underflow(fmt, zero):
    assert theory.first_underflow_layer(512, 0.01**2, fmt) == zero
    assert theory.first_overflow_layer(512, 0.01**2, fmt) is None


def test_layers_at_which_the_standard_deviation_leaves_the_formats():
    per_layer = math.log10(0.0512) / 2
    crossings = [math.log10(FORMATS[f].smallest_subnormal) / per_layer for f in ("float16", "float32", "float64")]
    assert [round(c, 1) for c in crossings] == [11.2, 69.5, 501.0]
    assert round(math.log10(FORMATS["float32"].max) / (math.log10(512) / 2), 1) == 28.4


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("scale", [0.05, 40.0])
def test_the_first_layer_is_the_first_on_the_profile(name, fmt, scale):
    """Found by formula; looked for here in the profile, with the median of the largest unit from its own law."""
    n = 64
    largest = stats.halfnorm.ppf(0.5 ** (1 / n))
    log10_largest = theory.log10_variance(800, n, scale / n, name) / 2 + math.log10(largest)
    over = np.flatnonzero(log10_largest > math.log10(FORMATS[fmt].max))
    under = np.flatnonzero(log10_largest < math.log10(FORMATS[fmt].smallest_subnormal) - math.log10(2))
    assert theory.first_overflow_layer(n, scale / n, fmt, name) == (over[0] if len(over) else None)
    assert theory.first_underflow_layer(n, scale / n, fmt, name) == (under[0] if len(under) else None)


@pytest.mark.parametrize("name", HOMOGENEOUS)
def test_a_stable_network_never_dies(name):
    for n in (1, 7, 512, 65_536):
        variance = theory.stable_variance(n, activation=name)
        assert theory.first_overflow_layer(n, variance, "float16", name) is None
        assert theory.first_underflow_layer(n, variance, "float16", name) is None


# --- fluctuations


@pytest.mark.parametrize("name", ["linear", "relu"])
@pytest.mark.parametrize("width", [1, 2, 5, 40, 512])
@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_band_holds_its_share_of_an_exact_ensemble(name, width, direction):
    """Counts outside each edge, at all 13 layers, within 5 standard deviations: false alarms below 1 in 10,000."""
    networks, depth, coverage = 40_000, 12, 0.8
    variance = theory.stable_variance(width, activation=name)
    runs = simulate_ensemble(networks, depth, width, variance, name, rng=11)[direction == "backward"]
    mean = theory.log10_variance if direction == "forward" else theory.log10_gradient_variance
    factors = 10 ** (runs - mean(depth, width, variance, name))
    lower, upper = theory.fluctuation_band(depth, width, name, coverage, direction=direction)
    tail = (1 - coverage) / 2
    slack = 5 * math.sqrt(tail * (1 - tail) / networks) + 1e-3
    below, above = (factors < lower).mean(axis=0), (factors > upper).mean(axis=0)
    dead = (factors == 0).mean(axis=0)
    np.testing.assert_allclose(above[dead < 1 - tail], tail, atol=slack)
    np.testing.assert_allclose(below[lower > 0], tail, atol=slack)
    assert (dead[lower == 0] > tail - slack).all()


@pytest.mark.parametrize("n", [1, 2, 7, 15, 300])
@pytest.mark.parametrize("left", [0.0, 0.01])
def test_a_rectified_layer_is_a_mixture_of_chi_squares(n, left):
    """By SciPy: over the number k of positive units, all of them summed (`_LogNorm` strides in wide layers)."""
    k = np.arange(left == 0, n + 1)
    weight = stats.binom.pmf(k, n, 0.5) / stats.binom.pmf(k, n, 0.5).sum()
    freedom = np.where(k > 0, k, n)
    scale = (k + (n - k) * left**2) / freedom / (n * (1 + left**2) / 2)
    means = special.digamma(freedom / 2) + math.log(2) + np.log(scale)
    law = fluctuations._LogNorm(n, left, 1.0)
    assert law.mean == pytest.approx(weight @ means, rel=1e-8)
    assert law.variance == pytest.approx(
        weight @ (special.polygamma(1, freedom / 2) + (means - weight @ means) ** 2), rel=1e-8
    )
    assert law.dead == (0.5**n if left == 0 else 0)


def test_polygamma_to_the_last_digits_that_the_series_has():
    x = np.array([0.5, 1.0, 1.5, 4.0, 30.0])
    np.testing.assert_allclose(fluctuations._digamma(x), special.digamma(x), rtol=1e-10)
    np.testing.assert_allclose(fluctuations._trigamma(x), special.polygamma(1, x), rtol=1e-10)


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize(("name", "width", "depth"), [("linear", 3, 0), ("relu", 30, 1), ("relu", 200, 3)])
def test_band_by_sampling_the_factors(name, width, depth, direction):
    """The top of either direction once more, by a million products of chi-squares; edges within 5 standard errors."""
    rng = np.random.default_rng(5)
    whole = 1 + (depth > 0)
    factors = np.prod(rng.chisquare(width, (whole, 10**6)) / width, axis=0)
    for _ in range(depth - 1):
        factors *= rng.chisquare(np.maximum(rng.binomial(width, 0.5, 10**6), 1e-9)) / (width / 2)
    layer = -1 if direction == "forward" else 0
    for edge, share in zip(
        theory.fluctuation_band(depth, width, name, 0.9, direction=direction), (0.05, 0.95), strict=True
    ):
        assert np.mean(factors < edge[layer]) == pytest.approx(share, abs=5 * math.sqrt(0.05 * 0.95) / 1e3 + 1e-4)


def test_the_lower_edge_is_0_where_more_networks_are_dead_than_the_band_leaves_out():
    """Two units are both dead with probability 1/4. Backward: in two layers 1 in 4, at the top none."""
    for direction, layer in (("forward", 2), ("backward", 0), ("backward", 1)):
        lower = [theory.fluctuation_band(2, 2, "relu", share, direction=direction)[0] for share in (0.4, 0.6)]
        assert lower[1][layer] == 0 < lower[0][layer]
    assert theory.fluctuation_band(2, 2, "relu", 0.9, direction="backward")[0][2] > 0
    assert theory.fluctuation_band(1, 2, "relu", 0.9, direction="backward")[0][0] > 0
    assert theory.fluctuation_band(2, 2, "relu", 0.9)[0][1] > 0


@pytest.mark.parametrize(
    ("width", "coverage", "rel"),
    [(1, 0.9, 1e-2), (1, 0.999, 4e-2), (3, 0.999, 1e-2), (9, 0.5, 1e-3), (900, 0.999, 1e-3)],
)
def test_band_of_one_linear_layer_is_chi_square(width, coverage, rel):
    edges = [edge[0] for edge in theory.fluctuation_band(0, width, "linear", coverage)]
    assert edges == pytest.approx(stats.chi2.ppf([(1 - coverage) / 2, (1 + coverage) / 2], width) / width, rel=rel)


def test_band_of_wide_relu_networks_is_log_normal():
    """Hanin & Nica 2018: ln of the squared norm is about N(-b/2, b), b = 5 L / n; Pearson's tables need no more."""
    n, depth = 2000, 40
    lower, upper = theory.fluctuation_band(depth, n, "relu", 0.9)
    b = (5 * (depth - 1) + 2 + 2) / n  # two of the factors are chi-squares of all units
    expected = [-b / 2 + stats.norm.ppf(p) * math.sqrt(b) for p in (0.05, 0.95)]
    np.testing.assert_allclose(np.log([lower[-1], upper[-1]]), expected, atol=2e-3)


def test_leaky_relu_is_close_to_relu_and_never_dead():
    relu, leaky = (theory.fluctuation_band(30, 100, name) for name in ("relu", "leaky_relu"))
    np.testing.assert_allclose(leaky, relu, rtol=2e-3)
    assert (theory.fluctuation_band(30, 1, "leaky_relu")[0] > 0).all()


@given(st.integers(0, 60), st.integers(1, 3000), st.sampled_from(HOMOGENEOUS), st.floats(0.01, 0.99))
def test_band_is_ordered_and_widens(depth, width, name, coverage):
    lower, upper = theory.fluctuation_band(depth, width, name, coverage)
    assert lower.shape == upper.shape == (depth + 1,)
    assert (lower <= upper).all()
    assert np.isfinite(upper).all()
    narrow = theory.fluctuation_band(depth, width, name, coverage / 2)
    assert (narrow[0] >= lower - 1e-12).all()
    assert (narrow[1] <= upper + 1e-12).all()


def test_bands_are_nobodys_to_spoil():
    lower, _ = theory.fluctuation_band(3, 8, "relu")
    lower[:] = 7
    assert theory.fluctuation_band(3, 8, "relu")[0][0] != 7


@pytest.mark.parametrize("name", SMOOTH)
def test_no_band_without_homogeneity(name):
    with pytest.raises(ValueError, match=f"activation must be .*'{name}'"):
        theory.fluctuation_band(5, 5, name)


# --- mean field

# q* and chi_1 by adaptive quadrature and root finding. Gauss-Hermite rules of up to 100 nodes are still wrong in the
# third digit at sigma_w = 4 (tanh bends too sharply for them): 12.6265 and 2.2530 at 100 nodes.
POOLE = [(1.3, 0.6070, 0.9398), (2.5, 4.0791, 1.5852), (4.0, 12.6041, 2.3673)]


def _tanh_integral(function):
    return (
        2
        * integrate.quad(
            lambda t: function(t) * math.exp(-t * t / 2) / math.sqrt(2 * math.pi), 0, 12, epsabs=1e-13, limit=300
        )[0]
    )


@pytest.mark.parametrize(("sigma_w", "q", "chi"), POOLE)
def test_fixed_points_of_poole_et_al(sigma_w, q, chi):
    found = theory.q_fixed_point(sigma_w, 0.3, "tanh")
    assert found == pytest.approx(q, abs=1e-4)
    root = math.sqrt(found)
    again = sigma_w**2 * _tanh_integral(lambda t: math.tanh(root * t) ** 2) + 0.09
    assert found == pytest.approx(again, rel=1e-9)
    assert theory.chi_1(sigma_w, 0.3, "tanh") == pytest.approx(chi, abs=1e-4)
    assert theory.chi_1(sigma_w, 0.3, "tanh") == pytest.approx(
        sigma_w**2 * _tanh_integral(lambda t: math.cosh(root * t) ** -4), rel=1e-9
    )


@pytest.mark.parametrize(("name", "moment"), [("tanh", 1.0), ("sigmoid", 0.5)])
def test_the_fixed_point_of_saturated_units(name, moment):
    assert theory.q_fixed_point(1e40, 3e39, name) == pytest.approx(1e80 * moment + 9e78, rel=1e-9)


@pytest.mark.parametrize(("sigma_w", "c"), [(1.3, 1.0), (2.5, 0.1221), (4.0, 0.0297)])
def test_correlation_fixed_points_of_poole_et_al(sigma_w, c):
    found = 0.5
    for _ in range(400):
        found = min(theory.correlation_map(found, sigma_w, 0.3, "tanh"), 1.0)
    assert found == pytest.approx(c, abs=6e-5)


def test_critical_line_of_schoenholz_et_al():
    squares = [theory.critical_sigma_w(math.sqrt(b2), "tanh") ** 2 for b2 in (0.01, 0.05, 0.1, 0.2, 0.5)]
    assert [round(s, 4) for s in squares] == [1.4242, 1.7610, 1.9861, 2.2852, 2.8432]
    assert theory.critical_sigma_w(0, "tanh") == 1


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
@pytest.mark.parametrize("sigma_b", [0.05, 0.3, 1.0])
def test_chi_is_one_on_the_critical_line_and_only_there(name, sigma_b):
    sigma_w = theory.critical_sigma_w(sigma_b, name)
    assert theory.chi_1(sigma_w, sigma_b, name) == pytest.approx(1, abs=1e-9)
    assert theory.chi_1(0.95 * sigma_w, sigma_b, name) < 1 < theory.chi_1(1.05 * sigma_w, sigma_b, name)


@pytest.mark.parametrize("name", HOMOGENEOUS)
def test_critical_point_of_a_homogeneous_activation_is_its_gain(name):
    assert theory.critical_sigma_w(0.7, name) == ACTIVATIONS[name].gain
    assert theory.q_fixed_point(ACTIVATIONS[name].gain, 0, name) == 1
    assert theory.q_fixed_point(ACTIVATIONS[name].gain, 0.1, name) == math.inf
    assert theory.q_fixed_point(1.01 * ACTIVATIONS[name].gain, 0, name) == math.inf
    assert theory.q_fixed_point(math.sqrt(0.75) * ACTIVATIONS[name].gain, 0.5, name) == pytest.approx(
        1
    )  # q = 3q/4 + 1/4


def test_an_activation_without_critical_point_says_so():
    with pytest.raises(ValueError, match="sigma_b must allow a critical point of 'gelu'"):
        theory.critical_sigma_w(0, "gelu")


@pytest.mark.parametrize("sigma_b", [1e-10, 1e-80, 1e-90, 1e-140])
def test_tiny_biases_have_a_fixed_point(sigma_b):
    """A quarter of a tiny mean square passes GELU: q* is 4/3 of the biases' variance."""
    assert theory.q_fixed_point(1.0, sigma_b, "gelu") == pytest.approx(4 / 3 * sigma_b**2, rel=1e-9, abs=0)
    assert theory.correlation_map(1, 1.0, sigma_b, "gelu") == pytest.approx(1, rel=1e-9)


@given(st.floats(0.01, 8), st.floats(0, 3), st.sampled_from(sorted(ACTIVATIONS)))
def test_fixed_points_are_fixed(sigma_w, sigma_b, name):
    q = theory.q_fixed_point(sigma_w, sigma_b, name)
    assert q >= 0
    if 1e-300 < q < 1e30:  # below, float64 has few digits
        assert theory.q_map(q, sigma_w, sigma_b, name) == pytest.approx(q, rel=1e-6, abs=0)
        assert theory.correlation_map(1, sigma_w, sigma_b, name) == pytest.approx(1, rel=1e-6)
    assert theory.chi_1(sigma_w, sigma_b, name) >= 0


@given(st.floats(-1, 1))
def test_correlation_map_of_relu_is_the_arc_cosine_kernel(c):
    """Cho & Saul 2009, eq. 6; He-initialized, without biases."""
    exact = (math.sqrt(1 - c * c) + c * (math.pi - math.acos(c))) / math.pi
    assert theory.correlation_map(c, math.sqrt(2), 0, "relu") == pytest.approx(exact, abs=1e-12)


@given(st.floats(-1, 1))
def test_correlation_map_of_leaky_relu_is_that_of_relu_and_a_straight_line(c):
    """With phi(z) = a z + (1 - a) relu(z), and E[z1 relu(z2)] = c/2."""
    a = 0.01
    relu = (math.sqrt(1 - c * c) + c * (math.pi - math.acos(c))) / (2 * math.pi)
    exact = (a * c + (1 - a) ** 2 * relu) / ACTIVATIONS["leaky_relu"].second_moment
    gain = ACTIVATIONS["leaky_relu"].gain
    assert theory.correlation_map(c, gain, 0, "leaky_relu") == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("name", SMOOTH)
def test_correlation_map_by_sampling(name):
    """A million pairs: within 5 standard errors."""
    sigma_w, sigma_b, c = 1.1, 0.4, 0.6
    q = theory.q_fixed_point(sigma_w, sigma_b, name)
    rng = np.random.default_rng(3)
    first, fresh = rng.standard_normal((2, 10**6))
    phi, root = ACTIVATIONS[name], math.sqrt(q)
    product = phi.value(root * first) * phi.value(root * (c * first + math.sqrt(1 - c * c) * fresh))
    expected = (sigma_w**2 * product.mean() + sigma_b**2) / q
    error = sigma_w**2 * product.std() / 1e3 / q
    assert theory.correlation_map(c, sigma_w, sigma_b, name) == pytest.approx(expected, abs=5 * error)


# --- laws of weights


@pytest.mark.parametrize(
    ("make", "exact"),
    [
        (partial(weights.normal, 0.3), stats.norm(scale=0.3)),
        (partial(weights.truncated_normal, 0.3), stats.truncnorm(-2, 2, scale=0.3)),
        (partial(weights.uniform, 0.12), stats.uniform(-0.6, 1.2)),
        (partial(weights.coordinate, 5), stats.beta(2, 2, loc=-1, scale=2)),
    ],
)
def test_laws_are_those_of_scipy(make, exact):
    law = make()
    x = np.array([-1.5, -0.7, -0.5, -0.1, 0.0, 0.2, 0.59, 0.61, 1.5])
    np.testing.assert_allclose(law.below(x), exact.cdf(x), atol=1e-14)
    assert law.variance == pytest.approx(exact.var(), rel=1e-12)


def test_laws_of_values_and_of_zeros_among_others():
    dice = weights.points({-1.0: 0.25, 0.5: 0.5, 2.0: 0.25})
    assert dice.variance == 1.125
    np.testing.assert_array_equal(dice.below(np.array([-1.1, -1.0, 0.6, 2.0])), [0, 0.25, 0.75, 1])
    with pytest.raises(ValueError, match="shares must have the sum 1"):
        weights.points({0.0: 0.5, 1.0: 0.4})
    thin = weights.diluted(weights.normal(2.0), 0.75)
    assert thin.variance == 1
    x = np.array([-1.0, -1e-9, 0.0, 1.0])
    np.testing.assert_allclose(thin.below(x), 0.25 * stats.norm.cdf(x / 2) + [0, 0, 0.75, 0.75], rtol=1e-14)


# --- bad input

BAD = [
    ("c", lambda: theory.correlation_map(-1.5, 2, 0, "tanh")),
    ("std", lambda: weights.normal(0)),
    ("std", lambda: weights.truncated_normal(0)),
    ("variance", lambda: weights.uniform(0)),
    ("zeros", lambda: weights.diluted(weights.normal(1.0), 1.5)),
    ("depth", lambda: theory.log10_variance(-1, 4, 1.0)),
    ("depth", lambda: theory.log10_variance(2.0, 4, 1.0)),
    ("depth", lambda: theory.log10_variance(True, 4, 1.0)),
    ("fan_in", lambda: theory.log10_variance(2, 0, 1.0)),
    ("fan_in", lambda: theory.log10_variance(2, [4, 4, 4], 1.0)),
    ("fan_in", lambda: theory.log10_variance(2, [4, 4.5], 1.0)),
    ("variance", lambda: theory.log10_variance(2, 4, 0.0)),
    ("variance", lambda: theory.log10_variance(2, 4, float("nan"))),
    ("variance", lambda: theory.log10_variance(2, 4, np.ones(3))),
    ("variance", lambda: theory.log10_variance(2, 4, np.ones((2, 1)))),
    (r"variance\[1\]", lambda: theory.log10_variance(2, 4, [1.0, 0.0])),
    (r"variance\[0\]", lambda: theory.log10_gradient_variance(2, 4, ["1", 1.0])),
    ("variance", lambda: theory.log10_variance(2, 4, "1")),
    ("activation", lambda: theory.log10_variance(2, 4, 1.0, "swish")),
    ("input_variance", lambda: theory.log10_variance(2, 4, 1.0, input_variance=-1)),
    ("fan_out", lambda: theory.log10_gradient_variance(2, -4, 1.0)),
    ("fan_in", lambda: theory.log10_gradient_variance(2, 4, 1.0, fan_in=[1])),
    ("mode", lambda: theory.stable_variance(4, mode="fan")),
    ("fan_out", lambda: theory.stable_variance(4, 0)),
    ("format", lambda: theory.first_overflow_layer(4, 1.0, "half")),
    ("fan_in", lambda: theory.first_underflow_layer(0, 1.0)),
    ("variance", lambda: theory.first_underflow_layer(4, -1.0)),
    ("width", lambda: theory.fluctuation_band(4, 0, "relu")),
    ("coverage", lambda: theory.fluctuation_band(4, 4, "relu", 0.9999)),
    ("coverage", lambda: theory.fluctuation_band(4, 4, "relu", 0)),
    ("direction", lambda: theory.fluctuation_band(4, 4, "relu", direction="up")),
    ("q", lambda: theory.q_map(-1, 1, 0, "tanh")),
    ("sigma_w", lambda: theory.q_fixed_point(0, 0, "tanh")),
    ("sigma_b", lambda: theory.chi_1(1, -1, "tanh")),
    ("c", lambda: theory.correlation_map(1.5, 2, 0, "tanh")),
    ("sigma_w", lambda: theory.correlation_map(0.5, 0.5, 0, "tanh")),
    ("sigma_b", lambda: theory.critical_sigma_w(-0.1, "tanh")),
]


@pytest.mark.parametrize(("argument", "call"), BAD)
def test_bad_input_is_named(argument, call):
    with pytest.raises((ValueError, TypeError), match=rf"^{argument}(?!\w).*must .*got"):
        call()


@pytest.mark.parametrize(
    ("name", "n", "log10_sigma2"), [("selu", 512, -3), ("tanh", 64, -1.8), ("tanh", 512, -2.7), ("tanh", 4096, -3.6)]
)
def test_a_signal_that_settles_inside_a_format_never_leaves_it(name, n, log10_sigma2):
    """However slowly it settles: the last steps towards a value are no straight line."""
    sigma2 = 10**log10_sigma2
    settled = theory.log10_variance(5000, n, sigma2, name)[-1]
    assert settled == pytest.approx(theory.log10_variance(10_000, n, sigma2, name)[-1], abs=1e-3)
    for fmt in FORMATS:
        if 2 * math.log10(FORMATS[fmt].smallest_subnormal) < settled < 0:
            assert theory.first_underflow_layer(n, sigma2, fmt, name) is None
            assert theory.first_overflow_layer(n, sigma2, fmt, name) is None


def test_the_plane_of_tanh_says_where_it_ends():
    with pytest.raises(ValueError, match=r"^sigma_w and sigma_b must lead to q\* of at most 25, got 30 and 0.1$"):
        theory.tanh_phase(30, 0.1)
    with pytest.raises(ValueError, match=r"^sigma_w and sigma_b must .*got 1 and 100$"):
        theory.tanh_phase(1, 100)


@pytest.mark.parametrize("sigma_w", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("sigma_b", [1e-5, 1e-8, 1e-30])
def test_tiny_biases_keep_a_tiny_signal(sigma_w, sigma_b):
    q = sigma_b**2 / (1 - sigma_w**2)  # tanh is linear there
    assert theory.q_fixed_point(sigma_w, sigma_b, "tanh") == pytest.approx(q, rel=1e-5, abs=0)
    phase = theory.tanh_phase(sigma_w, sigma_b)
    assert phase.q == pytest.approx(q, rel=1e-5, abs=0)
    assert phase.correlation == 1


def test_laws_take_any_array_and_say_where_they_end():
    for law in (weights.normal(2.0), weights.truncated_normal(2.0), weights.uniform(4.0), weights.coordinate(9)):
        assert law.below(np.array(0.0)) == pytest.approx(0.5)
        assert law.below(np.zeros((2, 3))).shape == (2, 3)
    with pytest.raises(ValueError, match=r"^dimension must be at most 1000, got 1001$"):
        weights.coordinate(1001)
    np.testing.assert_allclose(weights.coordinate(1000).below(np.array([-1.0, 1.0])), [0, 1], atol=1e-12)
