"""The explorer of explosion: where numbers overflow, by theory and in a network, in six number formats."""

import itertools
import re

import numpy as np
import pytest
from matplotlib.lines import Line2D

from helpers import explorers, theory
from helpers.activations import ACTIVATIONS
from helpers.precision import FORMATS
from helpers.simulation import simulate
from tests.seen import assert_told, corners, values

REFERENCE = {
    "depth": 50, "width": 512, "sigma2": 1.0, "activation": "linear", "format": "float32", "direction": "forward",
}  # fmt: skip


@pytest.fixture(scope="module")
def shared():
    return explorers.explosion()


def drawn_marks(explorer):
    """The layers of the vertical lines that are to be seen, by line style, and that of the triangle."""
    lines = [artist for artist in explorer._image._moving if isinstance(artist, Line2D) and artist.get_visible()]
    upright = {line.get_linestyle(): line.get_xdata()[0] for line in lines if list(line.get_ydata()) == [0, 1]}
    triangles = [line.get_xdata()[0] for line in lines if line.get_marker() == "^"]
    return upright | ({"▲": triangles[0]} if triangles else {})


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_at_all_corners(shared, activation):
    some = list(FORMATS)[list(ACTIVATIONS).index(activation) % 2 :: 2]
    levels = some, ("forward", "backward"), (1, 300), (1, 64), (1e-6, 10)
    for numbers, direction, depth, width, sigma2 in corners(activation, *levels):
        state = {"depth": depth, "width": width, "sigma2": sigma2, "format": numbers, "direction": direction}
        shared.update(activation=activation, **state)
        assert_told(shared)


@pytest.mark.parametrize("numbers", FORMATS)
def test_at_its_widest(shared, numbers):
    for activation, sigma2 in itertools.product(("linear", "relu"), (1e-6, 10)):
        shared.update(depth=300, width=2**16, sigma2=sigma2, activation=activation, format=numbers, direction="forward")
        assert_told(shared)


def test_it_begins_with_a_network_that_overflows_float32():
    explorer = explorers.explosion()
    assert values(explorer) == REFERENCE
    assert explorer.verdict.startswith("Explosion. Each layer multiplies the variance by nσ² = 512; at layer 50 it is")
    assert re.search(r"inf at layer 2[89], NaN from (29|30) \(predicted: about layer 29\)\.$", explorer.verdict)


@pytest.mark.parametrize(
    ("numbers", "sigma2", "layers"),
    [
        ("float16", 1.0, [4]),
        ("float32", 1.0, [28, 29]),
        ("float64", 1.0, [227, 228]),
        ("bfloat16", 1.0, [28, 29]),
        ("float16", 0.01, [12, 13, 14]),
        ("float32", 0.01, [107, 108]),
        ("float8_e5m2", 1.0, [4]),
        ("float8_e4m3", 1.0, [2, 3]),
    ],
)
def test_predicted_and_measured_layers_are_marked(shared, numbers, sigma2, layers):
    shared.update(**REFERENCE | {"depth": 300, "format": numbers, "sigma2": sigma2})
    run = simulate(300, 512, sigma2, dtype=numbers, rng=5)
    marks = drawn_marks(shared)
    assert marks["--"] == run.first_nonfinite
    assert marks["--"] in layers
    assert marks[":"] == run.first_nan
    assert marks["▲"] == theory.first_overflow_layer(512, sigma2, numbers)
    assert abs(marks["▲"] - marks["--"]) <= 1
    assert f"about layer {marks['▲']}" in shared.verdict


def test_a_network_that_stays_within_its_format_has_no_marks(shared):
    verdict = shared.update(**REFERENCE | {"sigma2": 0.01})
    assert drawn_marks(shared) == {}
    assert "float32 still holds it; by theory the largest units overflow from about layer 108 on." in verdict


