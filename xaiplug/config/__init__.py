"""The run file: YAML with marks, checked whole, every problem with its line."""

from xaiplug.config.fits import Variant, With
from xaiplug.config.load import Config, load

__all__ = ["Config", "Variant", "With", "load"]
