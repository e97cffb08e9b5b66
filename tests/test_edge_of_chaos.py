"""The explorer of the edge of chaos: the plane of tanh networks, correlations and gradients, by theory and measured."""

import itertools
import math
import re

import numpy as np
import pytest

from helpers import explorers, theory
from helpers.explorers.edge_of_chaos import _START, WIDTH, _numbers, _verdict, _view
from helpers.figures.chaos import ChaosFigure
from tests.seen import assert_told, buttons, values

SIGMAS_W = (0.5, 1.0, 1.3, 2.5, 4.0)
SIGMAS_B = (0.0, 0.05, 0.3, 1.0, 2.0)


@pytest.fixture(scope="module")
def shared():
    return explorers.edge_of_chaos()


def view(sigma_w, sigma_b, depth, seed=0):
    return _view(theory.tanh_phase(sigma_w, sigma_b), _numbers(seed), sigma_w, sigma_b, depth)


# --- theory, made for speed, against theory


def test_references():
    """Of `theory.mean_field` and the literature: see the tests there."""
    ordered, chaotic = theory.tanh_phase(1.3, 0.3), theory.tanh_phase(2.5, 0.3)
    assert (ordered.q, ordered.chi_1, ordered.correlation) == pytest.approx((0.6070, 0.9398, 1), abs=5e-5)
    assert (chaotic.q, chaotic.chi_1, chaotic.correlation) == pytest.approx((4.0791, 1.5852, 0.1221), abs=5e-5)


@pytest.mark.parametrize(("sigma_w", "sigma_b"), list(itertools.product(SIGMAS_W, SIGMAS_B)))
def test_phases_are_those_of_the_general_functions(sigma_w, sigma_b):
    phase = theory.tanh_phase(sigma_w, sigma_b)
    assert phase.q == pytest.approx(theory.q_fixed_point(sigma_w, sigma_b, "tanh"), abs=1e-9)
    assert phase.chi_1 == pytest.approx(theory.chi_1(sigma_w, sigma_b, "tanh"), abs=1e-9)
    if phase.q == 0:
        assert sigma_b == 0
        assert sigma_w <= 1
        assert math.isnan(phase.correlation)
        np.testing.assert_array_equal(phase.correlations(0.6, 3), 0.6)
        return
    for c in (-1, -0.5, 0, 0.6, 0.99, 1):
        expected = [c]
        for _ in range(3):
            expected.append(theory.correlation_map(np.clip(expected[-1], -1, 1), sigma_w, sigma_b, "tanh"))
        np.testing.assert_allclose(phase.correlations(c, 3), expected, atol=1e-6)


@pytest.mark.parametrize(("sigma_w", "sigma_b"), [(1.3, 0.3), (0.5, 2), (1.5, 0), (2.5, 0.3), (2, 1), (4, 0), (4, 2)])
def test_the_fixed_point_and_how_soon_it_is_reached(sigma_w, sigma_b):
    phase = theory.tanh_phase(sigma_w, sigma_b)
    c = phase.correlation
    mapped = [theory.correlation_map(at, sigma_w, sigma_b, "tanh") for at in (c, c - 1e-4)]
    assert mapped[0] == pytest.approx(c, abs=1e-8)
    assert -1 / math.log((mapped[0] - mapped[1]) / 1e-4) == pytest.approx(phase.depth_scale, rel=2e-3)
    if phase.chi_1 < 1:
        assert phase.depth_scale == -1 / math.log(phase.chi_1)
    else:
        assert c < 1


def test_bad_arguments_of_theory_are_refused():
    for sigma_w, sigma_b, named in ((0, 1, "sigma_w"), (1, -1, "sigma_b"), (np.nan, 1, "sigma_w"), (1, "x", "sigma_b")):
        with pytest.raises((TypeError, ValueError), match=f"^{named} must be"):
            theory.tanh_phase(sigma_w, sigma_b)
    for c, depth, named in ((1.1, 3, "c"), (-1.1, 3, "c"), (0.5, -1, "depth"), (0.5, 2.5, "depth")):
        with pytest.raises((TypeError, ValueError), match=f"^{named} must be"):
            theory.tanh_phase(2, 1).correlations(c, depth)


