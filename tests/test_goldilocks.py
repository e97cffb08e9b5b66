"""The explorer of goldilocks: uneven layers, forward and backward, by theory and in a network; the map of scales."""

import numpy as np
import pytest

from helpers import explorers, theory
from helpers.activations import ACTIVATIONS
from helpers.explorers.goldilocks import _map, _network, _unit_weights, _widths
from helpers.figures.balance import _EDGES, LOG2_N, LOG10_SIGMA2, MAP_POINTS, BalanceFigure, BalanceView, _bands
from tests.seen import assert_told, buttons, corners, values

MODES = ("fan_in", "fan_out", "fan_avg")
LAWS = ("normal", "truncated_normal", "uniform")


@pytest.fixture(scope="module")
def shared():
    return explorers.goldilocks()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_at_all_corners(shared, activation):
    levels = MODES, ("alternating", "tapering"), (1, 60), (4, 256), (4, 256), (0.1, 10)
    for mode, shape, depth, n_in, n_out, scale in corners(activation, *levels):
        state = {"mode": mode, "shape": shape, "depth": depth, "n_in": n_in, "n_out": n_out, "scale": scale}
        shared.update(activation=activation, distribution="uniform", **state)
        assert_told(shared)
        assert f"Through {depth} layer{'s' * (depth > 1)}: " in shared.verdict


def test_it_begins_in_balance():
    explorer = explorers.goldilocks()
    assert values(explorer) == {
        "n_in": 256, "n_out": 64, "scale": 1, "depth": 50, "mode": "fan_in", "shape": "alternating",
        "activation": "linear", "distribution": "normal",
    }  # fmt: skip
    assert explorer.verdict.startswith(
        "Goldilocks. A layer of 256 to 64 units: signal times 1, gradient times 0.25; of 64 to 256 units: "
        "signal times 1, gradient times 4. Through 50 layers: signal 1.00, gradient 1.00 (one network: "
    )


@pytest.mark.parametrize(
    ("state", "kind", "ends"),
    [
        ({"mode": "fan_avg"}, "Collapse.", "signal 10^-4.8, gradient 10^-4.8"),  # 0.64^25
        ({"mode": "fan_out"}, "Goldilocks.", "signal 1.00, gradient 1.00"),
        ({"shape": "tapering", "n_out": 4}, "One way only.", "signal 1.00, gradient 0.0156"),  # 4 / 256
        ({"shape": "tapering", "n_out": 4, "mode": "fan_out"}, "One way only.", "signal 64.0, gradient 1.00"),
        (
            {"shape": "tapering", "n_out": 4, "mode": "fan_avg"},
            "Goldilocks on average.",
            "signal 7.59, gradient 0.119",
        ),  # about the root
        ({"n_in": 4}, "Goldilocks on average.", "signal 1.00, gradient 1.00 (one network: 10^-5.6, 10^-4.2)"),
        ({"activation": "relu"}, "Collapse.", "signal 10^-14.8, gradient 10^-14.8"),  # 2^-49
        ({"activation": "relu", "scale": 2}, "Goldilocks.", "signal 2.00, gradient 2.00"),
        ({"scale": 2}, "Explosion.", "signal 10^15.1, gradient 10^15.1"),
        ({"activation": "tanh", "scale": 0.5, "depth": 60}, "Collapse.", "signal 10^-18."),
        ({"activation": "sigmoid", "scale": 1}, "One way only.", "signal 0.2"),
    ],
)
def test_kinds_of_outcome(shared, state, kind, ends):
    start = values(explorers.goldilocks())
    verdict = shared.update(**start | state)
    assert verdict.startswith(kind)
    assert ends in verdict


def test_widths():
    assert _widths(3, 256, 64, "alternating") == [256, 64, 256, 64]
    assert _widths(2, 256, 4, "tapering") == [256, 32, 4]
    assert _widths(1, 4, 256, "tapering") == [4, 256]


@pytest.mark.parametrize("law", LAWS)
def test_the_network_has_the_variances(law):
    """Of 65,536 draws the mean square is within 5 standard errors (at most 1.4 % each: kurtosis 3) of 1."""
    weights = _unit_weights(0, 3, law)
    assert weights.shape == (256, 256)
    assert np.mean(weights**2) == pytest.approx(1, abs=5 * np.sqrt(2 / 65536))
    assert (np.abs(weights).max() < 1.7321) == (law == "uniform")
    assert np.corrcoef(weights.ravel(), _unit_weights(0, 4, law).ravel())[0, 1] == pytest.approx(0, abs=0.02)
    with pytest.raises(ValueError, match="read-only"):
        weights[0, 0] = 3


