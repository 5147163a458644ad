"""What is to be said of a study's rankings: how stable, by what metric, and which claims hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from xaiplug.audit.intervals import Floats, over_both, over_samples, samples_needed
from xaiplug.audit.rankings import flipped, flips_by, kendall, ranks, tau_matrix, variance_shares
from xaiplug.audit.resampling import drawn_means, resampled
from xaiplug.audit.tables import Table
from xaiplug.audit.verdicts import Verdict, judge, side_of

Record = dict[str, Any]


@dataclass(frozen=True)
class Audit:
    """The answers, each a list of records that are JSON; `notes` are sentences on what cannot be said, and why."""

    rankings: list[Record]
    metrics: list[Record]
    sight: list[Record]
    verdicts: list[Record]
    notes: list[str]

    def plain(self) -> Record:
        """As JSON."""
        return dict(vars(self))


def audit(tables: Sequence[Table], notes: Sequence[str] = ()) -> Audit:
    """Audit the tables of a run; see `Audit`."""
    said = list(notes)
    if not tables:
        said.append("nothing can be said: no finished score has a direction and one value a sample")
    for table in tables:
        where = _where(table)
        if len(table.methods) < 2:
            said.append(f"{where}: one method, so there is no ranking; add explainers to the run file")
        elif len(table.levels) < 2:
            said.append(f"{where}: one choice was made, so how stable the ranking is cannot be said; vary its baseline")
        if not (table.blind or table.controls):
            said.append(f"{where}: the study has no explainer 'random', so whether the metric sees cannot be said")
        if len(table.units) > 1:
            told = f"differences are told in {table.units[0]}, the others scaled to its spread"
            said.append(f"{where}: choices have several units ({', '.join(table.units)}); {told}")
        said.extend(f"{where}: {told}" for told in _undefined(table))
    ranked = [table for table in tables if len(table.methods) > 1]
    return Audit(
        rankings=[_ranking(table) for table in ranked],
        metrics=[one for pair in combinations(ranked, 2) for one in _agreement(*pair)],
        sight=[one for table in ranked for one in _sight(table)],
        verdicts=[one for table in ranked for one in _verdicts(table)],
        notes=said,
    )


def _ranking(table: Table) -> Record:
    """Stability of one metric's ranking."""
    values = table.values
    means, draws = _means(values), drawn_means(values, table.groups)
    samples, groups = _counts(table)
    several = len(table.levels) > 1
    methods = len(table.methods)
    tau = None
    if several:
        swap = 8 / (methods * (methods - 1))
        (tau,) = resampled(
            lambda found: mean_tau(found)[..., None], means, draws, samples=samples, groups=groups, swap=swap
        )
    rank = resampled(
        lambda found: ranks(found).mean(-2),
        means,
        draws,
        samples=samples,
        groups=groups,
        swap=2 / methods,
        bounds=(1.0, float(methods)),
    )
    places = [
        {"method": method, "rank": _number(one.mean), "interval": one.ends()}
        for method, one in zip(table.methods, rank, strict=True)
    ]
    pairs = list(combinations(range(len(table.methods)), 2))
    one, two = (np.array(side) for side in zip(*pairs, strict=True))
    gaps, drawn = (means[:, one] - means[:, two]).T, np.swapaxes(draws[..., one] - draws[..., two], 1, 2)
    whole = np.isfinite(gaps).all(1) & np.isfinite(drawn).all((0, 2))
    shares = variance_shares(gaps[whole], table.levels, drawn[:, whole]) if several and whole.any() else {}
    return {
        **_named(table),
        "choices": list(table.choices),
        "tau": _number(tau.mean) if tau else None,
        "interval": tau.ends() if tau else [None, None],
        "flipped": _number(flipped(means)) if several else None,
        "flips_by": _numbers(flips_by(means, table.levels)) if several else {},
        "variance_shares": _numbers(shares),
        "taus": [[_number(tau) for tau in row] for row in tau_matrix(means).tolist()] if several else [],
        "by_choice": {
            method: [_number(rank) for rank in column]
            for method, column in zip(table.methods, ranks(means).T.tolist(), strict=True)
        },
        "ranks": sorted(places, key=lambda place: place["rank"] or math.inf),
    }


