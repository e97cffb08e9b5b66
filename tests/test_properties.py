"""What holds for all arguments, tried on random ones: scale, seeds, symmetry, order, and the far ends of the numbers.

Each module's own tests hold it to definitions and published values; these hold it to identities, exact where there are
any. Powers of two scale a floating-point number exactly, so with them equal means equal to the last bit.
"""

import inspect
import math
import sys

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from helpers import initializers as init
from helpers import theory
from helpers.activations import ACTIVATIONS, gaussian_mean
from helpers.precision import FORMATS
from helpers.simulation import simulate, simulate_ensemble, simulate_through

DTYPES = [np.float16, np.float32, np.float64]
HOMOGENEOUS = [name for name, phi in ACTIVATIONS.items() if phi.homogeneous]
THROUGH_ZERO = [name for name, phi in ACTIVATIONS.items() if phi.value(0.0) == 0]
RANDOM = {record.name: record.function for record in init.CATALOG if record.category != "constant"}
EXTRA = {"sparse": {"sparsity": 0.25}}

seeds = st.integers(0, 2**63)
dtypes = st.sampled_from(DTYPES)
names = st.sampled_from(sorted(ACTIVATIONS))
homogeneous = st.sampled_from(HOMOGENEOUS)
matrix_shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))
widths = st.integers(1, 2000)
depths = st.integers(0, 60)
exponents = st.floats(-250, 250)


def drawn(name, shape=(6, 4), **options):
    return RANDOM[name](shape, **EXTRA.get(name, {}), **options)


# --- initializers: seeds


@given(st.sampled_from(sorted(RANDOM)), matrix_shapes, seeds, dtypes)
def test_a_seed_is_a_generator_of_that_seed_and_leaves_numpy_s_own_alone(name, shape, seed, dtype):
    np.random.seed(1)  # noqa: NPY002 (the global state is what is looked at)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = drawn(name, shape, rng=seed, dtype=dtype)
    np.testing.assert_array_equal(drawn(name, shape, rng=seed, dtype=dtype), first)
    np.testing.assert_array_equal(drawn(name, shape, rng=np.random.default_rng(seed), dtype=dtype), first)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@given(st.sampled_from(sorted(RANDOM)), seeds)
def test_two_draws_from_one_generator_are_those_of_a_fresh_one_in_a_row(name, seed):
    one, other = np.random.default_rng(seed), np.random.default_rng(seed)
    first, second = drawn(name, rng=one), drawn(name, rng=one)
    assert (first != second).any()
    np.testing.assert_array_equal([drawn(name, rng=other), drawn(name, rng=other)], [first, second])
    assert one.bit_generator.state == other.bit_generator.state


@given(st.sampled_from(["normal", "uniform", "truncated_normal"]), matrix_shapes, seeds, dtypes)
def test_independent_weights_fill_the_shape_row_by_row(name, shape, seed, dtype):
    flat = drawn(name, (math.prod(shape),), rng=seed, dtype=dtype)
    np.testing.assert_array_equal(drawn(name, shape, rng=seed, dtype=dtype), flat.reshape(shape))


@given(st.sampled_from(sorted(RANDOM)), matrix_shapes, seeds)
@example("lecun_uniform", (3, 9), 100_000)  # one of these float16s would be the bound
def test_narrower_numbers_are_the_wider_ones_rounded_where_the_docstring_says_so(name, shape, seed):
    half, single, double = (drawn(name, shape, rng=seed, dtype=dtype) for dtype in DTYPES)
    source = double if name in ("truncated_normal", "orthogonal") else single
    rounded = source.astype(np.float16)
    if "uniform" in name:  # what would round to the upper bound is the number before it
        rounded = np.where(rounded == np.nextafter(half.max(), np.float16(np.inf)), half.max(), rounded)
    np.testing.assert_array_equal(half, rounded)


# --- initializers: scale


