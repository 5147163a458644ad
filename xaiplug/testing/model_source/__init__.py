"""Model sources: something to load, the checks, and what breaks them."""

from xaiplug.testing.model_source.checks import CHECKS
from xaiplug.testing.model_source.examples import GOOD
from xaiplug.testing.model_source.scenes import outcome
from xaiplug.testing.model_source.violators import VIOLATORS

__all__ = ["CHECKS", "GOOD", "VIOLATORS", "outcome"]
