"""Explainers: what they are asked, the checks, one family a module, and what breaks them."""

from xaiplug.testing.explainer import (
    axioms,
    batches,
    declared,
    form,
    games,
    networks,
    places,
    seeds,
    targets,
    untouched,
)
from xaiplug.testing.explainer.examples import GOOD
from xaiplug.testing.explainer.scenes import outcome
from xaiplug.testing.explainer.violators import VIOLATORS
from xaiplug.testing.shared.common import COMMON

CHECKS = (
    *form.CHECKS,
    *untouched.CHECKS,
    *seeds.CHECKS,
    *batches.CHECKS,
    *targets.CHECKS,
    *networks.CHECKS,
    *places.CHECKS,
    *declared.CHECKS,
    *COMMON,
    *axioms.CHECKS,
    *games.CHECKS,
)

__all__ = ["CHECKS", "GOOD", "VIOLATORS", "outcome"]