@pytest.mark.parametrize(
    ("name", "parameter", "power"),
    [
        *((name, "std", 1) for name in ("normal", "truncated_normal", "sparse")),
        *((name, "gain", 1) for name in ("xavier_normal", "xavier_uniform", "orthogonal")),
        ("variance_scaling", "scale", 2),
    ],
)
@given(shape=matrix_shapes, exponent=st.integers(-3, 3), seed=seeds, dtype=dtypes)
def test_a_scale_that_is_a_power_of_two_scales_the_draw_to_the_last_bit(
    name, parameter, power, shape, exponent, seed, dtype
):
    one = drawn(name, shape, rng=seed, dtype=dtype, **{parameter: 1.0})
    assume((np.abs(one[one != 0]) > 2**6 * np.finfo(dtype).smallest_normal).all())
    other = drawn(name, shape, rng=seed, dtype=dtype, **{parameter: 2.0 ** (power * exponent)})
    np.testing.assert_array_equal(other, np.ldexp(one, exponent))


@given(matrix_shapes, st.floats(-8, 8), st.floats(0, 4), seeds)
def test_normal_is_a_standard_draw_times_std_plus_mean(shape, mean, std, seed):
    unit = init.normal(shape, rng=seed, dtype=np.float64)
    np.testing.assert_array_equal(init.normal(shape, mean, std, rng=seed, dtype=np.float64), unit * std + mean)


@given(matrix_shapes, st.floats(-8, 8), st.floats(0, 8), seeds)
def test_uniform_is_a_unit_draw_times_the_range_plus_low(shape, low, span, seed):
    high = low + span
    unit = init.uniform(shape, rng=seed, dtype=np.float64)
    weights = init.uniform(shape, low, high, rng=seed, dtype=np.float64)
    np.testing.assert_allclose(weights, unit * (high - low) + low, rtol=0, atol=1e-14)
    assert ((low <= weights) & ((weights < high) | (low == high))).all()


@given(st.floats(-6, 6), st.floats(0.01, 6), seeds)
def test_a_normal_cut_the_other_way_round_has_the_opposite_weights(lower, span, seed):
    upper = lower + span
    assume(lower > 0 or upper <= 0)  # from there on both go through the same proposals
    cut = init.truncated_normal((20,), lower=lower, upper=upper, rng=seed, dtype=np.float64)
    mirrored = init.truncated_normal((20,), lower=-upper, upper=-lower, rng=seed, dtype=np.float64)
    np.testing.assert_array_equal(mirrored, -cut)


@given(st.integers(1, 40), st.integers(1, 40), st.lists(st.integers(1, 4), max_size=3))
def test_fans_of_the_transposed_shape_are_the_fans_swapped(rows, columns, kernel):
    fan_in, fan_out = init.fans((rows, columns, *kernel))
    assert init.fans((columns, rows, *kernel)) == (fan_out, fan_in)
    assert fan_in * rows == fan_out * columns == rows * columns * math.prod(kernel)


NAMED = [
    (init.lecun_normal, {}, (1.0, "fan_in", "normal")),
    (init.lecun_uniform, {}, (1.0, "fan_in", "uniform")),
    (init.xavier_normal, {}, (1.0, "fan_avg", "normal")),
    (init.xavier_uniform, {"gain": 2.0}, (4.0, "fan_avg", "uniform")),
    (init.he_normal, {"mode": "fan_out"}, (2.0, "fan_out", "normal")),
    (init.he_uniform, {"negative_slope": 1.0}, (1.0, "fan_in", "uniform")),
]


@pytest.mark.parametrize(("function", "options", "general"), NAMED)
@given(shape=matrix_shapes, seed=seeds, dtype=dtypes)
def test_a_named_initializer_is_its_case_of_variance_scaling(function, options, general, shape, seed, dtype):
    named = function(shape, **options, rng=seed, dtype=dtype)
    np.testing.assert_allclose(
        named, init.variance_scaling(shape, *general, rng=seed, dtype=dtype), rtol=2 * float(np.finfo(dtype).eps)
    )


@given(st.integers(1, 9), st.floats(-2, 2), seeds)
def test_orthogonal_matrices_keep_lengths_and_angles(size, log2_gain, seed):
    gain = 2.0**log2_gain
    W = init.orthogonal((size, size), gain, rng=seed, dtype=np.float64)
    vectors = np.random.default_rng(seed).standard_normal((size, 2))
    np.testing.assert_allclose((W @ vectors).T @ (W @ vectors), gain**2 * vectors.T @ vectors, rtol=1e-12, atol=1e-12)
    assert abs(np.linalg.det(W)) == pytest.approx(gain**size, rel=1e-12)


