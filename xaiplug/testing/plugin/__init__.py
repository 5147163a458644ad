"""A whole plug-in: what of it is looked at, the checks, and what breaks them."""

from xaiplug.testing.plugin.checks import CHECKS
from xaiplug.testing.plugin.examples import GOOD
from xaiplug.testing.plugin.violators import VIOLATORS

__all__ = ["CHECKS", "GOOD", "VIOLATORS"]
