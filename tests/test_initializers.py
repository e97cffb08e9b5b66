"""What `helpers.initializers` promises.

Random draws are judged at p > 1e-4 with fixed seeds: for correct code and a new seed, each comparison would raise
a false alarm once in 10,000 times; with the seeds fixed here the outcome never changes. Means and variances may be
off by 5 standard errors (a false alarm in 1.7 million).
"""

import dataclasses
import inspect
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from helpers import initializers as init
from helpers.initializers.random import _propose
from helpers.initializers.scaling import _CUT_STD

P_MIN = 1e-4
DTYPES = [np.float16, np.float32, np.float64]
ALIASES = {
    "glorot_uniform": init.xavier_uniform,
    "glorot_normal": init.xavier_normal,
    "kaiming_uniform": init.he_uniform,
    "kaiming_normal": init.he_normal,
}
EXTRA = {"constant": {"value": 0.5}, "sparse": {"sparsity": 0.3}}
DETERMINISTIC = {"zeros", "ones", "constant", "eye", "dirac"}
BY_NAME = {record.name: record.function for record in init.CATALOG}
RANDOM = sorted(set(BY_NAME) - DETERMINISTIC)
TINY = {dtype: float(np.finfo(dtype).eps) for dtype in DTYPES}


def shape_for(name):
    return (6, 4, 3) if name == "dirac" else (6, 4)


def draw(name, shape=None, **options):
    return BY_NAME[name](shape or shape_for(name), **EXTRA.get(name, {}), **options)


def assert_follows(sample, law):
    assert stats.kstest(np.ravel(sample), law.cdf).pvalue > P_MIN


def assert_variance(sample, expected):
    """Compare the second moment about 0 within 5 standard errors."""
    squares = np.ravel(sample).astype(float) ** 2
    assert abs(squares.mean() - expected) < 5 * squares.std() / math.sqrt(squares.size)


# Every initializer


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("dtype", DTYPES)
def test_shape_and_dtype_are_kept(name, dtype):
    weights = draw(name, rng=0, dtype=dtype)
    assert weights.shape == shape_for(name)
    assert weights.dtype == dtype
    assert weights.flags.writeable
    assert np.isfinite(weights).all()


@pytest.mark.parametrize("name", BY_NAME)
def test_the_default_is_float32_and_sizes_may_be_numpy_integers_or_a_list(name):
    weights = draw(name, rng=1)
    assert weights.dtype == np.float32
    sizes = tuple(np.int64(size) for size in shape_for(name))
    np.testing.assert_array_equal(draw(name, sizes, rng=np.uint8(1)), weights)
    np.testing.assert_array_equal(draw(name, list(sizes), rng=1), weights)
    assert draw(name).shape == weights.shape


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_fixes_the_draw_and_a_generator_advances(name):
    generator = np.random.default_rng(3)
    first, second = draw(name, rng=generator), draw(name, rng=generator)
    np.testing.assert_array_equal(draw(name, rng=3), first)
    assert (first != second).any()
    assert (draw(name) != draw(name)).any()


@pytest.mark.parametrize("name", sorted(DETERMINISTIC))
def test_a_deterministic_initializer_leaves_the_generator_alone(name):
    generator = np.random.default_rng(3)
    draw(name, rng=generator)
    assert generator.random() == np.random.default_rng(3).random()


@pytest.mark.parametrize(
    ("name", "small", "large", "factor"),
    [
        ("normal", {"std": 1.0}, {"std": 2.0}, 2),
        ("truncated_normal", {"std": 1.0}, {"std": 2.0}, 2),
        ("sparse", {"std": 0.25}, {"std": 1.0}, 4),
        ("uniform", {"low": -1, "high": 1}, {"low": -4, "high": 4}, 4),
        ("variance_scaling", {"scale": 1.0}, {"scale": 4.0}, 2),
        ("xavier_uniform", {}, {"gain": 2}, 2),
        ("xavier_normal", {}, {"gain": 2}, 2),
        ("orthogonal", {}, {"gain": 2}, 2),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_same_seed_at_another_scale_gives_the_same_weights_scaled(name, small, large, factor, dtype):
    weights = draw(name, rng=5, dtype=dtype, **small)
    scaled = draw(name, rng=5, dtype=dtype, **large)
    np.testing.assert_allclose(scaled, factor * weights, rtol=4 * TINY[dtype], atol=4 * TINY[dtype])


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("option", ["std", "scale", "gain"])
def test_a_scale_of_zero_gives_zeros(name, option):
    if option in inspect.signature(BY_NAME[name]).parameters:
        assert not draw(name, rng=0, **{option: 0}).any()


@pytest.mark.parametrize(
    "name", ["zeros", "ones", "constant", "uniform", "normal", "truncated_normal", "sparse", "eye"]
)
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_an_empty_shape_gives_an_empty_array_where_nothing_is_divided(name, shape):
    assert draw(name, shape, rng=0).shape == shape


@pytest.mark.parametrize("name", [record.name for record in init.CATALOG if record.category[0] in "vs"])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3, 2, 0)])
def test_a_fan_of_zero_is_an_error(name, shape):
    with pytest.raises(ValueError, match=r"shape .* at least 1"):
        draw(name, shape)