# --- initializers: far ends


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["normal", "truncated_normal", "sparse", "xavier_normal", "orthogonal"])
def test_the_largest_and_the_smallest_scales_that_a_dtype_holds_are_accepted(name, dtype):
    """The smallest subnormal number, and the largest whose draws (up to ten standard deviations) stay finite."""
    parameter = "std" if "std" in inspect.signature(RANDOM[name]).parameters else "gain"
    for scale in (float(np.finfo(dtype).smallest_subnormal) * 4, float(np.finfo(dtype).max) / 11):
        weights = drawn(name, (3, 3), rng=0, dtype=dtype, **{parameter: scale})
        assert np.isfinite(weights).all()
        assert weights.any()


@pytest.mark.parametrize("value", [1e-300, -1e300, 5e-324, sys.float_info.max])
def test_float64_holds_every_finite_constant(value):
    assert init.constant((2,), value, dtype=np.float64).tolist() == [value, value]


@pytest.mark.parametrize("name", sorted(RANDOM))
@pytest.mark.parametrize("dtype", DTYPES)
def test_width_one_is_a_width(name, dtype):
    weights = drawn(name, (1, 1), rng=0, dtype=dtype)
    assert weights.shape == (1, 1)
    assert np.isfinite(weights).all()


# --- theory: profiles


@given(depths, widths, exponents, st.floats(-3, 3), homogeneous)
def test_a_factor_on_the_variance_counts_once_per_layer(depth, width, log10_sigma2, log10_factor, name):
    """log10 variance moves by L log10 c forward, log10 gradient variance by as much backward."""
    sigma2, scaled = 10**log10_sigma2, 10 ** (log10_sigma2 + log10_factor)
    steps = np.arange(depth + 1) * (math.log10(scaled) - math.log10(sigma2))
    forward = [theory.log10_variance(depth, width, variance, name) for variance in (sigma2, scaled)]
    np.testing.assert_allclose(forward[1] - forward[0], steps, rtol=1e-9, atol=1e-8)
    backward = [theory.log10_gradient_variance(depth, width, variance, name) for variance in (sigma2, scaled)]
    np.testing.assert_allclose(backward[1] - backward[0], steps[::-1], rtol=1e-9, atol=1e-8)


@given(depths, widths, exponents)
def test_forward_and_backward_are_mirror_images_in_a_square_linear_network(depth, width, log10_sigma2):
    forward = theory.log10_variance(depth, width, 10**log10_sigma2)
    backward = theory.log10_gradient_variance(depth, width, 10**log10_sigma2)
    np.testing.assert_allclose(backward, forward[::-1], rtol=1e-12, atol=1e-9)


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(1e-6, 1e3)), max_size=8), names)
def test_equal_layers_may_be_given_one_by_one(layers, name):
    fans, variances = [n for n, _ in layers], [v for _, v in layers]
    depth = len(layers)
    listed = theory.log10_variance(depth, fans, variances, name)
    np.testing.assert_array_equal(theory.log10_variance(depth, np.array(fans, int), tuple(variances), name), listed)
    assert len(listed) == depth + 1
    for number in range(depth):  # a layer sees nothing of those above
        np.testing.assert_allclose(
            theory.log10_variance(number, fans[:number], variances[:number], name), listed[: number + 1], rtol=1e-13
        )


@given(st.integers(1, 30), widths, st.floats(-6, 3), st.floats(1e-3, 2), names)
def test_more_variance_is_more_variance(depth, width, log10_scale, more, name):
    """In every layer and for every activation, since |phi| grows away from 0 or the moments grow with q."""
    assume(name not in ("gelu", "silu"))  # these dip below 0, and their moments need not grow
    profiles = [
        theory.log10_variance(depth, width, 10**log10 / width, name) for log10 in (log10_scale, log10_scale + more)
    ]
    assert (profiles[1][1:] > profiles[0][1:]).all()


