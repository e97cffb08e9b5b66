"""The explorer of all initializers: what it draws, what it predicts of it, and what networks make of it."""

import itertools
import re
from html import escape

import ipywidgets
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy import integrate, stats

from helpers import explorers, initializers, theory, training
from helpers.activations import ACTIVATIONS
from helpers.data import digits
from helpers.explorers.explorer import Explorer, Report
from helpers.explorers.gallery import ARGUMENTS, CHANCE, LAWS, _matrix, _outcome, _view
from helpers.figures.gallery import BINS, LAYERS, STEPS, GalleryFigure, _paint, round_up
from helpers.figures.tint import Cells
from helpers.initializers import CATALOG
from helpers.live import LiveImage
from helpers.simulation import simulate_through
from helpers.theory import weights as laws
from tests.seen import assert_told, buttons, values

NAMES = [record.name for record in CATALOG]
POINTS = ("zeros", "ones", "constant", "eye", "dirac")
INDEPENDENT = [name for name in NAMES if name not in (*POINTS, "orthogonal")]
SHAPES = list(itertools.product((8, 128), (8, 128)))


@pytest.fixture(scope="module")
def shared():
    return explorers.gallery()


def drawn(name, fan_out, fan_in, rng, dtype=np.float32):
    """A matrix by a call of the initializer as the verdict writes it."""
    kernel = (fan_out, fan_in, 3) if name == "dirac" else (fan_out, fan_in)
    matrix = getattr(initializers, name)(kernel, **ARGUMENTS.get(name, {}), rng=rng, dtype=dtype)
    return matrix[:, :, 1] if name == "dirac" else matrix


def test_every_initializer_has_its_law():
    assert list(LAWS) == NAMES


# --- what is said


@pytest.mark.parametrize("name", NAMES)
def test_at_all_corners(shared, name):
    activations = ("linear", "tanh") if NAMES.index(name) % 2 else ("tanh", "linear")
    for (fan_out, fan_in), activation in zip(SHAPES, 2 * activations, strict=True):
        verdict = shared.update(initializer=name, fan_out=fan_out, fan_in=fan_in, activation=activation)
        assert_told(shared)
        assert len(verdict) <= 230
        assert len(re.findall(r"\d+", shared._image.alt)) >= 4
        kind = next(record.category for record in CATALOG if record.name == name)
        assert verdict.startswith(f"{kind.capitalize()}. {name}((")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_longest_verdict_fits_the_line(shared, activation):
    assert len(shared.update(initializer="variance_scaling", fan_out=128, fan_in=128, activation=activation)) <= 235


@pytest.mark.parametrize("name", NAMES)
def test_the_call_in_the_verdict_draws_the_matrix(shared, name):
    """The call is evaluated as it stands, with the first draw's seed."""
    verdict = shared.update(initializer=name, fan_out=16, fan_in=32, activation="tanh")
    call, std = re.search(r"\. (\w+\(.*?\)(?:\[:, :, 1\])?): σ = (\S+)\. ", verdict).groups()
    seeded = re.sub(r"\)(\[:, :, 1\])?$", r", rng=0)\1", call)
    matrix = eval(seeded, vars(initializers))
    np.testing.assert_array_equal(shared._image._moving[0].values, matrix / (np.abs(matrix).max() or 1))
    assert float(std) == pytest.approx(matrix.std(), rel=0.006)


def test_it_begins_with_a_healthy_start():
    explorer = explorers.gallery()
    assert values(explorer) == {"fan_out": 64, "fan_in": 64, "initializer": "he_normal", "activation": "relu"}
    assert explorer.verdict.startswith("Variance-scaling. he_normal((64, 64)): σ = 0.17")
    assert re.search(r"the loss ends at 0\.\d\d \(guessing: 2\.30\)\.$", explorer.verdict)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (
            {"initializer": "zeros"},
            "signal 0, gradient 0. On digits, the loss ends at 2.30 (no better than guessing: 2.30).",
        ),
        ({"initializer": "normal"}, "the loss ends at 2.30 (no better than guessing: 2.30)."),
        ({"initializer": "ones", "activation": "linear"}, "the loss ends at NaN (no better than guessing: 2.30)."),
    ],
)
def test_what_networks_make_of_it(state, said):
    assert said in explorers.gallery().update(**state)


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([5.0] * 90 + [0.123] * 10, "loss ends at 0.12"),
        ([0.0] * 90 + [2.31] * 10, "loss ends at 2.31"),
        ([1.0] * 99 + [np.nan], "loss ends at NaN"),
        ([1.0] * 99 + [np.inf], "loss ends above 1,000"),
        ([3.0] * 100, "loss ends at 3.00"),
    ],
)
def test_outcome_of_training(losses, said):
    assert _outcome(np.array(losses)) == said