# Fans


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((256, 512), (512, 256)),
        ((8, 3, 5), (15, 40)),
        ((64, 3, 5, 7), (105, 2240)),
        ((2, 3, 4, 5, 6), (360, 240)),
        ((0, 3), (3, 0)),
    ],
)
def test_fans_count_the_kernel(shape, expected):
    assert init.fans(shape) == expected


# Constant


@pytest.mark.parametrize("dtype", DTYPES)
def test_constants_are_exact(dtype):
    np.testing.assert_array_equal(init.zeros((2, 3), dtype=dtype), np.zeros((2, 3), dtype))
    np.testing.assert_array_equal(init.ones((3,), dtype=dtype), np.ones(3, dtype))
    np.testing.assert_array_equal(init.constant((2, 1), -0.3, dtype=dtype), np.full((2, 1), -0.3, dtype))


@given(rows=st.integers(0, 9), columns=st.integers(0, 9))
def test_eye_is_a_kronecker_delta(rows, columns):
    expected = [[float(i == j) for j in range(columns)] for i in range(rows)]
    np.testing.assert_array_equal(init.eye((rows, columns)), np.reshape(expected, (rows, columns)))


def dirac_by_loops(shape, groups):
    weights = np.zeros(shape)
    per_group = shape[0] // groups
    for out in range(shape[0]):
        for index in np.ndindex(*shape[1:]):
            is_centre = all(at == size // 2 for at, size in zip(index[1:], shape[2:], strict=True))
            weights[(out, *index)] = is_centre and index[0] == out % per_group
    return weights


@given(
    per_group=st.integers(1, 4),
    groups=st.integers(1, 3),
    inputs=st.integers(1, 4),
    kernel=st.lists(st.integers(1, 4), min_size=1, max_size=3),
)
def test_dirac_is_the_loop_over_its_definition(per_group, groups, inputs, kernel):
    shape = (per_group * groups, inputs, *kernel)
    np.testing.assert_array_equal(init.dirac(shape, groups), dirac_by_loops(shape, groups))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("groups", [1, 2])
def test_convolving_with_dirac_passes_the_channels_on(size, groups):
    channels, length = 4, 9
    signal = np.random.default_rng(0).standard_normal((channels, length))
    padded = np.pad(signal, ((0, 0), (size // 2, size - 1 - size // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)
    weights = init.dirac((channels, channels // groups, size), groups, dtype=np.float64)
    blocks = zip(np.split(weights, groups), np.split(windows, groups), strict=True)
    output = np.concatenate([np.einsum("oik,itk->ot", kernel, inputs) for kernel, inputs in blocks])
    np.testing.assert_array_equal(output, signal)


def test_eye_and_dirac_are_not_symmetric_but_constants_are():
    distinct = {name: len(np.unique(draw(name, (4, 4, 3) if name == "dirac" else (4, 4)), axis=0)) for name in BY_NAME}
    assert {name for name, count in distinct.items() if count == 1} == {"zeros", "ones", "constant"}
    assert distinct["eye"] == distinct["dirac"] == 4


# Random


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-0.3, 0.3), (5, 7.5)])
def test_uniform_follows_its_law(low, high, dtype):
    weights = init.uniform((100, 200), low, high, rng=11, dtype=dtype)
    assert_follows(weights, stats.uniform(low, high - low))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("low", "high"), [(0, 1), (1, 2), (1000, 1001), (-1, 0), (-3, 5), (0.1, 0.2)])
def test_uniform_contains_low_but_never_high(low, high, dtype):
    weights = init.uniform((300, 1000), low, high, rng=2, dtype=dtype)
    assert dtype(low) <= weights.min()
    assert weights.max() < dtype(high)


def test_a_uniform_draw_that_rounds_to_high_is_the_number_below():
    top = np.nextafter(np.float32(1), np.float32(0))

    class Top(np.random.Generator):
        def random(self, size=None, dtype=np.float64, out=None):
            return np.full(size, top, dtype)

    weights = init.uniform((3,), 1, 2, rng=Top(np.random.PCG64(0)))
    assert (weights == np.nextafter(np.float32(2), np.float32(0))).all()


def test_uniform_on_a_point_is_that_point():
    np.testing.assert_array_equal(init.uniform((2, 2), 0.1, 0.1), np.full((2, 2), 0.1, np.float32))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("mean", "std"), [(0, 1), (0, 0.01), (-3, 2.5)])
def test_normal_follows_its_law(mean, std, dtype):
    assert_follows(init.normal((100, 200), mean, std, rng=12, dtype=dtype), stats.norm(mean, std))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_draws_are_made_in_the_requested_precision(dtype):
    generator = np.random.default_rng(0)
    np.testing.assert_array_equal(init.normal((50,), rng=0, dtype=dtype), generator.standard_normal(50, dtype))
    generator = np.random.default_rng(0)
    np.testing.assert_array_equal(init.uniform((50,), rng=0, dtype=dtype), generator.random(50, dtype))


def test_float16_draws_are_float32_draws_rounded():
    for name in ("normal", "uniform", "he_normal", "xavier_uniform"):
        np.testing.assert_array_equal(
            draw(name, rng=4, dtype=np.float16), draw(name, rng=4).astype(np.float16), err_msg=name
        )


BOUNDS = [
    (-2, 2),
    (-1, 3),
    (-0.5, 0.25),
    (-5, 5),
    (-math.inf, math.inf),
    (0, math.inf),
    (-math.inf, -0.5),
    (0.2, math.inf),
    (0.374, math.inf),
    (0.5, 0.6),
    (-3, 0),
    (1, 1.5),
    (2, 9),
    (5, math.inf),
    (8, 9),
    (-40, -39),
    (30, 30.001),
    (5e-324, 1),
    (5e-324, math.inf),
]


@pytest.mark.parametrize(("lower", "upper"), BOUNDS)
def test_truncated_normal_follows_its_law_however_far_in_the_tail(lower, upper):
    weights = init.truncated_normal((20_000,), lower=lower, upper=upper, rng=13, dtype=np.float64)
    law = stats.truncnorm(lower, upper)
    assert lower <= weights.min()
    assert weights.max() <= upper
    assert_follows(weights, law)
    assert abs(weights.mean() - law.mean()) < 5 * weights.std() / math.sqrt(weights.size)


@pytest.mark.parametrize(("lower", "upper"), BOUNDS)
def test_truncated_normal_accepts_at_least_35_percent_of_its_proposals(lower, upper):
    lower, upper = (-upper, -lower) if upper <= 0 else (lower, upper)
    accepted = _propose(np.random.default_rng(0), 100_000, float(lower), float(upper))
    assert accepted.size > 35_000


@pytest.mark.parametrize("bounds", [(1e300, math.inf), (-math.inf, -1e300), (8.0, np.nextafter(8.0, 9.0))])
def test_truncated_normal_ends_at_the_edge_of_floating_point(bounds):
    weights = init.truncated_normal((1000,), lower=bounds[0], upper=bounds[1], rng=0, dtype=np.float64)
    assert ((bounds[0] <= weights) & (weights <= bounds[1])).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("mean", "std"), [(0, 1), (0.3, 0.01), (-5, 3)])
