"""Stability metrics: whether several models of one kind give the same explanation."""

from xaiplug import Paper, Spec, hookimpl

WANG = Paper(
    "Image Quality Assessment: From Error Visibility to Structural Similarity",
    "Wang, Zhou and Bovik, Alan C. and Sheikh, Hamid R. and Simoncelli, Eero P.",
    2004,
    venue="IEEE Transactions on Image Processing",
    doi="10.1109/TIP.2003.819861",
)
FEL = Paper(
    "How Good is your Explanation? Algorithmic Stability Measures to Assess the Quality of Explanations "
    "for Deep Neural Networks",
    "Fel, Thomas and Vigouroux, David and Cadène, Rémi and Serre, Thomas",
    2022,
    venue="WACV",
    url="https://arxiv.org/abs/2009.04521",
)
GONG = Paper(
    "A Super-pixel-based Approach to the Stable Interpretation of Neural Networks",
    "Gong, Shizhan and Zhang, Jingwei and Dou, Qi and Farnia, Farzan",
    2024,
    venue="BMVC",
)


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec(
            "ssim",
            "xaiplug_stability.similarity:Ssim",
            "Structural similarity of the maps of every two models; higher is better.",
            WANG,
        ),
        Spec(
            "mege",
            "xaiplug_stability.folds:MeGe",
            "Mean generalisability: how little a map changes as its sample leaves the training set; higher is better.",
            FEL,
        ),
        Spec(
            "reco",
            "xaiplug_stability.folds:ReCo",
            "Relative consistency: whether maps differ more where predictions differ; higher is better.",
            FEL,
        ),
        Spec(
            "interpretation-loss",
            "xaiplug_stability.diagnostics:InterpretationLoss",
            "Euclidean distance between the maps of every two models; lower is better.",
            GONG,
        ),
        Spec(
            "generalisation-gap",
            "xaiplug_stability.gap:GeneralisationGap",
            "How much more a map depends on the model where that has not seen the sample (Def. 2); lower is better.",
            GONG,
        ),
        Spec(
            "grouping-gap",
            "xaiplug_stability.diagnostics:GroupingGap",
            "What a mean over feature groups would take off the squared interpretation loss (Prop. 2).",
            GONG,
        ),
        Spec(
            "within-group-correlation",
            "xaiplug_stability.diagnostics:WithinGroupCorrelation",
            "How alike the differences of two models' maps are inside a feature group; 0 where they are independent.",
            GONG,
        ),
    ]