@pytest.mark.parametrize("record", CATALOG, ids=NAMES)
def test_the_footer_tells_what_the_catalog_knows(shared, record):
    shared.update(initializer=record.name)
    footer = shared._footer
    assert isinstance(footer, ipywidgets.HTMLMath)
    assert footer in shared.children
    for text in (record.use, record.risk, f"${record.formula}$"):
        assert escape(text) in footer.value


def test_a_footer_is_for_explorers_that_ask_for_one():
    live = LiveImage(Figure(figsize=(2, 1)), [])
    report = Report("Healthy.", "1", "A picture.", 0, "<i>a note</i>")
    plain, noted = (
        Explorer({}, [ipywidgets.HBox()], live, lambda seed: report, 0, footer) for footer in (None, ipywidgets.HTML())
    )
    assert len(noted.children) == len(plain.children) + 1
    assert "a note" not in plain._repr_mimebundle_()[0]["text/html"]
    assert noted.children[-2].value == "<i>a note</i>"
    assert noted._repr_mimebundle_()[0]["text/html"].endswith("<i>a note</i>")


def test_the_footer_is_in_the_still(shared):
    assert shared._footer.value in shared._repr_mimebundle_()[0]["text/html"]


def test_what_is_refused_leaves_the_footer():
    explorer = explorers.gallery()
    before = explorer._footer.value
    with pytest.raises(ValueError, match="fan_in"):
        explorer.update(initializer="zeros", fan_in=7)
    assert explorer._footer.value == before


# --- what is drawn


@pytest.mark.parametrize("name", NAMES)
def test_the_view_is_made_of_these_draws(name):
    seen = _view(name, 16, 32, "tanh", 5)
    matrix = drawn(name, 16, 32, 5)
    np.testing.assert_array_equal(seen.weights, matrix)
    np.testing.assert_allclose(
        seen.singular[0], np.linalg.svd(matrix.astype(float), compute_uv=False), rtol=1e-12, atol=1e-12
    )
    counts, _ = np.histogram(matrix, np.linspace(-seen.reach, seen.reach, BINS + 1))
    assert counts.sum() == matrix.size
    np.testing.assert_allclose(seen.shares[0], counts / matrix.size)
    rng = np.random.default_rng([5, 1])
    layers = [drawn(name, 32, 32, rng, np.float64) for _ in range(30)]
    run = simulate_through(layers, "tanh", batch=16, rng=rng)
    np.testing.assert_array_equal(seen.signal, run.log10_variance)
    np.testing.assert_array_equal(seen.gradient, run.log10_gradient_variance)


@pytest.mark.parametrize(("name", "activation"), [("he_normal", "relu"), ("dirac", "relu"), ("xavier_normal", "tanh")])
def test_the_losses_are_those_of_a_small_network_on_digits(name, activation):
    rng = np.random.default_rng([5, 2])
    start = [
        training.Layer(drawn(name, *shape, rng), np.zeros((shape[0], 1), np.float32))
        for shape in ((32, 64), (32, 32), (32, 32), (10, 32))
    ]
    inputs, labels, *_ = digits()
    run = training.train(start, inputs, labels, activation, steps=100, learning_rate=0.1, rng=rng)
    np.testing.assert_array_equal(_view(name, 8, 8, activation, 5).losses, run.losses)
    assert run.losses[-10:].mean() < 0.5


@pytest.mark.parametrize("name", ["eye", "dirac", "orthogonal"])
def test_a_square_matrix_with_equal_singular_values_keeps_every_length(name):
    seen = _view(name, 8, 64, "linear", 0)
    np.testing.assert_allclose(seen.signal, seen.signal[0], atol=1e-10)
    np.testing.assert_allclose(seen.gradient, seen.gradient[0], atol=1e-10)


