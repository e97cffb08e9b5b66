"""Explorers answer at every corner of their controls, refuse what they cannot draw, and show what they say."""

import base64
import io
import itertools
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from helpers import explorers, figures, theory
from helpers.activations import ACTIVATIONS
from helpers.explorers.explorer import Explorer, Report, as_html
from helpers.live import _KEPT, LiveImage

FORMATS = ("float16", "float32", "float64")
DIRECTIONS = ("forward", "backward")
REFERENCE = {
    "depth": 50, "width": 512, "sigma2": 1e-4, "activation": "linear", "format": "float32", "direction": "forward",
}  # fmt: skip
BACK = {"direction": "backward"}
SIX = sorted(set(figures.COLOURS.values()))


@pytest.fixture(scope="module")
def shared():
    """An explorer for the tests that set all its values."""
    return explorers.collapse()


@pytest.fixture
def explorer():
    return explorers.collapse()


class _Images(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.found.append(dict(attrs))


def _image(html):
    """The attributes of the only <img> in `html`."""
    (attributes,) = _Images(html).found
    return attributes


def _pixels(html):
    """The picture in the only <img> in `html`."""
    data = _image(html)["src"].removeprefix("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def _buttons(explorer):
    def walk(widget):
        for child in getattr(widget, "children", ()):
            yield child
            yield from walk(child)

    return {w.description: w for w in walk(explorer) if type(w).__name__ == "Button"}


def _assert_told(explorer):
    """The verdict is a kind of outcome and sentences, and shows in the line, in the alternative text and in numbers."""
    verdict = explorer.verdict
    assert re.match(
        r"(Collapse|Explosion|Shrinking|Growing|Saturated|Forgotten|Healthy|Healthy on average)\. .*\d.*\.$", verdict
    ), verdict
    assert not re.search(r"\bnan\b|None|\de[+-]?\d|\.\.|\d\. (?!float)[a-z]|  ", verdict), verdict
    assert explorer._line.value.endswith(f"</strong> {as_html(verdict.partition(' ')[2])}</div>")
    alt = _image(explorer._image.value)["alt"]
    assert alt == explorer._image.alt
    assert alt.startswith("Line chart")
    assert alt.endswith(verdict)


# --- what every explorer is


@pytest.mark.parametrize("name", explorers.__all__)
def test_every_explorer_has_controls_a_verdict_and_an_update(name):
    explorer = getattr(explorers, name)()
    assert isinstance(explorer, Explorer)
    assert explorer.controls
    assert explorer.update() == explorer.verdict
    _assert_told(explorer)


@pytest.mark.parametrize("name", explorers.__all__)
def test_two_explorers_of_a_kind_do_not_disturb_each_other(name):
    one, other = getattr(explorers, name)(), getattr(explorers, name)()
    before = other.verdict, other._image.value, [c.value for c in other.controls.values()]
    for control in one.controls.values():
        if hasattr(control, "options"):
            control.index = len(control.options) - 1
        else:
            control.value = control.min
    _buttons(one)["New draw"].click()
    one._image.set_density(2)
    assert one._image.value != before[1]
    assert before == (other.verdict, other._image.value, [c.value for c in other.controls.values()])
    assert not set(one.controls.values()) & set(other.controls.values())
    other.update()
    assert before[:2] == (other.verdict, other._image.value)


# --- all corners


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_collapse_at_all_corners(shared, activation):
    corners = itertools.product(FORMATS, DIRECTIONS, (1, 200), (1, 256), (1e-6, 10**-2.5, 10))
    pictures = set()
    for count, (numbers, direction, depth, width, sigma2) in enumerate(corners, 1):
        values = {"depth": depth, "width": width, "sigma2": sigma2, "format": numbers, "direction": direction}
        shared.update(activation=activation, **values)
        _assert_told(shared)
        pictures.add(shared._image.value)
        assert len(pictures) == count, f"nothing changed at {values}"


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_collapse_at_its_widest(shared, activation):
    depths = (1, 200) if activation in ("linear", "relu") else (3,)  # the others take time for every unit
    for numbers, direction, depth, sigma2 in itertools.product(FORMATS, DIRECTIONS, depths, (1e-6, 10)):
        values = {"depth": depth, "width": 2**16, "sigma2": sigma2, "format": numbers, "direction": direction}
        shared.update(activation=activation, **values)
        _assert_told(shared)


def test_collapse_deep_and_wide_with_a_smooth_activation(shared):
    shared.update(**REFERENCE | {"depth": 200, "width": 2**16, "sigma2": 10, "activation": "tanh"})
    _assert_told(shared)


def test_controls_reach_what_the_docstring_promises(explorer):
    depth, width, sigma2 = (explorer.controls[name] for name in ("depth", "width", "sigma2"))
    assert (depth.min, depth.max) == (1, 200)
    assert (width.base**width.min, width.base**width.max) == (1, 65536)
    assert (sigma2.base**sigma2.min, sigma2.base**sigma2.max) == pytest.approx((1e-6, 10))
    assert [name for _, name in explorer.controls["activation"].options] == list(ACTIVATIONS)


# --- what the verdict says


def test_verdict_of_the_reference_case(explorer):
    assert {name: control.value for name, control in explorer.controls.items()} == REFERENCE
    assert explorer.verdict.startswith("Collapse. ")
    for part in ("nσ² = 0.0512;", "at layer 50 it is 10^-64.5.", "float32 still holds it", "from about layer 71 on."):
        assert part in explorer.verdict
    assert explorer.verdict == explorers.collapse().verdict


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


def test_a_gradient_needs_a_signal(explorer):
    verdict = explorer.update(activation="relu", direction="backward", sigma2=0.01, depth=200)
    assert re.search(r"the signal is NaN from layer 18\d on: there is no gradient", verdict)
    verdict = explorer.update(activation="relu", direction="backward", sigma2=1e-4, depth=100)
    assert re.search(r"since the signal is 0 from layer \d+ up and a ReLU passes no gradient", verdict)
    verdict = explorer.update(activation="linear", direction="backward", sigma2=1.0, depth=50)
    assert re.search(r"the gradient is inf at layer \d+, NaN from \d+ down", verdict)


def test_reset_goes_back_to_the_start(explorer):
    first = explorer.verdict
    _buttons(explorer)["New draw"].click()
    explorer.update(depth=3, activation="tanh", format="float16")
    _buttons(explorer)["Reset"].click()
    assert explorer.verdict == first
    assert {name: control.value for name, control in explorer.controls.items()} == REFERENCE


def test_an_explosion_ends_in_inf_and_then_nan(explorer):
    layer, then = re.search(r"inf at layer (\d+), NaN from (\d+) ", explorer.update(sigma2=1.0)).groups()
    assert layer in ("28", "29")
    assert int(then) == int(layer) + 1


def test_theory_of_another_end_is_not_offered_as_the_prediction(explorer):
    """A network of width 1 with ReLU dies soon, though its variance grows on average."""
    verdict = explorer.update(width=1, sigma2=10, activation="relu")
    assert verdict.startswith("Explosion.")
    assert re.search(r"all 0 from layer \d+ \(the mean over networks is not\)\.$", verdict)


def test_the_line_raises_exponents_and_escapes():
    assert as_html('10^-64.5. "<b>" 6.55·10^5') == "10<sup>−64.5</sup>. &quot;&lt;b&gt;&quot; 6.55·10<sup>5</sup>"


# --- what is refused, and what then stays


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
        ({"nonsense": 1}, TypeError, "update takes depth, .*direction; got nonsense"),
        ({"depth": 3, "sigma2": -1}, ValueError, "sigma2 must be .*got -1"),
    ],
)
def test_bad_values_are_refused_and_all_stays(shared, values, error, message):
    def state():
        return shared.verdict, shared._line.value, shared._image.value, [c.value for c in shared.controls.values()]

    shared.update(**REFERENCE)
    before = state()
    with pytest.raises(error, match=message):
        shared.update(**values)
    assert state() == before
    shared.controls["depth"].value = 49
    assert "at layer 49" in shared.verdict


