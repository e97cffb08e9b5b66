"""Mutation tests: one small fault at a time is put into the code that computes, and some test has to notice it.

``make mutants`` runs them all and prints a table; ``make mutants MUTANTS=theory`` those of the files whose path has
that word; ``make mutants MUTANTS=--every=10`` each tenth, for a quick look; ``make mutants MUTANTS=--again`` those that
survived the last time; ``make mutants MUTANTS="theory --tests theory properties"`` asks these test files alone, far
quicker. What survives is explained in ``survivors.md``.

A fault is a changed node of the syntax tree: another operator or comparison, a larger number, a negated condition, a
dropped statement or keyword. Texts are left alone. Where the fault is inside a function, its code object is swapped in
a fork of a pytest session that has collected its tests, and those tests run that call the function, fastest first.
Elsewhere (constants, tables, defaults) the fork imports everything anew.

No tool from the shelf does: mutmut 3 leaves out decorated functions and tables, and doctests are not collected from its
copies; cosmic-ray starts a process for every fault, hours in all.
"""

import argparse
import ast
import copy
import functools
import gc
import importlib.machinery
import inspect
import itertools
import json
import multiprocessing
import os
import resource
import signal
import sys
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
    *("activations", "arguments", "bad_input", "edge_of_chaos", "gallery", "initializers", "lockstep", "papers"),
    *("precision", "properties", "simulation", "theory", "training"),
]
FILES = {str(path): path.relative_to(ROOT).as_posix() for glob in MUTATED for path in (ROOT / "helpers").glob(glob)}
STORE = ROOT / "build" / "mutants.json"
JOBS = int(os.environ.get("JOBS", min(2, os.cpu_count() or 1)))
LONGEST = 8.0  # seconds of tests for one mutant
GOAL = 0.9
FORKS = multiprocessing.get_context("fork")

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
            yield ast.Constant(value + (1 if value < 10 else value))  # one more of 200,000 is no fault
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
            for number, keyword in enumerate(keywords):
                if not _is_apart(keyword):
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
            within = inside or (isinstance(node, ast.FunctionDef | ast.Lambda) and field == "body")
            yield holder, key, child, within
            yield from places(child, within)


def _is_apart(node):
    """Docstrings, imports, the list of public names, what is there for type checkers, and what changes no number."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.keyword(arg="strict" | "encoding" | "copy" | "flush"):
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


def parsed(path):
    """The syntax tree and the code of a file."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    return tree, compile(tree, path, "exec")


def mutants(path):
    """Make the mutants of one file, one after the other."""
    tree, original = parsed(path)
    whole, seen = functions(original), {original}
    for holder, key, node, inside in list(places(tree)):
        for fault in list(faults(node)):
            _put(holder, key, ast.fix_missing_locations(ast.copy_location(copy.copy(fault), node)))
            code = compile(tree, path, "exec")
            _put(holder, key, node)
            if code in seen:
                continue  # Python itself sees no difference
            seen.add(code)
            others = [number for number, part in enumerate(functions(code)) if part != whole[number]]
            change = f"{_short(node)} → {_short(fault)}"
            yield Mutant(path, f"{node.lineno}:{node.col_offset}", change, code, others[0] if inside else None)


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
            found += [part] if part.co_flags & inspect.CO_OPTIMIZED else functions(part)
    return found


# --- running the tests


class Session:
    """A pytest session that has collected: it measures the tests, then lets forks of itself run some of them."""

    def __init__(self, chosen, report):
        self.chosen, self.report = chosen, report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        """Take the place of pytest's own loop."""
        live = live_functions()
        calls, seconds = measured(session, live)

        def work(mutant):
            key = (mutant.path, mutant.function)
            items = [item for item in session.items if key in calls[item.nodeid]]
            if not items:
                return imported_anew(mutant, calls, seconds)
            forget()
            for function in live[key]:
                function.__code__ = functions(mutant.code)[mutant.function]
            return run(session, affordable(items, seconds))

        forked([mutant for path in FILES for mutant in mutants(path) if self.chosen(mutant)], work, self.report)
        return True


