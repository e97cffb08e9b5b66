"""Explorers answer at every corner of their controls, refuse what they cannot draw, and show what they say.

First what every explorer is, then what is collapse's own (symmetry's own is in test_symmetry.py), then what all figures
share.
"""

import base64
import io
import itertools
import re
import subprocess
import sys

import ipywidgets
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from helpers import explorers, figures, quiz, theory
from helpers.activations import ACTIVATIONS
from helpers.explorers.explorer import Explorer, Report, as_html
from helpers.live import _KEPT, LiveImage
from tests.seen import assert_told, buttons, corners, decoded, everything, image, pixels, values

FORMATS = ("float16", "float32", "float64")
DIRECTIONS = ("forward", "backward")
REFERENCE = {
    "depth": 50, "width": 512, "sigma2": 1e-4, "activation": "linear", "format": "float32", "direction": "forward",
}  # fmt: skip
BACK = {"direction": "backward"}
SIX = sorted(set(figures.COLOURS.values()))

# States that look different, as they differ from the first one; some share a frame.
STATES = {
    "collapse": [
        {},
        {"sigma2": 1.0},
        {"format": "float16", "direction": "backward"},
        {"depth": 200, "width": 4, "activation": "relu", "sigma2": 0.5},
        {"depth": 1, "activation": "sigmoid", "format": "float64"},
        {"depth": 30, "width": 2, "activation": "leaky_relu", "sigma2": 10},
        {"depth": 12, "activation": "tanh", "sigma2": 1 / 512, "direction": "backward"},
        {"sigma2": 1e-6},
        {"sigma2": 2e-4},
        {"sigma2": 5e-4},
    ],
    "edge_of_chaos": [
        {},
        {"sigma_w": 1.3},
        {"sigma_w": 0.5, "sigma_b": 0.0},
        {"sigma_w": 4.0, "sigma_b": 2.0, "depth": 100},
        {"sigma_w": 1.4, "depth": 20},
        {"depth": 5},
        {"sigma_b": 0.0},
        {"sigma_w": 2.45},
        {"depth": 49},
        {"depth": 48},
    ],
    "explosion": [
        {},
        {"sigma2": 0.01},
        {"format": "float8_e4m3", "direction": "backward"},
        {"depth": 300, "width": 4, "activation": "relu", "sigma2": 2},
        {"depth": 1, "activation": "sigmoid", "format": "float64"},
        {"depth": 30, "width": 2, "activation": "leaky_relu", "sigma2": 10, "format": "bfloat16"},
        {"depth": 12, "activation": "tanh", "sigma2": 0.1, "direction": "backward"},
        {"format": "float8_e5m2"},
        {"depth": 49},
        {"depth": 48},
    ],
    "gallery": [
        {},
        {"initializer": "orthogonal"},
        {"initializer": "constant", "activation": "linear"},
        {"initializer": "sparse", "fan_out": 128, "activation": "tanh"},
        {"initializer": "zeros", "fan_in": 8},
        {"initializer": "dirac", "fan_out": 8, "fan_in": 128},
        {"initializer": "eye", "fan_out": 128, "fan_in": 8},
        {"initializer": "he_uniform", "activation": "gelu"},
        {"fan_out": 32},
        {"fan_in": 32},
    ],
    "goldilocks": [
        {},
        {"mode": "fan_avg"},
        {"shape": "tapering", "n_out": 4, "activation": "relu"},
        {"depth": 60, "n_in": 4, "n_out": 4, "scale": 10, "distribution": "uniform"},
        {"depth": 1, "activation": "sigmoid", "mode": "fan_out"},
        {"depth": 12, "activation": "tanh", "distribution": "truncated_normal"},
        {"scale": 0.1},
        {"scale": 2},
        {"depth": 49},
        {"depth": 48},
    ],
    "saturation": [
        {},
        {"sigma2": 1 / 512},
        {"activation": "sigmoid", "sigma2": 1.0, "depth": 100},
        {"depth": 5, "width": 1, "sigma2": 10},
        {"depth": 30, "width": 4096},
        {"sigma2": 1e-6, "activation": "sigmoid"},
        {"sigma2": 1.0},
        {"sigma2": 1e-4},
        {"depth": 49},
        {"depth": 48},
    ],
    "symmetry": [
        {},
        {"noise": 1e-6, "steps": 70},
        {"initializer": "eye", "width": 3, "activation": "relu"},
        {"initializer": "out", "constant": -1, "width": 512, "steps": 1},
        {"initializer": "random", "width": 1, "activation": "linear", "steps": 200},
        {"noise": 1.0, "constant": 1, "width": 4, "activation": "selu"},
        {"initializer": "zeros"},
        {"steps": 0},
        {"steps": 13},
        {"steps": 200},
    ],
}
# Another value for every control.
OTHERS = {
    "collapse": {
        "depth": 3, "width": 2.0, "sigma2": 1.0, "activation": "relu", "format": "float16", "direction": "backward",
    },
    "edge_of_chaos": {"sigma_w": 2.0, "sigma_b": 1.0, "depth": 7},
    "explosion": {
        "depth": 3, "width": 2.0, "sigma2": 0.1, "activation": "relu", "format": "bfloat16", "direction": "backward",
    },
    "gallery": {"fan_out": 16.0, "fan_in": 32.0, "initializer": "orthogonal", "activation": "tanh"},
    "goldilocks": {
        "n_in": 8.0, "n_out": 16.0, "scale": 2.0, "depth": 7, "mode": "fan_avg", "shape": "tapering",
        "activation": "relu", "distribution": "uniform",
    },
    "saturation": {"depth": 7, "width": 2.0, "sigma2": 0.1, "activation": "sigmoid"},
    "symmetry": {
        "steps": 3, "noise": 1e-3, "constant": 0.0, "width": 4.0, "initializer": "eye", "activation": "relu",
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=explorers.__all__)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def pair(name):
    """Two explorers of each kind in turn."""
    return getattr(explorers, name)(), getattr(explorers, name)()


@pytest.fixture
def explorer(pair):
    """Each in turn, as it begins."""
    return anew(pair[0])


@pytest.fixture
def other(pair):
    """Another of its kind."""
    return anew(pair[1])


@pytest.fixture(scope="module")
def shared():
    """A collapse explorer for the tests that set all its values."""
    return explorers.collapse()


@pytest.fixture
def collapse(shared):
    """The same, as it begins."""
    return anew(shared)


def anew(explorer):
    """The explorer, as if it had just been made (which is tested, too)."""
    explorer._image.set_density(1)
    buttons(explorer)["Reset"].click()
    return explorer


# --- what every explorer is


def test_every_explorer_has_controls_a_verdict_and_an_update(explorer):
    assert isinstance(explorer, Explorer)
    assert explorer.controls
    assert explorer.update() == explorer.verdict
    assert_told(explorer)


def test_every_explorer_starts_the_same_each_time(name, explorer):
    assert everything(getattr(explorers, name)()) == everything(explorer)


def test_two_explorers_of_a_kind_do_not_disturb_each_other(explorer, other):
    before = everything(other)
    for control in explorer.controls.values():
        if hasattr(control, "options"):
            control.index = len(control.options) - 1
        else:
            control.value = control.min
    buttons(explorer)["New draw"].click()
    explorer._image.set_density(2)
    assert explorer._image.value != before[2]
    assert everything(other) == before
    assert not set(explorer.controls.values()) & set(other.controls.values())
    other.update()
    assert everything(other) == before


def _options(control):
    """The values to choose from, or None where there is a range."""
    if not hasattr(control, "options"):
        return None
    return [option[1] if isinstance(option, tuple) else option for option in control.options]


def _ends(control):
    """The least and the largest value."""
    if hasattr(control, "options"):
        return min(_options(control)), max(_options(control))
    return tuple(control.base**end if hasattr(control, "base") else end for end in (control.min, control.max))


def _slider(explorer):
    """A slider that can be set to any whole number from 8 to 11."""
    return next(name for name in ("width", "n_in", "fan_in", "depth") if name in explorer.controls)


def test_controls_reach_what_the_docstring_promises(name, explorer):
    """A control's entry reads: ``name`` (low to high unit, meaning), or ``name`` ("choice", "choice", ...)."""
    text = " ".join(getattr(explorers, name).__doc__.split("Returns")[0].split())
    assert set(re.findall(r"``(\w+)``", text)) == explorer.controls.keys()
    ranges = re.findall(r"``(\w+)`` \((-?[\d.,]+) to ([\d.,]+)\b", text)
    assert ranges
    for control, *ends in ranges:
        assert _ends(explorer.controls[control]) == tuple(float(end.replace(",", "")) for end in ends)
    for control, listed in re.findall(r'``(\w+)`` \(("[^)]*)\)', text):
        assert re.findall(r'"(\w+)"', listed) == _options(explorer.controls[control])
    offered = {
        "saturation": [name for name, phi in ACTIVATIONS.items() if phi.bounded],
        "edge_of_chaos": None,  # tanh alone
    }.get(name, list(ACTIVATIONS))
    assert _options(explorer.controls.get("activation")) == offered


def test_what_no_control_can_be_set_to_is_refused_and_all_stays(explorer):
    before = everything(explorer)
    for name, control in explorer.controls.items():
        refused = [None, b"x", [1], "nonsense"]
        options = _options(control)
        if not options or not isinstance(options[0], str):
            low, high = _ends(control)
            refused += [low - 1e-3, high * 1.001, np.nan, np.inf, -np.inf, True, (low + high) / 2.1]
        if type(control).__name__.startswith("Float"):
            refused.pop()  # what is between the steps is accepted
        for value, act in itertools.product(refused, (explorer.update, explorer.set)):
            with pytest.raises((TypeError, ValueError), match=rf"^{name} must be .*, got {re.escape(repr(value))}$"):
                act(**{name: value})
            assert everything(explorer) == before
    for act in (explorer.update, explorer.set):
        with pytest.raises(TypeError, match=r"^the controls are .*; got nonsense$"):
            act(nonsense=1)
        assert everything(explorer) == before


def test_an_exception_in_a_callback_ends_in_the_verdict_line(explorer):
    slider = _slider(explorer)
    good = explorer._image.value
    draw = explorer._draw

    def broken(seed, **values):
        raise ZeroDivisionError("float <division> by 10^-3")

    def choose(value):
        explorer.controls[slider].value = value

    explorer._draw = broken
    choose(8)
    assert explorer.verdict == "Not drawn: float <division> by 10^-3"
    assert "Not drawn:" in explorer._line.value
    assert "float &lt;division&gt; by 10<sup>−3</sup>" in explorer._line.value
    assert explorer._image.value == good
    buttons(explorer)["New draw"].click()
    assert explorer._image.value == good
    with pytest.raises(ZeroDivisionError):
        explorer.update(**{slider: 11})
    explorer._draw = draw
    choose(9)
    assert_told(explorer)
    assert explorer._image.value != good


def test_a_value_that_a_control_refuses_does_not_silence_the_explorer(name, explorer):
    for control in explorer.controls:
        with pytest.raises(Exception, match=r"'x'|float|Invalid selection"):
            explorer.set(**{control: "x"})
    before = everything(explorer)
    other = list(OTHERS[name])[-1]
    explorer.controls[other].value = OTHERS[name][other]
    assert explorer.verdict != before[0]
    assert explorer._image.value != before[2]


def test_update_moves_the_controls_to_what_is_drawn(name, explorer):
    verdict = explorer.update(**OTHERS[name])
    assert values(explorer) == OTHERS[name]
    assert explorer.update() == verdict
    whole = {key: int(value) for key, value in OTHERS[name].items() if not isinstance(value, str) and value % 1 == 0}
    assert explorer.update(**{key: np.int64(value) for key, value in whole.items()}) == verdict
    real = next(key for key in ("width", "n_in", "fan_in", "sigma_w") if key in whole)
    assert explorer.update(**{real: np.float32(whole[real])}) == verdict


def test_one_update_draws_once(name, explorer, monkeypatch):
    drawn = []
    draw, start = explorer._draw, values(explorer)
    one, two = list(start)[-2:]
    monkeypatch.setattr(explorer, "_draw", lambda seed, **values: drawn.append(values) or draw(seed, **values))
    explorer.update(**OTHERS[name])
    assert drawn == [OTHERS[name]]
    explorer.set(**{one: start[one], two: start[two]})
    assert drawn[1:] == [OTHERS[name] | {one: start[one], two: start[two]}]
    explorer.controls[one].value = OTHERS[name][one]
    assert drawn[2:] == [OTHERS[name] | {two: start[two]}]


def test_every_control_is_heard(name, explorer, other):
    assert OTHERS[name].keys() == explorer.controls.keys()
    start, before = values(explorer), everything(explorer)
    for control, value in OTHERS[name].items():
        explorer.controls[control].value = value
        assert explorer._image.value != before[2]
        assert explorer.verdict != before[0]
        assert explorer.verdict == other.update(**start | {control: value})
        explorer.controls[control].value = start[control]
        assert everything(explorer) == before


def test_reset_goes_back_to_the_start(name, explorer):
    first = everything(explorer)
    buttons(explorer)["New draw"].click()
    explorer.update(**OTHERS[name])
    buttons(explorer)["New draw"].click()
    buttons(explorer)["Reset"].click()
    assert everything(explorer) == first


def test_buttons_say_what_they_do(explorer):
    assert {"New draw", "Reset"} <= buttons(explorer).keys()
    for label, button in buttons(explorer).items():
        assert label
        assert button.tooltip


# --- what every explorer displays


def test_colab_is_told_of_the_manager_that_the_box_needs():
    """By the data of the cell itself: Colab's own hook sees only what `display` shows."""
    script = """
import sys, types
manager = types.SimpleNamespace(_installed_url=None)
colab = types.ModuleType("google.colab.output")
colab._widgets = manager
colab.enable_custom_widget_manager = lambda: setattr(manager, "_installed_url", "https://example.org/manager.js")
sys.modules["google.colab.output"] = colab
from helpers import explorers, quiz
for box in (explorers.collapse(), quiz.ask("collapse.one_layer")):
    _, metadata = box._repr_mimebundle_()
    print(metadata["application/vnd.jupyter.widget-view+json"]["colab"]["custom_widget_manager"]["url"])
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == 2 * ["https://example.org/manager.js"]
    for box in (explorers.collapse(), quiz.ask("collapse.one_layer")):
        assert box._repr_mimebundle_()[1] == {}


def test_display_bundle(name, explorer):
    start, stills = values(explorer), []
    for state in ({}, OTHERS[name], {}):
        verdict = explorer.update(**start | state)
        live = explorer._image.value
        bundle, _ = explorer._repr_mimebundle_()
        view = bundle["application/vnd.jupyter.widget-view+json"]
        assert view["model_id"] == explorer.model_id
        assert bundle["text/plain"] == verdict
        shown = image(bundle["text/html"])
        assert len(shown["alt"]) >= 40
        assert len(re.findall(r"\d+", shown["alt"])) >= 4
        assert verdict in shown["alt"]
        assert f"<p>{as_html(verdict)}</p>" in bundle["text/html"]
        png = base64.b64decode(bundle["image/png"])
        stills.append(png)
        assert base64.b64decode(shown["src"].partition(",")[2]) == png
        still = Image.open(io.BytesIO(png))
        assert still.format == "PNG"
        assert (int(shown["width"]), int(shown["height"])) == explorer._image.size
        assert still.size == tuple(2 * side for side in explorer._image.size)
        assert explorer._image.value == live
        assert explorer.update() == verdict  # and the live picture goes on as before
        assert explorer._image.value == live
    assert stills[0] == stills[2] != stills[1]


# --- the live picture of every explorer


def _redrawn(live):
    """The figure of a LiveImage as a new canvas draws it: what does not move (a buffer), then what does (pixels)."""
    figure, old = live._canvas.figure, live._canvas
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    background = bytes(canvas.buffer_rgba())
    for artist in live._moving:
        figure.draw_artist(artist)
    figure.set_canvas(old)
    return background, decoded(figures.encode(canvas))


def test_a_dense_picture_is_that_of_a_full_redraw(name, explorer):
    start = values(explorer)
    explorer._image.set_density(1.5)
    for state in STATES[name][:3]:
        explorer.update(**start | state)
        np.testing.assert_array_equal(pixels(explorer._image.value), _redrawn(explorer._image)[1])


def assert_ticks_differ(figure):
    for axes in figure.axes:
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            texts = [label.get_text() for label in labels if label.get_text()]
            assert len(set(texts)) == len(texts), texts


def test_the_picture_does_not_depend_on_what_was_shown_before(name, explorer):
    """It is that of a full redraw, and of an explorer that has just been made.

    And two states with one frame differ in the moving artists alone: all others draw the same pixels.
    """
    start, states = values(explorer), STATES[name]
    count, pictures, backgrounds = range(len(states)), {}, {}
    for number in [*count[::-1], *count[::2]]:
        explorer.update(**start | states[number])
        picture = pixels(explorer._image.value)
        if number not in pictures:
            background, pictures[number] = _redrawn(explorer._image)
            assert backgrounds.setdefault(explorer._image._frame, background) == background
            assert_ticks_differ(explorer._image._canvas.figure)
        np.testing.assert_array_equal(picture, pictures[number])
    assert len({picture.tobytes() for picture in pictures.values()}) == len(states)
    assert len(backgrounds) == len(set(backgrounds.values())) < len(states)
    for number in (1, 3):
        fresh = getattr(explorers, name)()
        fresh.update(**start | states[number])
        np.testing.assert_array_equal(pixels(fresh._image.value), pictures[number])


@pytest.mark.parametrize(("asked", "given"), [(2.0, 2.0), (-1.0, 1.0), (3.0, 2.0)])
def test_density(explorer, asked, given):
    low = pixels(explorer._image.value)
    inches = explorer._image._canvas.figure.get_size_inches()
    explorer._image.set_density(asked)
    high = pixels(explorer._image.value)
    assert high.shape[:2] == tuple(int(side * 96 * given + 1e-9) for side in inches[::-1])
    shown = image(explorer._image.value)
    assert (int(shown["width"]), int(shown["height"])) == explorer._image.size
    assert low.shape[:2] == explorer._image.size[::-1]
    explorer._image.set_density(1)
    np.testing.assert_array_equal(pixels(explorer._image.value), low)


def test_the_keyboard_widget_tells_the_density(explorer):
    width, height = explorer._image.size
    explorer.children[-1].density = 2.0
    assert pixels(explorer._image.value).shape == (2 * height, 2 * width, 3)


@pytest.mark.parametrize("smallest", [False, True])
def test_encoding_loses_little(name, explorer, smallest):
    start = values(explorer)
    for state in STATES[name][::5]:
        explorer.update(**start | state)
        canvas = explorer._image._draw()
        exact = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
        png = figures.encode(canvas, smallest=smallest)
        assert Image.open(io.BytesIO(png)).mode == "P"
        error = np.abs(decoded(png).astype(int) - exact).max(axis=-1)
        assert error.mean() < (2 if name == "symmetry" else 1)  # of 255; a fifth of symmetry's picture is tinted
        assert np.mean(error > 32) < 1e-3


# --- collapse at all corners


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_collapse_at_all_corners(shared, activation):
    levels = list(FORMATS), DIRECTIONS, (1, 200), (1, 256), (1e-6, 10)
    pictures = set()
    for count, (numbers, direction, depth, width, sigma2) in enumerate(corners(activation, *levels), 1):
        values = {"depth": depth, "width": width, "sigma2": sigma2, "format": numbers, "direction": direction}
        shared.update(activation=activation, **values)
        assert_told(shared)
        pictures.add(shared._image.value)
        assert len(pictures) == count, f"nothing changed at {values}"


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_collapse_at_its_widest(shared, activation):
    depths = (1, 200) if activation in ("linear", "relu") else (3,)  # the others take time for every unit
    for numbers, direction, depth, sigma2 in corners(activation, FORMATS, DIRECTIONS, depths, (1e-6, 10)):
        values = {"depth": depth, "width": 2**16, "sigma2": sigma2, "format": numbers, "direction": direction}
        shared.update(activation=activation, **values)
        assert_told(shared)


def test_collapse_deep_and_wide_with_a_smooth_activation(shared):
    shared.update(**REFERENCE | {"depth": 200, "width": 2**16, "sigma2": 10, "activation": "tanh"})
    assert_told(shared)


def test_sigma2_reaches_from_a_collapse_in_few_layers_to_an_explosion(collapse):
    sigma2 = collapse.controls["sigma2"]
    assert (sigma2.base**sigma2.min, sigma2.base**sigma2.max) == pytest.approx((1e-6, 10))


# --- what the verdict of collapse says


def test_verdict_of_the_reference_case(collapse):
    assert values(collapse) == REFERENCE
    assert collapse.verdict.startswith("Collapse. ")
    for part in ("nσ² = 0.0512;", "at layer 50 it is 10^-64.5.", "float32 still holds it", "from about layer 71 on."):
        assert part in collapse.verdict
    assert collapse.verdict == explorers.collapse().verdict


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        (
            {"format": "float16"},
            ["Collapse.", "In float16 this network: all 0 from layer 13 (predicted: about layer 13)."],
        ),
        ({"format": "float64"}, ["Collapse.", "float64 still holds it", "from about layer 503 on"]),
        (
            {"sigma2": 1 / 512},
            ["Healthy.", "nσ² = 1;", "it is 1.00.", "The mean over networks stays within float32 at any depth."],
        ),
        ({"sigma2": 1.0}, ["Explosion.", "nσ² = 512;", "it is 10^135.5.", "NaN from 30", "predicted: about layer 29"]),
        ({"sigma2": 1.0, "depth": 1}, ["Explosion.", "layer 1 it is 512. One", "overflow from about layer 29"]),
        ({"sigma2": 10, "depth": 2}, ["nσ² = 5.12·10^3;", "it is 10^7.4."]),
        (BACK, ["Collapse.", "the gradient's variance by nσ² = 0.0512;", "at the input it is 10^-64.5."]),
        (BACK, ["float32 holds it all the way down."]),
        (BACK | {"format": "float16"}, ["Collapse.", "In float16 the gradient is all 0 from layer "]),
        (BACK | {"sigma2": 1.0, "depth": 25}, ["Explosion.", "it is 10^67.7."]),
        (BACK | {"sigma2": 1.0, "format": "float64"}, ["Explosion.", "it is 10^135.5.", "float64 holds it all the"]),
        (
            {"activation": "relu"},
            ["Collapse.", "nσ² · 0.5 = 0.0256 (the first, whose inputs are raw, by nσ² = 0.0512)", "10^-79.3", "58"],
        ),
        ({"activation": "relu", "sigma2": 2 / 512}, ["Healthy.", "nσ² · 0.5 = 1 (", "it is 2.00."]),
        (
            {"activation": "tanh"},
            ["Collapse.", "With nσ² = 0.0512, a layer multiplies the variance by 0.0511 on", "10^-64.6"],
        ),
        (
            BACK | {"activation": "tanh", "sigma2": 1 / 512},
            ["Healthy.", "nσ² = 1, a layer multiplies the gradient's variance by 0.919 on"],
        ),
        (
            {"activation": "sigmoid"},
            ["Forgotten.", "it is 0.0128. That is the value of sigmoid at 0, the same for every input."],
        ),
    ],
)
def test_verdicts(shared, values, parts):
    verdict = shared.update(**REFERENCE | values)
    for part in parts:
        assert part in verdict


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"sigma2": 1 / 512}, "Healthy."),
        ({"sigma2": 1.5 / 512, "depth": 2}, "Growing."),
        ({"sigma2": 0.5 / 512, "depth": 2}, "Shrinking."),
        ({"sigma2": 1 / 8, "width": 8, "depth": 200}, "Healthy on average."),
        ({"sigma2": 2 / 512, "activation": "relu", "depth": 1}, "Healthy."),
        ({"sigma2": 1 / 512, "activation": "relu"}, "Collapse."),
        ({"sigma2": 10, "activation": "tanh"}, "Saturated."),
        (BACK | {"sigma2": 0.01, "activation": "tanh", "depth": 200}, "Explosion."),
        ({"sigma2": 10, "activation": "gelu", "depth": 20}, "Explosion."),
        (BACK | {"activation": "sigmoid"}, "Collapse."),
    ],
)
def test_the_word_for_it(shared, values, kind):
    assert shared.update(**REFERENCE | values).startswith(f"{kind} ")


def test_a_gradient_needs_a_signal(collapse):
    verdict = collapse.update(activation="relu", direction="backward", sigma2=0.01, depth=200)
    assert re.search(r"the signal is NaN from layer 18\d on: there is no gradient", verdict)
    verdict = collapse.update(activation="relu", direction="backward", sigma2=1e-4, depth=100)
    assert re.search(r"since the signal is 0 from layer \d+ up and a ReLU passes no gradient", verdict)
    verdict = collapse.update(activation="linear", direction="backward", sigma2=1.0, depth=50)
    assert re.search(r"the gradient is inf at layer \d+, NaN from \d+ down", verdict)


def test_an_explosion_ends_in_inf_and_then_nan(collapse):
    layer, then = re.search(r"inf at layer (\d+), NaN from (\d+) ", collapse.update(sigma2=1.0)).groups()
    assert layer in ("28", "29")
    assert int(then) == int(layer) + 1


def test_theory_of_another_end_is_not_offered_as_the_prediction(collapse):
    """A network of width 1 with ReLU dies soon, though its variance grows on average."""
    verdict = collapse.update(width=1, sigma2=10, activation="relu")
    assert verdict.startswith("Explosion.")
    assert re.search(r"all 0 from layer \d+ \(the mean over networks is not\)\.$", verdict)


def test_the_line_raises_exponents_and_escapes():
    assert as_html('10^-64.5. "<b>" 6.55·10^5') == "10<sup>−64.5</sup>. &quot;&lt;b&gt;&quot; 6.55·10<sup>5</sup>"


# --- what collapse refuses, and what then stays


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"depth": 0}, ValueError, "depth must be .* 1 .*got 0"),
        ({"depth": 201}, ValueError, "depth must be .* 200, got 201"),
        ({"depth": 2.5}, TypeError, "depth must be an integer .*got 2.5"),
        ({"depth": "5"}, TypeError, "depth must be an integer .*got '5'"),
        ({"depth": True}, TypeError, "depth must be an integer .*got True"),
        ({"width": 0.2}, ValueError, "width must be .* at least 1.*got 0.2"),
        ({"width": 1e9}, ValueError, "width must be .* 65536.*got 1000000000.0"),
        ({"width": np.nan}, ValueError, "width must be .*got nan"),
        ({"width": None}, TypeError, "width must be .*got None"),
        ({"sigma2": -1}, ValueError, "sigma2 must be .*got -1"),
        ({"sigma2": 0}, ValueError, "sigma2 must be .*got 0"),
        ({"sigma2": np.inf}, ValueError, "sigma2 must be .*got inf"),
        ({"sigma2": "x"}, TypeError, "sigma2 must be .*got 'x'"),
        ({"activation": "swish"}, ValueError, "activation must be one of 'linear', .*got 'swish'"),
        ({"activation": "ReLU"}, ValueError, "activation must be one of .*got 'ReLU'"),
        ({"format": "half"}, ValueError, "format must be one of 'float16', .*got 'half'"),
        ({"format": np.float16}, TypeError, "format must be one of .*float16"),
        ({"direction": "up"}, ValueError, "direction must be one of 'forward', 'backward', got 'up'"),
        ({"nonsense": 1}, TypeError, "the controls are depth, .*direction; got nonsense"),
        ({"depth": 3, "sigma2": -1}, ValueError, "sigma2 must be .*got -1"),
    ],
)
def test_bad_values_are_refused_and_all_stays(shared, values, error, message):
    shared.update(**REFERENCE)
    before = everything(shared)
    with pytest.raises(error, match=message):
        shared.update(**values)
    assert everything(shared) == before
    shared.controls["depth"].value = 49
    assert "at layer 49" in shared.verdict


# --- the buttons and the picture of collapse


@pytest.mark.parametrize("width", [512, 2**4.5, 1, 2**16])
def test_snap_to_one_over_n(collapse, width):
    collapse.update(width=width)
    buttons(collapse)["Snap to σ² = 1/n"].click()
    assert collapse.controls["sigma2"].value == 1 / round(width)
    assert "nσ² = 1;" in collapse.verdict


@pytest.mark.parametrize("width", [512, 2**4.5, 1])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_snap_to_gain_over_n(collapse, activation, width):
    collapse.update(width=width, activation=activation, depth=5)
    buttons(collapse)["Snap to σ² = gain²/n"].click()
    assert collapse.controls["sigma2"].value == theory.stable_variance(round(width), activation=activation)


def test_new_draw_changes_the_network_and_not_the_theory(collapse):
    def theory_and_network():
        moving = collapse._image._moving
        return moving[0].get_ydata().copy(), moving[1].get_ydata().copy()

    before, verdict = theory_and_network(), collapse.verdict
    buttons(collapse)["New draw"].click()
    after = theory_and_network()
    assert np.array_equal(before[0], after[0])
    assert not np.array_equal(before[1], after[1])
    assert collapse.verdict.split(" One network")[0] == verdict.split(" One network")[0]
    assert collapse.verdict != verdict
    drawn = collapse.verdict
    collapse.update(depth=20)
    assert collapse.update(depth=50) == drawn  # the new network stays until the next draw


def test_a_move_within_a_frame_redraws_the_moving_artists_only(collapse, monkeypatch):
    draws = []
    draw = FigureCanvasAgg.draw
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda canvas: draws.append(canvas) or draw(canvas))
    for depth in range(26, 61):
        collapse.update(depth=depth, sigma2=1 / 512)
    assert len(draws) <= 3  # the scale of the lower panel may change


# --- live pictures


def test_frames_are_kept_and_bounded(monkeypatch):
    figure = Figure(figsize=(2, 1))
    axes = figure.add_axes([0, 0, 1, 1])
    line = axes.plot([0, 1], [0, 1])[0]
    live = LiveImage(figure, [line])
    draws = []
    draw = FigureCanvasAgg.draw
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda canvas: draws.append(canvas) or draw(canvas))
    live.show("a line", "one")
    line.set_ydata([1, 0])
    live.show("a line", "one")
    assert len(draws) == 1
    for name in range(3 * _KEPT):
        live.show("a line", name)
        assert len(live._frames) <= _KEPT
    assert len(draws) == 1 + 3 * _KEPT
    live.show("a line", 3 * _KEPT - 1)
    live.show("a line", 2 * _KEPT)
    assert len(draws) == 1 + 3 * _KEPT
    live.show("a line", 0)
    assert len(draws) == 2 + 3 * _KEPT


def test_alternative_text_is_escaped():
    live = LiveImage(Figure(figsize=(2, 1)), [])
    alt = """He said "1 < 2" & 'so' it's <b>"""
    live.show(alt, None)
    assert image(live.value)["alt"] == alt
    assert 'alt="He said &quot;1 &lt; 2&quot; &amp; ' in live.value


def test_a_report_is_shown_escaped():
    live = LiveImage(Figure(figsize=(2, 1)), [])
    explorer = Explorer({}, [ipywidgets.HBox()], live, lambda seed: Report("Healthy.", 'is "1 < 2"', "A picture", 0), 0)
    assert explorer.verdict == 'Healthy. is "1 < 2"'
    assert "is &quot;1 &lt; 2&quot;" in explorer._line.value
    assert image(live.value)["alt"] == 'A picture Healthy. is "1 < 2"'


# --- colours


def _encoded(colour):
    figure = Figure(figsize=(1, 1), facecolor=colour)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return decoded(figures.encode(canvas))


@pytest.mark.parametrize("colour", ["#ffffff", *SIX])
def test_encoding_keeps_the_colours_of_the_series(colour):
    expected = np.rint(np.array(to_rgb(colour)) * 255)
    assert np.all(_encoded(colour) == expected)


def _luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_contrast_formula():
    assert 1.05 / (_luminance("#767676") + 0.05) == pytest.approx(4.54, abs=0.005)  # known: just passes


@pytest.mark.parametrize("colour", [*SIX, "#444444"])
def test_colours_are_readable_on_white(colour):
    assert 1.05 / (_luminance(colour) + 0.05) >= 4.5


def test_colours_differ():
    assert len(SIX) == 6
    assert len({figures.COLOURS[role] for role in ("theory", "measured", "highlight", "format")}) == 4  # in one figure


# --- numbers in words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"), (0.0512, "0.0512"), (0.25, "0.25"), (512.0, "512"), (999.4, "999"), (999.7, "1.00·10^3"),
        (1234, "1.23·10^3"), (5120, "5.12·10^3"), (9999, "1.00·10^4"), (655360, "6.55·10^5"), (1e-3, "0.001"),
        (9e-4, "9.00·10^-4"), (1e-6, "1.00·10^-6"), (1e300, "1.00·10^300"), (np.float64(2.0), "2"),
    ],
)  # fmt: skip
def test_plain_number(value, text):
    assert figures.plain_number(value) == text


