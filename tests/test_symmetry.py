"""The explorer of symmetry says and draws what training does; its numbers are computed here once more."""

import itertools
import re
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from scipy import stats

from helpers import explorers, figures, lockstep
from helpers.activations import ACTIVATIONS
from helpers.data import inside
from helpers.explorers.symmetry import NOISES, STARTS, STEPS, _alone, _run, _verdict
from helpers.figures import NeuronFigure, NeuronView
from tests.seen import assert_told, buttons, corners, decoded, everything, pixels, values

REFERENCE = {
    "steps": 100, "noise": 0.0, "constant": 0.5, "width": 16, "initializer": "noise", "activation": "tanh",
}  # fmt: skip
INITIALIZERS = [name for _, name in STARTS]
WIDTHS = (1, 2, 3, 45, 512)
ALIKE = ("zeros", "ones", "constant", "noise")  # the starts that are those of one neuron, but for the noise


@pytest.fixture(scope="module")
def shared():
    """An explorer for the tests that set all its values."""
    return explorers.symmetry()


@pytest.fixture
def explorer():
    return explorers.symmetry()


def _trained(steps=STEPS, *, initializer, constant, noise, width, activation, draw=0):
    """The run that the explorer is to show, from the start it keeps on, trained here once more, up to a step."""
    value = {"zeros": 0.0, "ones": 1.0}.get(initializer, constant)
    start = _run(initializer, value, noise if initializer == "noise" else 0.0, width, activation, draw).neurons[0]
    rate = 0.5 if activation in ("tanh", "sigmoid") else 0.25
    return lockstep.train(start, *inside(), activation, steps=steps, learning_rate=rate)


def _shown(explorer):
    """The moving artists by name."""
    names = (
        "tails", "start", "one_path", "dots", "field", "lines", "border", "inside", "outside", "one_loss", "loss",
        "spread", "predicted", "loss_now", "spread_now",
    )  # fmt: skip
    return SimpleNamespace(**dict(zip(names, explorer._image._moving, strict=True)))


def _lines(explorer):
    """The data of all lines and dots."""
    return [line.get_xydata().tolist() for line in vars(_shown(explorer)).values() if isinstance(line, Line2D)]


def _axes(explorer):
    return dict(zip(("weights", "plane", "loss", "spread"), explorer._image._canvas.figure.axes, strict=True))


def _close(value):
    """Numbers are told with three digits."""
    return pytest.approx(value, rel=0.006, abs=0)


def _number(text):
    return float(text.replace("·10^", "e"))


# --- all corners


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_symmetry_at_all_corners(shared, activation):
    for initializer, width in corners(activation, list(INITIALIZERS), (1, 2, 512)):
        constants = (-1, 0, 1) if initializer in ("constant", "noise", "out") else (1,)
        noises = (0, 1e-16, 1) if initializer == "noise" else (0,)
        both = itertools.product(constants, noises)
        for constant, noise in [(1, 1)] if (initializer, width) == ("noise", 512) else both:
            for steps in (0, 1, 200):
                shared.update(
                    steps=steps, noise=noise, constant=constant, width=width, initializer=initializer,
                    activation=activation,
                )  # fmt: skip
                assert_told(shared)
                assert shared.verdict.startswith("One neuron.") == (width == 1 and "Diverged." not in shared.verdict)


@pytest.mark.parametrize("noise", NOISES)
def test_symmetry_at_every_noise(shared, noise):
    shared.update(**REFERENCE | {"noise": noise, "steps": 200})
    assert_told(shared)
    control = shared.controls["noise"]
    assert control.options[control.index] == (_as_label(noise), noise)