def test_the_sliders_of_the_shape_do_not_train_again(monkeypatch):
    explorer = explorers.gallery()
    trained = []
    train = training.train
    monkeypatch.setattr(training, "train", lambda *args, **options: trained.append(1) or train(*args, **options))
    explorer.update(initializer="lecun_uniform", activation="selu")
    explorer.update(fan_out=8, fan_in=11)
    explorer.update(fan_in=128)
    assert len(trained) <= 1
    buttons(explorer)["New draw"].click()
    assert 1 <= len(trained) <= 2


def test_points_are_values_that_many_weights_share():
    assert _view("zeros", 8, 8, "relu", 0).points == {0.0: 1.0}
    assert _view("constant", 8, 8, "relu", 0).points == {0.5: 1.0}
    assert _view("eye", 8, 32, "relu", 0).points == {0.0: 1 - 1 / 32, 1.0: 1 / 32}
    assert _view("sparse", 64, 32, "relu", 0).points == {0.0: 58 / 64}
    for name, seed in itertools.product(("uniform", "he_normal", "orthogonal", "truncated_normal"), range(3)):
        assert _view(name, 128, 128, "relu", seed).points == {}


def test_the_experiments_of_the_notebook():
    gaussian, orthogonal = (_view(name, 64, 64, "relu", 0) for name in ("lecun_normal", "orthogonal"))
    assert gaussian.weights.std() == pytest.approx(orthogonal.weights.std(), rel=0.05)
    for view in (gaussian, orthogonal):
        assert view.signal[-1] - view.signal[0] == pytest.approx(LAYERS * np.log10(0.5), abs=1)
    linear = _view("orthogonal", 64, 64, "linear", 0).signal
    np.testing.assert_allclose(linear, linear[0], atol=1e-9)
    assert np.ptp(orthogonal.singular[0]) < 1e-5 < 1 < np.ptp(gaussian.singular[0])
    assert np.count_nonzero(_view("constant", 64, 64, "relu", 0).singular[0] > 1e-4) == 1
    wide, square = (_view("xavier_normal", *shape, "relu", 0).singular[0] for shape in ((128, 8), (64, 64)))
    assert wide.max() / wide.min() < 2 < 10 < square.max() / square.min()


# --- what is predicted


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(8, 128), (64, 16), (64, 64)])
def test_predicted_shares_agree_with_draws(name, shape):
    """Chi-square over the bins, false alarm below 1e-5 in each of 51 cases.

    Entries of an orthogonal matrix depend on each other, weakly and negatively: the statistic is if anything smaller.
    """
    weights = np.stack([_matrix(name, *shape, seed)[0] for seed in range(20)])
    view, law = _view(name, *shape, "linear", 0), LAWS[name](*shape)
    reach = round_up(1.02 * float(np.abs(weights).max()))
    edges = np.linspace(-reach, reach, BINS + 1)
    expected = np.diff(law.below(edges))
    assert expected.sum() == pytest.approx(1, abs=1e-4)  # the outermost draws set the ends
    observed = np.histogram(weights, edges)[0]
    assert law.variance == pytest.approx(weights.astype(float).var(), rel=0.05, abs=1e-12)
    np.testing.assert_allclose(view.shares[1], np.diff(law.below(np.linspace(-1, 1, BINS + 1) * view.reach)))
    if name in (*POINTS, "sparse"):
        zeros = np.histogram([0.0], edges)[0] > 0
        np.testing.assert_allclose((weights == 0).mean(), np.diff(law.below(np.array([-1e-300, 0.0])))[0])
        observed, expected = observed[~zeros], expected[~zeros]
        if name != "sparse":
            np.testing.assert_allclose(observed / weights.size, expected, atol=1e-12)
            return
        if not expected.sum():  # all of 8 rows
            assert not weights.any()
            return
    expected = expected / expected.sum() * observed.sum()
    usual = expected > 5
    chance = stats.chisquare(
        np.append(observed[usual], observed[~usual].sum() + 1e-9),
        np.append(expected[usual], expected[~usual].sum() + 1e-9),
    ).pvalue
    assert chance > 1e-5