@pytest.mark.parametrize(
    ("exponent", "text"),
    [
        (0, "1.00"), (-0.0, "1.00"), (0.30103, "2.00"), (1, "10.0"), (2, "100"), (2.709, "512"), (2.9999, "10^3.0"),
        (3, "10^3.0"), (-1, "0.100"), (-2, "0.0100"), (-2.49, "0.00324"), (-2.5, "10^-2.5"), (-64.536, "10^-64.5"),
        (681.6, "10^681.6"), (np.inf, "inf"), (-np.inf, "0"), (np.nan, "NaN"),
    ],
)  # fmt: skip
def test_power_of_ten(exponent, text):
    assert figures.power_of_ten(exponent) == text


# --- still figures


def _assert_picture(picture, numbers):
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert repr(picture) == bundle["text/plain"] == picture.alt
    shown = image(bundle["text/html"])
    assert shown["alt"] == picture.alt
    assert len(picture.alt) >= 40
    for number in numbers:
        assert number in picture.alt
    png = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
    assert png.format == "PNG"
    size = np.array([int(shown["width"]), int(shown["height"])])
    assert np.all(np.abs(np.array(png.size) - 2 * size) <= 1)
    ink = np.asarray(png.convert("L"))
    assert ink.min() < 100
    assert ink.max() == 255
    assert picture._repr_mimebundle_() == bundle  # shown twice, it is the same