@given(st.integers(3, 50), widths, st.floats(0.05, 0.999), homogeneous)
def test_below_the_stable_variance_signals_shrink_and_above_they_grow(depth, width, share, name):
    stable = theory.stable_variance(width, activation=name)
    for variance, sign in ((share * stable, -1), (stable / share, 1)):
        assert (sign * np.diff(theory.log10_variance(depth, width, variance, name))[1:] > 0).all()
        assert (sign * np.diff(theory.log10_gradient_variance(depth, width, variance, name))[1:] < 0).all()
    np.testing.assert_allclose(np.diff(theory.log10_variance(depth, width, stable, name))[1:], 0, atol=1e-12)


@given(st.integers(2, 20), widths, st.floats(-290, 290), names)
def test_hundreds_of_orders_of_magnitude_stay_finite(depth, width, log10_sigma2, name):
    for profile in (theory.log10_variance, theory.log10_gradient_variance):
        assert np.isfinite(profile(depth, width, 10**log10_sigma2, name)).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("variance", [1e-300, 1.0, 1e300])
@pytest.mark.parametrize("depth", [0, 1, 300])
def test_any_depth_of_width_one_has_a_profile(name, variance, depth):
    forward = theory.log10_variance(depth, 1, variance, name)
    backward = theory.log10_gradient_variance(depth, 1, variance, name)
    assert forward.shape == backward.shape == (depth + 1,)
    assert np.isfinite(forward).all()
    assert np.isfinite(backward).all()
    assert (forward[0], backward[-1]) == (0, 0)


@given(st.integers(1, 10**6), st.integers(1, 10**6), names)
def test_stable_variances_of_the_two_ways_swap_with_the_fans(fan_in, fan_out, name):
    assert theory.stable_variance(fan_in, fan_out, "fan_in", name) == theory.stable_variance(
        fan_out, fan_in, "fan_out", name
    )
    low, mid, high = sorted(
        theory.stable_variance(fan_in, fan_out, mode, name) for mode in ("fan_in", "fan_avg", "fan_out")
    )
    assert mid == theory.stable_variance(fan_in, fan_out, "fan_avg", name)
    assert 1 / mid == pytest.approx((1 / low + 1 / high) / 2, rel=1e-12)


@pytest.mark.parametrize("name", [name for name, phi in ACTIVATIONS.items() if phi.bounded])
@given(log10_scale=st.floats(6.1, 140))
def test_the_slope_of_a_saturated_activation_falls_like_one_over_the_deviation(name, log10_scale):
    """E[phi'(z)²] is then the integral of phi'², 4/3 for tanh and 1/6 for sigmoid, over sqrt(2 pi) deviations."""
    exact = {"tanh": 4 / 3, "sigmoid": 1 / 6}[name] / math.sqrt(2 * math.pi)
    slopes = np.diff(theory.log10_gradient_variance(2, 1, 10 ** (2 * log10_scale), name))  # v_2 over v_1, and v_1
    assert -slopes[1] == pytest.approx(math.log10(exact) - log10_scale + 2 * log10_scale, rel=1e-9)
    sigma_w = 10 ** (log10_scale / 2)
    q = theory.q_fixed_point(sigma_w, 0, name)
    assert theory.chi_1(sigma_w, 0, name) == pytest.approx(sigma_w**2 * exact / math.sqrt(q), rel=1e-5)


# --- theory: where numbers end


@given(st.integers(1, 5000), st.floats(-8, 3), st.sampled_from(sorted(FORMATS)), names)
def test_a_wider_scale_overflows_no_later_and_underflows_no_earlier(width, log10_sigma2, fmt, name):
    assume(name not in ("gelu", "silu"))
    for first, sign in ((theory.first_overflow_layer, -1), (theory.first_underflow_layer, 1)):
        small, large = (first(width, 10**power, fmt, name) for power in (log10_sigma2, log10_sigma2 + 0.5))
        assert sign * (large or math.inf) >= sign * (small or math.inf)


@given(st.integers(1, 5000), st.floats(-8, 3), names)
def test_no_format_overflows_before_one_of_a_smaller_range(width, log10_sigma2, name):
    order = ["float8_e4m3", "float8_e5m2", "float16", "bfloat16", "float32", "float64"]
    layers = [theory.first_overflow_layer(width, 10**log10_sigma2, fmt, name) or math.inf for fmt in order]
    assert layers == sorted(layers)