def _as_label(noise):
    digits = f"{noise:g}" if noise == 0 or noise > 1e-3 else f"{noise:.0e}".replace("1e", "e").replace("e-", "·10^-")
    digits = digits.removeprefix("·")
    return re.sub(r"\^-0*(\d+)", lambda m: "⁻" + "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(d)] for d in m[1]), digits)


def test_the_noises_are_one_and_three_times_the_powers_of_ten(explorer):
    """From below the last bit of a weight near 1 (2.2e-16 in float64) to as much as the weights themselves."""
    powers = [float(f"{digit}e-{power}") for power in range(16, 0, -1) for digit in (1, 3)]
    assert [0.0, *powers, 1.0] == NOISES
    assert [noise for _, noise in explorer.controls["noise"].options] == NOISES
    assert len({label for label, _ in explorer.controls["noise"].options}) == len(NOISES)


# --- what the verdict says


def test_verdict_of_the_reference_state(explorer):
    assert values(explorer) == REFERENCE
    one = _trained(100, **_without_steps(REFERENCE | {"width": 1})).losses[-1]
    assert explorer.verdict == (
        "Lockstep. All 16 neurons are equal to the last bit: 1 distinct neuron, rank 1 of 4. "
        f"After 100 steps the loss is {one:.3g} (a single neuron's: {one:.3g}), and 12 of 18 points are right."
    )


def _without_steps(state):
    return {name: value for name, value in state.items() if name != "steps"}


STATES = [
    {},
    {"steps": 0},
    {"steps": 7},
    {"steps": 1, "constant": -0.3, "width": 512},
    {"noise": 1e-6, "steps": 40},
    {"noise": 1e-6, "steps": 52, "width": 512},
    {"noise": 1e-6, "steps": 200},
    {"noise": 0.1, "steps": 9, "activation": "sigmoid"},
    {"noise": 0.001, "steps": 8, "activation": "gelu", "width": 8},
    {"noise": 1.0, "steps": 5, "activation": "selu", "constant": -0.2},
    {"initializer": "zeros", "steps": 6},
    {"initializer": "zeros", "steps": 6, "activation": "sigmoid"},
    {"initializer": "ones", "steps": 4, "activation": "relu"},
    {"initializer": "constant", "steps": 3, "activation": "silu", "constant": 0.8},
    {"initializer": "out", "steps": 0},
    {"initializer": "out", "steps": 11},
    {"initializer": "eye", "steps": 12, "activation": "leaky_relu"},
    {"initializer": "random", "steps": 14, "activation": "linear"},
    {"initializer": "random", "steps": 60, "width": 1},
    {"initializer": "random", "steps": 61, "width": 45},  # paths are drawn by every second step, and this one
]


def _said(run, phi, point):
    """What the network says of a point in the end, by the formula."""
    w, b, v = run.neurons[-1][:, :2], run.neurons[-1][:, 2], run.neurons[-1][:, 3]
    return np.mean(v * phi(w @ point + b)) + run.output_bias[-1]


@pytest.mark.parametrize("state", STATES)
def test_numbers_in_the_verdict(shared, state):
    state = REFERENCE | state
    verdict = shared.update(**state)
    n, initializer = state["width"], state["initializer"]
    run = _trained(state["steps"], **_without_steps(state))
    now = run.neurons[-1]
    when = f"After {state['steps']} steps?" if state["steps"] else "At the start"
    assert _number(re.search(rf"{when} the loss is ([\d.·^-]*\d)", verdict)[1]) == _close(run.losses[-1])
    said = [_said(run, ACTIVATIONS[state["activation"]].value, point) for point in inside()[0].T]
    right = sum((answer > 0) == (target > 0) for answer, target in zip(said, inside()[1], strict=True))
    assert f"and {right} of 18 points are right." in verdict
    apart = max(np.abs(now[:, None] - now).max(axis=(1, 2)))
    if told := re.search(r"neurons differ by at most (\S+):", verdict):
        assert _number(told[1]) == _close(apart)
        assert 0 < apart <= 0.01
    kept = []
    for row in now:
        if all(np.abs(row - other).max() > 0.01 for other in kept):
            kept.append(row)
    if n > 1 and "Stuck." not in verdict:
        sizes = np.linalg.svd(now, compute_uv=False)
        assert f", rank {np.sum(sizes > 0.01 * sizes[0])} of 4." in verdict
        count = re.search(rf"(\d+) of {n} neurons are distinct \(by more than 0\.01\)|(1) distinct neuron", verdict)
        assert int(count[1] or count[2]) == len(kept)
        assert ("to the last bit" in verdict) == (len(np.unique(now, axis=0)) == 1) == (apart == 0)
    if told := re.search(r"\(a single neuron's: ([\d.·^-]*\d)\)", verdict):
        one = _trained(state["steps"], **_without_steps(state | {"noise": 0.0, "width": 1}))
        assert _number(told[1]) == _close(one.losses[-1])
    assert bool(told) == (n > 1 and initializer in ALIKE)
    if told := re.search(r"The largest difference passed 1 at step (\d+)\.", verdict):
        spread = np.ptp(run.neurons, axis=1).max(axis=1)
        assert spread[int(told[1])] > 1
        assert np.all(spread[: int(told[1])] <= 1)
    assert bool(told) == (n > 1 and initializer in ALIKE and apart > 1)


def test_the_states_above_have_most_outcomes(shared):
    kinds = {shared.update(**REFERENCE | state).split(". ")[0] for state in STATES}
    assert kinds == {"Lockstep", "Lockstep to the eye", "Parting", "Broken", "Different", "Stuck", "One neuron"}


@pytest.mark.parametrize("initializer", ["zeros", "ones", "constant", "noise"])
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "selu"])
def test_width_drops_out_of_a_constant_start(shared, initializer, activation):
    one = _trained(**_without_steps(REFERENCE | {"initializer": initializer, "activation": activation, "width": 1}))
    for width, steps in itertools.product(WIDTHS, (0, 1, 200)):
        shared.update(
            **REFERENCE | {"initializer": initializer, "activation": activation, "width": width, "steps": steps}
        )
        shown = _shown(shared)
        assert shown.dots.get_xydata() == pytest.approx(np.tile(one.neurons[steps, 0, :2], (width, 1)), rel=1e-9)
        assert shown.loss.get_ydata() == pytest.approx(one.losses[: steps + 1], rel=1e-9)
        assert len({dot.tobytes() for dot in shown.dots.get_xydata()}) == 1
        if width > 1:
            assert f"the loss is {figures.plain_number(one.losses[steps])}" in shared.verdict


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_zeros_are_stuck_unless_the_activation_says_something_at_zero(shared, activation):
    """Where phi(0) = 0, no gradient reaches a neuron without weights; sigmoid(0) = 1/2 moves the outgoing ones."""
    kinds = {
        shared.update(**REFERENCE | {"initializer": "zeros", "activation": activation, "steps": steps}).split()[0]
        for steps in (1, 2, 50, 200)
    }
    assert kinds == {"Lockstep." if activation == "sigmoid" else "Stuck."}
    shared.update(**REFERENCE | {"constant": 0.0, "activation": activation})
    assert shared.verdict.startswith("Lockstep." if activation == "sigmoid" else "Stuck.")
    assert not shared.update(steps=0).startswith("Stuck.")  # nothing has been tried


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("width", [3, 16, 512])
def test_eye_has_three_distinct_neurons(shared, activation, width):
    """Two rows of the identity matrix, and all others 0: they stay exactly three."""
    state = REFERENCE | {"initializer": "eye", "activation": activation, "width": width}
    neurons = _trained(**_without_steps(state)).neurons
    for steps in (0, 1, 50, 200):
        assert len(np.unique(neurons[steps], axis=0)) == 3
        assert shared.update(**state | {"steps": steps}).startswith(f"Different. 3 of {width} neurons are distinct")
        assert len(np.unique(_shown(shared).dots.get_xydata(), axis=0)) == 3


