"""Mutation tests: one small fault at a time is put into the code that computes, and some test has to notice it.

``make mutants`` runs them all and prints a table; ``make mutants MUTANTS=theory`` those of the files whose path has
that word; ``make mutants MUTANTS=--every=10`` each tenth, for a quick look; ``make mutants MUTANTS=--again`` those that
survived the last time. What survives is explained in ``survivors.md``.

A fault is a changed node of the syntax tree: another operator or comparison, a number plus one, a negated condition, a
dropped statement or keyword. Texts are left alone. Where the fault is inside a function, its code object is swapped in
a fork of a pytest session that has collected its tests, and those tests run that call the function, fastest first.
Elsewhere (constants, tables, defaults) the fork imports everything anew.
"""

import ast
import contextlib
import copy
import functools
import gc
import importlib.util
import itertools
import json
import os
import pickle
import resource
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # forks and threads do not mix

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
MUTATED = [
    *("activations.py", "arguments.py", "precision.py", "training.py", "lockstep.py", "papers.py", "zone.py"),
    *("initializers/*.py", "theory/*.py", "simulation/*.py"),
]
TESTS = [
    *("activations", "arguments", "bad_input", "initializers", "lockstep", "papers", "precision", "properties"),
    *("simulation", "theory", "training"),
]
FILES = {str(path): path.relative_to(ROOT).as_posix() for glob in MUTATED for path in (ROOT / "helpers").glob(glob)}
STORE = ROOT / "build" / "mutants.json"
JOBS = min(2, os.cpu_count() or 1)
LONGEST = 20.0  # seconds of tests for one mutant
GOAL = 0.9

# --- the faults

COMPARISONS = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
NAMES = {"min": "max", "minimum": "maximum", "floor": "ceil", "sin": "cos", "any": "all", "zeros": "ones"}
NAMES |= {b: a for a, b in NAMES.items()}


def faults(node):
    """Yield what may stand in the place of a node."""
    match node:
        case ast.Compare(left=left, ops=[op, *ops], comparators=comparators):
            for other in COMPARISONS[type(op)]:
                yield ast.Compare(left, [other(), *ops], comparators)
        case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.BoolOp(op=op) if type(op) in OPERATORS:
            other = copy.copy(node)
            other.op = OPERATORS[type(op)]()
            yield other
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert(), operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield body
            yield orelse
        case ast.If(test=test) | ast.While(test=test):
            other = copy.copy(node)
            other.test = ast.UnaryOp(ast.Not(), test)
            yield other
        case ast.Expr() | ast.Raise() | ast.Break() | ast.Continue():
            yield ast.Pass()
        case ast.Call(func=func, args=args, keywords=keywords):
            for number in range(len(keywords)):
                yield ast.Call(func, args, keywords[:number] + keywords[number + 1 :])
        case ast.Name(id=name, ctx=ast.Load()) if name in NAMES:
            yield ast.Name(NAMES[name], ast.Load())
        case ast.Attribute(value=value, attr=name, ctx=ast.Load()) if name in NAMES:
            yield ast.Attribute(value, NAMES[name], ast.Load())
    if isinstance(node, ast.AugAssign):
        yield ast.Pass()


def places(node, inside=False):
    """Yield (holder, key, node, whether inside a function) for every node that may be changed."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "exc", "cause", "msg"):
            continue
        entries = enumerate(value) if isinstance(value, list) else [(field, value)]
        holder = value if isinstance(value, list) else node
        for key, child in list(entries):
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr) or _is_apart(child):
                continue
            yield holder, key, child, inside
            within = inside or (isinstance(node, ast.FunctionDef | ast.Lambda) and field == "body")
            yield from places(child, within)


def _is_apart(node):
    """Docstrings, imports, the list of public names, and what is there for type checkers."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    return False


@dataclass
class Mutant:
    """A fault: the code of the mutated module, and which of its functions is another (None: some other part)."""

    path: str
    place: str
    change: str
    code: CodeType
    function: int | None

    @property
    def name(self):
        """Where it is and what is changed, on one line."""
        return f"{FILES[self.path]}:{self.place}: {self.change}"