def test_labels_between_powers_of_ten():
    assert [figures.style.as_power(exponent) for exponent in (-2.0, -0.5, 0.0, 0.25, 3.0)] == [
        "$10^{-2}$", "0.32", "1", "1.8", "$10^{3}$",
    ]  # fmt: skip


def test_picture_escapes_its_text():
    picture = figures.Picture(Figure(figsize=(2, 1)), 'A "quoted" <text> & more')
    bundle = picture._repr_mimebundle_()
    assert image(bundle["text/html"])["alt"] == bundle["text/plain"] == 'A "quoted" <text> & more'


def test_histograms():
    rng = np.random.default_rng(0)
    samples = [rng.standard_normal(1000) * 0.5**layer for layer in range(6)]
    stds = [f"{samples[layer].std():.2g} at layer {layer}" for layer in (0, 1, 5)]
    picture = figures.histograms(samples, [0, 1, 5])
    _assert_picture(picture, stds)
    panels = picture.figure.axes
    assert len(panels) == 3
    assert len({panel.get_xlim() for panel in panels}) == 1
    assert [panel.get_title().split("\n")[0] for panel in panels] == ["layer 0", "layer 1", "layer 5"]


def test_losses():
    curves = {"he": np.linspace(2.3, 0.1, 100), "zeros": np.full(100, np.log(10))}
    picture = figures.losses(curves, np.log(10), roles=["healthy", "collapse"])
    _assert_picture(picture, ["2.303", "he ends below a tenth of it", "zeros ends at it"])
    lines = picture.figure.axes[0].get_lines()[1:]
    assert len({line.get_linestyle() for line in lines}) == 2
    smooth = lines[0].get_xydata()
    assert tuple(smooth[0]) == pytest.approx((9, curves["he"][:10].mean()))
    assert smooth[-1][0] == 99


