"""Questions of a run on `task:trec` as coloured words (Fig. 8 and 12 of the IG² paper), in one HTML page.

    python coloured_words.py RUN_FOLDER OUT.html AGAINST

A word's value is the sum of its vector's attributions. Red raises the explained class, blue lowers it, white is 0;
every line has its own scale. Printed: how much of the attribution is on the interrogative word, which the paper says
IG² leaves to other words, and the paired difference to the method AGAINST with its 95 % bootstrap interval.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.colors import to_hex

from xaiplug.results import Estimate, Results, markdown
from xaiplug.view.colours import signed_map

INTERROGATIVES = frozenset({"what", "who", "where", "how", "which", "when", "why"})

_HEAD = """<!doctype html><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px/1.9 sans-serif;margin:2em;max-width:70em}}span{{padding:.15em .3em;border-radius:.2em}}
small{{display:inline-block;width:16em;color:#555}}</style>
"""


def coloured(words: Sequence[str], values: Sequence[float]) -> str:
    """HTML of words on the signed colour of their values, relative to the largest magnitude; words are escaped."""
    largest = max((abs(value) for value in values), default=0) or 1
    spans = []
    for word, value in zip(words, values, strict=False):
        ground = signed_map()(0.5 + 0.5 * value / largest)
        ink = "#fff" if abs(value) > 0.7 * largest else "#000"
        text = escape(word)
        spans.append(f'<span style="background:{to_hex(ground)};color:{ink}" title="{value:.4g}">{text}</span>')
    return " ".join(spans)


class Line(NamedTuple):
    """One question by one method: where it stands, the class explained, its words and their values."""

    question: tuple[str, int]
    said: str
    method: str
    words: list[str]
    values: list[float]


def lines_of(folder: Path) -> Iterator[Line]:
    """Every question of every finished explanation of a run."""
    results = Results(folder)
    for one in results.explanations():
        samples, explanation = results.samples(one), one.explanation
        names = results.model(one.model).class_names or ()
        values = explanation.on_inputs((*samples.inputs.shape[1:],)).expand_as(samples.inputs).sum(2)
        method = " ".join(filter(None, (one.explainer, one.references, one.baseline)))
        for row in range(len(explanation)):
            words = bytes(samples.extras["text"][row].tolist()).rstrip(b"\0").decode().split(" ")
            said = names[int(explanation.target.index[row])] if explanation.target is not None else ""
            yield Line((one.data, row), said, method, words, values[row, : len(words)].tolist())


def page(lines: Sequence[Line], title: str) -> str:
    """The whole page: for each question a line for every method."""
    blocks: dict[tuple[str, int], list[str]] = {}
    for line in lines:
        block = blocks.setdefault(line.question, [f"<h3>#{line.question[1] + 1} [{escape(line.said)}]</h3>"])
        block.append(f"<small>{escape(line.method)}</small>{coloured(line.words, line.values)}<br>")
    return _HEAD.format(title=escape(title)) + "\n".join("\n".join(block) for block in blocks.values()) + "\n"


def interrogative(line: Line) -> float:
    """Share of the attribution's magnitude on what, who, where, ...; NaN where the question has none."""
    chosen = [word.lower() in INTERROGATIVES for word in line.words]
    total = sum(map(abs, line.values))
    on = sum(abs(value) for value, is_one in zip(line.values, chosen, strict=True) if is_one)
    return on / total if total and any(chosen) else math.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("against")
    arguments = parser.parse_args()
    lines = list(lines_of(arguments.folder))
    arguments.out.write_text(page(lines, arguments.folder.name), encoding="utf-8")
    shares: dict[str, list[float]] = {}
    for line in lines:
        shares.setdefault(line.method, []).append(interrogative(line))
    if arguments.against not in shares:
        raise SystemExit(f"no method '{arguments.against}'; there are {', '.join(shares)}")
    rows = []
    for method, values in shares.items():
        difference = Estimate.of(values, minus=shares[arguments.against])
        rows.append([method, f"{np.nanmean(values):.3f}", f"{difference:.3f}"])
    print(markdown(["method", "share on the interrogative word", f"difference to {arguments.against}"], rows))


if __name__ == "__main__":
    main()