def test_an_exception_in_a_callback_ends_in_the_verdict_line(explorer):
    good = explorer._image.value
    draw = explorer._draw

    def broken(**values):
        raise ZeroDivisionError("float <division> by 10^-3")

    explorer._draw = broken
    explorer.controls["depth"].value = 10
    assert explorer.verdict == "Not drawn: float <division> by 10^-3"
    assert "Not drawn:" in explorer._line.value
    assert "float &lt;division&gt; by 10<sup>−3</sup>" in explorer._line.value
    assert explorer._image.value == good
    _buttons(explorer)["New draw"].click()
    assert explorer._image.value == good
    with pytest.raises(ZeroDivisionError):
        explorer.update(depth=11)
    explorer._draw = draw
    explorer.controls["depth"].value = 12
    _assert_told(explorer)
    assert "at layer 12" in explorer.verdict
    assert explorer._image.value != good


def test_a_value_that_a_control_refuses_does_not_silence_the_explorer(explorer):
    with pytest.raises(Exception, match=r"sigma2|float"):
        explorer.set(sigma2="x")
    explorer.controls["depth"].value = 7
    assert "at layer 7" in explorer.verdict


# --- controls and buttons


def test_update_moves_the_controls_to_what_is_drawn(explorer):
    values = {
        "depth": 7, "width": 100, "sigma2": 0.0123, "activation": "gelu", "format": "float16", "direction": "backward",
    }  # fmt: skip
    verdict = explorer.update(**values)
    assert {name: control.value for name, control in explorer.controls.items()} == values
    assert explorer.update() == verdict
    assert explorer.update(depth=np.int64(7), width=100.0) == verdict