def test_profiles():
    curves = {"n = 512": np.linspace(0, -64.536, 51), "ReLU": np.linspace(0, -10, 51)}
    picture = figures.profiles(curves, "variance", roles=["forward", "backward"])
    _assert_picture(picture, ["variance", "n = 512: from 1.00 to 10^-64.5", "ReLU: from 1.00 to 10^-10.0"])
    lines = picture.figure.axes[0].get_lines()
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == 2


@pytest.mark.parametrize("ends", [(0.0, 0.0), (0.0, -9.0), (-9.0, -9.0), (-4.0, -4.2)])
def test_names_stand_apart_beside_the_ends_of_their_curves(ends):
    curves = {name: np.linspace(0, end, 51) for name, end in zip("ab", ends, strict=True)}
    curves["c"] = np.linspace(0, -9, 16)
    figure = figures.profiles(curves, "variance", roles=["forward", "backward", "theory"]).figure
    FigureCanvasAgg(figure).draw()
    axes = figure.axes[0]
    frame, boxes = axes.get_window_extent(), [text.get_window_extent() for text in axes.texts]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    for box, curve in zip(boxes, curves.values(), strict=True):
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1
        end = axes.transData.transform((len(curve) - 1, curve[-1]))
        assert 0 < box.x0 - end[0] < 30
        assert abs((box.y0 + box.y1) / 2 - end[1]) < box.height
    assert axes.texts[2].xy == (15, -9)  # no name is beside it


