"""Baselines: what they are asked, the checks, and what breaks them."""

from xaiplug.testing.baseline.checks import CHECKS
from xaiplug.testing.baseline.examples import GOOD
from xaiplug.testing.baseline.scenes import outcome
from xaiplug.testing.baseline.violators import VIOLATORS

__all__ = ["CHECKS", "GOOD", "VIOLATORS", "outcome"]