# --- theory: mean field and spectra


@given(st.floats(1e-3, 1e3), st.floats(0.1, 4), st.floats(0, 2), homogeneous)
def test_the_length_map_of_a_homogeneous_activation_is_a_straight_line(q, sigma_w, sigma_b, name):
    expected = sigma_w**2 * ACTIVATIONS[name].second_moment * q + sigma_b**2
    assert theory.q_map(q, sigma_w, sigma_b, name) == pytest.approx(expected, rel=1e-14)
    assert theory.chi_1(sigma_w, sigma_b, name) == sigma_w**2 * ACTIVATIONS[name].second_moment


@given(
    st.floats(-3, 3), st.floats(0.1, 4), st.floats(0, 2), st.sampled_from(["relu", "tanh", "sigmoid", "selu", "linear"])
)
def test_the_length_map_grows_with_everything(log10_q, sigma_w, sigma_b, name):
    q = 10**log10_q
    here = theory.q_map(q, sigma_w, sigma_b, name)
    assert theory.q_map(1.1 * q, sigma_w, sigma_b, name) > here
    assert theory.q_map(q, 1.1 * sigma_w, sigma_b, name) > here
    assert theory.q_map(q, sigma_w, sigma_b + 0.1, name) > here
    assert theory.q_map(0, sigma_w, sigma_b, name) == pytest.approx(
        sigma_w**2 * float(ACTIVATIONS[name].value(0.0)) ** 2 + sigma_b**2, rel=1e-12
    )


@given(st.floats(1.05, 4), st.floats(0, 2), st.floats(-1, 1))
def test_an_odd_activation_has_an_odd_correlation_map_without_biases(sigma_w, sigma_b, c):
    """With biases, their share b²/q* is added: f(c) - f(0) is what is odd."""
    f = [theory.correlation_map(each, sigma_w, sigma_b, "tanh") for each in (c, -c, 0.0)]
    assert f[0] - f[2] == pytest.approx(f[2] - f[1], abs=1e-12)
    assert f[2] == pytest.approx(sigma_b**2 / theory.q_fixed_point(sigma_w, sigma_b, "tanh"), abs=1e-12)


@given(st.floats(0.3, 4), st.floats(0.02, 2))
def test_the_two_ways_to_the_mean_field_of_tanh_agree(sigma_w, sigma_b):
    """`tanh_phase` by Hermite series, the others by quadrature."""
    phase = theory.tanh_phase(sigma_w, sigma_b)
    assert phase.q == pytest.approx(theory.q_fixed_point(sigma_w, sigma_b, "tanh"), rel=1e-6)
    assert phase.chi_1 == pytest.approx(theory.chi_1(sigma_w, sigma_b, "tanh"), rel=1e-6)
    assert theory.correlation_map(0.3, sigma_w, sigma_b, "tanh") == pytest.approx(
        phase.correlations(0.3, 1)[1], abs=1e-6
    )
    assert 0 <= phase.correlation <= 1
    assert phase.correlations(phase.correlation, 3) == pytest.approx(phase.correlation, abs=1e-8)
    assert (phase.correlation == 1) == (phase.chi_1 <= 1)


@given(st.integers(1, 80), st.integers(1, 80), st.floats(0, 100))
def test_singular_values_are_those_of_the_transposed_matrix_and_scale_with_the_deviation(rows, columns, variance):
    values = theory.singular_values(rows, columns, variance)
    np.testing.assert_array_equal(theory.singular_values(columns, rows, variance), values)
    np.testing.assert_allclose(theory.singular_values(rows, columns, 4 * variance), 2 * values, rtol=1e-14)
    assert values.shape == (min(rows, columns),)
    assert (np.diff(values) <= 0).all()
    ends = math.sqrt(variance) * np.abs([math.sqrt(rows) - math.sqrt(columns), math.sqrt(rows) + math.sqrt(columns)])
    assert ((ends[0] - 1e-9 <= values) & (values <= ends[1] + 1e-9)).all()


