"""Which samples a model was trained on."""

from __future__ import annotations

from torch import Tensor

from xaiplug import View
from xaiplug.errors import ComponentError


def seen_by(view: View, otherwise: str = "") -> Tensor:
    """(B,) bool: whether the view's model was trained on each sample.

    Raises:
        ComponentError: the data does not say so; `otherwise` ends the message.
    """
    if view.seen is None:
        raise ComponentError(
            f"the data does not say which samples model '{view.model}' was trained on; use the folds of a task that "
            f"does (split-cifar){otherwise}"
        )
    return view.seen
