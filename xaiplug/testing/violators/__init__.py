"""Broken components, at least one for every check: proof that the check can fail."""

from xaiplug.testing.violators.base import Violator
from xaiplug.testing.violators.explainers import EXPLAINERS

__all__ = ["EXPLAINERS", "Violator"]
