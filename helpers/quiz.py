"""Predict-questions: a question, choices, and feedback that names the misconception behind each wrong choice.

The questions of each notebook are in ``questions/NOTEBOOK.toml``, out of the reader's sight until the answer is given.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from importlib.resources import files
from typing import Any

import ipywidgets

from helpers import arguments
from helpers.figures import COLOURS
from helpers.live import box, bundle, message

__all__ = ["Choice", "Question", "ask", "questions"]


@dataclass(frozen=True)
class Choice:
    """One choice and what to say to those who take it."""

    text: str
    feedback: str
    right: bool


@dataclass(frozen=True)
class Question:
    """A question with one right choice."""

    text: str
    choices: tuple[Choice, ...]


def questions(notebook: str) -> Mapping[str, Question]:
    """Return the questions of a notebook, by name.

    Examples
    --------
    >>> "histograms" in questions("collapse")
    True
    """
    sources = {each.name.removesuffix(".toml"): each for each in (files(__package__) / "questions").iterdir()}
    stored = tomllib.loads(sources[arguments.choice("notebook", notebook, sources)].read_text(encoding="utf-8"))
    return {
        name: Question(
            entry["question"].strip(),
            tuple(Choice(c["text"], c["feedback"].strip(), c.get("right", False)) for c in entry["choices"]),
        )
        for name, entry in stored.items()
    }


def ask(name: str) -> "Quiz":
    """Ask a question: ``ask("collapse.histograms")`` is the question "histograms" of the notebook "collapse".

    Raises
    ------
    ValueError
        If there is no such question; the message lists those that there are.
    """
    notebook, _, key = str(name).partition(".")
    try:
        known = questions(notebook)
    except ValueError:
        raise ValueError(
            f"name must begin with the name of a notebook, as in 'collapse.histograms', got {name!r}"
        ) from None
    if key not in known:
        raise ValueError(f"name must be one of {', '.join(f'{notebook}.{k}' for k in known)}, got {name!r}")
    return Quiz(known[key])


class Quiz(ipywidgets.VBox):
    """A question with a button for each choice."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self._buttons = [
            ipywidgets.Button(
                description=f"{letter}.  {choice.text}",
                layout=ipywidgets.Layout(width="98%", max_width="760px", height="auto", min_height="36px"),
            )
            for letter, choice in zip("ABCDE", question.choices, strict=False)
        ]
        for button, choice in zip(self._buttons, question.choices, strict=True):
            button.add_class("wim-choice")
            button.on_click(partial(self._answer, choice))
        self._feedback = ipywidgets.HTML(layout=ipywidgets.Layout(min_height="92px", max_width="760px"))
        self._feedback.add_class("wim-announced")
        css = (
            "<style>.wim-choice {text-align: left; white-space: normal; line-height: 1.4; padding: 6px 12px; "
            "font-size: 17px}</style>"
        )
        ask = ipywidgets.HTML(
            f'{css}<div style="font-size: 18px"><strong>Predict.</strong> {escape(question.text)}</div>'
        )
        super().__init__(**box([ask, *self._buttons, self._feedback]))
        self.add_class("wim-box")

    def choose(self, letter: str) -> str:
        """Take a choice by its letter, as a click does; return the feedback."""
        letters = list("ABCDE"[: len(self._buttons)])
        choice = self.question.choices[letters.index(arguments.choice("letter", letter, letters))]
        self._answer(choice)
        return choice.feedback

    def _answer(self, choice: Choice, _: Any = None) -> None:
        word, colour = ("Right.", COLOURS["backward"]) if choice.right else ("Not quite.", COLOURS["measured"])
        for letter, button, other in zip("ABCDE", self._buttons, self.question.choices, strict=False):
            if other is choice:
                word = f"{letter}: {word}"
                button.style.button_color, button.style.text_color = colour, "white"
        self._feedback.value = message(word, escape(choice.feedback), colour)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        letters = list(zip("ABCDE", self.question.choices, strict=False))
        answers = "".join(
            f"<li><strong>{letter}</strong> {'(right)' if choice.right else ''} {escape(choice.feedback)}</li>"
            for letter, choice in letters
        )
        html = f"<p><strong>Predict.</strong> {escape(self.question.text)}</p><ul>"
        html += "".join(f"<li><strong>{letter}</strong> {escape(choice.text)}</li>" for letter, choice in letters)
        html += f"</ul><details><summary>Answers</summary><ul>{answers}</ul></details>"
        text = "\n".join(
            [f"Predict. {self.question.text}", *(f"{letter}. {choice.text}" for letter, choice in letters)]
        )
        return bundle(self, None, html, text)
