"""What is explained: the adapter around a network, and how to get one."""

from xaiplug.model.adapter import Model
from xaiplug.model.copies import redrawn, reweighted

__all__ = ["Model", "redrawn", "reweighted"]
