"""Which wheel of ours offers which name, for the error that says what to install. Each name has one home."""

from __future__ import annotations

_HOMES: dict[str, dict[str, str]] = {
    "explainer": {
        "captum": "gradient input-x-gradient integrated-gradients grad-cam deep-lift deep-shap occlusion",
        "classic": "smoothgrad sparsified-smoothgrad kernel-shap lime shapley-sampling grad-cam++ score-cam "
        "attention-rollout lrp cafo caso archipelago xrai random",
        "ig2": "ig2 grad-cf-explanation path-integral guided-ig expected-ig blur-ig",
        "moxi": "moxi moxi-single",
        "hsets": "hsets hessian-sets idg",
        "superpixel": "superpixel",
    },
    "segmenter": {
        "skimage": "slic grid felzenszwalb quickshift compact-watershed random-partition",
        "sam": "sam",
    },
    "baseline": {
        "baselines": "black white mean blur uniform-noise gaussian-noise black-white max-distance dataset-sample "
        "other-class normal-class relevant-classes nearest-labels same-class",
        "ig2": "grad-cf counterfactual-pgd",
    },
    "imputer": {"imputers": "baseline noisy-linear token-removal attention-mask corruption pgd"},
    "metric": {
        "complexity": "gini",
        "imputers": "perturbation-size",
        "moxi": "top-overlap",
        "faithfulness": "insertion deletion first-correct first-wrong road road-aopc faithfulness-correlation "
        "mu-fidelity sic-add sic-del pic infidelity xai-bench-faithfulness xai-bench-monotonicity "
        "xai-bench-gt-shapley xai-bench-infidelity",
        "localisation": "relevance-mass relevance-rank pointing-game gt-auc gt-sum",
        "ig2": "cf-validity cf-distance",
        "superpixel": "gradient-distance",
        "stability": "ssim mege reco interpretation-loss generalisation-gap grouping-gap within-group-correlation",
        "retraining": "roar",
    },
}


def home_of(kind: str, name: str) -> str | None:
    """The plug-in that offers `name`, or None if it is none of ours.

    >>> home_of("explainer", "ig2")
    'ig2'
    """
    return next((plugin for plugin, names in _HOMES.get(kind, {}).items() if name in names.split()), None)