@pytest.mark.parametrize("law", LAWS)
def test_theory_and_networks_agree(law):
    """Means over 200 networks, in three uneven layers, are within 5 standard errors (about 2 %)."""
    fans, variances = [(8, 32), (32, 8), (8, 16)], [0.1, 0.05, 0.2]
    runs = [_network(fans, variances, "relu", law, seed) for seed in range(200)]
    signal = theory.log10_variance(3, [8, 32, 8], variances, "relu")
    gradient = theory.log10_gradient_variance(3, [32, 8, 16], variances, "relu", [8, 32, 8])
    for profiles, expected in (
        ([run.variance for run in runs], signal),
        ([run.gradient_variance for run in runs], gradient),
    ):
        spread = np.std(profiles, axis=0) / np.sqrt(200)
        assert np.all(np.abs(np.mean(profiles, axis=0) - 10**expected) < 5 * spread)


def test_the_input_does_not_depend_on_the_weights():
    """Mean of the first layer's second moment, relative to the input's, over 100 networks: 1 within 5 standard errors.

    The same stream for input and weights would make it about 1 + 64 / 16 here.
    """
    runs = [_network([(64, 16)], [1 / 64], "linear", "normal", seed) for seed in range(100)]
    ratios = [run.variance[1] / run.variance[0] for run in runs]
    assert np.mean(ratios) == pytest.approx(1, abs=5 * np.sqrt(2 / 16 / 100))


def test_a_move_of_the_scale_keeps_the_draw():
    fans = 3 * [(16, 16)]
    one, other = (_network(fans, 3 * [variance], "linear", "normal", 1) for variance in (0.1, 0.2))
    np.testing.assert_allclose(other.log10_variance - one.log10_variance, np.arange(4) * np.log10(2), atol=1e-6)


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh", "sigmoid"])
def test_the_map_is_that_of_equal_layers(activation):
    row, column = 7, 30
    n = 2 ** np.linspace(*LOG2_N, MAP_POINTS)[column]
    sigma2 = 10 ** np.linspace(*LOG10_SIGMA2, MAP_POINTS)[row]
    for depth in (0, 1, 5, 60):
        expected = theory.log10_variance(depth, 1, n * sigma2, activation)[-1]
        assert _map(activation)[depth][row, column] == pytest.approx(expected, abs=0.02 * max(1, depth / 5))


def test_what_the_explorer_gives_its_figure(monkeypatch):
    seen = []
    update = BalanceFigure.update
    monkeypatch.setattr(BalanceFigure, "update", lambda figure, view: seen.append(view) or update(figure, view))
    explorer = explorers.goldilocks()
    explorer.update(n_in=128, n_out=32, depth=3, mode="fan_out", scale=2, activation="relu")
    view = seen[-1]
    assert view.layers.tolist() == [[128, 2 / 32], [32, 2 / 128], [128, 2 / 32]]
    assert view.field is not None
    np.testing.assert_array_equal(view.field, _map("relu")[3])
    assert view.gain == pytest.approx(2)
    np.testing.assert_allclose(
        view.signal[1], theory.log10_variance(3, [128, 32, 128], [1 / 16, 1 / 64, 1 / 16], "relu")
    )


def test_snap_suits_the_activation(shared):
    for activation in ("relu", "tanh", "selu"):
        shared.update(**values(explorers.goldilocks()) | {"activation": activation, "n_out": 256, "scale": 0.5})
        buttons(shared)["Snap to s = gain²"].click()
        assert shared.controls["scale"].value == pytest.approx(ACTIVATIONS[activation].gain ** 2)
        assert shared.verdict.startswith(("Goldilocks.", "One way only."))


def test_the_figure_draws_the_view():
    rng = np.random.default_rng(0)
    curves = [rng.standard_normal(11) for _ in range(4)]
    layers = np.column_stack([np.full(10, 64), np.full(10, 0.01)])
    field = rng.standard_normal((MAP_POINTS, MAP_POINTS))
    drawn = BalanceFigure()
    drawn.update(BalanceView((curves[0], curves[1]), (curves[2], curves[3]), field, 2.0, layers))
    for (dots, line), (ours, expected) in ((drawn._signal, curves[:2]), (drawn._gradient, curves[2:])):
        np.testing.assert_array_equal(dots.get_data(), [np.arange(11), ours])
        np.testing.assert_array_equal(line.get_data(), [np.arange(11), expected])
    x, y = drawn._stable.get_data()
    np.testing.assert_allclose(10**y * 2**x, 2.0)
    np.testing.assert_allclose(drawn._dots.get_data(), [np.full(10, 6), np.full(10, -2)])
    assert drawn._tint.values is field


def test_the_tint_is_white_where_little_changes_and_darker_beyond():
    shades = _bands(np.array([-50, -20, -5, -2, -0.9, 0, 0.9, 2, 5, 20, 50])).astype(int)
    light = shades[:, :3].sum(axis=1)
    assert list(light[4:7]) == 3 * [3 * 255]
    assert np.all(np.diff(light[:5]) > 0)
    assert np.all(np.diff(light[6:]) < 0)
    assert np.all(shades[:, 3] == 255)
    assert list(_EDGES) == sorted(_EDGES)
