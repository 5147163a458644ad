"""Whether the tests notice a wrong line: mutants drawn by cosmic-ray, each run against the tests that reach its line.

    pip install cosmic-ray pytest-cov
    python -m pytest -m "not slow" --cov --cov-context=test --cov-report=    # once: which test reaches which line
    OMP_NUM_THREADS=1 python benchmarks/mutants.py --number 300 mutants.jsonl

A place in the code counts once, whatever could be put there; places are drawn evenly. A mutant is caught if a test
fails or does not end. Run it again to go on where it stopped. Files are changed in place and put back: use a clone.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import random
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
CPU_SECONDS, SECONDS = 180, 900
"""Of so many tests at once; the second also ends those that wait for ever."""
FIRST, MOST = 10, 160
"""Tests of a mutant that a first process runs, and in all: those that reach its line, the most particular first."""


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


def reaching() -> tuple[dict[str, dict[int, set[str]]], Counter[str]]:
    """Of each file the tests that reach a line, and of each test how many lines it reaches."""
    data = import_module("coverage").CoverageData(str(ROOT / ".coverage"))
    data.read()
    by_file: dict[str, dict[int, set[str]]] = {}
    width: Counter[str] = Counter()
    for file in data.measured_files():
        if not Path(file).is_relative_to(ROOT):  # what tests write
            continue
        tests = {
            line: {name.partition("|")[0] for name in names if name}
            for line, names in data.contexts_by_lineno(file).items()
        }
        by_file[str(Path(file).relative_to(ROOT))] = tests
        width.update(test for names in tests.values() for test in names)
    return by_file, width


def outcome(tests: Sequence[str]) -> str:
    """What pytest says of some tests in a process of its own: "passed", "failed", "hangs", "broken"."""
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--hypothesis-seed=0"]
        os._exit(int(import_module("pytest").main([*options, *tests])))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return {0: "passed", 1: "failed"}.get(os.waitstatus_to_exitcode(status), "broken")
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hangs"


def tried(place: Place, way: tuple[str, int], tests: Sequence[str]) -> dict[str, Any]:
    """One mutant: what was changed, and what came of it."""
    mutating, plugins = import_module("cosmic_ray.mutating"), import_module("cosmic_ray.plugins")
    operator = plugins.get_operator(way[0])()
    with mutating.use_mutation(ROOT / place.path, operator, way[1]) as (before, after):
        changed = difflib.unified_diff((before or "").splitlines(), (after or "").splitlines(), n=0, lineterm="")
        diff = [line for line in changed if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        came = "not reached"
        for some in (tests[:FIRST], tests[FIRST:]):
            came = outcome(some) if some else came
            if came != "passed":
                break
    return {"path": place.path, "line": place.line, "way": way[0], "tests": len(tests), "came": came, "diff": diff}


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
    by_file, width = reaching()
    done = [json.loads(line) for line in options.results.read_text().splitlines()] if options.results.exists() else []
    for name in PRELOADED:
        import_module(name)
    with options.results.open("a") as file:
        for number, (place, way) in enumerate(drawn[len(done) :], options.first + len(done)):
            lines = by_file.get(place.path, {})
            found = lines.get(place.line, set()) or set().union(*lines.values())
            tests = sorted(found, key=lambda test: (width[test], test))[:MOST]
            begin = time.monotonic()
            done.append(tried(place, way, tests))
            file.write(json.dumps(done[-1]) + "\n")
            file.flush()
            told = done[-1]
            print(f"{number + 1} {told['came']} {place.path}:{place.line} {time.monotonic() - begin:.0f} s", flush=True)
    caught = sum(one["came"] not in ("passed", "not reached") for one in done)
    print(f"{len(all_places)} places; {len(done)} drawn, {caught} caught")
    for one in done:
        if one["came"] in ("passed", "not reached"):
            print(f"{one['path']}:{one['line']} {one['way']} ({one['came']})", *one["diff"], sep="\n    ")


if __name__ == "__main__":
    main()
