"""Imputers: what they are asked, the checks, and what breaks them."""

from xaiplug.testing.imputer.checks import CHECKS
from xaiplug.testing.imputer.examples import GOOD
from xaiplug.testing.imputer.scenes import outcome
from xaiplug.testing.imputer.violators import VIOLATORS

__all__ = ["CHECKS", "GOOD", "VIOLATORS", "outcome"]