def test_truncated_normal_stays_inside_its_rounded_bounds(mean, std, dtype):
    weights = init.truncated_normal((50_000,), mean, std, rng=14, dtype=dtype)
    assert dtype(mean - 2 * std) <= weights.min()
    assert weights.max() <= dtype(mean + 2 * std)


def test_cutting_at_two_leaves_the_documented_standard_deviation():
    assert stats.truncnorm(-2, 2).std() == pytest.approx(_CUT_STD, rel=1e-12)
    assert round(_CUT_STD, 4) == 0.8796
    assert_variance(init.truncated_normal((400, 500), std=0.1, rng=15), (0.1 * _CUT_STD) ** 2)


@given(rows=st.integers(0, 20), columns=st.integers(0, 5), sparsity=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_sparse_has_the_same_number_of_zeros_in_each_column(rows, columns, sparsity, seed):
    zeros = (init.sparse((rows, columns), sparsity, rng=seed, dtype=np.float64) == 0).sum(axis=0)
    assert zeros.tolist() == [math.ceil(sparsity * rows)] * columns


def test_sparse_places_its_zeros_uniformly_and_independently_in_each_column():
    zero = init.sparse((3, 30_000), 1 / 3, rng=16) == 0
    where = zero.argmax(axis=0)
    pairs = np.bincount(3 * where[0::2] + where[1::2], minlength=9)
    assert stats.chisquare(pairs).pvalue > P_MIN


def test_sparse_draws_the_other_weights_from_the_normal():
    weights = init.sparse((500, 40), 0.25, std=0.3, rng=17)
    assert_follows(weights[weights != 0], stats.norm(0, 0.3))
    assert init.sparse((5, 5), 0, rng=0).all()
    assert not init.sparse((5, 5), 1, rng=0).any()


# Variance scaling


@pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "uniform"])
@pytest.mark.parametrize(("mode", "n"), [("fan_in", 100 * 9), ("fan_out", 300 * 9), ("fan_avg", 200 * 9)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_variance_is_exactly_scale_over_n(distribution, mode, n, scale):
    weights = init.variance_scaling((300, 100, 3, 3), scale, mode, distribution, rng=21, dtype=np.float64)
    std = math.sqrt(scale / n)
    cut = std / stats.truncnorm(-2, 2).std()
    law = {
        "normal": stats.norm(0, std),
        "truncated_normal": stats.truncnorm(-2, 2, 0, cut),
        "uniform": stats.uniform(-math.sqrt(3) * std, 2 * math.sqrt(3) * std),
    }[distribution]
    assert law.var() == pytest.approx(scale / n, rel=1e-12)
    assert_variance(weights, scale / n)
    assert_follows(weights[:, 0], law)


@pytest.mark.parametrize(
    ("function", "options", "variance"),
    [
        (init.xavier_uniform, {}, 2 / 700),
        (init.xavier_normal, {}, 2 / 700),
        (init.xavier_uniform, {"gain": 3}, 18 / 700),
        (init.xavier_normal, {"gain": 3}, 18 / 700),
        (init.he_uniform, {}, 2 / 300),
        (init.he_normal, {}, 2 / 300),
        (init.he_uniform, {"mode": "fan_out"}, 2 / 400),
        (init.he_normal, {"mode": "fan_out"}, 2 / 400),
        (init.he_normal, {"mode": "fan_avg"}, 2 / 350),
        (init.he_uniform, {"negative_slope": 0.5}, 2 / 1.25 / 300),
        (init.he_normal, {"negative_slope": -1}, 1 / 300),
        (init.lecun_uniform, {}, 1 / 300),
        (init.lecun_normal, {}, 1 / 300),
    ],
)
def test_the_named_cases_have_their_papers_variance_and_law(function, options, variance):
    weights = function((400, 300), **options, rng=22)
    assert_variance(weights, variance)
    limit = math.sqrt(3 * variance)
    law = stats.uniform(-limit, 2 * limit) if "uniform" in function.__name__ else stats.norm(0, math.sqrt(variance))
    assert_follows(weights, law)


def test_xavier_is_the_harmonic_mean_of_the_forward_and_backward_variances():
    forward, backward, both = (
        init.variance_scaling((200, 50), 1.0, mode, rng=0, dtype=np.float64)[0, 0] ** 2
        for mode in ("fan_in", "fan_out", "fan_avg")
    )
    assert both == pytest.approx(stats.hmean([forward, backward]), rel=1e-12)


@given(
    shape=st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple),
    mode=st.sampled_from(["fan_in", "fan_out", "fan_avg"]),
    distribution=st.sampled_from(["normal", "truncated_normal", "uniform"]),
    scale=st.floats(1e-6, 1e6),
)
def test_variance_scaling_is_a_unit_draw_times_its_standard_deviation(shape, mode, distribution, scale):
    fan_in, fan_out = init.fans(shape)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    weights = init.variance_scaling(shape, scale, mode, distribution, rng=1, dtype=np.float64)
    unit = init.variance_scaling(shape, n, mode, distribution, rng=1, dtype=np.float64)
    np.testing.assert_allclose(weights, unit * math.sqrt(scale / n), rtol=1e-12, atol=1e-12 * math.sqrt(scale / n))


# Structured


@given(
    shape=st.lists(st.integers(1, 7), min_size=2, max_size=4).map(tuple),
    gain=st.floats(0.01, 100),
    dtype=st.sampled_from(DTYPES),
)
def test_orthogonal_has_orthonormal_rows_or_columns(shape, gain, dtype):
    weights = init.orthogonal(shape, gain, rng=0, dtype=dtype)
    assert weights.shape == shape
    W = weights.reshape(shape[0], -1).astype(float) / gain
    gram = W @ W.T if W.shape[0] <= W.shape[1] else W.T @ W
    np.testing.assert_allclose(gram, np.eye(min(W.shape)), atol=20 * TINY[dtype])


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (5, 3), (3, 5), (2, 3, 2)])
def test_each_orthogonal_entry_follows_the_haar_law(shape):
    """An entry of a uniform unit vector in n dimensions: (1 + entry) / 2 ~ Beta((n - 1) / 2, (n - 1) / 2)."""
    n = max(shape[0], math.prod(shape[1:]))
    generator = np.random.default_rng(31)
    draws = np.array([init.orthogonal(shape, rng=generator, dtype=np.float64) for _ in range(3000)])
    law = stats.beta((n - 1) / 2, (n - 1) / 2, -1, 2)
    for entry in draws.reshape(len(draws), -1).T:
        assert_follows(entry, law)


