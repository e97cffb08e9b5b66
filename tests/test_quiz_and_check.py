"""Questions have one right choice and true numbers; checks tell right from wrong and never raise."""

import itertools
import math
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from helpers import check, quiz

NOTEBOOKS = ["symmetry", "collapse", "explosion", "goldilocks"]
ALL = [f"{notebook}.{name}" for notebook in NOTEBOOKS for name in quiz.questions(notebook)]


@pytest.mark.parametrize("name", ALL)
def test_questions_have_one_right_choice_and_feedback_for_each(name):
    widget = quiz.ask(name)
    choices = widget.question.choices
    assert 3 <= len(choices) <= 5
    assert sum(choice.right for choice in choices) == 1
    assert len({choice.text for choice in choices}) == len(choices)
    for letter, choice in zip("ABCDE", choices, strict=False):
        assert len(choice.feedback) > 40
        assert widget.choose(letter) == choice.feedback
        word = "Right." if choice.right else "Not quite."
        assert word in widget._feedback.value


def test_right_answers_do_not_all_stand_in_one_place():
    places = {[c.right for c in quiz.ask(name).question.choices].index(True) for name in ALL}
    assert len(places) > 1


def test_a_click_answers():
    widget = quiz.ask(ALL[0])
    widget._buttons[0].click()
    assert "Not quite." in widget._feedback.value


@pytest.mark.parametrize("name", ALL)
def test_the_stored_output_reads_without_a_kernel(name):
    bundle, _ = quiz.ask(name)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "<details><summary>Answers" in bundle["text/html"]
    assert bundle["text/plain"].startswith("Predict. ")


@pytest.mark.parametrize("name", ["collapse.nothing", "nothing.nothing", "", 3])
def test_unknown_questions_are_errors(name):
    with pytest.raises(ValueError, match=r"name must .*got"):
        quiz.ask(name)


def test_unknown_letters_are_errors():
    for letter in ("E", "", "AB", None):
        with pytest.raises((TypeError, ValueError), match=r"letter must be one of 'A', 'B', 'C', 'D', got"):
            quiz.ask("collapse.histograms").choose(letter)


def broken(W, v):
    """The solution of the notebook: of each group of equal neurons one stays as it is."""
    v, seen = v.copy(), set()
    for i in range(len(v)):
        if (*W[i], v[i]) in seen:
            v[i] = v.max() + 1
        seen.add((*W[i], v[i]))
    return W.copy(), v


def moving(activation, step):
    if activation != "sigmoid":
        return {"c"}
    return {"v", "c"} if step == 1 else {"W", "b", "v", "c"}


def overflowing(n, sigma, exponent_bits, mantissa_bits):
    log_largest = math.log(2 - 2**-mantissa_bits) + (2 ** (exponent_bits - 1) - 1) * math.log(2)
    if n * sigma**2 <= 1:
        return None
    return math.floor(log_largest / math.log(math.sqrt(n) * sigma)) + 1


def diagnosed(losses, guessing):
    if not math.isfinite(losses[0]):
        return "forward"
    if not math.isfinite(losses[-1]):
        return "update"
    return "learning" if losses[-1] < guessing - 0.01 else "not learning"


def layer_by_layer(weights, x):
    after = []
    for w in weights:
        after.append(w / (w @ x).std())
        x = np.maximum(after[-1] @ x, 0)
    return after


