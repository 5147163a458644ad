"""What was found, as a page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.published.checks import BROKEN, GIVEN, PROPERTIES, UNCLAIMED, UNTOLD

HEAD = """# Which published implementations keep what they claim

`python -m benchmarks.published` writes this page (`--only captum` looks at one library again). Libraries are asked as
their users ask them, not through our plug-ins, which seed them and ask for one sample at a time. One small network,
drawn weights, float32, one thread; a property that is kept here may fail on another network, and what fails here was
run: each violation has its lines below, and what they printed. No library promises all of this. The table says what
holds, so that who needs it knows; it is no ranking.

| property | what was looked at |
|---|---|
| completeness | the map sums to f(x) - f(baseline), or f(x) for LRP, or v(N) - v(∅); where it is said to |
| dummy | a colour, channel or player that is never read gets nothing; where that is said, or follows |
| batch | the answer for a sample is the same alone and among others, from the same seed |
| untouched | weights, `.grad`, `requires_grad`, modules, attributes, hooks, mode and input are as before |
| seeds | the same state of Python's, NumPy's and torch's global generators gives the same |
| random state | those generators are left where they were |

| word | means |
|---|---|
| keeps | to float32's rounding; or as far off as it says, where a quadrature is expected to be (2 %) |
| does not | see the lines below; *by design* where the documentation or the paper says so |
| estimate | holds of what is estimated, for ever more draws; so far off with those that were asked |
| other draws | differs from the answer alone, but not when the others of the batch are replaced |
| – | not claimed |
| ? | cannot be told, and why |

A value that hangs on its neighbours is told from one that was merely drawn anew by a second batch of the same size and
seed, with the same first sample and other neighbours: draws are the same in both. What hangs on the size of a batch
alone is told for what draws nothing.
"""


def write(path: Path, libraries: Sequence[dict[str, Any]]) -> None:
    """Write the page."""
    counted = sum(len({row["name"].partition(",")[0] for row in library["rows"]}) for library in libraries)
    lines = [HEAD, f"## In numbers: {counted} implementations", "", *_numbers(libraries), ""]
    lines += ["## What all lines stand on", "", "`given.py`, from which the lines below import everything:", ""]
    lines += ["```python", GIVEN.read_text().rstrip(), "```", ""]
    for library in libraries:
        lines += _library(library)
    path.write_text("\n".join(lines).rstrip() + "\n")


def _numbers(libraries: Sequence[dict[str, Any]]) -> list[str]:
    rows = []
    for library in libraries:
        cells = []
        for name in PROPERTIES:
            counts = Counter(row["findings"][name]["verdict"] for row in library["rows"])
            cells.append(", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))
        rows.append((f"{library['name']} {next(iter(library['versions'].values()))}", *cells))
    return _table(("library", *PROPERTIES), rows)


def _library(library: dict[str, Any]) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in library["versions"].items())
    rows = [(row["name"], *(cell(row["findings"][name]) for name in PROPERTIES)) for row in library["rows"]]
    calls = [(row["name"], f"`{row['ask']}`", row["remark"]) for row in library["rows"]]
    lines = [f"## {library['name']}", "", f"{versions}; {library['date']}. {library['remark']}".rstrip(), ""]
    lines += [*_table(("implementation", *PROPERTIES), rows), "", "### As it was asked", ""]
    lines += ["```python", "from given import *", library["head"], "```", ""]
    lines += [*_table(("implementation", f"of `{library['arguments']}`", ""), calls), ""]
    found = groups(library["rows"])
    if found:
        lines += ["### Where it does not hold", ""]
    for name, first, others in found:
        lines += _violation(name, first, others)
    return lines


def _violation(name: str, row: dict[str, Any], others: Sequence[str]) -> list[str]:
    finding = row["findings"][name]
    design = f" By design: {finding['design']}." if finding["design"] else ""
    same = f" The same lines show it of {', '.join(others)}, asked as in the table." if others else ""
    *before, last = finding["lines"]
    told = f"**{row['name']}**, {name}: {finding['note']}.{design}{same}"
    return [told, "", "```python", *before, f"{last}  # {finding['shown']}", "```", ""]


def groups(rows: Iterable[dict[str, Any]]) -> list[tuple[str, dict[str, Any], list[str]]]:
    """Violations that differ in the call and the numbers alone: property, one of them, names of the others."""
    found: dict[tuple[object, ...], tuple[str, dict[str, Any], list[str]]] = {}
    for name in PROPERTIES:
        for row in rows:
            finding = row["findings"][name]
            if finding["verdict"] != BROKEN:
                continue
            key = (name, *finding["lines"][1:], re.sub(r"[\d.,e-]+ %", "", finding["note"]), finding["design"])
            if key in found:
                found[key][2].append(row["name"])
            else:
                found[key] = (name, row, [])
    return list(found.values())


def cell(finding: dict[str, Any]) -> str:
    """A finding in the table."""
    if finding["verdict"] == UNCLAIMED:
        return "–"
    word = {BROKEN: f"**{BROKEN}**", UNTOLD: "?"}.get(finding["verdict"], finding["verdict"])
    note = f"{finding['note']}; by design" if finding["design"] else finding["note"]
    return f"{word}: {note}" if note else word


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(line)} |" for line in (heads, ["---"] * len(heads), *rows)]