@pytest.mark.parametrize("width", [2, 16, 64, 512])
@pytest.mark.parametrize("noise", [1e-12, 1e-6, 1e-3])
def test_noise_parts_neurons_at_the_step_that_the_dashed_line_says(shared, noise, width):
    verdict = shared.update(**REFERENCE | {"noise": noise, "width": width, "steps": 200})
    assert verdict.startswith("Broken.")
    parted = int(re.search(r"passed 1 at step (\d+)", verdict)[1])
    shown = _shown(shared)
    last, height = shown.predicted.get_xydata()[-1]
    assert -1 < height < 0  # the prediction ends where it would pass 1
    assert abs(parted - (last + 1)) <= 2
    ours = shown.spread.get_ydata()
    for fraction in (0.25, 0.5, 0.75):
        step = int(fraction * last)
        assert shown.predicted.get_ydata()[step] == pytest.approx(ours[step], abs=0.05)
    if noise < 1e-3:
        early = shared.update(steps=parted // 4)
        assert early.startswith("Lockstep to the eye.")
        assert f"They will part at step {parted}." in early


def test_a_thousandth_of_the_noise_takes_about_as_many_more_steps_each_time(shared):
    """The difference grows exponentially: steps to part count the digits of the noise."""
    parted = []
    for noise in (1e-3, 1e-6, 1e-9, 1e-12):
        verdict = shared.update(**REFERENCE | {"noise": noise, "steps": 200})
        parted.append(int(re.search(r"passed 1 at step (\d+)", verdict)[1]))
    more = np.diff(parted)
    assert np.ptp(more) <= 2
    assert more.min() > 20


@pytest.mark.parametrize("width", [2, 3, 16, 512])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_without_noise_the_lockstep_never_ends(shared, activation, width):
    verdict = shared.update(**REFERENCE | {"width": width, "activation": activation, "steps": 200})
    assert verdict.startswith(f"Lockstep. All {width} neurons are equal to the last bit: 1 distinct neuron")


def test_the_smallest_noise_is_a_last_bit_or_none(shared):
    """The numbers next to 1 in float64 are 1 - 2^-53 and 1 + 2^-52."""
    shared.update(**REFERENCE | {"constant": 1, "noise": 1e-16, "steps": 0, "width": 512})
    differences = (_run("noise", 1, 1e-16, 512, "tanh", 0).neurons[0][:, [0, 1, 3]] - 1) * 2.0**53
    assert set(differences.ravel()) <= {-4, -3, -2, -1, 0, 2, 4}
    assert np.mean(differences == 0) > 0.3
    assert f"differ by at most {figures.plain_number(np.ptp(differences) * 2.0**-53)}:" in shared.verdict


def test_random_outgoing_weights_alone_tell_neurons_apart(shared):
    state = REFERENCE | {"initializer": "out"}
    for steps in (0, 1, 2, 50, 200):
        assert shared.update(**state | {"steps": steps}).startswith("Different. 16 of 16 neurons are distinct")
        assert len(np.unique(_shown(shared).dots.get_xydata(), axis=0)) == (16 if steps else 1)
    assert ", rank 2 of 4." in shared.update(steps=0)
    assert ", rank 2 of 4." in shared.update(steps=1)


@pytest.mark.parametrize("activation", ["linear", "silu", "selu"])
def test_a_run_that_diverges_says_so_from_that_step_on(explorer, activation):
    state = {"constant": 1, "noise": 1.0, "initializer": "noise", "activation": activation, "steps": 200}
    width = {"linear": 2, "silu": 3, "selu": 1}[activation]
    draw = 0
    while not explorer.update(**REFERENCE | state | {"width": width}).startswith("Diverged."):
        buttons(explorer)["New draw"].click()
        draw += 1
        assert draw < 30
    losses = _trained(**_without_steps(REFERENCE | state | {"width": width}), draw=draw).losses
    first = int(np.argmax(~(losses <= 1e6)))
    said = f"Diverged. The steps are too long for these weights: the loss passed 10^6 at step {first}."
    assert first > 0
    for steps in (200, STEPS // 2, first + 1, first):
        assert explorer.update(steps=steps) == said
        assert_told(explorer)
    assert not explorer.update(steps=first - 1).startswith("Diverged.")
    assert_told(explorer)


@pytest.mark.parametrize(
    ("losses", "first"), [([1, 2, np.nan, 3], 2), ([np.inf, 1, 1, 1], 0), ([1, 1e6, 1e6 + 1, np.nan], 2)]
)
def test_a_loss_that_is_no_number_is_a_divergence(losses, first):
    run = lockstep.History(np.zeros((4, 2, 4)), np.zeros(4), np.array(losses))
    for step in range(4):
        kind, sentences = _verdict(run, np.ones(4), step, None, "tanh")
        assert (kind == "Diverged.") == (step >= first)
        assert (f"at step {first}." in sentences) == (step >= first)


# --- how the layers start


def test_noise_is_normal_and_in_all_weights_and_in_no_bias():
    """Kolmogorov-Smirnov at a false-alarm rate of 1e-6 (the draws are fixed: it will not alarm one day)."""
    for noise in (0.1, 1.0):
        start = _run("noise", 0.5, noise, 512, "tanh", 0).neurons[0]
        incoming, bias, outgoing = start[:, :2], start[:, 2], start[:, 3]
        assert not bias.any()
        for weights in (incoming[:, 0], incoming[:, 1], outgoing):
            assert stats.kstest((weights - 0.5) / noise, "norm").pvalue > 1e-6
        assert abs(np.corrcoef(start[:, [0, 1, 3]].T) - np.eye(3)).max() < 5 / 512**0.5


def test_other_starts_are_what_their_names_say():
    def start(initializer, constant=0.25):
        neurons = _run(initializer, constant, 0.0, 512, "tanh", 0).neurons[0]
        assert not neurons[:, 2].any()
        return neurons[:, :2], neurons[:, 3]

    for incoming, outgoing in (start("constant"), start("noise")):
        assert np.all(incoming == 0.25)
        assert np.all(outgoing == 0.25)
    incoming, outgoing = start("out")
    assert np.all(incoming == 0.25)
    assert stats.kstest(outgoing, "norm").pvalue > 1e-6
    for weights in np.column_stack(start("random")).T:
        assert stats.kstest(weights, "norm").pvalue > 1e-6
    incoming, outgoing = start("eye")
    assert np.array_equal(incoming, np.eye(512, 2))
    assert np.array_equal(outgoing, np.eye(1, 512)[0])


@pytest.mark.parametrize(("initializer", "value"), [("zeros", 0), ("ones", 1)])
def test_zeros_and_ones_do_not_hear_the_constant(shared, initializer, value):
    told = {
        shared.update(**REFERENCE | {"initializer": initializer, "constant": c, "steps": 0}) for c in (-1, 0.5, value)
    }
    assert len(told) == 1
    assert np.all(_shown(shared).dots.get_xydata() == value)


# --- controls and buttons


def test_moving_the_step_does_not_train_again(monkeypatch):
    trained = []
    train = lockstep.train
    monkeypatch.setattr(lockstep, "train", lambda *a, **options: trained.append(a) or train(*a, **options))
    _run.cache_clear()
    _alone.cache_clear()
    explorer = explorers.symmetry()
    assert len(trained) == 2  # the layer, and the single neuron beside it
    for steps in (0, 1, 50, 199, 200):
        explorer.controls["steps"].value = steps
    assert len(trained) == 2
    explorer.controls["noise"].value = 1e-6
    assert len(trained) == 3
    explorer.controls["steps"].value = 3
    explorer.controls["noise"].value = 0.0
    explorer.controls["noise"].value = 1e-6
    assert len(trained) == 3
    explorer.controls["activation"].value = "relu"
    assert len(trained) == 5
    explorer.controls["initializer"].value = "random"
    assert len(trained) == 6


@pytest.mark.parametrize("by", ["hand", "update"])
def test_noise_and_constant_are_disabled_where_they_play_no_part(explorer, by):
    def disabled():
        return {name for name, control in explorer.controls.items() if control.disabled}

    assert disabled() == set()
    for initializer in [*INITIALIZERS, *INITIALIZERS[::-1]]:
        if by == "hand":
            explorer.controls["initializer"].value = initializer
        else:
            explorer.update(initializer=initializer)
        expected = {"constant": {"noise"}, "out": {"noise"}, "noise": set()}.get(initializer, {"noise", "constant"})
        assert disabled() == expected
        before = explorer.verdict, explorer._image.value
        other = {"noise": 0.3, "constant": -0.85}
        for name, value in other.items():  # what is disabled changes nothing, and nothing else is disabled
            explorer.update(**{name: value})
            changed = (explorer.verdict, explorer._image.value) != before
            assert changed == (name not in expected)
            explorer.update(**{name: REFERENCE[name]})
    explorer.update(initializer="zeros")
    assert disabled()
    buttons(explorer)["Reset"].click()
    assert disabled() == set()


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_new_draw_changes_what_is_random_and_nothing_else(explorer, initializer):
    random = initializer in ("out", "random")
    before = everything(explorer)[3] | {"initializer": initializer}
    explorer.update(initializer=initializer)
    first = everything(explorer)
    buttons(explorer)["New draw"].click()
    assert values(explorer) == before
    assert (everything(explorer) == first) == (not random)
    explorer.update(noise=0.3)
    first = everything(explorer)
    single = _shown(explorer).one_loss.get_ydata().copy()
    buttons(explorer)["New draw"].click()
    second = everything(explorer)
    assert (second == first) == (not random and initializer != "noise")
    assert np.array_equal(_shown(explorer).one_loss.get_ydata(), single)
    explorer.update(steps=0)
    explorer.update(steps=100)
    assert everything(explorer) == second  # the draw stays until the next one


def test_reset_goes_back_to_the_first_draw(explorer):
    """At the start nothing is random: which draw it is shows with noise alone."""
    first = explorer.update(noise=0.3)
    buttons(explorer)["New draw"].click()
    assert explorer.verdict != first
    buttons(explorer)["Reset"].click()
    assert values(explorer) == REFERENCE
    assert explorer.update(noise=0.3) == first


def test_all_draws_differ(explorer):
    explorer.update(initializer="random")
    told = {explorer.verdict}
    for _ in range(5):
        buttons(explorer)["New draw"].click()
        told.add(explorer.verdict)
    assert len(told) == 6


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({"noise": 2e-6}, ValueError, r"^noise must be one of 0, 1e-16, 3e-16, .*, 0\.3, 1, got 2e-06$"),
        ({"noise": -1e-6}, ValueError, "^noise must be .*, got -1e-06$"),
        ({"noise": 3.0}, ValueError, r"^noise must be .*, got 3\.0$"),
        ({"noise": np.nan}, ValueError, "^noise must be .*, got nan$"),
        ({"noise": "x"}, TypeError, "^noise must be .* number.*, got 'x'$"),
        ({"noise": "10⁻⁶"}, TypeError, "^noise must be .* number.*, got '10⁻⁶'$"),
        ({"noise": None}, TypeError, "^noise must be .*, got None$"),
        ({"noise": True}, TypeError, "^noise must be .*, got True$"),
        ({"constant": 1.5}, ValueError, r"^constant must be .*-1.* 1.*, got 1\.5$"),
        ({"constant": -1.01}, ValueError, r"^constant must be .*, got -1\.01$"),
        ({"constant": "0"}, TypeError, "^constant must be .*, got '0'$"),
        ({"width": 1024}, ValueError, "^width must be .* 512.*, got 1024$"),
        ({"width": 0}, ValueError, "^width must be .*, got 0$"),
        ({"steps": 201}, ValueError, "^steps must be .* 200, got 201$"),
        ({"steps": -1}, ValueError, "^steps must be .* 0, got -1$"),
        ({"steps": 2.5}, TypeError, r"^steps must be an integer .*, got 2\.5$"),
        ({"initializer": "he"}, ValueError, "^initializer must be one of 'zeros', 'ones', .*'random', got 'he'$"),
        ({"initializer": "constant + noise"}, ValueError, "^initializer must be .*, got 'constant [+] noise'$"),
        ({"initializer": 0}, TypeError, "^initializer must be .*, got 0$"),
        ({"activation": "swish"}, ValueError, "^activation must be one of 'linear', .*, got 'swish'$"),
        ({"depth": 3}, TypeError, "^the controls are steps, noise, .*activation; got depth$"),
        ({"steps": 3, "initializer": "eye", "width": 1024}, ValueError, "^width must be .*, got 1024$"),
    ],
)
def test_bad_values_are_refused_and_all_stays(shared, bad, error, message):
    shared.update(**REFERENCE)
    before = everything(shared)
    drawn = _lines(shared)
    with pytest.raises(error, match=message):
        shared.update(**bad)
    assert everything(shared) == before
    assert not shared.controls["noise"].disabled
    assert _lines(shared) == drawn
    shared.controls["steps"].value = 99
    assert "After 99 steps" in shared.verdict