def test_the_plane_is_that_of_the_phases():
    ordered, chaotic = theory.tanh_plane()
    rng = np.random.default_rng(0)
    for sheet in (ordered, chaotic):
        for _ in range(40):
            row, column = (rng.integers(size - 1) for size in sheet[0].shape)
            sigma_w, sigma_b, slope = (float(grid[row, column]) for grid in sheet)
            assert math.exp(-1 / theory.tanh_phase(sigma_w, sigma_b).depth_scale) == pytest.approx(slope, abs=1e-6)
            if sheet is ordered:
                assert theory.chi_1(sigma_w, sigma_b, "tanh") == pytest.approx(slope, abs=1e-6)


def test_the_plane_is_covered_and_parted_by_the_critical_line():
    (left_w, left_b, _), (right_w, right_b, slope) = theory.tanh_plane()
    assert left_w[:, 0].max() < 0.5
    assert left_b[-1].min() > 2
    assert right_b[:, 0].max() < 1e-6
    assert np.all((right_w[-1] > 4) | (right_b[-1] > 2))
    np.testing.assert_allclose(left_w[:, -1], right_w[:, -1])
    np.testing.assert_allclose(left_b[:, -1], right_b[:, -1], atol=1e-6)
    np.testing.assert_array_equal(slope[:, -1], 1)
    for sigma_b, squared in ((0.01, 1.4242), (0.05, 1.7610), (0.1, 1.9861), (0.2, 2.2852), (0.5, 2.8432)):
        sigma_b = sigma_b**0.5
        edge = np.interp(sigma_b, left_b[:, -1], left_w[:, -1])
        assert edge**2 == pytest.approx(squared, abs=1e-3)  # interpolated
        assert edge == pytest.approx(theory.critical_sigma_w(sigma_b, "tanh"), abs=3e-4)


# --- the network


def test_a_network_is_what_its_equations_say():
    """Against the same network in plain loops, and its gradient by finite differences."""
    sigma_w, sigma_b, depth, n = 1.7, 0.4, 4, WIDTH
    numbers, q = _numbers(3), theory.q_fixed_point(1.7, 0.4, "tanh")
    W = sigma_w * numbers.weights.astype(float)
    b = sigma_b * numbers.biases[..., 0].astype(float)

    def layers(z):
        profile = [z]
        for layer in range(depth):
            profile.append(W[layer] @ np.tanh(profile[-1]) + b[layer])
        return profile

    one, two = (layers(math.sqrt(q) * z.astype(float)) for z in numbers.inputs.T)
    assert np.mean(one[0] ** 2) == pytest.approx(q, rel=1e-5)
    assert np.mean(two[0] ** 2) == pytest.approx(q, rel=1e-5)
    seen = view(sigma_w, sigma_b, depth, seed=3)
    correlations = [x @ y / math.sqrt((x @ x) * (y @ y)) for x, y in zip(one, two, strict=True)]
    np.testing.assert_allclose(seen.correlation[0], correlations, atol=1e-5)
    assert correlations[0] == pytest.approx(_START, abs=1e-6)
    assert seen.gradient[0].shape == (depth + 1,)
    assert seen.gradient[0][-1] == 0
    step = 1e-6
    slopes = [layers(one[0] + step * direction)[-1] - layers(one[0] - step * direction)[-1] for direction in np.eye(n)]
    gradient = np.array(slopes) @ numbers.top / (2 * step)
    assert seen.gradient[0][0] == pytest.approx(np.log10(gradient @ gradient), abs=1e-4)


def test_the_numbers_are_standard_normal():
    numbers = _numbers(0)
    assert numbers.weights.shape == (100, WIDTH, WIDTH)
    assert numbers.weights.var() * WIDTH == pytest.approx(1, abs=5 * math.sqrt(2 / numbers.weights.size))
    assert numbers.biases.var() == pytest.approx(1, abs=5 * math.sqrt(2 / numbers.biases.size))
    assert np.linalg.norm(numbers.top) == pytest.approx(1, abs=1e-6)
    assert not np.array_equal(numbers.weights[0], _numbers(1).weights[0])


