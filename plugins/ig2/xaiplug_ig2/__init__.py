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
KAPISHNIKOV = Paper(
    "Guided Integrated Gradients: an Adaptive Path Method for Removing Noise",
    "Kapishnikov, Andrei and Venugopalan, Subhashini and Avci, Besim and Wedin, Ben and Terry, Michael and "
    "Bolukbasi, Tolga",
    2021,
    venue="CVPR",
    url="https://arxiv.org/abs/2106.09788",
)
ERION = Paper(
    "Improving performance of deep learning models with axiomatic attribution priors and expected gradients",
    "Erion, Gabriel and Janizek, Joseph D. and Sturmfels, Pascal and Lundberg, Scott M. and Lee, Su-In",
    2021,
    venue="Nature Machine Intelligence",
    url="https://arxiv.org/abs/1906.10670",
)
XU = Paper(
    "Attribution in Scale and Space",
    "Xu, Shawn and Venugopalan, Subhashini and Sundararajan, Mukund",
    2020,
    venue="CVPR",
    url="https://arxiv.org/abs/2004.03383",
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
        Spec(
            "path-integral",
            "xaiplug_ig2.integral:PathIntegral",
            "Gradients along a straight, guided, blur or GradPath way to any baseline.",
            ZHUO,
        ),
        Spec(
            "expected-ig",
            "xaiplug_ig2.integral:ExpectedIG",
            "Integrated gradients, averaged over references.",
            ERION,
        ),
        Spec(
            "guided-ig",
            "xaiplug_ig2.integral:GuidedIG",
            "Gradients along a path that moves the features of the smallest gradient first.",
            KAPISHNIKOV,
        ),
        Spec(
            "blur-ig",
            "xaiplug_ig2.integral:BlurIG",
            "Gradients along the path from the blurred image to the image.",
            XU,
        ),
    ]


@hookimpl
def xaiplug_baselines() -> list[Spec]:
    return [
        Spec("grad-cf", "xaiplug_ig2.baselines:GradCF", "The end of the representation's descent to references.", ZHUO),
        Spec(
            "counterfactual-pgd",
            "xaiplug_ig2.baselines:CounterfactualPGD",
            "The first point on gradient steps that the model calls something else.",
            ZHUO,
        ),
    ]


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec(
            "cf-validity",
            "xaiplug_ig2.metrics:CFValidity",
            "Share of counterfactuals that the model does not call the explained class; higher is better.",
            ZHUO,
        ),
        Spec(
            "cf-distance",
            "xaiplug_ig2.metrics:CFDistance",
            "Distance of counterfactuals from the data, or from the input; lower is better.",
            ZHUO,
        ),
    ]