def mutants(path):
    """Make the mutants of one file, one after the other."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    original = compile(tree, path, "exec")
    whole, seen = functions(original), {original}
    for holder, key, node, _ in list(places(tree)):
        for fault in list(faults(node)):
            _put(holder, key, ast.fix_missing_locations(ast.copy_location(copy.copy(fault), node)))
            code = compile(tree, path, "exec")
            _put(holder, key, node)
            if code in seen:
                continue  # Python itself sees no difference
            seen.add(code)
            parts = functions(code)
            others = [index for index, part in enumerate(parts) if part != whole[index]]
            alone = len(others) == 1 and _but(code, others[0]) == _but(original, others[0])
            change = f"{_short(node)} → {_short(fault)}"
            yield Mutant(path, f"{node.lineno}:{node.col_offset}", change, code, others[0] if alone else None)


def _put(holder, key, node):
    if isinstance(holder, list):
        holder[key] = node
    else:
        setattr(holder, key, node)


def _short(node):
    match node:
        case ast.If(test=test) | ast.While(test=test):
            return f"{type(node).__name__.lower()} {ast.unparse(test)}"
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else f"{text[:60]} … {text[-27:]}"


def functions(code):
    """Code objects of the functions of a module and of its classes; those inside functions belong to these."""
    found = []
    for part in code.co_consts:
        if isinstance(part, CodeType):
            found += [part] if part.co_flags & 1 else functions(part)
    return found


def _but(code, index):
    """What a module does apart from one of its functions."""
    return _without(code, functions(code)[index])


def _without(code, part):
    return code.replace(
        co_consts=tuple(
            (None if each is part else each if each.co_flags & 1 else _without(each, part))
            if isinstance(each, CodeType)
            else each
            for each in code.co_consts
        )
    )


# --- running the tests


class Session:
    """A pytest session that has collected: it measures the tests, then lets forks of itself run some of them."""

    def __init__(self, chosen, report):
        self.chosen, self.report = chosen, report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        """Take the place of pytest's own loop."""
        assert not session.testsfailed, "the tests have to be collected without errors"
        items = {item.nodeid: item for item in session.items}
        _caches()
        calls, seconds = measured(session)
        live, tests = _live_functions(), defaultdict(list)
        for nodeid in sorted(seconds, key=seconds.get):
            for function in calls[nodeid]:
                tests[function].append(nodeid)

        def work(mutant):
            key = (mutant.path, mutant.function)
            if mutant.function is None or not tests[key]:
                return imported_anew(mutant, calls, seconds)
            forget()
            for function in live[key]:
                function.__code__ = functions(mutant.code)[mutant.function]
            return run(session, [items[nodeid] for nodeid in _affordable(tests[key], seconds)])

        forked([mutant for path in FILES for mutant in mutants(path) if self.chosen(mutant)], work, self.report)
        return True


