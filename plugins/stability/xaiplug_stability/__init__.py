"""Stability metrics: whether several models of one kind give the same explanation."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("ssim", "xaiplug_stability.similarity:Ssim", paper="wang2004"),
        Spec("mege", "xaiplug_stability.folds:MeGe", paper="fel2022"),
        Spec("reco", "xaiplug_stability.folds:ReCo", paper="fel2022"),
        Spec("interpretation-loss", "xaiplug_stability.diagnostics:InterpretationLoss", paper="gong2024"),
        Spec("generalisation-gap", "xaiplug_stability.gap:GeneralisationGap", paper="gong2024"),
        Spec("grouping-gap", "xaiplug_stability.diagnostics:GroupingGap", paper="gong2024"),
        Spec("within-group-correlation", "xaiplug_stability.diagnostics:WithinGroupCorrelation", paper="gong2024"),
    ]
