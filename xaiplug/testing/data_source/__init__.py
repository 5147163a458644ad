"""Data sources: something to load, the checks, and what breaks them."""

from xaiplug.testing.data_source.checks import CHECKS
from xaiplug.testing.data_source.examples import GOOD
from xaiplug.testing.data_source.scenes import outcome
from xaiplug.testing.data_source.violators import VIOLATORS

__all__ = ["CHECKS", "GOOD", "VIOLATORS", "outcome"]
