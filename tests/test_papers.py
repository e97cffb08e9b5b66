"""Published numbers, and the zone in which networks learn, come out as they are printed."""

import re

import numpy as np
import pytest

from helpers import papers, zone


@pytest.mark.parametrize("row", papers.ROWS, ids=lambda row: f"{row.paper[:12]}-{row.quantity[:30]}")
def test_our_number_is_theirs(row):
    assert abs(row.compute() - row.published) <= row.tolerance


def test_a_draw_has_a_fixed_seed():
    for draw in (
        lambda: papers._mean_singular_value(1, n=5),
        lambda: papers._random_walk_gain("relu", n=5),
        lambda: papers._log_norms.__wrapped__("relu", n=5, depth=2),
        lambda: papers._spread_of_squared_singular_values(orthogonal=True, relu=True, depth=2, n=5),
    ):
        np.testing.assert_array_equal(draw(), draw())


def test_there_are_enough_numbers_from_enough_papers():
    assert len(papers.ROWS) >= 10
    assert len({row.link for row in papers.ROWS}) == 9
    for row in papers.ROWS:
        assert re.fullmatch(r"(arXiv:\d{4}\.\d{4,5}|doi:10\.\d{4,}/\S+|proceedings\.mlr\.press/v\d+/\w+)", row.link)
        assert re.search(r" (19|20)\d\d$", row.paper)


def test_sampled_numbers_would_not_pass_a_factor_of_two():
    """Tolerances are tight, a tenth of the number at most: half or twice it is out of reach, as is the wrong sign."""
    for row in papers.ROWS:
        assert row.tolerance <= (0.101 * abs(row.published) if row.published else 1e-5)


def test_the_stored_zone_is_what_training_gives():
    """Five of its networks trained anew; runs on other machines differ by a few digits, or more at the zone's rim."""
    stored = zone.accuracies()
    assert stored.shape == (len(zone.DEPTHS), len(zone.SCALES)) == (5, 13)
    for row, column in ((0, 3), (0, 6), (1, 2), (1, 6), (1, 12)):
        again = np.mean([zone.accuracy(zone.DEPTHS[row], zone.SCALES[column], seed) for seed in range(2)])
        assert again == pytest.approx(stored[row, column], abs=0.05)


def test_a_seed_decides_what_a_network_of_the_zone_learns():
    one, same, other = (zone.accuracy(3, 2.0, seed, width=8, steps=40) for seed in (0, 0, 1))
    assert one == same != other
    assert 0 <= zone.accuracy(1, 2.0, 0, steps=1) <= 1  # one layer, and one unit, are networks
    assert 0 <= zone.accuracy(2, 2.0, 0, width=1, steps=1) <= 1


def test_the_zone_is_centred_on_two_and_narrows_with_depth():
    stored = zone.accuracies()
    assert zone.DEPTHS == (5, 10, 20, 30, 50)
    np.testing.assert_allclose(zone.SCALES, 2 ** np.arange(-2, 4.5, 0.5), rtol=1e-15)
    assert zone.SCALES[6] == 2
    assert all(np.argmax(line) == 6 for line in stored[1:])
    learning = [int(np.sum(line > 0.5)) for line in stored]
    assert learning == sorted(learning, reverse=True)
    assert learning[0] == 12
    assert learning[3] == 1
    xavier, he = zone.SCALES.index(1.0), zone.SCALES.index(2.0)
    assert stored[3, xavier] < 0.15 < 0.7 < stored[3, he]


def test_recomputing_goes_through_all(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(zone, "accuracy", lambda depth, scale, seed: asked.append((depth, scale, seed)) or scale / 100)
    table = zone.accuracies(recompute=True)
    np.testing.assert_allclose(table, np.tile(np.array(zone.SCALES) / 100, (5, 1)))
    assert len(asked) == len(set(asked)) == 130
    shown = capsys.readouterr().out
    assert shown.endswith(f"{'█' * 40} 100%\n")
    assert shown.count("\r") == 65
    assert shown.count("\n") == 1
    bars = shown.replace("\n", "").split("\r")[1:]
    assert [bar.count("█") for bar in bars] == [round(40 * k / 65) for k in range(1, 66)]
    assert all(bar.count("█") + bar.count("░") == 40 for bar in bars)