def _agreement(first: Table, second: Table) -> list[Record]:
    """Tau of two metrics' rankings, each by its means over choices; the interval is over samples."""
    if (first.model, first.data) != (second.model, second.data):
        return []
    shared = [name for name in first.methods if name in second.methods]
    if len(shared) < 2:
        return []
    rows, draws = [], []
    for table in (first, second):
        columns = [table.methods.index(name) for name in shared]
        rows.append(_over_choices(_means(table.values)[:, columns]))
        draws.append(_over_choices(drawn_means(table.values, table.groups)[..., columns]))
    samples, groups = _counts(first)
    (found,) = resampled(
        lambda means: kendall(means[..., :1, :], means[..., 1:, :]),
        np.stack(rows),
        np.stack(draws, 1),
        samples=samples,
        groups=groups,
    )
    return [
        {
            "model": first.model,
            "data": first.data,
            "first": first.family,
            "second": second.family,
            "truths": [table.family for table in (first, second) if table.truth],
            "methods": len(shared),
            "tau": _number(found.mean),
            "interval": found.ends(),
        }
    ]


def _sight(table: Table) -> list[Record]:
    """Every method against what looks at nothing, and against its own map of something else."""
    found = []
    for number, method in enumerate(table.methods):
        if number in table.blind:
            continue
        for blind in table.blind[:1]:
            gaps = table.values[..., number] - table.values[..., blind]
            found.append(_seen(table, method, table.methods[blind], gaps))
        for name, controlled in table.controls.items():
            if np.isfinite(controlled[:, number]).any():
                found.append(_seen(table, method, name, controlled[None, :, number]))
    return found


def _seen(table: Table, method: str, against: str, gaps: Floats) -> Record:
    """How much better (C,S) a map is than a control: the difference, and in standard deviations over samples."""
    there = gaps[np.isfinite(gaps).any(1)]
    told = over_both(there, table.groups)
    if math.isnan(told.low):
        told = over_samples(_over_choices(there), table.groups)
    mean = _over_choices(there)
    spread = float(np.nanstd(mean, ddof=1)) if told.samples > 1 else math.nan
    return {
        **_named(table),
        "method": method,
        "against": against,
        "difference": _number(told.mean),
        "interval": told.ends(),
        "sees": {1: "yes", -1: "no: the control is better", 0: "undecided"}[side_of(told)],
        "effect": _number(told.mean / spread) if spread > 0 else None,
        "n": told.samples,
        "needed": _number(samples_needed(spread, told.mean)),
    }


def _verdicts(table: Table) -> list[Record]:
    """Every pair of methods, the one that leads on the whole first."""
    found, choices = [], table.choices
    for one, two in combinations(range(len(table.methods)), 2):
        gaps = table.values[..., one] - table.values[..., two]
        there = np.asarray(np.isfinite(gaps).any(1))
        if not there.any():
            continue
        if float(np.nanmean(gaps)) < 0:
            one, two, gaps = two, one, -gaps
        names = [choices[choice] for choice in np.flatnonzero(there)]
        claim = f"{table.methods[one]} better than {table.methods[two]} by {table.family}"
        verdict: Verdict = judge(claim, gaps[there], names, table.groups)
        found.append({**_named(table), "first": table.methods[one], "second": table.methods[two]} | verdict.plain())
    return found


def mean_tau(means: Floats) -> Floats:
    """Mean tau (...) over pairs of choices of (...,C,M); NaN where no pair has one."""
    pairs = np.triu_indices(means.shape[-2], 1)
    return _nanmean(tau_matrix(means)[..., pairs[0], pairs[1]], -1)


def _undefined(table: Table) -> list[str]:
    """What is to be said where some methods have fewer values than others."""
    missing = np.isnan(table.values).sum((0, 1))
    whole = table.values.shape[0] * table.values.shape[1]
    return [
        f"{method} has no value in {count} of {whole} cases; its mean and rank are of the rest, pairs of what both have"
        for method, count in zip(table.methods, missing.tolist(), strict=True)
        if count > missing.min()
    ]


def _counts(table: Table) -> tuple[int, int]:
    """Samples, and groups of them."""
    count = table.values.shape[1]
    return count, count if table.groups is None else len(set(table.groups))


def _means(values: Floats) -> Floats:
    """(C,M) of (C,S,M)."""
    return _nanmean(values, 1)


def _over_choices(values: Floats) -> Floats:
    """The mean over choices, the last axis but one; NaN where a choice lacks the value, whose scale may be its own."""
    found: Floats = values.mean(-2)
    return found


def _nanmean(values: Floats, axis: int) -> Floats:
    """The mean of what is there; NaN where nothing is."""
    there = np.isfinite(values)
    sums, count = np.where(there, values, 0.0).sum(axis), there.sum(axis)
    found: Floats = np.divide(sums, count, out=np.full(np.shape(sums), np.nan), where=count > 0)[()]
    return found


def _named(table: Table) -> Record:
    return {"model": table.model, "data": table.data, "metric": table.family}


def _where(table: Table) -> str:
    return f"{table.family}, {table.model} on {table.data}"


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _numbers(values: dict[str, float]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in values.items()}
