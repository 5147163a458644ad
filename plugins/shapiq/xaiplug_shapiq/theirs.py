"""shapiq's approximators as explainers: the fields of each are the parameters of its constructor, and a budget."""

from __future__ import annotations

from inspect import signature
from typing import Any

import shapiq

from xaiplug.kinds.borrowed import Parameter, borrowed, parameters
from xaiplug_shapiq.adapting import Approximator
from xaiplug_shapiq.names import NAMES

_OURS = {"n", "random_state", "top_order"}
"""Parameters that the adapter gives: players, the sample's seed, all orders."""
_ORDER = {"max_order": Parameter("int", 2, "Groups in the largest sets that are given a value.")}

_ROUNDING = {"max-batch": "its regressions magnify rounding: values of sets differ by 3e-10 in float64"}


def _class(name: str) -> Any:
    theirs = getattr(shapiq, name)
    doc = f"shapiq's {name}: {NAMES[name][1]}.\n\nFields and numbers are shapiq's; each sample from its own seed."
    order = _ORDER if "max_order" in signature(theirs.__init__).parameters else {}
    fields = {**order, **parameters(theirs.__init__, _OURS)}
    known = {"expected_failures": _ROUNDING} if name == "KernelSHAPIQ" else {}
    return borrowed(Approximator, name, __name__, doc, fields, wraps=name, given=tuple(fields), **known)


globals().update({name: _class(name) for name in NAMES})
