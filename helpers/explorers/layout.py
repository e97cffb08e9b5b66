"""How the controls of an explorer are laid out: sliders in columns, and below them a row of choices and buttons."""

from collections.abc import Sequence
from typing import Any

import ipywidgets

from helpers.activations import ACTIVATIONS

_LABELS = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "gelu": "GELU", "silu": "SiLU", "selu": "SELU"}

LARGE = "wim-large"  # the class of a box that is shown to a lecture hall

_STYLE = f"""<style>
.wim-box img {{display: block}}
.wim-box {{--wim-type: 15px}} .{LARGE} {{--wim-type: 22px; --jp-widgets-inline-height: 36px}}
.wim-box .widget-label, .wim-box .widget-readout {{font-size: var(--wim-type)}}
.{LARGE} .wim-announced div, .{LARGE} .wim-notes div {{font-size: var(--wim-type) !important}}
.{LARGE} .wim-notes {{height: 164px !important}}
.{LARGE} .widget-label {{min-width: 176px}} .{LARGE} .widget-readout {{min-width: 96px}}
.{LARGE} .widget-dropdown {{width: 382px !important}} .{LARGE} .widget-toggle-button {{width: auto !important}}
.{LARGE} .jupyter-button, .{LARGE} select {{font-size: 20px}}
</style>"""


def slider(kind: type, value: Any, description: str, **options: Any) -> Any:
    """A slider as wide as its column."""
    layout = ipywidgets.Layout(width="98%")
    return kind(value=value, description=description, layout=layout, style={"description_width": "116px"}, **options)


def dropdown(options: Sequence[Any], value: Any, description: str, width: str = "225px") -> ipywidgets.Dropdown:
    """A list to choose from."""
    return ipywidgets.Dropdown(
        options=options,
        value=value,
        description=description,
        style={"description_width": "116px"},
        layout=ipywidgets.Layout(width=width),
    )


def activation_dropdown(value: str) -> ipywidgets.Dropdown:
    """All activation functions, under the names that people know."""
    return dropdown([(_LABELS.get(name, name), name) for name in ACTIVATIONS], value, "activation")


def buttons(texts: dict[str, str]) -> list[ipywidgets.Button]:
    """Buttons with these labels and tooltips."""
    return [
        ipywidgets.Button(description=text, tooltip=tip, layout=ipywidgets.Layout(width="auto"))
        for text, tip in texts.items()
    ]


def large_type() -> ipywidgets.ToggleButton:
    """The switch for a lecture hall."""
    tip = "Larger type and thicker lines, for a lecture hall"
    switch = ipywidgets.ToggleButton(description="A+", tooltip=tip, layout=ipywidgets.Layout(width="auto"))
    switch.add_class("wim-size")
    return switch


def notes(height: str) -> ipywidgets.HTMLMath:
    """A place for text and formulas that is as high when it is empty."""
    place = ipywidgets.HTMLMath(layout=ipywidgets.Layout(height=height, overflow="auto", margin="0"))
    place.add_class("wim-notes")
    return place


def rows(sliders: Sequence[ipywidgets.Widget], others: Sequence[ipywidgets.Widget]) -> list[ipywidgets.Box]:
    """Sliders in two columns (one where the page is narrow), the others in a row below."""
    columns = ipywidgets.Layout(
        display="grid", grid_template_columns="repeat(auto-fit, minmax(380px, 1fr))", width="100%"
    )
    row = ipywidgets.Layout(display="flex", flex_flow="row wrap", align_items="center", width="100%")
    large = ipywidgets.HTML(_STYLE, layout=ipywidgets.Layout(display="none"))
    return [ipywidgets.Box(sliders, layout=columns), ipywidgets.Box([*others, large], layout=row)]