@pytest.mark.parametrize(
    ("law", "reference"),
    [
        (laws.normal(0.3), stats.norm(scale=0.3)),
        (laws.truncated_normal(0.3), stats.truncnorm(-2, 2, scale=0.3)),
        (laws.uniform(0.03), stats.uniform(-0.3, 0.6)),
        (laws.coordinate(2), stats.arcsine(-1, 2)),
        (laws.coordinate(8), stats.beta(3.5, 3.5, loc=-1, scale=2)),
        (laws.coordinate(128), stats.beta(63.5, 63.5, loc=-1, scale=2)),
        (laws.coordinate(600), stats.beta(299.5, 299.5, loc=-1, scale=2)),
    ],
)
def test_laws_are_those_of_scipy(law, reference):
    x = np.linspace(-1.2, 1.2, 97)
    np.testing.assert_allclose(law.below(x), reference.cdf(x), atol=1e-12)
    assert law.variance == pytest.approx(reference.var())


def test_a_diluted_law():
    law = laws.diluted(laws.normal(0.5), 0.9)
    np.testing.assert_allclose(law.below(np.array([-9, -1e-9, 0.0, 9])), [0, 0.05, 0.95, 1], atol=1e-8)
    assert law.variance == pytest.approx(0.025)


@pytest.mark.parametrize("shape", [(64, 64), (8, 128), (128, 91), (1, 5), (1, 1)])
def test_marchenko_pastur_against_its_density(shape):
    variance = 0.3
    small, large = min(shape), max(shape)
    a, b = (np.sqrt(variance) * (np.sqrt(large) + sign * np.sqrt(small)) for sign in (-1, 1))

    def density(s):
        return np.sqrt((b**2 - s**2) * (s**2 - a**2)) / (np.pi * variance * small * s)

    assert integrate.quad(density, a, b, limit=200)[0] == pytest.approx(1, abs=1e-6)
    expected = theory.singular_values(*shape, variance)
    assert expected.shape == (small,)
    for rank in {0, small // 2, small - 1}:
        above = integrate.quad(density, expected[rank], b, limit=200)[0]
        assert above == pytest.approx((rank + 0.5) / small, abs=1e-5)


@pytest.mark.parametrize("name", INDEPENDENT)
@pytest.mark.parametrize("shape", [(64, 64), (128, 32), (32, 128)])
def test_singular_values_follow_marchenko_and_pastur(name, shape):
    """The mean over 30 draws; the law is that of large matrices, and holds here to a few hundredths of the largest.

    A matrix of few weights other than 0 has larger outliers.
    """
    mean = np.mean([_matrix(name, *shape, seed)[1] for seed in range(30)], axis=0)
    expected = _view(name, *shape, "linear", 0).singular[1]
    np.testing.assert_array_equal(expected, theory.singular_values(*shape, LAWS[name](*shape).variance))
    np.testing.assert_allclose(mean, expected, atol=(0.35 if name == "sparse" else 0.03) * expected[0])
    assert np.mean(mean**2) == pytest.approx(np.mean(expected**2), rel=0.03)


def test_singular_values_that_are_known_exactly():
    for name, (fan_out, fan_in) in itertools.product((*POINTS, "orthogonal"), SHAPES):
        ours, expected = _view(name, fan_out, fan_in, "linear", 1).singular
        size = min(fan_out, fan_in)
        first = {"zeros": 0, "ones": 1, "constant": 0.5}.get(name)
        known = np.ones(size) if first is None else np.eye(size)[0] * first * np.sqrt(fan_out * fan_in)
        np.testing.assert_allclose(expected, known)
        np.testing.assert_allclose(ours, known, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "named"), [((0, 3, 1), "fan_out"), ((3, 0, 1), "fan_in"), ((3, 3, -1), "variance")]
)
def test_bad_arguments_of_the_law(arguments, named):
    with pytest.raises(ValueError, match=rf"^{named} must be"):
        theory.singular_values(*arguments)


# --- the figure