def test_orthogonal_diagonals_have_either_sign():
    generator = np.random.default_rng(32)
    draws = np.array([init.orthogonal((4, 4), rng=generator) for _ in range(2000)])
    for positive in (np.diagonal(draws, axis1=1, axis2=2) > 0).sum(axis=0):
        assert stats.binomtest(int(positive), 2000).pvalue > P_MIN


def test_two_by_two_orthogonals_are_reflections_and_rotations_by_a_uniform_angle():
    generator = np.random.default_rng(33)
    draws = np.array([init.orthogonal((2, 2), rng=generator, dtype=np.float64) for _ in range(4000)])
    angle = np.arctan2(draws[:, 1, 0], draws[:, 0, 0])
    rotates = np.linalg.det(draws) > 0
    assert stats.binomtest(int(rotates.sum()), len(draws)).pvalue > P_MIN
    for angles in (angle[rotates], angle[~rotates]):
        assert_follows(angles, stats.uniform(-math.pi, 2 * math.pi))


def test_orthogonal_eigenvalue_phases_are_those_of_the_haar_measure():
    """Compare with SciPy's orthogonal group: the phase nearest to pi, one per matrix."""

    def phases(matrices):
        return np.abs(np.angle(np.linalg.eigvals(matrices))).max(axis=1)

    generator = np.random.default_rng(34)
    ours = np.array([init.orthogonal((5, 5), rng=generator, dtype=np.float64) for _ in range(2000)])
    theirs = stats.ortho_group(5, seed=35).rvs(2000)
    assert stats.ks_2samp(phases(ours), phases(theirs)).pvalue > P_MIN


