"""Kind of component -> its checks."""

from __future__ import annotations

from xaiplug.testing.baselines import BASELINE_CHECKS
from xaiplug.testing.explainers import EXPLAINER_CHECKS
from xaiplug.testing.imputers import IMPUTER_CHECKS
from xaiplug.testing.metrics import METRIC_CHECKS
from xaiplug.testing.segmenters import SEGMENTER_CHECKS
from xaiplug.testing.types import Check

CHECKS: dict[str, tuple[Check, ...]] = {
    "explainer": EXPLAINER_CHECKS,
    "segmenter": SEGMENTER_CHECKS,
    "baseline": BASELINE_CHECKS,
    "imputer": IMPUTER_CHECKS,
    "metric": METRIC_CHECKS,
}