RIGHT = {
    check.distinct_neurons: lambda W, v: len(np.unique(np.column_stack([W, v]), axis=0)),
    check.break_symmetry: broken,
    check.moving_parameters: moving,
    check.log10_gradient_at_input: lambda widths, sigma: sum(math.log10(n * sigma**2) for n in widths[1:]),
    check.vanishing_layer: lambda n, sigma, smallest: (
        None if n * sigma**2 >= 1 else math.floor(math.log(smallest) / math.log(math.sqrt(n) * sigma)) + 1
    ),
    check.stable_sigma: lambda fan_in, activation: math.sqrt({"linear": 1, "relu": 2}[activation] / fan_in),
    check.overflow_layer: overflowing,
    check.largest_sigma: lambda n, depth, largest: largest ** (1 / depth) / math.sqrt(n),
    check.diagnose: diagnosed,
    check.xavier_variance: lambda widths: [2 / (a + b) for a, b in itertools.pairwise(widths)],
    check.gain: lambda phi: 1 / np.sqrt(np.mean(phi(np.random.default_rng(0).standard_normal(200_000)) ** 2)),
    check.rescaled: layer_by_layer,
    check.residual_variance: lambda blocks, scale: (1 + scale**2) ** blocks,
}
WRONG = {
    check.distinct_neurons: [
        (lambda W, v: len(W), "count them once"),
        (lambda W, v: 1 + int(np.any(W[1:] != W[:-1], axis=1).sum()), "next to each other"),
        (lambda W, v: len(np.unique(np.sort(W), axis=0)), "order of the numbers"),
        (lambda W, v: len(np.unique(W, axis=0)), "outgoing ones belong"),
        (lambda W, v: len(np.unique(np.sum(W, axis=1) * v)), "order of the numbers"),
        (lambda W, v: True, "returned True"),
    ],
    check.break_symmetry: [
        (lambda W, v: (W, v), "one number is enough"),
        (lambda W, v: (W, v + np.arange(len(v)) * 1e-9), "the middle"),
        (lambda W, v: (W, v * np.arange(1, len(v) + 1)), "Adding works"),
        (lambda W, v: (np.random.default_rng(0).standard_normal(W.shape), v), "one number is enough"),
        (lambda W, v: (W, v + np.eye(len(v))[0]), "n - 1 others"),
        (lambda W, v: (W, v + np.repeat([0, 1], [1, len(v) - 1])), "n - 1 others"),
        (lambda W, v: (W * np.nan, v), "one number is enough"),
        (lambda W, v: 3, "returned 3"),
        (lambda W, v: W.__setitem__(0, 9) or (W, v), "one number is enough"),
    ],
    check.moving_parameters: [
        (lambda activation, step: {"W", "b", "v", "c"}, "outgoing weights pass nothing down"),
        (lambda activation, step: {"c"}, "1/2"),
        (lambda activation, step: {"v", "c"} if activation == "sigmoid" else {"c"}, "finds its way down"),
        (lambda activation, step: {"c"} if step == 1 else {"v", "c"}, "only c is no longer 0"),
        (lambda activation, step: 3, "returned 3"),
    ],
    check.log10_gradient_at_input: [
        (lambda widths, sigma: sum(math.log10(n * sigma) for n in widths[1:]), "square"),
        (lambda widths, sigma: sum(math.log10(n * sigma**2) for n in widths[:-1]), "outputs"),
        (lambda widths, sigma: sum(math.log10(n * sigma**2) for n in widths), "n_out"),
        (lambda widths, sigma: math.log10(math.prod(n * sigma**2 for n in widths[1:])), "ValueError"),
        (lambda widths, sigma: math.prod(n * sigma**2 for n in widths[1:]), "log10"),
        (lambda widths, sigma: "a lot", "returned 'a lot'"),
    ],
    check.vanishing_layer: [
        (lambda n, sigma, smallest: math.ceil(math.log(smallest) / math.log(n * sigma**2)), "standard deviation"),
        (lambda n, sigma, smallest: math.floor(math.log(smallest) / math.log(math.sqrt(n) * sigma)), "root"),
        (lambda n, sigma, smallest: math.floor(math.log(smallest) / math.log(math.sqrt(n) * sigma)) + 1, "None"),
        (lambda n, sigma, smallest: True, "returned True"),
    ],
    check.stable_sigma: [
        (lambda fan_in, activation: 1 / fan_in, "root"),
        (lambda fan_in, activation: fan_in**-0.5, "half"),
        (lambda fan_in, activation: (1 if activation == "linear" else 2**0.5) / 512**0.5, "narrow"),
    ],
    check.overflow_layer: [
        (lambda n, sigma, exponent_bits, mantissa_bits: 3, "the bias"),
        (lambda n, sigma, exponent_bits, mantissa_bits: 4 if exponent_bits == 5 else 28, "next whole number"),
        (lambda **a: overflowing(**a) if a["sigma"] == 1 else 10, "standard deviation"),
        (lambda n, sigma, exponent_bits, mantissa_bits: overflowing(n, sigma, exponent_bits, 10) or 0, "None"),
        (lambda n, sigma, exponent_bits, mantissa_bits: math.log(2.0 ** (2 ** (exponent_bits - 1))), "bias"),
    ],
    check.largest_sigma: [
        (lambda n, depth, largest: largest / n, "sqrt(n)"),
        (lambda n, depth, largest: largest / depth / math.sqrt(n), "L-th root"),
        (lambda n, depth, largest: largest ** (1 / depth) / math.sqrt(512), "width counts"),
        (lambda n, depth, largest: 65504 ** (1 / depth) / math.sqrt(n), "every format"),
    ],
    check.diagnose: [
        (lambda losses, guessing: "learning" if losses[-1] < guessing else "not learning", "before step 0"),
        (lambda losses, guessing: "forward" if math.isnan(losses[-1]) else "learning", "began with a finite"),
        (
            lambda losses, guessing: diagnosed([0.0 if math.isinf(x) else x for x in losses], guessing),
            "inf is not finite",
        ),
        (
            lambda losses, guessing: diagnosed(losses, guessing).removeprefix("not "),
            "above that of guessing",
        ),
        (lambda losses, guessing: diagnosed(losses, guessing + 0.02), "at the loss of guessing"),
        (lambda losses, guessing: "learning" if min(losses) < 1 else diagnosed(losses, guessing), "how it ended"),
    ],
    check.xavier_variance: [
        (lambda widths: 2 / (widths[0] + widths[-1]), "Return a list"),
        (lambda widths: [1 / 200] * (len(widths) - 1), "its own number"),
        (lambda widths: [2 / (a + b) for a, b in itertools.pairwise(widths)] or None, "an empty list"),
        (lambda widths: [1 / a for a in widths[:-1]], "2 / (100 + 300)"),
    ],
    check.gain: [
        (lambda phi: 2.0, "not 2"),
        (lambda phi: np.sqrt(2), "takes nothing away"),
        (lambda phi: {0.0: np.sqrt(2), -1.0: 1.0}.get(float(phi(-1.0)), 1.0), "This phi is tanh"),
        (lambda phi: 1 / np.std(phi(np.random.default_rng(0).standard_normal(200_000))), "This phi is relu"),
    ],
    check.rescaled: [
        (lambda weights, x: weights, "standard deviation of z"),
        (lambda weights, x: [w / (w @ x).std() for w in weights[:1]] + weights[1:], "rescaled* first"),
        (lambda weights, x: [np.zeros_like(w) for w in weights], "standard deviation of z"),
        (lambda weights, x: 3, "returned 3"),
    ],
    check.residual_variance: [
        (lambda blocks, scale: 1 + blocks * scale, "square"),
        (lambda blocks, scale: 1 + blocks * scale**2, "same factor"),
        (lambda blocks, scale: (1 + scale) ** blocks, "square"),
    ],
}