@pytest.mark.filterwarnings("error")
def test_a_curve_that_dies_has_its_name_where_it_dies():
    curves = {
        "dead": np.array([0, -3, -6, -np.inf, -np.inf]),
        "lives": np.linspace(0, -4, 5),
        "none": np.full(5, np.nan),
    }
    axes = figures.profiles(curves, "variance", roles=["forward", "backward", "theory"]).figure.axes[0]
    assert [text.xy for text in axes.texts] == [(2, -6), (4, -4), (0, 0)]


def test_histograms_show_what_is_far_from_0_and_what_is_small():
    for centre, spread, ends in ((5, 0.1, 10), (0, 0.01, 0.02)):
        sample = np.random.default_rng(0).normal(centre, spread, 500)
        (axes,) = figures.histograms([sample], [0]).figure.axes
        assert sum(bar.get_height() for bar in axes.patches) > 490
        np.testing.assert_allclose(axes.get_xticks(), [-ends, 0, ends])


def test_losses_that_are_no_numbers_are_told():
    picture = figures.losses({"a": np.array([1.0, 2.0, np.nan])}, 2.3, roles=["healthy"], window=1)
    assert "a ends as nan" in picture.alt


def test_measured_points_below_0_are_not_cut():
    x = np.arange(3.0)
    bottoms = [figures.against_theory(x, y, y, "x", "y").figure.axes[0].get_ylim()[0] for y in (x + 1, -x - 1, x - 1)]
    assert bottoms[0] == 0
    assert bottoms[1] < -3
    assert bottoms[2] < -1


def test_curves_are_not_dropped_in_silence():
    curve = np.linspace(0, -1, 5)
    for curves, roles in (({"a": curve}, []), (dict.fromkeys("abcd", curve), ["healthy"] * 4)):
        with pytest.raises(ValueError, match=r"^curves must be at most 3.*got"):
            figures.profiles(curves, "variance", roles=roles)
    with pytest.raises(ValueError, match=r"^roles must be one of .*got 'ill'"):
        figures.losses({"a": curve}, 2.3, roles=["ill"])
