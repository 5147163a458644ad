"""Checks of explainers, one family a module."""

from xaiplug.testing.common import COMMON
from xaiplug.testing.explainers import axioms, batches, declared, form, games, networks, seeds, targets, untouched

EXPLAINER_CHECKS = (
    *form.CHECKS,
    *untouched.CHECKS,
    *seeds.CHECKS,
    *batches.CHECKS,
    *targets.CHECKS,
    *networks.CHECKS,
    *declared.CHECKS,
    *COMMON,
    *axioms.CHECKS,
    *games.CHECKS,
)

__all__ = ["EXPLAINER_CHECKS"]
