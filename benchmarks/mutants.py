"""Whether the tests notice a wrong line: mutants drawn by cosmic-ray, each run against the tests that are near to it.

    pip install cosmic-ray
    OMP_NUM_THREADS=1 python benchmarks/mutants.py --number 300 mutants.jsonl

A place in the code counts once, whatever could be put there; places are drawn evenly. A mutant is caught if a test
fails or does not end. Near are the tests that share rare words with the function of the line, those of its own folder
first: what they miss another test may catch, so the rate that is printed is the least that the whole suite has.
Run it again to go on where it stopped. Files are changed in place and put back: use a clone.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import math
import os
import random
import re
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
MODULES = [
    *(f"xaiplug/{floor}" for floor in ("data", "model", "game", "grad", "run", "config")),
    *(f"plugins/{name}/xaiplug_{name}" for name in ("faithfulness", "localisation", "stability", "complexity")),
]
LEFT_OUT = ("VariableInserter", "VariableReplacer", "RemoveDecorator")
"""Operators that need settings, or whose mutants cannot be imported."""
ALIKE = (
    "Add Sub Mul Div FloorDiv Mod Pow",
    "BitAnd BitOr BitXor",
    "LShift RShift",
    "Eq NotEq Lt LtE Gt GtE",
    "Is IsNot",
)
"""What stands for what: a sum of bits or a comparison by `is` mostly fails at once, and says little of the tests."""
PRELOADED = (
    "torch",
    "numpy",
    "pandas",
    "pyarrow.parquet",
    "pydantic",
    "hypothesis",
    "pytest",
    "skimage",
    "scipy.stats",
    "sklearn.metrics",
    "captum.attr",
    "matplotlib.figure",
    "torchvision",
    "timm",
    "transformers",
    "pytorch_lightning",
    "datasets",
)
"""What tests load that knows nothing of this repository: once, not in every process."""
CPU_SECONDS, SECONDS = 180, 600
"""A mutant that takes so long does not end; the second also ends those that wait for ever."""
ENOUGH = 40
"""CPU seconds of tests after which a mutant has passed."""
FIRST, MOST = 12, 80
"""Test functions that a first process runs, and in all."""


class Place(NamedTuple):
    """Where something can be changed, and all that can be put there: operator and occurrence."""

    path: str
    line: int
    ways: tuple[tuple[str, int], ...]


def places() -> list[Place]:
    """Every place of the modules, in order; annotations are none, since they compute nothing."""
    session = import_module("cosmic_ray.work_db").WorkDB(
        ":memory:", import_module("cosmic_ray.work_db").WorkDB.Mode.create
    )
    found: dict[tuple[str, Any], list[tuple[str, int]]] = defaultdict(list)
    for path in sorted(path for folder in MODULES for path in (ROOT / folder).rglob("*.py")):
        quiet = set(_quiet(path))
        import_module("cosmic_ray.commands").init([path], session, {})
        for item in session.work_items:
            (mutation,) = item.mutations
            if mutation.start_pos not in quiet and _subtle(mutation.operator_name):
                at = (str(path.relative_to(ROOT)), (mutation.start_pos, mutation.end_pos))
                found[at].append((mutation.operator_name, mutation.occurrence))
    return [Place(path, spot[0][0], tuple(ways)) for (path, spot), ways in sorted(found.items())]


def _subtle(operator: str) -> bool:
    if "Operator_" in operator and "Unary" not in operator:
        return any(set(operator.split("_")[1:]) <= set(alike.split()) for alike in ALIKE)
    return not operator.endswith(LEFT_OUT)


def _quiet(path: Path) -> Iterator[tuple[int, int]]:
    """Places in annotations."""
    for node in ast.walk(ast.parse(path.read_text())):
        for name in ("annotation", "returns"):
            inside = getattr(node, name, None)
            if inside is not None:
                for line in range(inside.lineno, inside.end_lineno + 1):
                    first = inside.col_offset if line == inside.lineno else 0
                    last = inside.end_col_offset if line == inside.end_lineno else 400
                    yield from ((line, column) for column in range(first, last + 1))


class Tests:
    """The test functions of the house, to be asked which are near to a line."""

    def __init__(self) -> None:
        self.words: dict[str, set[str]] = {}
        for path in sorted(
            path for folder in ("tests", "plugins", "trainers") for path in ROOT.joinpath(folder).rglob("test_*.py")
        ):
            text = path.read_text()
            for node in ast.parse(text).body:
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    decorators = "".join(ast.get_source_segment(text, one) or "" for one in node.decorator_list)
                    if "mark.slow" not in decorators:
                        name = f"{path.relative_to(ROOT)}::{node.name}"
                        self.words[name] = _words(decorators + (ast.get_source_segment(text, node) or ""))
        self.often = Counter(word for words in self.words.values() for word in words)

    def near(self, place: Place) -> list[str]:
        """The nearest first."""
        path = Path(place.path)
        wanted = _words(_around(ROOT / path, place.line)) | {path.stem}
        top = path.parts[1] if path.parts[0] == "xaiplug" else "/".join(path.parts[:2])
        home = f"tests/{top}/" if path.parts[0] == "xaiplug" else f"{top}/tests/"

        def nearness(test: str) -> float:
            shared = sum(math.log(len(self.words) / self.often[word]) for word in wanted & self.words[test])
            own = path.stem in Path(test.partition("::")[0]).stem
            return shared + 8 * test.startswith(home) + 8 * (own and test.startswith(home))

        return sorted(self.words, key=lambda test: (-nearness(test), test))[:MOST]


def _words(text: str) -> set[str]:
    """Words of at least three letters, names whole and in parts."""
    names = set(re.findall(r"[A-Za-z_][\w-]{2,}", text))
    return names | {part.lower() for name in names for part in re.split(r"[_-]", name) if len(part) > 2}


def _around(path: Path, line: int) -> str:
    """The innermost function or class of a line, and the names of those around it; the whole file outside of any."""
    text = path.read_text()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    around = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, kinds) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    if not around:
        return text
    return " ".join([node.name for node in around] + [ast.get_source_segment(text, around[-1]) or ""])


class Budget:
    """Ends a run of pytest, as passed, when enough CPU time went into it; notes the first test that failed."""

    over = False
    failed = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        """After each part of a test."""
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_runtest_teardown(self, item: Any) -> None:
        """After each test."""
        if time.process_time() > ENOUGH and not self.failed:
            self.over = True
            item.session.shouldstop = "enough"


PASSED = (0, 5)
"""What pytest ends with where all passed, or nothing was there to run."""


def outcome(tests: Sequence[str]) -> tuple[str, str]:
    """What pytest says of some tests in a process of its own, and the first that failed."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        options = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:randomly", "--hypothesis-seed=0"]
        budget = Budget()
        code = int(import_module("pytest").main([*options, *tests], plugins=[budget]))
        os.write(writing, budget.failed.encode())
        os._exit(0 if budget.over else code)
    os.close(writing)
    with os.fdopen(reading) as told:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                return "passed" if code in PASSED else "failed" if code == 1 else f"broken {code}", told.read()
            time.sleep(0.02)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return "hangs", ""