# Catalogue


def test_aliases_are_the_same_functions():
    for alias, function in ALIASES.items():
        assert getattr(init, alias) is function


def test_the_catalogue_has_one_record_for_each_initializer():
    public = {name for name in init.__all__ if callable(getattr(init, name))}
    assert set(BY_NAME) == public - set(ALIASES) - {"fans", "Initializer"}
    assert len(BY_NAME) == len(init.CATALOG)
    assert all(record.function is getattr(init, record.name) for record in init.CATALOG)


def test_the_catalogue_names_each_category_and_failure_mode():
    categories = {
        "constant": DETERMINISTIC,
        "random": {"uniform", "normal", "truncated_normal", "sparse"},
        "structured": {"orthogonal"},
    }
    for record in init.CATALOG:
        assert record.name in categories.get(record.category, {record.name})
        assert record.category in {*categories, "variance-scaling"}
        assert any(mode in record.risk.lower() for mode in ("symmetr", "collapse", "explo"))
        assert record.use
        assert record.formula
        assert not {"|", "\n", "$"} & set(record.formula + record.use + record.risk), "breaks a Markdown table"


def test_catalogue_records_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        init.CATALOG[0].name = "other"


@pytest.mark.parametrize("name", BY_NAME)
def test_signatures_are_uniform_and_docstrings_have_an_example(name):
    parameters = inspect.signature(BY_NAME[name]).parameters
    assert next(iter(parameters)) == "shape"
    for option, default in {"rng": None, "dtype": np.float32}.items():
        assert parameters[option].kind is inspect.Parameter.KEYWORD_ONLY
        assert parameters[option].default is default
    assert ">>>" in BY_NAME[name].__doc__


