"""The explorer of saturation: histograms, share of saturated units, signal and gradient, by theory and in a network."""

import itertools
import re

import numpy as np
import pytest
from scipy import integrate, stats

from helpers import explorers, theory
from helpers.activations import ACTIVATIONS
from helpers.explorers.saturation import _END, _view
from helpers.figures.saturation import BINS, PANELS, SaturationFigure
from helpers.simulation import simulate
from tests.seen import assert_told, values

ENDS = {"tanh": (-1, 1), "sigmoid": (0, 1)}


@pytest.fixture(scope="module")
def shared():
    return explorers.saturation()


def view(depth, n, sigma2, activation, seed=0):
    run = simulate(depth, n, sigma2, activation, rng=seed)
    return _view(run, theory.log10_variance(depth + 1, n, sigma2, activation), n, sigma2, activation), run


@pytest.mark.parametrize("activation", ENDS)
def test_at_all_corners(shared, activation):
    for depth, width, sigma2 in itertools.product((5, 6, 100), (1, 2, 4096), (1e-6, 1 / 512, 10)):
        verdict = shared.update(depth=depth, width=width, sigma2=sigma2, activation=activation)
        assert_told(shared)
        assert f"In layer {depth}, " in verdict


def test_it_begins_with_a_signal_that_looks_healthy_and_a_gradient_that_is_not():
    explorer = explorers.saturation()
    assert values(explorer) == {"sigma2": 0.01, "width": 512, "depth": 50, "activation": "tanh"}
    assert explorer.verdict.startswith("Explosion, but only of the gradient. In layer 50, 21 % of the units are")
    assert "(theory: 10^9.0, midway 1.49 per layer)" in explorer.verdict


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ({"sigma2": 1 / 512}, "Healthy."),
        ({"sigma2": 1e-4}, "Collapse."),
        ({"sigma2": 1.0}, "Explosion, but only of the gradient."),
        ({"sigma2": 0.1, "activation": "sigmoid"}, "Vanishing gradient."),
        ({"sigma2": 1.0, "activation": "sigmoid"}, "Explosion, but only of the gradient."),
        ({"sigma2": 10, "width": 4}, "Explosion on average."),
        ({"sigma2": 1e-6, "activation": "sigmoid"}, "Vanishing gradient."),
    ],
)
def test_kinds_of_outcome(state, kind):
    assert explorers.saturation().update(**state).startswith(f"{kind} In layer 50")


@pytest.mark.parametrize("activation", ENDS)
def test_saturated_is_where_a_twentieth_of_the_steepest_slope_is_left(activation):
    """Against the derivative itself, at the end of the docstring and by an integral over the density."""
    phi = ACTIVATIONS[activation]
    low, high = ENDS[activation]
    end = low + (high - low) * (1 + _END) / 2
    z = np.linspace(0, 20, 200_001)
    edge = z[np.argmax(phi.derivative(z) < 0.05 * phi.derivative(0.0))]
    assert phi.value(edge) == pytest.approx(end, abs=1e-5)
    assert f"{end:.3f}" in explorers.saturation.__doc__
    seen, _ = view(10, 64, 0.3, activation)
    log10_q = theory.log10_variance(10, 64, 0.3, activation)
    for layer in (1, 4, 10):
        density = stats.norm(scale=10 ** (log10_q[layer] / 2)).pdf
        within = integrate.quad(density, -edge, edge)[0]
        assert seen.saturated[1][layer - 1] == pytest.approx(1 - within, abs=1e-4)


@pytest.mark.parametrize("activation", ENDS)
@pytest.mark.parametrize("sigma2", [1e-3, 0.01, 1.0])
def test_theory_and_networks_agree_on_every_bin(activation, sigma2):
    """Chi-square over the bins and over 8 networks of 1,000 units each, false alarm below 1e-4 in each of 30 panels.

    The units of wide layers are independent given the layer below, whose second moment strays by the root of 2/n times
    a few: hence layers of 4,096.
    """
    bars = []
    for seed in range(8):
        seen, _ = view(6, 4096, sigma2, activation, seed)
        bars.append(seen.histograms[0])
        np.testing.assert_allclose(seen.histograms[0].sum(axis=1), 1)
        np.testing.assert_allclose(seen.histograms[1].sum(axis=1), 1)
    observed = 1000 * np.sum(bars, axis=0)
    for panel, expected in enumerate(8000 * seen.histograms[1]):
        usual = expected > 5
        chance = stats.chisquare(
            np.append(observed[panel][usual], observed[panel][~usual].sum() + 1e-9),
            np.append(expected[usual], expected[~usual].sum() + 1e-9),
        ).pvalue
        assert usual.sum() > 1 or expected.max() > 7990
        assert chance > 1e-4 or usual.sum() == 1, (panel, chance)


def test_what_is_shown_is_what_the_simulation_says():
    seen, run = view(13, 100, 0.05, "sigmoid")
    assert list(seen.layers) == [1, 4, 7, 10, 13]
    assert seen.ends == (0, 1)
    for layer in range(14):
        h = run.activations[layer]
        assert seen.signal[0][layer] == pytest.approx(np.log10(np.mean(h**2)))
        if layer:
            slope = h * (1 - h)
            assert seen.saturated[0][layer - 1] == pytest.approx(np.mean(slope < 0.05 / 4))
    for panel, layer in enumerate(seen.layers):
        counts, _ = np.histogram(run.activations[layer], np.linspace(0, 1, BINS + 1))
        np.testing.assert_allclose(seen.histograms[0][panel], counts / 100)
    np.testing.assert_array_equal(seen.gradient[0], run.log10_gradient_variance)
    np.testing.assert_array_equal(seen.gradient[1], theory.log10_gradient_variance(13, 100, 0.05, "sigmoid"))


def test_the_figure_draws_the_view():
    seen, _ = view(13, 100, 0.05, "tanh")
    drawn = SaturationFigure()
    drawn.update(seen)
    for panel in range(PANELS):
        ours, expected = seen.histograms[0][panel], seen.histograms[1][panel]
        top = max(ours.max(), expected.max())
        np.testing.assert_allclose(drawn._bars[panel].get_data().values, ours / top)
        np.testing.assert_allclose(drawn._outlines[panel].get_data().values, expected / top)
        layer = seen.layers[panel]
        assert drawn._titles[panel].get_text() == f"layer {layer}: {100 * seen.saturated[0][layer - 1]:.0f} %"
    pairs = (drawn._saturated, seen.saturated), (drawn._signal, seen.signal), (drawn._gradient, seen.gradient)
    for (dots, line), (ours, expected) in pairs:
        layers = np.arange(14)[-len(ours) :]
        np.testing.assert_array_equal(dots.get_data(), [layers, ours])
        np.testing.assert_array_equal(line.get_data(), [layers, expected])


@pytest.mark.parametrize("activation", ENDS)
def test_signal_by_theory_is_that_of_wide_networks(activation):
    seen, _ = view(30, 4096, 0.002, activation, 1)
    np.testing.assert_allclose(seen.signal[0], seen.signal[1], atol=0.1)
    np.testing.assert_allclose(seen.gradient[0], seen.gradient[1], atol=0.3)


def test_snap_makes_the_product_one():
    explorer = explorers.saturation()
    explorer.controls["width"].value = 64
    tests = {w.description: w for w in explorer.children[1].children if hasattr(w, "click")}
    tests["Snap to σ² = 1/n"].click()
    assert explorer.controls["sigma2"].value == pytest.approx(1 / 64)
    assert re.search(r"theory: [\d.^-]+, midway 0\.9\d+ per layer", explorer.verdict)
