"""Whether a run file has what a statement names; looked at before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable

from xaiplug.claims.schema import Better, Value
from xaiplug.config import Config
from xaiplug.errors import did_you_mean, listing


def unknown(statement: Better | Value, config: Config) -> list[str]:
    """What the statement names and the run file has not; what goes with an explainer is known by the results only."""
    explainers = {variant.label for variant in config.variants["explainers"]}
    metrics = {name for variant in config.variants["metrics"] for name in (variant.name, variant.label)}
    methods = [*statement.a, *statement.b] if isinstance(statement, Better) else statement.method
    bare = [name.partition("@")[0].partition("(")[0].strip() for name in methods]
    models = [*(statement.models or ()), *(name.partition("@")[2].strip() for name in methods if "@" in name)]
    return [
        *_missing("explainer", bare, explainers),
        # a label may end in what the metric goes with: `deletion[steps=2,baseline=blur]`
        *_missing("metric", [name.partition("[")[0] for name in statement.metric], metrics),
        *_missing("model", models, config.file.models),
        *_missing("data set", [statement.data] if statement.data else [], config.file.data),
    ]


def _missing(what: str, names: Iterable[str], known: Iterable[str]) -> list[str]:
    there = list(known)
    return [
        f"no {what} '{name}' in the run file{did_you_mean(name, there)} ({listing(there)})"
        for name in dict.fromkeys(names)
        if name not in there
    ]
