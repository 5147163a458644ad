"""Broken components, at least one for every check: proof that the check can fail."""

from xaiplug.testing.violators.base import Violator
from xaiplug.testing.violators.baselines import BASELINES
from xaiplug.testing.violators.explainers import EXPLAINERS
from xaiplug.testing.violators.imputers import IMPUTERS
from xaiplug.testing.violators.metrics import METRICS
from xaiplug.testing.violators.segmenters import SEGMENTERS

VIOLATORS: dict[str, tuple[Violator, ...]] = {
    "explainer": EXPLAINERS,
    "segmenter": SEGMENTERS,
    "baseline": BASELINES,
    "imputer": IMPUTERS,
    "metric": METRICS,
}
"""Kind of component -> its violators."""

__all__ = ["VIOLATORS", "Violator"]