def test_one_update_draws_once(explorer):
    drawn = []
    draw = explorer._draw
    explorer._draw = lambda **values: drawn.append(values) or draw(**values)
    explorer.update(depth=7, width=64, sigma2=0.1, direction="backward")
    explorer.set(depth=9, width=32)
    assert len(drawn) == 2
    explorer.controls["format"].value = "float64"
    assert len(drawn) == 3
    assert drawn[-1] == {
        "depth": 9, "width": 32, "sigma2": 0.1, "activation": "linear", "format": "float64", "direction": "backward",
    }  # fmt: skip


@pytest.mark.parametrize("name", REFERENCE)
def test_every_control_is_heard(explorer, name):
    before = explorer._image.value, explorer.verdict
    new = {"depth": 3, "width": 2.0, "sigma2": 1.0, "activation": "relu", "format": "float16", "direction": "backward"}
    explorer.controls[name].value = new[name]
    assert explorer._image.value != before[0]
    assert explorer.verdict != before[1]
    assert explorer.verdict == explorers.collapse().update(**{name: new[name]})


@pytest.mark.parametrize("width", [512, 2**4.5, 1, 2**16])
def test_snap_to_one_over_n(explorer, width):
    explorer.update(width=width)
    _buttons(explorer)["Snap to σ² = 1/n"].click()
    assert explorer.controls["sigma2"].value == 1 / round(width)
    assert "nσ² = 1;" in explorer.verdict


@pytest.mark.parametrize("width", [512, 2**4.5, 1])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_snap_to_gain_over_n(explorer, activation, width):
    explorer.update(width=width, activation=activation, depth=5)
    _buttons(explorer)["Snap to σ² = gain²/n"].click()
    assert explorer.controls["sigma2"].value == theory.stable_variance(round(width), activation=activation)


def test_new_draw_changes_the_network_and_not_the_theory(explorer):
    def theory_and_network():
        image = explorer._image
        return image._moving[0].get_ydata().copy(), image._moving[1].get_ydata().copy()

    before, verdict = theory_and_network(), explorer.verdict
    _buttons(explorer)["New draw"].click()
    after = theory_and_network()
    assert np.array_equal(before[0], after[0])
    assert not np.array_equal(before[1], after[1])
    assert explorer.verdict.split(" One network")[0] == verdict.split(" One network")[0]
    assert explorer.verdict != verdict
    drawn = explorer.verdict
    explorer.update(depth=20)
    assert explorer.update(depth=50) == drawn  # the new network stays until the next draw


def test_buttons_say_what_they_do(explorer):
    for name, button in _buttons(explorer).items():
        assert name
        assert button.tooltip


# --- what is displayed


