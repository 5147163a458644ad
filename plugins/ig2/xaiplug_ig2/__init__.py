"""IG² (Zhuo and Ge, 2024): its path, its counterfactual baseline, and the path methods it is compared with."""

from xaiplug import Paper, Spec, hookimpl

ZHUO = Paper(
    "IG²: Integrated Gradient on Iterative Gradient Path for Feature Attribution",
    "Zhuo, Yue and Ge, Zhiqiang",
    2024,
    venue="IEEE TPAMI",
    doi="10.1109/TPAMI.2024.3388092",
    url="https://arxiv.org/abs/2406.10852",
)


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec(
            "ig2",
            "xaiplug_ig2.explainer:IG2",
            "Gradients along the path on which the representation descends to that of references; their mean.",
            ZHUO,
        ),
        Spec(
            "grad-cf-explanation",
            "xaiplug_ig2.explainer:GradCFExplanation",
            "The input minus its counterfactual on the representation's descent; in units of the input.",
            ZHUO,
        ),
    ]
