"""A short code that a learner can hand in: which exercises of a notebook are right, and whose answers they are."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from helpers.check import collapse, explosion, goldilocks, symmetry
from helpers.check.grading import Result

CHECKS: Mapping[str, Callable[[Any], Result]] = {
    check.__name__: check
    for check in (
        symmetry.distinct_neurons,
        symmetry.break_symmetry,
        symmetry.moving_parameters,
        collapse.log10_gradient_at_input,
        collapse.vanishing_layer,
        collapse.stable_sigma,
        explosion.overflow_layer,
        explosion.largest_sigma,
        explosion.diagnose,
        goldilocks.xavier_variance,
        goldilocks.gain,
        goldilocks.rescaled,
        goldilocks.residual_variance,
    )
}


def completion_code(name: str, *answers: Any) -> Result:
    """Check answers again, and make a code of the learner's name and of those that are right.

    Nothing is sent anywhere. Whoever knows the names can compute the code (`expected_code`), so it guards against
    mistakes, not against cheating.

    Parameters
    ----------
    name
        The learner's name. Capitals and extra spaces do not count.
    answers
        Functions with the names that they have in the exercises.

    Examples
    --------
    >>> def gain(phi):
    ...     return ...
    >>> completion_code("Ada Lovelace", gain)
    Not answered yet. No exercise is right yet: solve one, and run this cell again.
    """
    unknown = [answer for answer in answers if getattr(answer, "__name__", None) not in CHECKS]
    if unknown:
        return Result(False, "No code.", f"This is no answer to an exercise: {unknown[0]!r}.")
    results = {answer.__name__: CHECKS[answer.__name__](answer) for answer in answers}
    right = [exercise for exercise, result in results.items() if result.right]
    if not right:
        return Result(None, "Not answered yet.", "No exercise is right yet: solve one, and run this cell again.")
    if not isinstance(name, str) or not name.strip():
        return Result(None, "Whose?", "Write your name between the quotation marks, and run this cell again.")
    said = f"{name.strip()}: {len(right)} of {len(results)} right ({', '.join(right)})"
    return Result(len(right) == len(results), f"{expected_code(name, *right)}.", f"{said}.")


def expected_code(name: str, *exercises: str) -> str:
    """The code of a learner whose answers to these exercises, in whatever order, are right.

    Raises
    ------
    ValueError
        If an exercise is unknown or none is given, or if the name is empty.

    Examples
    --------
    >>> expected_code("Ada Lovelace", "gain", "rescaled") == expected_code(" ada lovelace", "rescaled", "gain")
    True
    """
    for exercise in exercises:
        if exercise not in CHECKS:
            raise ValueError(f"exercises must be among {', '.join(CHECKS)}; got {exercise!r}")
    if not exercises:
        raise ValueError("exercises must name at least one; got none")
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"name must be a text that is not empty, got {name!r}")
    text = "\n".join([" ".join(name.casefold().split()), *sorted(set(exercises))])
    code = base64.b32encode(hashlib.blake2b(text.encode(), digest_size=5).digest()).decode()
    return f"{code[:4]}-{code[4:]}"