@pytest.mark.parametrize("values", [{}, {"sigma2": 1.0}, {"activation": "tanh", "direction": "backward"}])
def test_display_bundle(explorer, values):
    verdict = explorer.update(**values)
    live = explorer._image.value
    bundle = explorer._repr_mimebundle_()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == explorer.model_id
    assert bundle["text/plain"] == verdict
    image = _image(bundle["text/html"])
    assert len(image["alt"]) >= 40
    assert len(re.findall(r"\d+", image["alt"])) >= 4
    assert verdict in image["alt"]
    assert f"<p>{as_html(verdict)}</p>" in bundle["text/html"]
    png = base64.b64decode(bundle["image/png"])
    assert base64.b64decode(image["src"].partition(",")[2]) == png
    still = Image.open(io.BytesIO(png))
    assert still.format == "PNG"
    assert (int(image["width"]), int(image["height"])) == explorer._image.size
    assert still.size == tuple(2 * side for side in explorer._image.size)
    assert explorer._image.value == live
    assert explorer.update() == verdict  # and the live picture goes on as before
    assert explorer._image.value == live


def test_the_still_shows_the_present_state(explorer):
    first = explorer._repr_mimebundle_()["image/png"]
    explorer.update(sigma2=1.0)
    second = explorer._repr_mimebundle_()["image/png"]
    explorer.update(**REFERENCE)
    assert first != second
    assert explorer._repr_mimebundle_()["image/png"] == first


# --- the live picture

STATES = [
    {},
    {"sigma2": 1.0},
    {"format": "float16", "direction": "backward"},
    {"depth": 200, "width": 4, "activation": "relu", "sigma2": 0.5},
    {"depth": 1, "activation": "sigmoid", "format": "float64"},
    {"depth": 30, "width": 2, "activation": "leaky_relu", "sigma2": 10},
    {"depth": 12, "activation": "tanh", "sigma2": 1 / 512, "direction": "backward"},
]


def _redrawn(live):
    """The figure of a LiveImage as a new canvas draws it, as pixels: first what does not move, then what does."""
    figure, old = live._canvas.figure, live._canvas
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    for artist in live._moving:
        figure.draw_artist(artist)
    figure.set_canvas(old)
    return figures.encode(canvas)


@pytest.mark.parametrize("density", [1.0, 1.5])
def test_the_picture_is_that_of_a_full_redraw(explorer, density):
    explorer._image.set_density(density)
    for values in [*STATES, *reversed(STATES)]:
        explorer.update(**REFERENCE | values)
        redrawn = np.asarray(Image.open(io.BytesIO(_redrawn(explorer._image))).convert("RGB"))
        np.testing.assert_array_equal(_pixels(explorer._image.value), redrawn)


def test_the_picture_does_not_depend_on_what_was_shown_before(shared):
    for values in [*STATES, *STATES[::-1], *STATES[::2], *STATES[1::2]]:
        shared.update(**REFERENCE | values)
        fresh = explorers.collapse()
        fresh.update(**REFERENCE | values)
        np.testing.assert_array_equal(_pixels(shared._image.value), _pixels(fresh._image.value))


def test_everything_that_changes_is_in_the_frame_or_moves(explorer):
    """Two states with one frame differ in the moving artists alone: all others draw the same pixels."""
    canvas = explorer._image._canvas
    backgrounds = {}
    for values in itertools.chain(STATES, ({"sigma2": s} for s in (1e-6, 1e-3, 0.003))):
        explorer.update(**REFERENCE | values)
        fresh = FigureCanvasAgg(canvas.figure)
        fresh.draw()
        canvas.figure.set_canvas(canvas)
        pixels = bytes(fresh.buffer_rgba())
        assert backgrounds.setdefault(explorer._image._frame, pixels) == pixels


@pytest.mark.parametrize(
    ("asked", "given"), [(2.0, 2.0), (1.0, 1.0), (1.5, 1.5), (0.5, 1.0), (0.0, 1.0), (-1.0, 1.0), (3.0, 2.0)]
)
def test_density(explorer, asked, given):
    low = _pixels(explorer._image.value)
    explorer._image.set_density(asked)
    high = _pixels(explorer._image.value)
    assert high.shape[:2] == tuple(int(side * given + 1e-9) for side in (4.25 * 96, 8.4 * 96))
    image = _image(explorer._image.value)
    assert (int(image["width"]), int(image["height"])) == explorer._image.size == (806, 408)
    explorer._image.set_density(1)
    np.testing.assert_array_equal(_pixels(explorer._image.value), low)


def test_the_keyboard_widget_tells_the_density(explorer):
    explorer.children[-1].density = 2.0
    assert _pixels(explorer._image.value).shape == (816, 1612, 3)


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


