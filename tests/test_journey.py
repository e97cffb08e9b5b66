"""What figures by layer have in common: which layers get a dot, and how far an axis reaches."""

import numpy as np
from matplotlib.figure import Figure

from helpers.figures.journey import pair, reach, set_pair


def test_dots_stay_apart_the_last_layer_has_one_and_what_is_not_finite_has_none():
    drawn = pair(Figure().subplots(), "o", "black")
    ours = np.arange(51.0)
    ours[6] = np.inf
    set_pair(drawn, (ours, -ours), 50)
    dots, line = drawn
    assert list(dots.get_xdata()) == [0, 3, *range(9, 49, 3), 50]
    assert list(dots.get_ydata()) == list(dots.get_xdata())
    assert list(line.get_xdata()) == list(range(51))


def test_a_profile_without_the_input_begins_at_layer_1():
    drawn = pair(Figure().subplots(), "o", "black")
    set_pair(drawn, (np.ones(4), np.ones(4)), 4)
    assert list(drawn[0].get_xdata()) == list(drawn[1].get_xdata()) == [1, 2, 3, 4]


def test_an_axis_reaches_to_the_next_rung_and_a_little_to_the_other_side():
    assert reach([np.array([0.0, -3.0]), np.array([1.0, np.nan])], (1.5, 5, 50)) == (5, 1.5)
    assert reach([np.array([0.0, 40.0])], (1.5, 5, 50)) == (0.08 * 50, 50)
    assert reach([np.array([0.0, -70.0])], (1.5, 5, 50)) == (70, 0.08 * 70)