@given(st.sampled_from(["linear", "relu"]), st.integers(0, 30), st.integers(1, 600))
def test_bands_of_both_directions_are_equal_at_their_start(name, depth, width):
    """The input forward and the top backward are both one chi² of all units."""
    forward, backward = (theory.fluctuation_band(depth, width, name, direction=way) for way in ("forward", "backward"))
    for edge in range(2):
        assert forward[edge][0] == pytest.approx(backward[edge][-1], rel=1e-9)
        assert forward[edge][0] < 1.0 if edge == 0 else forward[edge][0] > 1.0


# --- activations


@given(names, st.floats(-1e3, 1e3), dtypes)
def test_an_activation_of_a_number_is_that_of_the_number_in_an_array(name, z, dtype):
    phi, z = ACTIVATIONS[name], dtype(z)
    for function in (phi.value, phi.derivative):
        assert function(z).shape == ()
        np.testing.assert_array_equal(function(np.full((2, 3), z)), np.full((2, 3), function(z)))


@given(st.floats(-30, 30))
def test_activations_are_related_as_their_formulas_are(z):
    value = {name: float(phi.value(z)) for name, phi in ACTIVATIONS.items()}
    assert value["relu"] - float(ACTIVATIONS["relu"].value(-z)) == z
    assert value["tanh"] == pytest.approx(2 * float(ACTIVATIONS["sigmoid"].value(2 * z)) - 1, abs=1e-15)
    assert value["sigmoid"] + float(ACTIVATIONS["sigmoid"].value(-z)) == pytest.approx(1, abs=1e-15)
    for name in ("gelu", "silu"):  # z phi(z) with phi(z) + phi(-z) = 1
        assert value[name] - float(ACTIVATIONS[name].value(-z)) == pytest.approx(z, abs=1e-14)
    assert value["leaky_relu"] == max(z, 0.01 * z)


@given(st.integers(0, 6), st.floats(-60, 60))
def test_gaussian_means_of_powers_are_the_moments(power, log10_scale):
    scale = 10**log10_scale
    exact = scale ** (2 * power) * math.prod(range(1, 2 * power, 2)) if abs(2 * power * log10_scale) < 250 else None
    assume(exact is not None)
    assert float(gaussian_mean(lambda z: z ** (2 * power), scale)) == pytest.approx(exact, rel=1e-9)


# --- simulation

networks = {
    "depth": st.integers(0, 12),
    "width": st.integers(1, 40),
    "seed": st.integers(0, 2**32),
    "method": st.sampled_from(["fast", "dense"]),
}


@given(**networks, name=homogeneous, exponent=st.integers(-20, 20))
def test_the_scale_of_a_homogeneous_network_only_scales(depth, width, seed, method, name, exponent):
    """sigma² times 4^k moves log10 variance by 2 k L log10 2, forward and backward."""
    one, other = (
        simulate(depth, width, variance, name, method=method, rng=seed) for variance in (1 / 16, 4.0**exponent / 16)
    )
    steps = np.arange(depth + 1) * 2 * exponent * math.log10(2)
    for before, after, shift in (
        (one.log10_variance, other.log10_variance, steps),
        (one.log10_gradient_variance, other.log10_gradient_variance, steps[::-1]),
    ):
        np.testing.assert_allclose(after, before + shift, rtol=1e-9, atol=1e-9)  # -inf, of dead layers, stays


