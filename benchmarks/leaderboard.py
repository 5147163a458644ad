"""The leaderboard of the documents, and a card for every method, from `leaderboard.yaml` and `trained.yaml`.

    python benchmarks/leaderboard.py [--run FOLDER] [--trained FOLDER] [--to docs] [--no-kit]

Runs the run files (what is finished is kept), then writes `leaderboard.md`, `leaderboard.svg` and `methods/NAME.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from xaiplug.audit.audit import audit
from xaiplug.audit.reading import tables_of
from xaiplug.cli.progress import watcher
from xaiplug.config import load
from xaiplug.kinds.fields import field_docs, fields_of, type_name
from xaiplug.registry import registry
from xaiplug.results import markdown
from xaiplug.run import execute, read_plan
from xaiplug.run.collect import results, timings
from xaiplug.run.store import Store
from xaiplug.testing import check_component

FILE = Path(__file__).with_suffix(".yaml")
TRAINED = FILE.with_name("trained.yaml")
PLANTED = {
    "decoy": "a patch on the border of a digit",
    "patch": "a backdoor by a patch",
    "blend": "a backdoor by a faint disc",
    "mark": "a watermark on coloured shapes",
}
"""Models of `TRAINED` that say where, and what was planted."""
FEWEST = 5
"""Methods of which a tau says something."""
STATEMENTS = ("where", "sign", "share", "order", "interaction")
COMMAND = "python benchmarks/leaderboard.py"


class Board:
    """A finished run: means by method, truth and metric; cost by method."""

    def __init__(self, store: Store) -> None:
        self.store = store
        values = results(store)
        self.means = values.groupby(["explainer", "model", "metric"], sort=False)["value"].mean()
        self.truths = list(
            dict.fromkeys(entry["model"] for entry in read_plan(store.folder).values() if entry["model"])
        )
        self.methods = list(dict.fromkeys(values["explainer"]))
        cost = timings(store)
        whole = cost.groupby("explainer")[["forwards", "backwards", "seconds", "samples"]].sum()
        self.cost = whole[["forwards", "backwards"]].div(whole["samples"], axis=0)
        self.cost["ms"] = 1000 * whole["seconds"] / whole["samples"]
        self.counts = cost["samples"]

    def over_truths(self, method: str, metric: str) -> float:
        """The mean over the truths where it is defined."""
        return _mean([self.means.get((method, truth, metric), np.nan) for truth in self.truths])

    def shown(self, method: str, metric: str) -> str:
        """That mean, with the number of truths where fewer have a value than say it."""
        found = [self.means.get((method, truth, metric), np.nan) for truth in self.truths]
        count, whole = int(np.isfinite(found).sum()), len(self.told(metric))
        return _number(self.over_truths(method, metric)) + (f" ({count})" if 0 < count < whole else "")

    def told(self, metric: str) -> list[str]:
        """The truths on which a metric is defined for some method."""
        names = self.means.index
        return [t for t in self.truths if any((m, t, metric) in names for m in self.methods)]

    def quality(self, method: str) -> float:
        """The mean of share and order, which every complete and fair method agrees on; NaN without one of them."""
        return float(np.mean([self.over_truths(method, name) for name in ("share", "order")]))

    def refused(self) -> dict[str, str]:
        """Method -> why it does not run on some truth, in one line."""
        found = {}
        for cell, entry in read_plan(self.store.folder).items():
            if entry["kind"] == "explain" and (text := self.store.error(cell)) is not None:
                found.setdefault(entry["explainer"], text.split("\n\n")[0].partition("\n")[2].splitlines()[0])
        return found


def leaderboard(board: Board, trained: Board) -> str:
    """The page: quality by statement with cost, the metrics that know no truth, trained networks, who refuses what."""
    ordered = sorted(board.methods, key=lambda method: -np.nan_to_num(board.quality(method), nan=-2))
    heads = ["method", *STATEMENTS, "forwards", "backwards", "ms"]
    rows = [
        [
            f"[{method}](methods/{method}.md)",
            *(board.shown(method, name) for name in STATEMENTS),
            *(_number(board.cost.loc[method, name], 1) for name in ("forwards", "backwards", "ms")),
        ]
        for method in ordered
    ]
    truths = ", ".join(f"{name} {len(board.told(name))}" for name in STATEMENTS)
    parts = [
        "# Leaderboard",
        f"Made by `{COMMAND}`; do not edit. Every method that needs no special network, on ten networks set by hand "
        "whose right answer is known (xaiplug-truths), 32 images each, defaults throughout. Each column is the mean "
        f"over the truths that say it ({truths}); 1 is best. Forwards, backwards and milliseconds are of one image of "
        "16 x 16 on a network so small that the method's own work is what is timed. In the order of share and order "
        "together. In brackets, of how many truths a mean is where others refuse it or leave it undefined: such a mean "
        "is of the easier ones. The truths count from black; what counts from references (expected-ig, ig2, deep-shap) "
        "or from a blur answers another question, and is held to this one.",
        markdown(heads, rows),
        "![Quality against passes](leaderboard.svg)",
        "## Do the metrics that know no truth find the order of the truth?",
        "Kendall's tau between the ranking by a metric and the ranking by the truth's own statement, the mean over "
        "truths with the lowest and the highest. 1: the same order of methods; 0: none of it.",
        markdown(["metric", *STATEMENTS], _agreements(board)),
        *planted(trained),
    ]
    if refused := board.refused():
        parts += ["## Refused", markdown(["method", "why"], [[name, why[:160]] for name, why in refused.items()])]
    return "\n\n".join(parts) + "\n"


def planted(board: Board) -> list[str]:
    """The section on trained networks: the share of the evidence on what was planted, the sign, who ranks like them."""

    def where(method: str) -> list[float]:
        return [board.means.get((method, truth, "where"), np.nan) for truth in PLANTED]

    ordered = sorted(board.methods, key=lambda method: -np.nan_to_num(_mean(where(method)), nan=-1))
    rows = [
        [method, *map(_number, where(method)), _number(board.means.get((method, "set-sum", "sign"), np.nan))]
        for method in ordered
    ]
    told = "; ".join(f"{name}: {what}" for name, what in PLANTED.items())
    return [
        "## Networks that were trained with a planted truth",
        f"Share of the positive evidence on what the network was made to look at ({told}), and for set-sum, sums of "
        "four digits whose game is exact, the share of cells with the right sign. 24 images each, `trained.yaml`. A "
        "network may use more than what was planted, so the best need not reach 1; methods of groups paint whole "
        "patches of 4 x 4 pixels, CAMs the cells of their layer, which what was planted fills in part.",
        markdown(["method", *PLANTED, "set-sum: sign"], rows),
        "Kendall's tau between the ranking by a metric and by that share, or that sign; as above.",
        markdown(["metric", "where", "sign"], _agreements(board, ("where", "sign"))),
    ]


def _agreements(board: Board, statements: Sequence[str] = STATEMENTS) -> list[list[str]]:
    tables, _ = tables_of(board.store)
    found = audit(tables).metrics
    names = [name for name in dict.fromkeys(table.family for table in tables) if name not in statements]
    rows = []
    for name in names:
        cells = []
        for statement in statements:
            taus = [one["tau"] for one in found if {one["first"], one["second"]} == {name, statement}]
            if sum(np.isfinite(board.over_truths(method, statement)) for method in board.methods) < FEWEST:
                taus = []
            there = [tau for tau in taus if tau is not None]
            cells.append(f"{np.mean(there):.2f} [{min(there):.2f}, {max(there):.2f}]" if there else "-")
        rows.append([name, *cells])
    return rows


def card(board: Board, method: str, kit: bool) -> str:
    """One method: paper, what it claims, what the kit confirms, where it wins and loses, cost, fields."""
    entry = next(one for one in registry().of_kind("explainer") if one.spec.name == method)
    cls = entry.load()
    made = registry().create("explainer", method)
    paper = entry.spec.paper
    parts = [f"# {method}", entry.spec.summary, f"Made by `{COMMAND}`; do not edit."]
    if paper:
        parts.append(
            f"**Paper.** {paper.authors}: *{paper.title}*, {paper.venue} {paper.year}. {paper.url or paper.doi}"
        )
    needs = ", ".join(sorted(made.needs)) or "nothing but the model"
    parts.append(f"**Needs** {needs}. **Explains** the {made.default_scale} unless told otherwise.")
    parts.append(f"**Claims** {', '.join(made.claims) or 'no axiom'}.")
    if kit:
        outcomes = check_component("explainer", method).outcomes
        counted = pd.Series([one.status for one in outcomes]).value_counts()
        told = ", ".join(f"{count} {status}" for status, count in counted.items())
        known = "; ".join(f"{one.check}: {one.detail}" for one in outcomes if one.status == "xfailed")
        parts.append(f"**Kit.** {told}." + (f" Known to fail: {known}." if known else ""))
    rows = []
    for truth in board.truths:
        cells = [board.means.get((method, truth, name), np.nan) for name in STATEMENTS]
        if any(np.isfinite(cells)):
            rows.append([truth, *(_ranked(board, method, truth, name) for name in STATEMENTS)])
    parts += [
        "## Where it wins and loses",
        f"By each truth's own statements; in brackets its rank among {len(board.methods)} methods.",
        markdown(["truth", *STATEMENTS], rows),
    ]
    own = board.cost.loc[method]
    parts.append(
        f"**Cost** of an image: {own['forwards']:.1f} forwards, {own['backwards']:.1f} backwards; on the leaderboard's "
        f"small networks {own['ms']:.1f} ms."
    )
    docs = field_docs(cls)
    fields = [
        [f"`{one.name}`", *map(_cell, (type_name(cls, one.name), getattr(made, one.name, ""), docs.get(one.name, "")))]
        for one in fields_of(cls)
    ]
    if fields:
        parts += ["## Fields", markdown(["field", "type", "default", "what"], fields)]
    return "\n\n".join(parts) + "\n"


def _ranked(board: Board, method: str, truth: str, metric: str) -> str:
    value = board.means.get((method, truth, metric), np.nan)
    if not np.isfinite(value):
        return "-"
    others = [board.means.get((name, truth, metric), np.nan) for name in board.methods]
    return f"{value:.2f} ({1 + sum(other > value + 1e-9 for other in others)})"


def picture(board: Board, path: Path) -> None:
    """Quality against passes of one image, a dot a method."""
    figure = Figure(figsize=(8, 4.6), layout="constrained")
    axes = figure.subplots()
    spots: dict[tuple[float, float], list[str]] = {}
    for method in board.methods:
        passes, quality = board.cost.loc[method, ["forwards", "backwards"]].sum(), board.quality(method)
        if np.isfinite(quality):
            axes.plot(max(passes, 1), quality, "o", color="#0072b2")
            near = round(float(np.log10(max(passes, 1))) * 3) / 3, round(quality * 20) / 20
            spots.setdefault(near, []).append(method)
    for (passes, quality), names in spots.items():
        axes.annotate("\n".join(names), (10**passes, quality), (6, 3), textcoords="offset points", fontsize=7, va="top")
    axes.margins(x=0.14)
    axes.set_xscale("log")
    axes.set_xlabel("forwards and backwards of one image")
    axes.set_ylabel("mean of share and order, 1 is right")
    axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})


def _cell(value: object) -> str:
    """Text that ends no cell of a table."""
    return str(value).replace("|", "\\|").replace("\n", " ")


def _mean(values: Sequence[float]) -> float:
    """Of those that are there; NaN of none."""
    there = [value for value in values if np.isfinite(value)]
    return float(np.mean(there)) if there else float("nan")


def _number(value: float, decimals: int = 2) -> str:
    return f"{value:.{decimals}f}" if np.isfinite(value) else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, help="a finished run of leaderboard.yaml; default: run it")
    parser.add_argument("--trained", type=Path, help="a finished run of trained.yaml; default: run it")
    parser.add_argument("--to", type=Path, default=Path("docs"))
    parser.add_argument("--no-kit", action="store_true", help="leave out what the conformance kit says (minutes)")
    given = parser.parse_args()
    folder = given.run or execute(load(FILE), watcher()).folder
    trained = Board(Store(given.trained or execute(load(TRAINED), watcher()).folder))
    board = Board(Store(folder))
    (given.to / "methods").mkdir(parents=True, exist_ok=True)
    (given.to / "leaderboard.md").write_text(leaderboard(board, trained), encoding="utf-8")
    picture(board, given.to / "leaderboard.svg")
    for method in board.methods:
        (given.to / "methods" / f"{method}.md").write_text(card(board, method, not given.no_kit), encoding="utf-8")


if __name__ == "__main__":
    main()
