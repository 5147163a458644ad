"""From a signed attribution to one strength per position."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from xaiplug import Explanation, Query

Sign = Literal["absolute", "positive", "signed"]


def strength(query: Query, explanation: Explanation, sign: Sign) -> Tensor:
    """(B,*grid): every scalar's |a|, max(a, 0) or a, summed over the channels of its position.

    A group attribution gives every position of a group the group's value.
    """
    values = explanation.attribution
    if explanation.level == "group":
        assert explanation.groups is not None, "checked at the door"
        values = explanation.groups.broadcast(values.nan_to_num())
    values = values.abs() if sign == "absolute" else values.clamp(min=0) if sign == "positive" else values
    if explanation.level == "spatial":
        return values.squeeze(1) if values.ndim > 3 else values
    if values.shape == query.inputs.shape and values.ndim > 2:
        return values.sum(2 if values.ndim == 3 else 1)
    return values