@pytest.mark.parametrize(("name", "shape"), [("he_normal", (32, 91)), ("sparse", (64, 64)), ("constant", (8, 8))])
def test_the_figure_draws_the_view(name, shape):
    seen = _view(name, *shape, "tanh", 3)
    figure = GalleryFigure(CHANCE)
    figure.update(seen)
    np.testing.assert_allclose(figure._cells.values, seen.weights / np.abs(seen.weights).max())
    bars, outline = (stairs.get_data().values for stairs in (figure._bars, figure._outline))
    shown = bars < 1 if seen.points else bars < np.inf
    scale = seen.shares[1].sum() and np.median((outline / np.maximum(seen.shares[1], 1e-12))[seen.shares[1] > 1e-3])
    if name != "constant":
        np.testing.assert_allclose(bars[shown], (seen.shares[0] * scale)[shown])
        np.testing.assert_allclose(outline[shown], (seen.shares[1] * scale)[shown], atol=1e-12)
    top = float(figure._texts["singular 1"].get_text())
    places, ours = figure._dots.get_data()
    size = min(shape)
    np.testing.assert_allclose(ours * top, np.interp(places * (size - 1), np.arange(size), seen.singular[0]), atol=1e-9)
    np.testing.assert_allclose(figure._law.get_ydata() * top, seen.singular[1], atol=1e-12)
    np.testing.assert_array_equal(figure._signal.get_data(), [np.arange(LAYERS + 1), seen.signal])
    np.testing.assert_array_equal(figure._gradient.get_data(), [np.arange(LAYERS + 1), seen.gradient])
    np.testing.assert_array_equal(figure._learning.get_data(), [np.arange(STEPS), seen.losses])
    texts = {key: text.get_text() for key, text in figure._texts.items()}
    assert texts["rows"] == f"{shape[0]} outputs"
    assert texts["columns"] == f"{shape[1]} inputs"
    assert (texts["first"], texts["last"]) == ("1", str(size))
    assert texts["outcome"] == seen.outcome
    assert float(texts["matrix 1"]) == pytest.approx(np.abs(seen.weights).max(), rel=5e-3)
    assert float(texts["values 1"]) == seen.reach == -float(texts["values -1"].replace("−", "-"))


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("he_normal", ["", ""]),
        ("sparse", ["91 % at 0 (cut)", ""]),
        ("constant", ["100 % at 0.5", ""]),
        ("eye", ["98 % at 0", "1.6 % at 1"]),
    ],
)
def test_shared_values_are_named(name, marks):
    figure = GalleryFigure(CHANCE)
    figure.update(_view(name, 64, 64, "relu", 0))
    assert [mark.get_text() for mark in figure._marks] == marks


def test_a_network_of_zeros_ends_at_the_input():
    figure = GalleryFigure(CHANCE)
    figure.update(_view("zeros", 8, 8, "tanh", 0))
    signal, gradient = (line.get_ydata() for line in (figure._signal, figure._gradient))
    np.testing.assert_array_equal(np.isfinite(signal), [True] + LAYERS * [False])
    np.testing.assert_array_equal(np.isfinite(gradient), LAYERS * [False] + [True])


def test_round_ends():
    for value in 10 ** np.random.default_rng(0).uniform(-5, 5, 1000):
        assert value <= round_up(value) <= 1.52 * value
    assert [round_up(x) for x in (0.1, 1, 8, 9.9, 0.006)] == [0.1, 1, 8, 10, 0.006]


@pytest.mark.parametrize("shape", [(8, 128), (128, 8), (128, 128), (11, 91), (64, 64)])
def test_every_cell_of_a_matrix_shows_in_its_place(shape):
    """In the middle of where it should be, on a canvas of 600 pixels with axes of 360."""
    figure = Figure(figsize=(3, 3), dpi=200)
    axes = figure.add_axes((0.2, 0.2, 0.6, 0.6))
    axes.set_axis_off()
    cells = Cells(axes, _paint)
    cells.values = np.random.default_rng(0).uniform(-1, 1, shape)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    scale = 360 / max(shape)
    y, x = (np.floor(300 + scale * (np.arange(n) + 0.5 - n / 2)).astype(int) for n in shape)
    np.testing.assert_array_equal(pixels[y[:, None], x], _paint(cells.values))
    grey = np.argwhere((pixels[..., :3] == 0x99).all(axis=-1))
    ends = np.array([300 - scale * np.array(shape) / 2, 300 + scale * np.array(shape) / 2 - 1])
    np.testing.assert_allclose([grey.min(axis=0), grey.max(axis=0)], ends, atol=1.6)


def test_colours_of_signs():
    colours = _paint(np.array([-1.0, 0.0, 1.0]))
    np.testing.assert_array_equal(colours[:, :3], [[0x70, 0x14, 0], [255, 255, 255], [0x29, 0x33, 0x66]])