def test_a_format_without_inf_says_nan(shared):
    verdict = shared.update(**REFERENCE | {"format": "float8_e4m3"})
    assert re.search(r"this network: NaN from layer [23] ", verdict)
    assert "inf" not in verdict
    labels = [text.get_text() for axes in shared._image._canvas.figure.axes for text in axes.texts]
    assert any("float8_e4m3 overflows to NaN here" in text for text in labels)


@pytest.mark.parametrize("numbers", [name for name, each in FORMATS.items() if not each.in_numpy])
def test_numbers_round_to_the_nearest_of_the_format(numbers):
    """Against a list of all numbers that the bits of the format can write."""
    each = FORMATS[numbers]
    if each.exponent_bits + each.mantissa_bits > 7:
        step = 2.0**-each.mantissa_bits
        x = np.random.default_rng(0).uniform(1, 2, 1000)
        np.testing.assert_array_equal(each.round(x), (np.rint(x / step) * step).astype(np.float32))
        return
    top = 2**each.exponent_bits - (1 if each.has_infinity else 0)
    bias = 2 ** (each.exponent_bits - 1) - 1
    digits = np.arange(2**each.mantissa_bits) / 2**each.mantissa_bits
    table = [digits * 2.0 ** (1 - bias), *((1 + digits) * 2.0 ** (e - bias) for e in range(1, top))]
    table = np.concatenate(table)
    table = table[table <= each.max]
    assert table[-1] == each.max
    assert table[1] == each.smallest_subnormal
    x = np.concatenate([np.random.default_rng(0).uniform(0, each.max, 2000), each.max * 2.0 ** -np.arange(20) * 0.77])
    nearest = table[np.abs(table - x[:, None]).argmin(axis=1)]
    np.testing.assert_array_equal(each.round(x), nearest)
    np.testing.assert_array_equal(each.round(-x), -nearest)
    np.testing.assert_array_equal(each.round(table), table)
    assert not np.isfinite(each.round(each.overflow_from * 1.001))


def test_unknown_formats_are_errors():
    with pytest.raises(TypeError, match=r"dtype must be float16, .*'float8_e5m2'\), got|dtype must be .*bfloat16"):
        simulate(1, 2, 1.0, dtype="float8")


@pytest.mark.parametrize(("numbers", "from_here"), [("float16", 65520), ("float8_e4m3", 464), ("float8_e5m2", 61440)])
def test_overflow_begins_half_a_step_beyond_the_largest_number(numbers, from_here):
    each = FORMATS[numbers]
    assert each.overflow_from == from_here
    assert each.round(np.nextafter(from_here, 0)) == each.max
    assert not np.isfinite(each.round(np.nextafter(from_here, np.inf)))


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("depth", [30, 60, 150, 300])
def test_what_is_said_at_a_mark_covers_nothing_and_is_not_cut(shared, depth, direction):
    canvas, count = shared._image._canvas, 0
    axes = canvas.figure.axes[0]
    predicted, dots, *_, said, first, then, _ = shared._image._moving
    for sigma2, activation in itertools.product((2e-4, 0.1, 1.0, 10.0), ("linear", "relu")):
        state = {"depth": depth, "sigma2": sigma2, "activation": activation, "direction": direction}
        shared.update(**REFERENCE | state)
        if not said.get_visible():
            continue
        count += 1
        there = said.get_window_extent(canvas.get_renderer())
        assert axes.get_window_extent().x0 <= there.x0 < there.x1 <= axes.get_window_extent().x1
        for label in axes.texts:
            assert label is said or not label.get_text() or not there.overlaps(label.get_window_extent())
        for line in (first, then):
            x, _ = axes.transData.transform((line.get_xdata()[0], 0))
            assert not line.get_visible() or not there.x0 + 2 < x < there.x1 - 2
        layers = np.linspace(0, depth, 1000)
        for points in (dots.get_xydata(), np.column_stack([layers, np.interp(layers, *predicted.get_data())])):
            x, y = axes.transData.transform(points[np.isfinite(points).all(axis=1)]).T
            assert not np.any((x > there.x0) & (x < there.x1) & (y > there.y0 - 3) & (y < there.y1 + 3))
    assert count >= 3