def run(session, items):
    """Run tests up to the first that fails; tell whether one failed."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return True
    return False


def _affordable(tests, seconds):
    """As many of the tests, fastest first, as fit into the time for a mutant."""
    total = np.cumsum([seconds[nodeid] for nodeid in tests])
    return tests[: max(1, int(np.searchsorted(total, LONGEST)))]


def measured(session):
    """The functions that each test calls, and the seconds that it takes, found out in a fork."""
    index = {}
    for path in FILES:
        for number, code in enumerate(functions(compile(Path(path).read_text(encoding="utf-8"), path, "exec"))):
            index[code] = path, number
    found = functools.lru_cache(maxsize=None)(lambda identity, code: index.get(code))

    def measure(_):
        calls, seconds = {}, {}
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            forget()
            called = set()

            def trace(frame, event, argument, called=called):
                code = frame.f_code
                if code.co_filename in FILES:
                    called.add(found(id(code), code))

            started = time.process_time()
            sys.settrace(trace)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            sys.settrace(None)
            if session.testsfailed:
                print(f"fails without a fault: {item.nodeid}", file=sys.__stderr__)
                return True
            calls[item.nodeid], seconds[item.nodeid] = called - {None}, time.process_time() - started
        Path(store).write_bytes(pickle.dumps((calls, seconds)))
        return False

    with tempfile.NamedTemporaryFile() as file:
        store = file.name
        forked([None], measure, lambda _, killed: killed == "survived" or sys.exit(1), limit=None)
        return pickle.loads(file.read())


@functools.cache
def _caches():
    """The caches of the helpers, which are all there once the tests are collected."""
    wrappers = [each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper)]
    return [each for each in wrappers if str(each.__module__).startswith("helpers.")]


def forget():
    """Empty the caches: what a mutant computes shall not be remembered from before."""
    for each in _caches():
        each.cache_clear()
    for activation in sys.modules["helpers.activations"].ACTIVATIONS.values():
        activation.__dict__.pop("second_moment", None)


def _live_functions():
    """The function objects of each code object of the mutated files."""
    by_code = defaultdict(list)
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename in FILES:
            by_code[each.__code__].append(each)
    live = {}
    for path in FILES:
        for number, code in enumerate(functions(compile(Path(path).read_text(encoding="utf-8"), path, "exec"))):
            live[path, number] = by_code[code]
    return live


def imported_anew(mutant, calls, seconds):
    """Import the mutated module and all that imports it, and run the tests of files that call something in it."""
    for name in list(sys.modules):
        if name.partition(".")[0] in ("helpers", "tests"):
            del sys.modules[name]

    class Finder(importlib.machinery.PathFinder):
        @classmethod
        def find_spec(cls, name, path=None, target=None):
            spec = super().find_spec(name, path, target)
            if spec and spec.origin == mutant.path:
                spec.loader.get_code = lambda _: mutant.code
            return spec

    class Order:
        def pytest_collection_modifyitems(self, items):
            items.sort(key=lambda item: seconds.get(item.nodeid, 0))
            known = [item.nodeid for item in items if item.nodeid in seconds]
            affordable = set(_affordable(known, seconds))
            items[:] = [item for item in items if item.nodeid in affordable]

    sys.meta_path.insert(0, Finder)
    touching = [nodeid for nodeid in calls if any(path == mutant.path for path, _ in calls[nodeid])] or list(calls)
    paths = sorted({nodeid.partition("::")[0] for nodeid in touching})
    return pytest.main([*OPTIONS, "-x", *paths], plugins=[Order()]) != 0


def forked(tasks, work, report, limit=10 + 3 * LONGEST):
    """Let forks of this process do each task, a few at a time: whether they found a fault, or took too long."""
    waiting, running = list(reversed(tasks)), {}
    while waiting or running:
        while waiting and len(running) < JOBS:
            task = waiting.pop()
            sys.stdout.flush()
            pid = os.fork()
            if pid == 0:
                os._exit(_child(work, task, limit))
            running[pid] = task
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        report(running.pop(pid), "survived" if code == 0 else "timeout" if code == -24 else "killed")


def _child(work, task, limit):
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit) + 5))
        resource.setrlimit(resource.RLIMIT_AS, (12 * 2**30, 12 * 2**30))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
    try:
        return int(work(task))
    except BaseException:
        if limit is None:
            raise
        return 1


# --- the report

OPTIONS = ["-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:terminalreporter", f"--rootdir={ROOT}"]


def main(words):
    os.chdir(ROOT)
    stored = json.loads(STORE.read_text()) if STORE.exists() else {}
    again = "--again" in words
    every = next((int(word[8:]) for word in words if word.startswith("--every=")), 1)
    part = again or every > 1 or any(not word.startswith("--") for word in words)
    words = [word for word in words if not word.startswith("--")]
    numbers = itertools.count()

    def chosen(mutant):
        wanted = not words or any(word in FILES[mutant.path] for word in words)
        wanted = wanted and (not again or stored.get(mutant.name) in ("survived", "timeout"))
        return wanted and next(numbers) % every == 0

    results = {}

    def keep(results):
        STORE.parent.mkdir(exist_ok=True)
        kept = stored if part else {}
        STORE.write_text(json.dumps(kept | results, indent=1, ensure_ascii=False), encoding="utf-8")
        return kept | results

    def report(mutant, result):
        results[mutant.name] = result
        if len(results) % 25 == 0:
            keep(results)
        if result != "killed":
            print(f"{result:9}{mutant.name}", flush=True)

    started = time.monotonic()
    paths = [*(str(ROOT / "helpers" / path) for path in sorted({FILES[p][8:] for p in FILES}))]
    tests = [str(path) for name in TESTS if (path := ROOT / "tests" / f"test_{name}.py").exists()]
    pytest.main([*OPTIONS, *paths, *tests], plugins=[Session(chosen, report)])
    print_table(keep(results), time.monotonic() - started)


def print_table(results, seconds):
    counts = defaultdict(lambda: defaultdict(int))
    for name, result in results.items():
        path = name.partition(":")[0].removeprefix("helpers/").removesuffix(".py")
        for key in (path.partition("/")[0], "all"):
            counts[key][result] += 1
    print(f"\n{'module':14}{'mutants':>9}{'killed':>9}{'of these by time':>18}{'survived':>10}{'score':>9}")
    for key in sorted(counts, key=lambda key: (key == "all", key)):
        survived, loops, total = counts[key]["survived"], counts[key]["timeout"], sum(counts[key].values())
        print(f"{key:14}{total:9}{total - survived:9}{loops:18}{survived:10}{1 - survived / total:9.1%}")
    print(f"\n{seconds / 60:.0f} minutes")
    with contextlib.suppress(KeyError):
        sys.exit(1 - counts["all"]["survived"] / sum(counts["all"].values()) < GOAL)


if __name__ == "__main__":
    main(sys.argv[1:])
