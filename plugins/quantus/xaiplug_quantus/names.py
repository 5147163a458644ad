"""Quantus's metrics that are offered, under `quantus-` and their name, and what each measures."""

from __future__ import annotations

import re

GIVES = {
    "FaithfulnessCorrelation": "correlation of attribution and drop over random sets of scalars",
    "FaithfulnessEstimate": "correlation of attribution and drop, step by step",
    "PixelFlipping": "area under the score as the strongest scalars go",
    "RegionPerturbation": "mean drop of the score as patches go",
    "Monotonicity": "whether the score never falls as features come in by their attribution",
    "MonotonicityCorrelation": "rank correlation of attribution and the spread of the score",
    "Selectivity": "mean score as the strongest patches go",
    "Infidelity": "squared error of the attribution as a model of what perturbing does",
    "PointingGame": "whether the strongest position is on the truth",
    "TopKIntersection": "share of the k strongest positions that is on the truth",
    "RelevanceMassAccuracy": "share of the attribution on the truth",
    "RelevanceRankAccuracy": "share of the strongest positions that is on the truth",
    "AttributionLocalisation": "positive attribution on the truth, by all that is positive",
    "AUC": "ROC area of the attribution as a detector of the truth",
    "Sparseness": "Gini index of the attribution",
    "Complexity": "entropy of the attribution's shares",
    "EffectiveComplexity": "how many attributions are not small",
    "MaxSensitivity": "largest change of the map under noise, by the map's norm",
    "AvgSensitivity": "mean change of the map under noise, by the map's norm",
    "LocalLipschitzEstimate": "largest change of the map under noise, by that of the input",
    "Continuity": "how the map's patches follow the score as the image moves to a side",
    "RelativeInputStability": "largest relative change of the map by that of the input",
    "RelativeOutputStability": "largest relative change of the map by that of the logits",
    "RelativeRepresentationStability": "largest relative change of the map by that of the layers",
    "RandomLogit": "SSIM of the map and that of another class",
    "MPRT": "rank correlation of the map and those of networks with new weights, mean over layers",
    "EfficientMPRT": "relative rise of the map's entropy where all weights are new",
}
"""Class of Quantus -> what it measures."""

ANEW = frozenset(
    {
        *("MaxSensitivity", "AvgSensitivity", "LocalLipschitzEstimate", "Continuity", "RelativeInputStability"),
        *("RelativeOutputStability", "RelativeRepresentationStability", "RandomLogit"),
        *("MPRT", "EfficientMPRT"),
    }
)
"""Those that ask the explainer again."""

_NEAR_0 = "divides by each value of the map: where one is near 0, rounding counts"
_DRAWN = "the weights that a layer draws depend on their precision"
EXPECTED = {
    "MPRT": {"precision": _DRAWN},
    "EfficientMPRT": {"precision": _DRAWN},
    **{
        f"Relative{what}Stability": {"batch-independent": _NEAR_0, "memory-layout": _NEAR_0}
        for what in ("Input", "Output", "Representation")
    },
}
"""Class of Quantus -> check of the kit that it cannot pass, and why."""

REFUSED = {
    "ROAD": "answers for a batch as a whole: an accuracy, which is no value of a sample; use road",
    "SensitivityN": "answers for a batch as a whole: a mean over samples at each n",
    "Sufficiency": "compares the samples of a batch: the value of a sample would hang on who else is asked",
    "Focus": "measures mosaics of several samples, which are no samples of a study",
    "IROF": "fails on the kit's colour images (0.6): the shape of arr must be the same as the mask shape",
    "NonSensitivity": "asks once a scalar, and fails with more of them in a step (0.6)",
    "Completeness": "asks for equality of floating-point numbers; `Explanation.residual` says how far it is",
    "Consistency": "compares the samples of a batch: the value of a sample would hang on who else is asked",
    "SmoothMPRT": "fails on the kit's colour images (0.6): array dimensions must match; mprt has smooth",
    "InputInvariance": "changes a network's first layer, and takes the network for that layer (0.6)",
}  # fmt: skip
"""Class of Quantus -> why it is not offered."""


def offered(name: str) -> str:
    """The name under which a metric is offered.

    >>> offered("TopKIntersection"), offered("AUC"), offered("SmoothMPRT")
    ('quantus-top-k-intersection', 'quantus-auc', 'quantus-smooth-mprt')
    """
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", name)
    return "-".join(["quantus", *(word.lower() for word in words)])