@pytest.mark.parametrize("checked", RIGHT, ids=lambda c: c.__name__)
def test_right_answers_are_right(checked):
    result = checked(RIGHT[checked])
    assert result.right is True, result


@pytest.mark.parametrize(
    ("checked", "answer", "hint"), [(checked, *wrong) for checked, wrongs in WRONG.items() for wrong in wrongs]
)
def test_wrong_answers_get_a_counter_example_and_a_hint(checked, answer, hint):
    result = checked(answer)
    assert result.right is False
    assert hint in result.sentence
    assert "With " in result.sentence


@pytest.mark.parametrize("checked", RIGHT, ids=lambda c: c.__name__)
def test_unsolved_and_broken_answers_get_a_sentence(checked):
    def unsolved(**_):
        raise NotImplementedError

    for answer in (lambda **_: ..., lambda **_: None, unsolved):
        assert checked(answer).right is None
        assert repr(checked(answer)).startswith("Not answered yet.")
    assert "ZeroDivisionError" in checked(lambda **_: 1 / 0).sentence
    assert "TypeError" in checked(lambda: 1).sentence
    for nothing in (None, 3, "f"):
        assert checked(nothing).word == "Not a function."
    bundle = checked(None)._repr_mimebundle_()
    assert bundle["text/plain"] == repr(checked(None))
    assert "border-left" in bundle["text/html"]


