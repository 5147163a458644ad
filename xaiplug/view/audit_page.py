"""The page of an audit: one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from xaiplug.data.study import Panel
from xaiplug.view import svg
from xaiplug.view.audit_drawings import flip_graph, heat_map
from xaiplug.view.colours import series
from xaiplug.view.gallery import Wall, wall
from xaiplug.view.leaderboard import short_names
from xaiplug.view.numbers import number, whole
from xaiplug.view.report import template

Record = Mapping[str, Any]

WORDS = {"all": "better", "most": "mostly", "some": "depends", "none": "not better", "undecided": "undecided"}
"""Of "the row is better than the column"."""


@dataclass(frozen=True)
class Ranking:
    """One metric's ranking, drawn."""

    title: str
    facts: tuple[str, ...]
    choices: tuple[str, ...]
    taus: Markup
    flips: Markup
    legend: tuple[tuple[str, Markup], ...]
    ranks: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Verdicts:
    """One metric: methods, best first, against those below; `rows` have verdict, word and sentence of each pair."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str, str] | None, ...]], ...]
    claims: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Sight:
    """One metric: methods against controls; `rows` have verdict, word and numbers of each."""

    title: str
    controls: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str, str] | None, ...]], ...]


@dataclass(frozen=True)
class Shown:
    """The sample on which two choices disagree: in words, and its picture where it is an image."""

    title: str
    rows: tuple[tuple[str, tuple[str, str]], ...]
    methods: tuple[str, str]
    picture: Wall | None


def render_audit(name: str, found: Record, shown: Shown | None = None) -> str:
    """An audit as HTML; it asks the network for nothing and reads without script.

    Args:
        name: of the study.
        found: an audit as plain data.
    """
    return template("audit.html.j2").render(
        name=name,
        rankings=[_ranking(one) for one in found["rankings"]],
        metrics=[_agreement(scope, rows) for scope, rows in _by_scope(found["metrics"]).items()],
        sight=_sight(found["sight"]),
        verdicts=_verdicts(found),
        notes=found["notes"],
        shown=shown,
        colour_bar=svg.colour_bar(),
    )


def shown_of(
    metric: str, scope: str, methods: tuple[str, str], values: Mapping[str, Any], panel: Panel | None
) -> Shown:
    """What is shown of a disagreement; `values` are choice -> what the metric gives each of the methods."""
    rows = tuple((choice, (number(one, 3), number(two, 3))) for choice, (one, two) in values.items())
    return Shown(f"{metric}, {scope}", rows, methods, wall(panel) if panel else None)


def _ranking(one: Record) -> Ranking:
    choices, ranks = one["choices"], {place["method"]: place for place in one["ranks"]}
    short = short_names(list(ranks))
    by_choice = {short[method]: one["by_choice"][method] for method in ranks}
    facts = [f"{len(choices)} choices"] if len(choices) > 1 else ["one choice"]
    if one["tau"] is not None:
        facts.append(f"mean tau {number(one['tau'], 2)} [{_ends(one['interval'])}]")
        facts.append(f"{number(100 * one['flipped'], 0)} % of pairs flip")
    for what, shares in (("flips by", one["flips_by"]), ("variance by", one["variance_shares"])):
        largest = sorted(((share, name) for name, share in shares.items() if (share or 0) >= 0.005), reverse=True)[:3]
        if largest:
            facts.append(f"{what} {', '.join(f'{name} {number(100 * share, 0)} %' for share, name in largest)}")
    return Ranking(
        f"{one['metric']}, {_scope(one)}",
        tuple(facts),
        tuple(choices),
        heat_map(choices, one["taus"]) if len(choices) > 1 else Markup(""),
        flip_graph(choices, by_choice) if len(choices) > 1 else Markup(""),
        tuple((name, svg.swatch(*series(place))) for place, name in enumerate(by_choice)),
        tuple((method, number(place["rank"], 1), _ends(place["interval"])) for method, place in ranks.items()),
    )


def _agreement(scope: str, rows: Sequence[Record]) -> dict[str, Any]:
    """Metrics against metrics, on one model and data set."""
    names = list(dict.fromkeys(name for one in rows for name in (one["first"], one["second"])))
    truths = {name for one in rows for name in one["truths"]}
    known = {(one["first"], one["second"]): one["tau"] for one in rows}
    taus = [[1.0 if a == b else known.get((a, b), known.get((b, a))) for b in names] for a in names]
    pairs = [(one["first"], one["second"], number(one["tau"], 2), _ends(one["interval"])) for one in rows]
    told = [f"{name} (truth)" if name in truths else name for name in names]
    return {"scope": scope, "names": told, "taus": heat_map(told, taus), "pairs": pairs}


def _sight(found: Sequence[Record]) -> list[Sight]:
    """For each metric its methods against every control."""
    tables = []
    for key in dict.fromkeys(map(_of, found)):
        rows = [one for one in found if _of(one) == key]
        controls = tuple(dict.fromkeys(one["against"] for one in rows))
        known = {(one["method"], one["against"]): one for one in rows}
        methods = tuple(dict.fromkeys(one["method"] for one in rows))
        short = short_names(list(methods))
        cells = tuple(
            (short[method], tuple(_seen(known.get((method, control))) for control in controls)) for method in methods
        )
        tables.append(Sight(f"{key[0]}, {_scope(rows[0])}", controls, cells))
    return tables


def _seen(one: Record | None) -> tuple[str, str, str] | None:
    """Verdict, word, and what it stands on."""
    if one is None:
        return None
    verdict = {"yes": "all", "undecided": "undecided"}.get(one["sees"], "none")
    needed = f", needed {whole(one['needed'])}" if one["needed"] is not None else ""
    told = f"{number(one['difference'], 3)} [{_ends(one['interval'], 3)}], n {one['n']}{needed}"
    effect = "" if one["effect"] is None else f" · {number(one['effect'], 1)} sd"
    return verdict, {"all": "yes", "none": "no"}.get(verdict, verdict) + effect, told


def _verdicts(found: Record) -> list[Verdicts]:
    """For each ranking its methods, best first, each against those below it."""
    return [
        _matrix(ranking, [one for one in found["verdicts"] if _of(one) == _of(ranking)])
        for ranking in found["rankings"]
    ]


def _matrix(ranking: Record, verdicts: Sequence[Record]) -> Verdicts:
    methods = [place["method"] for place in ranking["ranks"]]
    known, short = {(one["first"], one["second"]): one for one in verdicts}, short_names(methods)
    rows = []
    for place, method in enumerate(methods[:-1]):
        cells = [known.get((method, other)) or known.get((other, method)) for other in methods[place + 1 :]]
        told = [_judged(method, one) for one in cells]
        rows.append((short[method], tuple([None] * place + told)))
    return Verdicts(
        f"{ranking['metric']}, {_scope(ranking)}",
        tuple(short[method] for method in methods[1:]),
        tuple(rows),
        tuple((one["words"], number(one["difference"], 3), _ends(one["interval"], 3)) for one in verdicts),
    )


def _judged(method: str, one: Record | None) -> tuple[str, str, str] | None:
    """Verdict, word and sentence of "method better than the other"."""
    if one is None:
        return None
    word = WORDS[one["verdict"]]
    if one["first"] != method:
        word = {"better": "worse", "mostly": "mostly worse"}.get(word, word)
    return one["verdict"], word, one["words"]


def _of(one: Record) -> tuple[str, str, str]:
    return one["metric"], one["model"], one["data"]


def _by_scope(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for one in records:
        found.setdefault(_scope(one), []).append(one)
    return found


def _scope(one: Record) -> str:
    return f"{one['model']} on {one['data']}"


def _ends(interval: Sequence[float | None], decimals: int = 2) -> str:
    low, high = interval
    return "–" if low is None else f"{number(low, decimals)} to {number(high, decimals)}"
