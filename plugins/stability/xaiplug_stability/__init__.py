"""Stability: whether an explainer changes where it should, and stays where it should."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("ssim", "xaiplug_stability.similarity:Ssim", paper="wang2004"),
        Spec("mege", "xaiplug_stability.folds:MeGe", paper="fel2022"),
        Spec("reco", "xaiplug_stability.folds:ReCo", paper="fel2022"),
        Spec("mprt", "xaiplug_stability.randomised:Mprt", paper="adebayo2018"),
        Spec("efficient-mprt", "xaiplug_stability.randomised:EfficientMprt", paper="hedstrom2024"),
        Spec("random-logit", "xaiplug_stability.other_class:RandomLogit", paper="sixt2020"),
        Spec("max-sensitivity", "xaiplug_stability.perturbed:MaxSensitivity", paper="yeh2019"),
        Spec("local-lipschitz", "xaiplug_stability.perturbed:LocalLipschitz", paper="alvarezmelis2018"),
        Spec("interpretation-loss", "xaiplug_stability.diagnostics:InterpretationLoss", paper="gong2024"),
        Spec("generalisation-gap", "xaiplug_stability.gap:GeneralisationGap", paper="gong2024"),
        Spec("uniform-stability", "xaiplug_stability.left_out:UniformStability", paper="gong2024"),
        Spec("grouping-gap", "xaiplug_stability.diagnostics:GroupingGap", paper="gong2024"),
        Spec("within-group-correlation", "xaiplug_stability.diagnostics:WithinGroupCorrelation", paper="gong2024"),
    ]
