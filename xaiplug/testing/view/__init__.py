"""Views: studies to show, the checks, and what breaks them."""

from xaiplug.testing.view.checks import CHECKS
from xaiplug.testing.view.examples import GOOD
from xaiplug.testing.view.scenes import outcome
from xaiplug.testing.view.violators import VIOLATORS

__all__ = ["CHECKS", "GOOD", "VIOLATORS", "outcome"]
