"""Tasks: what they are asked, the checks, and what breaks them."""

from xaiplug.testing.task.checks import CHECKS
from xaiplug.testing.task.examples import GOOD
from xaiplug.testing.task.scenes import outcome
from xaiplug.testing.task.violators import VIOLATORS

__all__ = ["CHECKS", "GOOD", "VIOLATORS", "outcome"]