def run(session, items):
    """Run tests up to the first that fails; tell whether one failed."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return True
    return False


def affordable(items, seconds):
    """As many of the tests, fastest first, as fit into the time for a mutant."""
    items = sorted(items, key=lambda item: seconds[item.nodeid])
    total = np.cumsum([seconds[item.nodeid] for item in items])
    return items[: max(1, int(np.searchsorted(total, LONGEST)))]


def live_functions():
    """The function objects of the mutated files, by path and number."""
    keys = {code: (path, number) for path in FILES for number, code in enumerate(functions(parsed(path)[1]))}
    live = defaultdict(list)
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__ in keys:
            live[keys[each.__code__]].append(each)
    return live


def measured(session, live):
    """The functions that each test calls, and the seconds that it takes, found in a fork: doctests run only once."""
    keys = {id(function.__code__): key for key, copies in live.items() for function in copies}
    calls, seconds = {}, {}
    receiver, sender = FORKS.Pipe(duplex=False)

    def measure():
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            forget()
            called = calls[item.nodeid] = set()
            started = time.process_time()
            sys.settrace(lambda frame, event, argument: called.add(keys.get(id(frame.f_code))))  # noqa: B023
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            sys.settrace(None)
            seconds[item.nodeid] = time.process_time() - started
            if session.testsfailed:
                sys.exit(f"fails without a fault: {item.nodeid}")
        sender.send((calls, seconds))

    process = FORKS.Process(target=measure)
    process.start()
    sender.close()
    found = receiver.recv()
    process.join()
    return found


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
            items[:] = affordable([item for item in items if item.nodeid in seconds], seconds)

    sys.meta_path.insert(0, Finder)
    touching = [nodeid for nodeid in calls if any(key and key[0] == mutant.path for key in calls[nodeid])]
    paths = sorted({nodeid.partition("::")[0] for nodeid in touching or calls})
    return pytest.main([*OPTIONS, "-x", *paths], plugins=[Order()]) != 0


def forked(tasks, work, report):
    """Let forks of this process do each task, a few at a time: whether they found a fault, or took too long."""
    waiting, running = list(reversed(tasks)), {}
    while waiting or running:
        while waiting and len(running) < JOBS:
            task = waiting.pop()
            sys.stdout.flush()
            pid = os.fork()
            if pid == 0:
                os._exit(_child(work, task))
            running[pid] = task
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        report(running.pop(pid), "survived" if code == 0 else "timeout" if code == -signal.SIGXCPU else "killed")


def _child(work, task):
    seconds = int(10 + 3 * LONGEST)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (12 * 2**30, 12 * 2**30))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        return int(work(task))
    except BaseException:
        return 1


# --- the report

OPTIONS = ["-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:terminalreporter", f"--rootdir={ROOT}"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--tests", nargs="+", default=TESTS)
    wanted = parser.parse_args()
    os.chdir(ROOT)
    results = json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {}
    if not (wanted.words or wanted.every > 1 or wanted.again):
        results.clear()
    last, numbers = dict(results), itertools.count()

    def chosen(mutant):
        among = not wanted.words or any(word in FILES[mutant.path] for word in wanted.words)
        among = among and (not wanted.again or last.get(mutant.name) == "survived")
        return among and next(numbers) % wanted.every == 0

    def report(mutant, result):
        results[mutant.name] = result
        STORE.parent.mkdir(exist_ok=True)
        STORE.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
        if result != "killed":
            print(f"{result:9}{mutant.name}", flush=True)

    started = time.monotonic()
    tests = [str(ROOT / "tests" / f"test_{name}.py") for name in wanted.tests]
    pytest.main([*OPTIONS, *FILES, *tests], plugins=[Session(chosen, report)])
    print_table(results, time.monotonic() - started)


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
    sys.exit(counts["all"]["survived"] > (1 - GOAL) * sum(counts["all"].values()))


if __name__ == "__main__":
    main()