# Codes to hand in


def gain(phi):
    return 1 / math.sqrt(np.mean(phi(np.random.default_rng(0).standard_normal(1_000_000)) ** 2))


def xavier_variance(widths):
    return [2 / (n_in + n_out) for n_in, n_out in itertools.pairwise(widths)]


def wrong(name):
    """A function that answers an exercise of this name wrongly."""

    def answer(*arguments, **named):
        return -1

    answer.__name__ = name
    return answer


def test_a_code_says_which_exercises_are_right_and_whose_they_are():
    both = check.completion_code("Ada Lovelace", gain, xavier_variance)
    assert both.right
    assert both.word == f"{check.expected_code('ada  lovelace ', 'xavier_variance', 'gain')}."
    assert both.sentence == "Ada Lovelace: 2 of 2 right (gain, xavier_variance)."
    one = check.completion_code("Ada Lovelace", wrong("gain"), xavier_variance)
    assert not one.right
    assert one.word == f"{check.expected_code('Ada Lovelace', 'xavier_variance')}."
    assert one.sentence == "Ada Lovelace: 1 of 2 right (xavier_variance)."


def test_codes_of_all_learners_and_sets_of_exercises_differ():
    names = [f"learner {n}" for n in range(300)]
    sets = [s for k in (1, 2, 3) for s in itertools.combinations(["gain", "rescaled", "xavier_variance"], k)]
    codes = {check.expected_code(name, *exercises) for name in names for exercises in sets}
    assert len(codes) == 300 * 7
    assert all(re.fullmatch("[A-Z2-7]{4}-[A-Z2-7]{4}", code) for code in codes)


@pytest.mark.parametrize(
    ("name", "answers", "said"),
    [
        ("", [xavier_variance], "Write your name between"),
        ("  ", [xavier_variance], "Write your name between"),
        (None, [xavier_variance], "Write your name between"),
        ("Ada", [wrong("gain")], "No exercise is right yet"),
        ("Ada", [], "No exercise is right yet"),
        ("Ada", [abs], "no answer to an exercise: <built-in function abs>"),
        ("Ada", [xavier_variance, 3], "no answer to an exercise: 3"),
    ],
)
def test_without_a_right_answer_or_a_name_there_is_a_sentence_and_no_code(name, answers, said):
    result = check.completion_code(name, *answers)
    assert not result.right
    assert said in result.sentence
    assert "-" not in result.word


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Ada",), "exercises must name at least one"),
        (("Ada", "gains"), "exercises must be among .*got 'gains'"),
        (("Ada", 3), "exercises must be among .*got 3"),
        (("", "gain"), "name must be a text that is not empty, got ''"),
        ((3, "gain"), "name must be a text that is not empty, got 3"),
    ],
)
def test_a_code_that_cannot_be_expected_is_an_error(arguments, said):
    with pytest.raises(ValueError, match=said):
        check.expected_code(*arguments)


def test_each_notebook_makes_a_code_of_all_its_exercises():
    codes = []
    for path in sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb")):
        source = "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
        names = re.findall(r"^check\.(\w+)\(\1\)$", source, re.M)
        assert f'check.completion_code("", {", ".join(names)})' in source
        codes += names
    assert sorted(codes) == sorted(set(check.__all__) - {"Result", "completion_code", "expected_code"})


@pytest.mark.parametrize("answer", [np.array([1, 2]), 10**400, object(), [[1], [2, 3]], {"a": 1}, "words", b"", 1j])
@pytest.mark.parametrize("name", [name for name in check.__all__ if name.islower() and "code" not in name])
def test_no_answer_makes_a_check_raise(name, answer):
    result = getattr(check, name)(lambda *_, **__: answer)
    assert result.right is False
    assert len(result.sentence) < 1500