@given(**networks, name=names, batch=st.integers(1, 3))
def test_a_simulation_is_its_seed_s_and_leaves_numpy_s_own_alone(depth, width, seed, method, name, batch):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    runs = [
        simulate(depth, width, 1 / width, name, batch=batch, method=method, rng=rng)
        for rng in (seed, seed, np.random.default_rng(seed))
    ]
    for run in runs[1:]:
        np.testing.assert_array_equal(run.log10_variance, runs[0].log10_variance)
        np.testing.assert_array_equal(run.log10_gradient_variance, runs[0].log10_gradient_variance)
        for ours, theirs in zip(run.activations, runs[0].activations, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@given(**networks, name=names)
def test_one_generator_gives_two_different_networks(depth, width, seed, method, name):
    rng = np.random.default_rng(seed)
    first, second = (simulate(depth, width, 1 / width, name, method=method, rng=rng) for _ in range(2))
    assert first.log10_variance[0] != second.log10_variance[0]


@given(**networks, name=names, dtype=st.sampled_from([*DTYPES, "bfloat16", "float8_e4m3", "float8_e5m2"]))
def test_depth_zero_to_width_one_every_format_gives_a_whole_profile(depth, width, seed, method, name, dtype):
    run = simulate(depth, width, 1 / width, name, method=method, dtype=dtype, rng=seed)
    assert run.log10_variance.shape == run.log10_gradient_variance.shape == (depth + 1,)
    assert not np.isnan(run.log10_variance[0])
    assert [len(h) for h in run.activations] == [width] * (depth + 1)


@given(st.integers(1, 12), st.integers(1, 60), st.integers(0, 2**32), st.floats(-3, 3))
def test_the_ensemble_scales_as_one_network_does(depth, width, seed, log10_factor):
    variances = 1 / width, 10**log10_factor / width
    (one, back), (other, back_too) = (
        simulate_ensemble(5, depth, width, variance, "linear", rng=seed) for variance in variances
    )
    steps = np.arange(depth + 1) * math.log10(variances[1] / variances[0])
    np.testing.assert_allclose(other - one, np.tile(steps, (5, 1)), atol=1e-9)
    np.testing.assert_allclose(back_too - back, np.tile(steps[::-1], (5, 1)), atol=1e-9)


@pytest.mark.parametrize("name", ["linear", "relu"])
@pytest.mark.parametrize("variance", [1e-300, 1e300])
def test_a_thousand_layers_on_paper_do_not_overflow(name, variance):
    forward, backward = simulate_ensemble(3, 1000, 200, variance, name, rng=0)
    assert forward.shape == backward.shape == (3, 1001)
    assert np.isfinite(forward).all()
    assert np.isfinite(backward).all()
    mean = theory.log10_variance(1000, 200, variance, name)
    np.testing.assert_allclose(forward, np.tile(mean, (3, 1)), atol=12)


@given(st.integers(1, 6), st.integers(1, 8), st.integers(0, 2**32), st.integers(1, 3))
def test_orthogonal_matrices_keep_the_second_moment_both_ways(depth, size, seed, batch):
    weights = [init.orthogonal((size, size), rng=seed + layer, dtype=np.float64) for layer in range(depth)]
    run = simulate_through(weights, batch=batch, rng=seed)
    np.testing.assert_allclose(run.log10_variance, run.log10_variance[0], atol=1e-12)
    np.testing.assert_allclose(run.log10_gradient_variance, run.log10_gradient_variance[-1], atol=1e-12)


@given(st.integers(1, 6), st.integers(1, 8), st.integers(0, 2**32), st.sampled_from(THROUGH_ZERO))
def test_identity_matrices_pass_the_input_on_to_the_first_activation(depth, size, seed, name):
    run = simulate_through([np.eye(size)] * depth, name, rng=seed)
    assert run.log10_variance[1] == run.log10_variance[0]
    expected = run.activations[0]
    for h in run.activations[1:]:
        expected = ACTIVATIONS[name].value(expected)
        np.testing.assert_array_equal(h, expected)


# --- number formats


@given(st.sampled_from(sorted(FORMATS)), st.floats(allow_nan=False))
def test_rounding_twice_is_rounding_once_and_odd(name, value):
    fmt = FORMATS[name]
    once = fmt.round([value])
    np.testing.assert_array_equal(fmt.round(once), once)
    np.testing.assert_array_equal(fmt.round([-value]), -once)


@given(st.sampled_from(sorted(FORMATS)), st.floats(0.5, 1.0), st.integers(-1060, 1000))
def test_rounding_goes_to_a_whole_number_of_steps_and_is_off_by_half_a_step_at_most(name, fraction, exponent):
    fmt, value = FORMATS[name], math.ldexp(fraction, exponent)
    assume(value < fmt.overflow_from)
    step = max(math.ldexp(1.0, math.frexp(value)[1] - 1 - fmt.mantissa_bits), fmt.smallest_subnormal)
    rounded = float(fmt.round(value))
    assert (rounded / step).is_integer()
    assert abs(rounded - value) <= step / 2
