"""Localisation metrics: whether the attribution lies on the features that are known to matter."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("relevance-mass", "xaiplug_localisation.mass:RelevanceMass", paper="arras2022"),
        Spec("pointing-game", "xaiplug_localisation.pointing:PointingGame", paper="zhang2018"),
        Spec("relevance-rank", "xaiplug_localisation.rank:RelevanceRank", paper="arras2022"),
        Spec("gt-auc", "xaiplug_localisation.rank:GtAuc"),
        Spec("gt-sum", "xaiplug_localisation.rank:GtSum"),
    ]
