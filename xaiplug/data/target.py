"""The number explained: which class, and on which scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from xaiplug.data.brief import brief, few, tally
from xaiplug.errors import ComponentError, ShapeError, did_you_mean, listing

Scale = Literal["logit", "log_probability", "probability", "log_odds"]
Output = Literal["softmax", "sigmoid"]
SCALES: tuple[str, ...] = get_args(Scale)


@dataclass(frozen=True, eq=False, repr=False)
class Target:
    """Class `index` (B,) int64 of each sample, and the `scale` of its score.

    With logits `z`, class `y`, and a softmax head: `logit` z_y; `log_probability` log softmax(z)_y; `probability`
    softmax(z)_y; `log_odds` z_y - logsumexp(z_{k != y}) = log p/(1-p). With sigmoid heads every class is on its own:
    `log_odds` is z_y and `probability` is sigmoid(z_y). A model with one softmax output is a plain score: `logit` only.
    """

    index: Tensor
    scale: Scale = "logit"

    def __post_init__(self) -> None:
        _check_scale(self.scale)
        if self.index.ndim != 1 or self.index.dtype != torch.int64:
            raise ShapeError(f"target index must be (B,) int64, got {tuple(self.index.shape)} {self.index.dtype}")

    def __repr__(self) -> str:
        return brief("Target", f"class {few(self.index)} on {self.scale}", tally(len(self.index), "sample"))

    def check(self, classes: int, output: Output) -> None:
        """Raise a ShapeError or ComponentError if this target does not fit a model with `classes` outputs."""
        lowest, highest = self._ends
        if not 0 <= lowest <= highest < classes:
            raise ShapeError(
                f"target class {self.index.tolist()} is outside the model's {classes} outputs (0 to {classes - 1})"
            )
        if classes == 1 and output == "softmax" and self.scale != "logit":
            raise ComponentError(
                f"a model with one output has no '{self.scale}'; use scale='logit', or Model(..., output='sigmoid') "
                "if the output is the logit of a probability"
            )

    @cached_property
    def _ends(self) -> tuple[int, int]:
        """Lowest and highest class."""
        lowest, highest = self.index.aminmax() if self.index.numel() else (0, 0)
        return int(lowest), int(highest)

    def score(self, logits: Tensor, rows: Tensor | None = None, output: Output = "softmax") -> Tensor:
        """Scores (R,) of `logits` (R,K), row r belonging to sample `rows[r]` (default: row r to sample r).

        Raises:
            ShapeError, ComponentError: the target does not fit so many classes.
        """
        self.check(logits.shape[1], output)
        index = (self.index if rows is None else self.index[rows]).to(logits.device)
        chosen = logits.gather(1, index[:, None]).squeeze(1)
        if self.scale == "logit":
            return chosen
        if output == "sigmoid":
            if self.scale == "log_odds":
                return chosen
            log_probability = logsigmoid(chosen)
        elif self.scale == "log_odds":
            others = logits.scatter(1, index[:, None], -torch.inf)
            return chosen - others.logsumexp(1)
        else:
            log_probability = chosen - logits.logsumexp(1)
        return log_probability.exp() if self.scale == "probability" else log_probability

    def leads(self, logits: Tensor, rows: Tensor | None = None, output: Output = "softmax") -> Tensor:
        """Whether the class is the one predicted, (R,) bool; among equals the lowest index is.

        A sigmoid head leads where it says yes, whatever the others say. NaN predicts nothing.

        >>> Target(torch.tensor([1, 1])).leads(torch.tensor([[0.0, 2.0], [2.0, 2.0]]))
        tensor([ True, False])
        """
        index = (self.index if rows is None else self.index[rows]).to(logits.device)[:, None]
        own = logits.gather(1, index)
        if output == "sigmoid":
            return own.squeeze(1) > 0
        before = torch.arange(logits.shape[1], device=logits.device) < index
        beaten = (logits > own) | (before & (logits == own)) | logits.isnan()
        return ~beaten.any(1)


@dataclass(frozen=True, eq=False)
class Wanted:
    """What is asked for before the model has answered.

    Args:
        index: (B,) int64, or None: the class that the model says, whichever that is.
        scale: None = the method's `own_scale`; of a plain one-output score, which has nothing else, the logit.
    """

    index: Tensor | None = None
    scale: Scale | None = None
    own_scale: Scale = "logit"

    def __post_init__(self) -> None:
        for scale in (self.scale, self.own_scale):
            if scale is not None:
                _check_scale(scale)

    def of(self, logits: Tensor, part: slice, output: Output) -> Target:
        """The target of the samples `part`, whose logits (R,K) are these.

        >>> Wanted().of(torch.tensor([[0.0, 2.0], [3.0, 2.0]]), slice(0, 2), "softmax").index
        tensor([1, 0])

        Raises:
            ShapeError, ComponentError: it does not fit so many classes.
        """
        plain = logits.shape[1] == 1 and output == "softmax"
        index = logits.detach().argmax(1) if self.index is None else self.index
        target = Target(index, self.scale or ("logit" if plain else self.own_scale))
        target.check(logits.shape[1], output)
        whole = self.index is None or len(logits) == len(index)
        return target if whole else Target(index[part], target.scale)


def _check_scale(scale: str) -> None:
    if scale not in SCALES:
        raise ComponentError(f"unknown scale '{scale}'{did_you_mean(scale, SCALES)} (scales: {listing(SCALES)})")