def test_a_move_within_a_frame_redraws_the_moving_artists_only(explorer, monkeypatch):
    draws = []
    draw = FigureCanvasAgg.draw
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda canvas: draws.append(canvas) or draw(canvas))
    for depth in range(26, 61):
        explorer.update(depth=depth, sigma2=1 / 512)
    assert len(draws) <= 3  # the scale of the lower panel may change


def test_alternative_text_is_escaped():
    live = LiveImage(Figure(figsize=(2, 1)), [])
    alt = """He said "1 < 2" & 'so' it's <b>"""
    live.show(alt, None)
    assert _image(live.value)["alt"] == alt
    assert 'alt="He said &quot;1 &lt; 2&quot; &amp; ' in live.value


def test_a_report_is_shown_escaped():
    live = LiveImage(Figure(figsize=(2, 1)), [])
    explorer = Explorer({}, [], live, lambda: Report("Healthy.", 'is "1 < 2"', "A picture", 0))
    assert explorer.verdict == 'Healthy. is "1 < 2"'
    assert "is &quot;1 &lt; 2&quot;" in explorer._line.value
    assert _image(live.value)["alt"] == 'A picture Healthy. is "1 < 2"'


# --- colours


def _encoded(colour):
    figure = Figure(figsize=(1, 1), facecolor=colour)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(Image.open(io.BytesIO(figures.encode(canvas))).convert("RGB"))


@pytest.mark.parametrize("colour", ["#ffffff", *SIX])
def test_encoding_keeps_the_colours_of_the_series(colour):
    expected = np.rint(np.array(to_rgb(colour)) * 255)
    assert np.all(_encoded(colour) == expected)


@pytest.mark.parametrize("smallest", [False, True])
def test_encoding_loses_little(explorer, smallest):
    for values in STATES:
        explorer.update(**REFERENCE | values)
        canvas = explorer._image._draw()
        exact = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
        encoded = Image.open(io.BytesIO(figures.encode(canvas, smallest=smallest)))
        assert encoded.mode == "P"
        error = np.abs(np.asarray(encoded.convert("RGB")).astype(int) - exact).max(axis=-1)
        assert error.mean() < 1  # of 255
        assert np.mean(error > 32) < 1e-3


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
    image = _image(bundle["text/html"])
    assert image["alt"] == picture.alt
    assert len(picture.alt) >= 40
    for number in numbers:
        assert number in picture.alt
    png = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
    assert png.format == "PNG"
    size = np.array([int(image["width"]), int(image["height"])])
    assert np.all(np.abs(np.array(png.size) - 2 * size) <= 1)
    ink = np.asarray(png.convert("L"))
    assert ink.min() < 100
    assert ink.max() == 255
    assert picture._repr_mimebundle_() == bundle  # shown twice, it is the same


def test_picture_escapes_its_text():
    picture = figures.Picture(Figure(figsize=(2, 1)), 'A "quoted" <text> & more')
    bundle = picture._repr_mimebundle_()
    assert _image(bundle["text/html"])["alt"] == bundle["text/plain"] == 'A "quoted" <text> & more'


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
    assert tuple(smooth[0]) == pytest.approx((10, curves["he"][:10].mean()))
    assert smooth[-1][0] == 100


def test_profiles():
    curves = {"n = 512": np.linspace(0, -64.536, 51), "ReLU": np.linspace(0, -10, 51)}
    picture = figures.profiles(curves, "variance", roles=["forward", "backward"])
    _assert_picture(picture, ["variance", "n = 512: from 1.00 to 10^-64.5", "ReLU: from 1.00 to 10^-10.0"])
    lines = picture.figure.axes[0].get_lines()
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == 2


def test_curves_are_not_dropped_in_silence():
    curve = np.linspace(0, -1, 5)
    for curves, roles in (({"a": curve}, []), (dict.fromkeys("abcd", curve), ["healthy"] * 4)):
        with pytest.raises(ValueError, match=r"^curves must be at most 3.*got"):
            figures.profiles(curves, "variance", roles=roles)
    with pytest.raises(ValueError, match=r"^roles must be one of .*got 'ill'"):
        figures.losses({"a": curve}, 2.3, roles=["ill"])
