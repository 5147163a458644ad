"""Metrics: what they are asked, the checks, and what breaks them."""

from xaiplug.testing.metric.checks import CHECKS
from xaiplug.testing.metric.examples import GOOD
from xaiplug.testing.metric.scenes import outcome
from xaiplug.testing.metric.violators import VIOLATORS

__all__ = ["CHECKS", "GOOD", "VIOLATORS", "outcome"]