# Bad input

NOT_NUMBERS = [None, "1", True, np.True_, 1j, [1.0], np.ones(2), np.array(1.0)]
NOT_FINITE = [math.nan, math.inf, -math.inf, np.float32("nan"), 10**400]


def assert_refused(argument, call, *arguments, **options):
    with pytest.raises((TypeError, ValueError)) as caught:
        call(*arguments, **options)
    assert argument in str(caught.value)


@pytest.mark.parametrize("name", [*BY_NAME, "fans"])
@pytest.mark.parametrize(
    "shape", [(), 5, np.int64(5), None, "44", (2.0, 3), (True, 3), (-1, 3), np.array([2, 3]), {2, 3}, ((2,), 3)]
)
def test_bad_shapes_are_refused(name, shape):
    assert_refused("shape", getattr(init, name), shape, **EXTRA.get(name, {}))


@pytest.mark.parametrize("name", ["fans", "eye", "sparse", "dirac", "orthogonal", "variance_scaling", "he_normal"])
def test_one_dimension_is_refused_where_fans_are_needed(name):
    assert_refused("shape must be a tuple of", getattr(init, name), (4,), **EXTRA.get(name, {}))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("eye", (2, 2, 2)),
        ("sparse", (2, 2, 2)),
        ("dirac", (2, 2)),
        ("dirac", (2,) * 6),
        ("dirac", (2, 2, 0)),
        ("dirac", (0, 2, 3)),
        ("zeros", (1,) * 65),
    ],
)
def test_the_wrong_number_of_dimensions_is_refused(name, shape):
    assert_refused("shape", BY_NAME[name], shape, **EXTRA.get(name, {}))


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize(
    "dtype", [int, np.int32, bool, complex, np.longdouble, ">f4", None, "nonsense", 3, object, np.zeros(2)]
)
def test_only_float_dtypes_are_accepted(name, dtype):
    if np.dtype(np.longdouble) == np.float64 and dtype is np.longdouble:
        pytest.skip("long double is double here")
    assert_refused("dtype", draw, name, dtype=dtype)


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize(
    "rng", [-1, np.int64(-1), 1.5, True, "0", [1], np.array(3), np.random.RandomState(0), np.random]
)
def test_bad_rngs_are_refused(name, rng):
    assert_refused("rng", draw, name, rng=rng)


NUMBERS = [
    (name, option)
    for name, function in BY_NAME.items()
    for option in inspect.signature(function).parameters
    if option not in {"shape", "groups", "mode", "distribution", "rng", "dtype"}
]


@pytest.mark.parametrize(("name", "option"), NUMBERS)
@pytest.mark.parametrize("value", NOT_NUMBERS + NOT_FINITE, ids=repr)
def test_what_is_not_a_finite_number_is_refused(name, option, value):
    if (
        option in {"lower", "upper"}
        and isinstance(value, float)
        and value == {"lower": -math.inf}.get(option, math.inf)
    ):
        assert draw(name, **{option: value}).shape == shape_for(name)
    else:
        assert_refused(option, BY_NAME[name], shape_for(name), **{**EXTRA.get(name, {}), option: value})


@pytest.mark.parametrize(("name", "option"), NUMBERS)
@pytest.mark.parametrize("value", [np.float16(0.5), np.float32(0.5), np.float64(0.5), Fraction(1, 2)], ids=repr)
def test_any_real_number_is_accepted(name, option, value):
    """NumPy scalars too, and without a warning (np.float32 against float64's maximum would overflow)."""
    options = {**EXTRA.get(name, {}), "rng": 0}
    np.testing.assert_array_equal(
        BY_NAME[name](shape_for(name), **{**options, option: value}),
        BY_NAME[name](shape_for(name), **{**options, option: 0.5}),
    )


