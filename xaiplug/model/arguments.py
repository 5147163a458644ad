"""Arguments that a network takes beside its input, such as the attention mask of one sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from xaiplug.model.adapter import Model
from xaiplug.model.copies import reweighted
from xaiplug.model.tokens import GIVEN


def given(model: Model, arguments: Mapping[str, Tensor]) -> Model:
    """A model of one sample: with every row its network gets `arguments` (1,...) too, by keyword.

    A copy of the structure, which shares all tensors with `model`; its layers have the names that they had.

    Raises:
        ModelError: a network that cannot be copied.
    """
    copied = reweighted(model, {})
    kind = type(copied.network)
    held = {name: value.to(model.device) for name, value in arguments.items()}

    def forward(self: Any, x: Tensor, *_: Any) -> Any:
        rows = {name: value.expand(len(x), *value.shape[1:]) for name, value in getattr(self, GIVEN).items()}
        return kind.forward(self, x, **rows)

    copied.network.__class__ = type(kind.__name__, (kind,), {"forward": forward, "__module__": kind.__module__})
    setattr(copied.network, GIVEN, held)
    return copied