# --- what the figure shows


@pytest.mark.parametrize("state", STATES)
def test_the_figure_shows_the_run_up_to_the_step(shared, state):
    state = REFERENCE | state
    steps, n = state["steps"], state["width"]
    shared.update(**state)
    shown = _shown(shared)
    run = _trained(**_without_steps(state))
    now = run.neurons[steps]
    assert np.array_equal(shown.dots.get_xydata(), now[:, :2])

    def in_view(values):
        return np.array([-20 if value == 0 else np.log10(value) for value in values])

    spread = np.ptp(run.neurons, axis=1).max(axis=1)
    for line, mark, heights in (
        (shown.loss, shown.loss_now, run.losses),
        (shown.spread, shown.spread_now, in_view(spread)),
    ):
        assert np.array_equal(line.get_xdata(), np.arange(steps + 1))  # nothing beyond the present step
        assert line.get_ydata() == pytest.approx(heights[: steps + 1], rel=1e-12)
        assert mark.get_xydata() == pytest.approx(np.array([[steps, heights[steps]]]), rel=1e-12)

    tails = shown.tails.get_segments()
    assert len(tails) == (n if n <= 48 else pytest.approx(45, abs=4))
    ends = np.concatenate([run.neurons[0, :, :2], now[:, :2]], axis=1)
    for tail in tails:  # from where a neuron began to where it is, along where it was
        of = np.flatnonzero((ends == np.concatenate([tail[0], tail[-1]])).all(axis=1))
        assert len(of)
        path = run.neurons[: steps + 1, of[0], :2]
        assert all((path == place).all(axis=1).any() for place in tail)
    assert shown.one_loss.get_visible() == shown.predicted.get_visible() == shown.one_path.get_visible()
    assert shown.one_loss.get_visible() == (state["initializer"] in ALIKE)
    if state["initializer"] in ALIKE:
        one = _trained(**_without_steps(state | {"noise": 0.0, "width": 1}))
        assert np.array_equal(shown.one_path.get_xydata(), one.neurons[: steps + 1, 0, :2])
        assert np.array_equal(shown.one_loss.get_xdata(), np.arange(STEPS + 1))
        assert np.array_equal(shown.one_loss.get_ydata(), one.losses)
        predicted = shown.predicted.get_xydata()
        if spread[0] == 0:
            assert np.all(predicted[:, 1] == -20)
        elif spread[0] < 1:
            assert predicted[0] == pytest.approx([0, np.log10(spread[0])], rel=1e-9)
        assert np.all(predicted[:, 1] < 0)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initializer", ["random", "out"])