def test_layers_do_not_depend_on_the_depth():
    np.testing.assert_array_equal(view(2.0, 0.5, 7).correlation[0], view(2.0, 0.5, 30).correlation[0][:8])


@pytest.mark.parametrize(("sigma_w", "sigma_b"), [(1.3, 0.3), (2.5, 0.3), (2, 1), (1, 0.5), (3, 2)])
def test_theory_and_networks_agree(sigma_w, sigma_b):
    """In the mean over 8 networks, to 0.05 in the correlation and to 0.2 decades in the gradient over 8 layers.

    One network of 256 units strays by about 1/16 a layer in either; it forgets the correlation's strays, and adds the
    gradient's up: 0.2 decades are about five standard errors.
    """
    runs = [view(sigma_w, sigma_b, 8, seed) for seed in range(8)]
    correlation, gradient = (
        np.mean([getattr(run, name)[0] for run in runs], axis=0) for name in ("correlation", "gradient")
    )
    np.testing.assert_allclose(correlation, runs[0].correlation[1], atol=0.05)
    np.testing.assert_allclose(gradient, runs[0].gradient[1], atol=0.2)


def test_what_is_called_theory_is_theory():
    seen = view(2.5, 0.3, 12)
    expected = [0.6]
    for _ in range(12):
        expected.append(theory.correlation_map(expected[-1], 2.5, 0.3, "tanh"))
    np.testing.assert_allclose(seen.correlation[1], expected, atol=1e-6)
    layers = np.arange(13)
    np.testing.assert_allclose(seen.gradient[1], (12 - layers) * math.log10(theory.chi_1(2.5, 0.3, "tanh")))
    assert (seen.sigma_w, seen.sigma_b) == (2.5, 0.3)
    assert seen.settled == pytest.approx(0.1221, abs=5e-5)


# --- the explorer


def test_it_begins_in_chaos():
    explorer = explorers.edge_of_chaos()
    assert values(explorer) == {"sigma_w": 2.5, "sigma_b": 0.3, "depth": 50}
    assert explorer.verdict.startswith("Chaotic. χ₁ = 1.59 per layer; after 50, the gradient's variance is 10^10.0 (")
    assert explorer.verdict.endswith("c* = 0.12). Trainable to about 31 layers (6ξ).")


def test_at_all_corners(shared):
    for sigma_w, sigma_b, depth in itertools.product(SIGMAS_W, SIGMAS_B, (5, 6, 100)):
        verdict = shared.update(sigma_w=sigma_w, sigma_b=sigma_b, depth=depth)
        assert_told(shared)
        assert f"per layer; after {depth}, " in verdict
        assert len(verdict) <= 195  # two lines


@pytest.mark.parametrize(
    ("state", "kind", "parts"),
    [
        ({"sigma_w": 1.3}, "Ordered.", ["χ₁ = 0.94 per", "is 0.0449 (", "c* = 1.00", "about 97 layers (6ξ)"]),
        ({"sigma_w": 0.5, "sigma_b": 2}, "Ordered.", ["χ₁ = 0.0628", "10^-60.1", "about 2 layers"]),
        ({"sigma_w": 0.5, "sigma_b": 0}, "Ordered.", ["χ₁ = 0.25", "10^-30.1", "correlation 0.60", "; q* = 0)"]),
        ({"sigma_w": 1, "sigma_b": 0}, "At the edge.", ["χ₁ = 1 per", "is 1.00 (", "q* = 0", "more than 1000"]),
        ({"sigma_w": 4, "sigma_b": 2}, "Chaotic.", ["χ₁ = 2.05", "c* = 0.61", "about 17 layers"]),
        ({"sigma_w": 1.3, "depth": 16}, "Ordered.", ["about 97 layers"]),
        ({"sigma_w": 1.3, "depth": 17}, "Ordered.", ["about 97 layers"]),
    ],
)
def test_kinds_of_outcome(shared, state, kind, parts):
    verdict = shared.update(**{"sigma_w": 2.5, "sigma_b": 0.3, "depth": 50} | state)
    assert verdict.startswith(f"{kind} χ₁")
    for part in parts:
        assert part in verdict


