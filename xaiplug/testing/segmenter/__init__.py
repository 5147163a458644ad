"""Segmenters: what they are asked, the checks, and what breaks them."""

from xaiplug.testing.segmenter.checks import CHECKS
from xaiplug.testing.segmenter.examples import GOOD
from xaiplug.testing.segmenter.scenes import outcome
from xaiplug.testing.segmenter.violators import VIOLATORS

__all__ = ["CHECKS", "GOOD", "VIOLATORS", "outcome"]
