"""IG² (Zhuo and Ge, 2024): its path, its counterfactual baseline, and the path methods it is compared with."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec("ig2", "xaiplug_ig2.explainer:IG2", paper="zhuo2024"),
        Spec("grad-cf-explanation", "xaiplug_ig2.explainer:GradCFExplanation", paper="zhuo2024"),
        Spec("path-integral", "xaiplug_ig2.integral:PathIntegral", paper="zhuo2024"),
        Spec("expected-ig", "xaiplug_ig2.integral:ExpectedIG", paper="erion2021"),
        Spec("guided-ig", "xaiplug_ig2.integral:GuidedIG", paper="kapishnikov2021"),
        Spec("blur-ig", "xaiplug_ig2.integral:BlurIG", paper="xu2020"),
    ]


@hookimpl
def xaiplug_baselines() -> list[Spec]:
    return [
        Spec("grad-cf", "xaiplug_ig2.baselines:GradCF", paper="zhuo2024"),
        Spec("counterfactual-pgd", "xaiplug_ig2.baselines:CounterfactualPGD", paper="zhuo2024"),
    ]


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("cf-validity", "xaiplug_ig2.metrics:CFValidity", paper="zhuo2024"),
        Spec("cf-distance", "xaiplug_ig2.metrics:CFDistance", paper="zhuo2024"),
    ]
