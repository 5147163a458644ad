"""Quantus's classes as metrics: the fields of each are the parameters of its constructor."""

from __future__ import annotations

from typing import Any

import quantus

from xaiplug.kinds.borrowed import borrowed, parameters
from xaiplug_quantus.adapting import QuantusMetric
from xaiplug_quantus.names import ANEW, EXPECTED, GIVES

_OURS = {"disable_warnings", "display_progressbar", "return_aggregate", "return_auc_per_sample", "num_classes"}
"""Parameters that the adapter gives: values are of samples, and nothing is printed."""
_LOCALISATION = {cls.__name__ for cls in quantus.AVAILABLE_METRICS["Localisation"].values()}


def _class(name: str) -> Any:
    theirs = getattr(quantus, name)
    doc = f"Quantus's {name}: {GIVES[name]}.\n\nFields and numbers are Quantus's; each sample from its own seed."
    attributes = {
        "wraps": name,
        "expected_failures": EXPECTED.get(name, {}),
        "undirected": name == "RegionPerturbation",
        "needs": ("relevant",) if name in _LOCALISATION else ("explainer",) if name in ANEW else (),
    }
    return borrowed(QuantusMetric, name, __name__, doc, parameters(theirs.__init__, _OURS), **attributes)


globals().update({name: _class(name) for name in GIVES})