@pytest.mark.parametrize(
    ("argument", "name", "options"),
    [
        ("std", "normal", {"std": -1}),
        ("std", "truncated_normal", {"std": -1e-9}),
        ("std", "sparse", {"std": -1, "sparsity": 0.5}),
        ("low", "uniform", {"low": 1, "high": 0}),
        ("low", "uniform", {"low": 1, "high": 1 + 1e-12}),
        ("low", "uniform", {"low": -3e38, "high": 3e38}),
        ("lower", "truncated_normal", {"lower": 2, "upper": -2}),
        ("lower", "truncated_normal", {"lower": 1, "upper": 1}),
        ("lower", "truncated_normal", {"lower": math.inf, "upper": math.inf}),
        ("sparsity", "sparse", {"sparsity": -0.1}),
        ("sparsity", "sparse", {"sparsity": 1.1}),
        ("scale", "variance_scaling", {"scale": -1}),
        ("gain", "xavier_uniform", {"gain": -1}),
        ("gain", "xavier_normal", {"gain": -1}),
        ("gain", "orthogonal", {"gain": -1}),
        ("mode", "variance_scaling", {"mode": "fan"}),
        ("mode", "variance_scaling", {"mode": None}),
        ("mode", "he_normal", {"mode": ["fan_in"]}),
        ("mode", "he_uniform", {"mode": np.array(["fan_in", "fan_out"])}),
        ("distribution", "variance_scaling", {"distribution": "cauchy"}),
        ("distribution", "variance_scaling", {"distribution": 1}),
        ("groups", "dirac", {"groups": 0}),
        ("groups", "dirac", {"groups": -1}),
        ("groups", "dirac", {"groups": 4}),
        ("groups", "dirac", {"groups": 12}),
        ("groups", "dirac", {"groups": 2.0}),
        ("groups", "dirac", {"groups": True}),
    ],
)
def test_values_out_of_range_are_refused(argument, name, options):
    assert_refused(argument, BY_NAME[name], shape_for(name), **options)


@pytest.mark.parametrize(
    ("argument", "name", "options"),
    [
        ("value", "constant", {"value": 1e6}),
        ("value", "constant", {"value": -1e6}),
        ("value", "constant", {"value": 1e-9}),
        ("std", "normal", {"std": 1e6}),
        ("std", "normal", {"std": 1e-9}),
        ("mean", "normal", {"mean": 1e6}),
        ("mean", "normal", {"mean": 1e6, "std": 0}),
        ("std", "truncated_normal", {"std": 5e4}),
        ("upper", "truncated_normal", {"lower": 1e6, "upper": 2e6}),
        ("std", "sparse", {"std": 1e6, "sparsity": 0.5}),
        ("low", "uniform", {"low": -1e6}),
        ("high", "uniform", {"high": 1e6}),
        ("high", "uniform", {"low": -1e-9, "high": 1e-9}),
        ("scale", "variance_scaling", {"scale": 1e12}),
        ("scale", "variance_scaling", {"scale": 1e-30}),
        ("gain", "xavier_normal", {"gain": 1e6}),
        ("gain", "xavier_uniform", {"gain": 1e6}),
        ("gain", "orthogonal", {"gain": 1e6}),
        ("negative_slope", "he_normal", {"negative_slope": 1e20}),
    ],
)
def test_sizes_that_float16_cannot_hold_are_refused(argument, name, options):
    assert_refused(argument, BY_NAME[name], shape_for(name), **options, dtype=np.float16)


@pytest.mark.parametrize("gain", [3e-8, 65504 / 5])
def test_a_gain_is_refused_by_its_name_where_the_deviation_or_far_draws_do_not_fit(gain):
    """A deviation that float16 has as 0 though ten of them are not, and ten deviations that it has as inf."""
    with pytest.raises(ValueError, match=r"^gain must give weights that float16 can hold"):
        init.xavier_normal((3, 3), gain, rng=0, dtype=np.float16)
    with pytest.raises(ValueError, match="must give weights that float16 can hold"):
        init.normal((3,), std=gain / 3**0.5, rng=0, dtype=np.float16)
