"""Engines: work to give them, the checks, and what breaks them."""

from xaiplug.testing.engine.checks import CHECKS
from xaiplug.testing.engine.examples import GOOD
from xaiplug.testing.engine.scenes import outcome
from xaiplug.testing.engine.violators import VIOLATORS

__all__ = ["CHECKS", "GOOD", "VIOLATORS", "outcome"]
