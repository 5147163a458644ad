"""Metrics that retrain a network on data that the explanations changed."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("roar", "xaiplug_retraining.roar:Roar", paper="hooker2019"),
    ]
