"""The extension points of xaiplug, all on one page.

A plug-in is a module (or a wheel) that implements one or more of these hooks and names itself in the entry-point
group `xaiplug`. Every hook is called once per process, when the registry is first asked for anything, and returns a
list of `Spec`: a name, the class (or `"package.module:Class"`, which keeps the listing light), a summary, the paper.

Hooks only declare. They must not import torch: `xaiplug list` runs them all.

Shapes: `B` samples, `C,H,W` image, `G` feature groups, `K` classes, `n` baselines, `R` rows.
"""

from __future__ import annotations

import pluggy

from xaiplug.spec import Spec

PROJECT = "xaiplug"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def xaiplug_explainers() -> list[Spec]:  # type: ignore[empty-body]
    """Offer explainers: `explain(query)` -> signed attribution (B,*shape), (B,1,H,W) or (B,G), or an `Explanation`."""


@hookspec
def xaiplug_segmenters() -> list[Spec]:  # type: ignore[empty-body]
    """Offer segmenters: `segment(images (B,C,H,W) in pixel space, seeds (B,))` -> labels (B,H,W) int64."""


@hookspec
def xaiplug_baselines() -> list[Spec]:  # type: ignore[empty-body]
    """Offer baselines and reference policies: `build(query)` -> (n,B,*shape)."""


@hookspec
def xaiplug_imputers() -> list[Spec]:  # type: ignore[empty-body]
    """Offer imputers: `bind(query)` -> `Removal(rows (R,), keep (R,G) bool) -> logits (R,K)`."""


@hookspec
def xaiplug_metrics() -> list[Spec]:  # type: ignore[empty-body]
    """Offer metrics: `measure(query, explanation)` -> values (B,) or a `MetricResult`."""


HOOKS = {
    "explainer": "xaiplug_explainers",
    "segmenter": "xaiplug_segmenters",
    "baseline": "xaiplug_baselines",
    "imputer": "xaiplug_imputers",
    "metric": "xaiplug_metrics",
}
"""Kind of component -> hook that offers it."""