def tried(place: Place, way: tuple[str, int], tests: Sequence[str]) -> dict[str, Any]:
    """One mutant: what was changed, and what came of it."""
    mutating, plugins = import_module("cosmic_ray.mutating"), import_module("cosmic_ray.plugins")
    operator = plugins.get_operator(way[0])()
    with mutating.use_mutation(ROOT / place.path, operator, way[1]) as (before, after):
        changed = difflib.unified_diff((before or "").splitlines(), (after or "").splitlines(), n=0, lineterm="")
        diff = [line for line in changed if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        came, by = outcome(tests[:FIRST])
        if came == "passed":
            came, by = outcome(tests[FIRST:])
    return {"path": place.path, "line": place.line, "way": way[0], "came": came, "by": by, "diff": diff}


def main() -> None:
    """Draw, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="begin there, so that clones share the work")
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    draw = random.Random(options.seed)
    all_places = places()
    drawn = [(place, draw.choice(place.ways)) for place in draw.sample(all_places, options.number)]
    drawn = drawn[options.first :]
    tests = Tests()
    done = [json.loads(line) for line in options.results.read_text().splitlines()] if options.results.exists() else []
    for name in PRELOADED:
        import_module(name)
    with options.results.open("a") as file:
        for number, (place, way) in enumerate(drawn[len(done) :], options.first + len(done)):
            begin = time.monotonic()
            done.append(tried(place, way, tests.near(place)))
            file.write(json.dumps(done[-1]) + "\n")
            file.flush()
            told = done[-1]
            print(f"{number + 1} {told['came']} {place.path}:{place.line} {time.monotonic() - begin:.0f} s", flush=True)
    caught = sum(one["came"] != "passed" for one in done)
    print(f"{len(all_places)} places; {len(done)} drawn, {caught} caught")
    for one in done:
        if one["came"] == "passed":
            print(f"{one['path']}:{one['line']} {one['way']}", *one["diff"], sep="\n    ")


if __name__ == "__main__":
    main()