def test_the_verdict_tells_both_networks_and_theory():
    seen, phase = view(2.5, 0.3, 30, seed=1), theory.tanh_phase(2.5, 0.3)
    _, told = _verdict(seen, phase)
    exponents = re.search(r"variance is 10\^(-?[\d.]+) \(network: 10\^(-?[\d.]+)\)", told).groups()
    assert [float(e) for e in exponents] == pytest.approx([seen.gradient[1][0], seen.gradient[0][0]], abs=0.051)
    correlations = re.search(r"correlation (-?[\d.]+) \(network: (-?[\d.]+);", told).groups()
    expected = [seen.correlation[1][-1], seen.correlation[0][-1]]
    assert [float(c) for c in correlations] == pytest.approx(expected, abs=0.0051)


@pytest.mark.parametrize("sigma_b", [0, 0.3, 2])
def test_snap_goes_to_the_edge(sigma_b):
    explorer = explorers.edge_of_chaos()
    explorer.update(sigma_b=sigma_b, depth=100)
    buttons(explorer)["Snap to the edge"].click()
    assert explorer.controls["sigma_w"].value == theory.critical_sigma_w(sigma_b, "tanh")
    assert explorer.controls["sigma_b"].value == sigma_b
    assert explorer.verdict.startswith("At the edge. χ₁ = 1 per layer; after 100, the gradient's variance is 1.00 (")


def test_new_draw_changes_the_network_and_not_the_theory(shared):
    before = shared.update(sigma_w=2.5, sigma_b=0.3, depth=50)
    buttons(shared)["New draw"].click()
    assert shared.verdict != before
    hidden = [re.sub(r"network: [-\d.^]+", "", verdict) for verdict in (before, shared.verdict)]
    assert hidden[0] == hidden[1]
    buttons(shared)["Reset"].click()
    assert shared.verdict == before


# --- the figure


@pytest.mark.parametrize("depth", [19, 20, 100])
def test_the_figure_draws_the_view(depth):
    seen = view(2.5, 0.3, depth)
    drawn = ChaosFigure()
    drawn.update(seen)
    np.testing.assert_array_equal(drawn._here.get_data(), [[2.5], [0.3]])
    np.testing.assert_array_equal(drawn._settled.get_ydata(), 2 * [seen.settled])
    for (dots, line), (ours, expected) in ((drawn._forward, seen.correlation), (drawn._backward, seen.gradient)):
        np.testing.assert_array_equal(line.get_data(), [np.arange(depth + 1), expected])
        layers, shown = dots.get_data()
        np.testing.assert_array_equal(shown, ours[layers])
        assert layers[0] == 0
        assert layers[-1] == depth
        assert len(layers) <= 21
    low, high = drawn._gradient.get_ylim()
    assert low < np.concatenate(seen.gradient).min()
    assert high > np.concatenate(seen.gradient).max()


def test_the_edge_is_drawn_where_it_is():
    (edge,) = [line for line in ChaosFigure()._plane.get_lines() if line.get_linewidth() == 3.5]
    sigma_w, sigma_b = edge.get_data()
    for here, there in list(zip(sigma_w, sigma_b, strict=True))[1:60:7]:
        assert here == pytest.approx(theory.critical_sigma_w(there, "tanh"), abs=1e-6)
    alt = explorers.edge_of_chaos()._image.alt
    ends = re.search(r"edge of chaos from sigma_w ([\d.]+) at sigma_b ([\d.]+) to ([\d.]+) at ([\d.]+);", alt).groups()
    for here, there in (ends[:2], ends[2:]):
        assert float(here) == pytest.approx(theory.critical_sigma_w(float(there), "tanh"), abs=0.006)


def test_tints_and_numbers_say_how_deep_a_network_can_be_trained():
    plane = ChaosFigure()._plane
    labels = [text for text in plane.texts if text.get_text().isdigit()]
    assert len(labels) == 4
    for label in labels:
        sigma_w, sigma_b = label.get_position()
        reach = 6 * theory.tanh_phase(sigma_w, sigma_b).depth_scale
        assert reach == pytest.approx(int(label.get_text()), rel=0.05)
