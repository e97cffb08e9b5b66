"""How a learner's function is compared with the right answers, and what is said of it.

A check never raises: an unsolved exercise, a wrong answer and a function that fails all get a sentence, and so does
anything that is no function.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from helpers.figures import COLOURS
from helpers.live import message


@dataclass(frozen=True)
class Result:
    """What a check found: a word, a sentence, and whether the answer is right (None: not answered yet)."""

    right: bool | None
    word: str
    sentence: str

    def __repr__(self) -> str:
        return f"{self.word} {self.sentence}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        colours = {True: COLOURS["backward"], False: COLOURS["measured"], None: COLOURS["forward"]}
        html = message(self.word, escape(self.sentence), colours[self.right])
        return {"text/html": html, "text/plain": repr(self)}


@dataclass(frozen=True)
class Case:
    """Arguments, the right answer, and a hint for those who miss it."""

    arguments: dict[str, Any]
    expected: Any
    hint: str


def run(function: Any, cases: Sequence[Case], close: Callable[[Any, Any], bool], praise: str) -> Result:
    """Compare a function with the right answers, case by case, up to the first that differs."""
    if not callable(function):
        return Result(False, "Not a function.", f"Pass the function itself, without calling it; this is {function!r}.")
    for number, case in enumerate(cases):
        call = ", ".join(f"{name}={as_text(value)}" for name, value in case.arguments.items())
        try:
            answer = function(**copy.deepcopy(case.arguments))
        except NotImplementedError:
            answer = ...
        except Exception as error:
            return Result(False, "It stopped.", f"With {call} it raised {type(error).__name__}: {error}.")
        if number == 0 and (answer is ... or (answer is None and case.expected is not None)):
            return Result(None, "Not answered yet.", "Replace the dots, then run the cell again.")
        if not _agrees(close, answer, case.expected):
            return Result(False, "Not yet.", f"With {call} it returned {as_text(answer)}. {case.hint}")
    return Result(True, "Right.", praise)


def _agrees(close: Callable[[Any, Any], bool], answer: Any, expected: Any) -> bool:
    """Whether the answer is right; what cannot even be compared is not."""
    try:
        return close(answer, expected)
    except Exception:
        return False


def as_text(value: Any) -> str:
    """A value on one line, cut where it gets long; arrays as nested lists."""
    text = " ".join(repr(value.tolist() if isinstance(value, np.ndarray) else value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST = 300


def close_numbers(answer: Any, expected: Any) -> bool:
    """Equal to six digits."""
    return math.isclose(float(answer), expected, rel_tol=1e-6, abs_tol=1e-12)


def equal(answer: Any, expected: Any) -> bool:
    """Equal, and not merely because Python takes True for 1."""
    return bool(answer == expected) and not isinstance(answer, bool)