def test_the_field_is_what_the_network_says_row_by_row_from_below(shared, initializer, activation):
    state = REFERENCE | {"initializer": initializer, "activation": activation, "steps": 21}
    shared.update(**state)
    run = _trained(21, **_without_steps(state))
    field = _shown(shared).field.values
    (left, right), (bottom, top) = _axes(shared)["plane"].get_xlim(), _axes(shared)["plane"].get_ylim()
    rows, columns = field.shape
    for row, column in itertools.product((0, 3, rows // 2, rows - 1), (0, 5, columns // 2, columns - 1)):
        x = left + (right - left) * column / (columns - 1)
        y = bottom + (top - bottom) * row / (rows - 1)
        said = _said(run, ACTIVATIONS[activation].value, [x, y])
        assert field[row, column] == pytest.approx(said, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("steps", [21, 200])
@pytest.mark.parametrize("initializer", ["random", "out", "eye"])
def test_the_border_is_where_the_network_says_0(shared, initializer, steps):
    """To a third of the distance (0.15) of the grid between whose points it is drawn."""
    state = REFERENCE | {"initializer": initializer, "steps": steps}
    shared.update(**state)
    run, (left, right) = _trained(steps, **_without_steps(state)), _axes(shared)["plane"].get_xlim()
    borders = _shown(shared).border.get_segments()
    assert borders
    for point in np.concatenate(borders):
        around = [_said(run, np.tanh, point + aside) for aside in 0.05 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])]
        assert min(around) < 0 < max(around)
    ticks = np.linspace(left, right, 25)
    said = np.array([[_said(run, np.tanh, [x, y]) for x in ticks] for y in ticks])
    for row, column in zip(*np.nonzero((said[:, 1:] > 0) != (said[:, :-1] > 0)), strict=True):
        passed = [abs(border - (ticks[column : column + 2].mean(), ticks[row])).max(axis=1).min() for border in borders]
        assert min(passed) < ticks[1] - ticks[0]


def test_without_inside_or_without_numbers_there_is_no_border(shared):
    for state in ({"initializer": "zeros"}, {"initializer": "zeros", "steps": 0}):
        shared.update(**REFERENCE | state)
        assert _shown(shared).border.get_segments() == []
    figure = NeuronFigure(*inside())
    figure.update(NeuronView(np.zeros((1, 1, 3)), np.ones(1), np.zeros(1), 0, np.full((3, 3), np.nan), None))
    assert figure.moving[6].get_segments() == []


def _shade(picture, axes, x, y):
    """How light the picture is around a point of the axes (0 to 255); lines and small marks do not count."""
    column, up = axes.transData.transform((x, y)).astype(int)
    row = picture.shape[0] - up
    return np.median(picture[row - 8 : row + 9, column - 8 : column + 9].mean(axis=-1))


CORNERS = [(x, y) for x in (-1.9, 1.9) for y in (-1.9, 1.9)]


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("density", [1.0, 1.5, 2.0])
def test_the_picture_is_dark_where_the_network_says_inside(explorer, monkeypatch, corner, density):
    """A network that says inside in one corner alone."""

    def says(rows, output_bias, inputs, activation):
        return np.where((inputs[0] * corner[0] > 0) & (inputs[1] * corner[1] > 0), 1.0, -1.0)

    monkeypatch.setattr(lockstep, "output", says)
    explorer._image.set_density(density)
    explorer.update(initializer="eye", steps=0)
    picture = pixels(explorer._image.value)
    for other in CORNERS:
        shade = _shade(picture, _axes(explorer)["plane"], *other)
        assert (shade < 190) if other == corner else (shade > 250), other


@pytest.mark.parametrize("draw", range(6))
def test_the_picture_is_dark_on_the_side_to_which_a_neuron_points(explorer, draw):
    explorer.update(initializer="random", width=1, activation="linear", steps=0)
    for _ in range(draw):
        buttons(explorer)["New draw"].click()
    w1, w2, _, v = _run("random", 0.5, 0.0, 1, "linear", draw).neurons[0, 0]
    inward = np.array([w1, w2]) * np.sign(v) / np.hypot(w1, w2)
    picture, plane = pixels(explorer._image.value), _axes(explorer)["plane"]
    assert _shade(picture, plane, *2.0 * inward) + 5 < _shade(picture, plane, *-2.0 * inward)
    (line,) = _shown(explorer).lines.get_segments()
    assert line @ inward == pytest.approx([0, 0], abs=1e-9)  # where it switches: w . x = 0


@pytest.mark.parametrize("state", STATES)
def test_every_line_is_where_a_neuron_switches(shared, state):
    state = REFERENCE | state
    shared.update(**state)
    now = _trained(state["steps"], **_without_steps(state)).neurons[-1]
    lines = _shown(shared).lines.get_segments()
    assert len(lines) <= min(len(now), 48)
    if not now[:, :2].any():
        assert not lines
    for ends in lines:
        assert np.hypot(*(ends[1] - ends[0])) > 2 * 2.4 * 2**0.5  # it crosses the whole plane
        score = np.abs(now[:, :2] @ ends.T + now[:, 2:3]).max(axis=1) / np.maximum(np.hypot(*now[:, :2].T), 1e-300)
        assert score.min() < 1e-9
    for w1, w2, b, _ in now if len(now) <= 48 else ():
        if abs(b) < 2 * np.hypot(w1, w2):
            assert any(np.allclose(ends @ [w1, w2] + b, 0, atol=1e-9) for ends in lines)


def test_examples_are_where_the_data_is(explorer):
    inputs, targets = inside()
    assert np.array_equal(_shown(explorer).inside.get_xydata().T, inputs[:, targets > 0])
    assert np.array_equal(_shown(explorer).outside.get_xydata().T, inputs[:, targets < 0])
    picture, plane = pixels(explorer._image.value), _axes(explorer)["plane"]
    for (x, y), target in zip(inputs.T, targets, strict=True):
        column, up = plane.transData.transform((x, y)).astype(int)
        middle = picture[len(picture) - up - 1, column].mean()
        assert (middle < 60) if target > 0 else (middle > 200)


def test_exact_equality_lies_on_the_tick_that_says_0(explorer):
    spread = _axes(explorer)["spread"]
    ticks = dict(zip((label.get_text() for label in spread.get_yticklabels()), spread.get_yticks(), strict=True))
    assert ticks["1"] == 0
    assert ticks["$10^{-10}$"] == -10
    shown = _shown(explorer)
    for line in (shown.spread, shown.predicted, shown.spread_now):
        assert np.all(line.get_ydata() == ticks["0"])
    assert len(shown.predicted.get_xdata()) == STEPS + 1
    bottom, top = spread.get_ylim()
    assert bottom < ticks["0"] < np.log10(2.0**-54) < 0 < top  # less than the smallest that can be, and to be seen
    explorer.update(noise=1e-16, steps=0)
    assert np.all(shown.spread.get_ydata() > ticks["0"] + 3)


def test_the_frame_changes_seldom_while_steps_move(shared, monkeypatch):
    """Only where the paths outgrow the panel of weights, and then it grows."""
    draws = []
    draw = FigureCanvasAgg.draw
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda canvas: draws.append(canvas) or draw(canvas))
    for state in ({}, {"noise": 1e-6}, {"initializer": "random"}, {"initializer": "ones", "activation": "relu"}):
        shared.update(**REFERENCE | state | {"steps": 0})
        before, reaches = len(draws), []
        for steps in range(0, 201, 4):
            shared.update(steps=steps)
            reaches.append(_axes(shared)["weights"].get_xlim()[1])
        assert reaches == sorted(reaches)
        assert len(draws) - before <= len(set(reaches)) - 1 <= 2


