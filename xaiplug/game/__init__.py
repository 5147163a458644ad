"""Masked games: a model seen as a set function over feature groups."""

from xaiplug.game.masked import MaskedGame

__all__ = ["MaskedGame"]
