"""Complexity metrics: how concentrated an attribution is."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("gini", "xaiplug_complexity.gini:Gini", paper="chalasani2020"),
        Spec("complexity", "xaiplug_complexity.entropy:Complexity", paper="bhatt2020"),
    ]