@pytest.mark.parametrize("state", STATES)
def test_axes_hold_what_is_shown(shared, state):
    for steps in (0, 200):
        shared.update(**REFERENCE | state | {"steps": steps})
        shown, axes = _shown(shared), _axes(shared)
        for line, panel in (
            (shown.dots, "weights"), (shown.loss, "loss"), (shown.loss_now, "loss"), (shown.spread, "spread"),
            (shown.spread_now, "spread"), *([(shown.one_loss, "loss")] if shown.one_loss.get_visible() else []),
        ):  # fmt: skip
            for points, (low, high) in zip(
                line.get_xydata().T, (axes[panel].get_xlim(), axes[panel].get_ylim()), strict=True
            ):
                assert low <= points.min() <= points.max() <= high


@pytest.mark.parametrize("step", [0, 1, 2])
def test_the_figure_shows_any_view(step):
    """Two neurons and two steps made up: all artists are the view's, and none looks at a later step."""
    paths = np.array([[[1, 0, 0], [1, 0, 0]], [[1, 1, 0.5], [2, 1, 0]], [[-2, 1, 1], [2, 2, 0]]], dtype=float)
    one = np.array([[1, 0], [1, 0.5], [0, 1]], dtype=float)
    view = NeuronView(
        paths, np.array([1.1, 0.5, 0.25]), np.array([0, 0.1, 4]), step, np.zeros((3, 3)),
        (one, np.array([1.1, 0.9, 0.8]), np.array([1e-3, 0.1, 10])),
    )  # fmt: skip
    figure = NeuronFigure(*inside())
    figure.update(view)
    tails, start, one_path, dots, field, lines, _, _, _, one_loss, loss, spread, predicted, *now = figure.moving
    assert dots.get_xydata().tolist() == paths[step, :, :2].tolist()
    assert start.get_xydata().tolist() == paths[0, :, :2].tolist()
    assert [tail[-1].tolist() for tail in tails.get_segments()] == paths[step, :, :2].tolist()
    assert all(
        np.array_equal(tail[: step + 1], paths[: step + 1, i, :2]) for i, tail in enumerate(tails.get_segments())
    )
    assert np.array_equal(one_path.get_xydata(), one[: step + 1])
    assert one_loss.get_ydata().tolist() == [1.1, 0.9, 0.8]
    assert loss.get_xydata().tolist() == [[0, 1.1], [1, 0.5], [2, 0.25]][: step + 1]
    assert spread.get_xydata() == pytest.approx(np.array([[0, -20], [1, -1], [2, np.log10(4)]][: step + 1]))
    assert predicted.get_xydata() == pytest.approx(np.array([[0, -3], [1, -1]]))
    assert [mark.get_xdata()[0] for mark in now] == [step, step]
    assert field.values is view.field
    switches = [[line @ paths[step, i, :2] + paths[step, i, 2] for i in (0, 1)] for line in lines.get_segments()]
    assert [switches[i][i] for i in (0, 1)] == [pytest.approx([0, 0], abs=1e-9)] * 2


def test_the_field_is_clipped_and_what_is_no_number_is_drawn_too():
    figure = NeuronFigure(*inside())
    canvas = FigureCanvasAgg(figure.figure)
    pictures = []
    for field in ([[-1e9, -1], [np.inf, 1]], [[-1, -1], [1, 1]], [[np.nan, np.nan], [np.nan, np.nan]]):
        figure.update(NeuronView(np.zeros((1, 1, 3)), np.ones(1), np.zeros(1), 0, np.array(field, dtype=float), None))
        figure.moving[6].set_visible(False)  # the border is not clipped
        canvas.draw()
        pictures.append(decoded(figures.encode(canvas)))
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])


def test_neurons_are_parting_from_a_hundredth_to_one_and_then_apart(shared):
    spread = np.ptp(_trained(200, **_without_steps(REFERENCE | {"noise": 1e-6})).neurons, axis=1).max(axis=1)
    for steps in range(30, 75):
        kind = "Lockstep to the eye." if spread[steps] <= 0.01 else "Parting." if spread[steps] <= 1 else "Broken."
        assert shared.update(**REFERENCE | {"noise": 1e-6, "steps": steps}).startswith(kind)
