"""Quantus's metrics that are offered, under `quantus-` and their name, and what each measures."""

from __future__ import annotations

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
}
"""Class of Quantus -> what it measures."""

_AGAIN = "calls an explainer of arrays itself; see mprt, random-logit, max-sensitivity, local-lipschitz"
REFUSED = {
    "ROAD": "answers for a batch as a whole: an accuracy, which is no value of a sample; use road",
    "SensitivityN": "answers for a batch as a whole: a mean over samples at each n",
    "Sufficiency": "compares the samples of a batch: the value of a sample would hang on who else is asked",
    "Focus": "measures mosaics of several samples, which are no samples of a study",
    "IROF": "fails on the kit's colour images (0.6): the shape of arr must be the same as the mask shape",
    "NonSensitivity": "asks once a scalar, and fails with more of them in a step (0.6)",
    "Completeness": "asks for equality of floating-point numbers; `Explanation.residual` says how far it is",
    "Consistency": "compares the samples of a batch: the value of a sample would hang on who else is asked",
    **dict.fromkeys(
        (
            "AvgSensitivity", "Continuity", "EfficientMPRT", "InputInvariance", "LocalLipschitzEstimate", "MPRT",
            "MaxSensitivity", "RandomLogit", "RelativeInputStability", "RelativeOutputStability",
            "RelativeRepresentationStability", "SmoothMPRT",
        ),
        _AGAIN,
    ),
}  # fmt: skip
"""Class of Quantus -> why it is not offered."""


def offered(name: str) -> str:
    """The name under which a metric is offered.

    >>> offered("TopKIntersection"), offered("AUC")
    ('quantus-top-k-intersection', 'quantus-auc')
    """
    if name.isupper():
        return f"quantus-{name.lower()}"
    return "quantus" + "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
