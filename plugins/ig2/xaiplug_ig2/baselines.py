"""Counterfactual baselines: the end of GradPath, and the nearest point that the model calls something else."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

from xaiplug import Baseline, Query, Use, use
from xaiplug.errors import ComponentError
from xaiplug.model.passes import in_chunks
from xaiplug_ig2 import ops
from xaiplug_ig2.descent import GradPath, Range, clip_range
from xaiplug_ig2.probe import fit
from xaiplug_ig2.walk import Look, Walked, walk


class GradCF(GradPath, Baseline):
    """The end of the representation's descent to references.

    GradCF, where GradPath ends (Algorithm 1), one for each reference: (n,B,*shape). Any path can end here (Table 4).

    Raises:
        As the explainer `ig2`.
    """

    references: Use[Baseline] = use("other-class")
    """Where GradPath goes: a reference policy."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return self.references.needs

    def build(self, query: Query) -> Tensor:
        return self.descend(query, self.references.build(query), None).ends


class CounterfactualPGD(Baseline):
    """The first point on gradient steps that the model calls something else.

    (1,B,*shape), on normalised steps downhill. CF2 of Fig. 4: what goes down is the margin of the explained class over
    the next best one, z_y - max_{k≠y} z_k (with sigmoid heads z_y itself), step by step of ℓ2 length `step_size`,
    clipped to the range of the inputs, until it is negative. Small steps come near the smallest change that does it.
    Where the model says something else to begin with, it is the input itself.

    Raises:
        ComponentError: a model with one softmax output has no other class. DataError: inputs outside the range.
    """

    reads_only = True
    steps: Annotated[int, Ge(1)] = 200
    """At most so many steps; an input still called the same after them is used with a warning."""
    step_size: Annotated[float, Gt(0)] = 0.05
    """Length of a step, ℓ2, in units of the input."""
    input_range: Range = "model"
    """Where points are clipped; "model" = the model's range for images, none for embeddings and rows."""

    def build(self, query: Query) -> Tensor:
        if query.model.output == "softmax" and query.logits.shape[1] == 1:
            raise ComponentError("counterfactual-pgd: a model with one output has no other class to go to")
        low_high = clip_range(query, self.input_range)

        def advance(at: Tensor, rows: Tensor, look: Look, losses: Tensor) -> tuple[Tensor, Tensor]:
            assert look.downhill is not None
            after = at - self.step_size * ops.direction(look.downhill, "l2", 0)
            return after if low_high is None else after.clamp(*low_high), look.loss >= 0

        def part(chunk: slice) -> Walked:
            samples = torch.arange(len(query), device=query.inputs.device)[chunk]
            probe = _margin_probe(query, samples)
            start = query.inputs[chunk].contiguous(memory_format=fitting.layout)
            return walk(start, probe, advance, steps=self.steps, rule=None, steer="loss")

        fitting, key = fit(query), ("pgd", query.model.module)
        walked = Walked(*in_chunks(part, len(query), fitting.elements, query.max_batch, key))
        unmoved = (walked.losses[:, -1] >= 0).nonzero().flatten().tolist()
        if unmoved:
            warnings.warn(
                f"counterfactual-pgd: {self.steps} steps of {self.step_size} did not change what the model says of "
                f"sample {', '.join(map(str, unmoved))}; use more or longer steps",
                UserWarning,
                stacklevel=2,
            )
        return walked.end.unsqueeze(0)


def _margin_probe(query: Query, samples: Tensor):  # type: ignore[no-untyped-def]
    """A probe whose loss is the margin of the explained class; one forward and one vector-Jacobian product."""

    def probe(points: Tensor, rows: Tensor, gradient: bool, downhill: bool) -> Look:
        with torch.set_grad_enabled(downhill), query.naming(samples[rows]):
            at = points.detach().requires_grad_(downhill)
            loss = margin(query.model(at), query.target.index[samples[rows]], query.model.output)
            down = torch.autograd.grad(loss.sum(), at)[0] if downhill else None
        return Look(loss.detach(), loss.detach(), None, down)

    return probe


def margin(logits: Tensor, index: Tensor, output: str) -> Tensor:
    """z_y - max_{k≠y} z_k of logits (R,K) and classes (R,), or z_y with sigmoid heads: (R,), negative = not said.

    >>> margin(torch.tensor([[2.0, 5.0, 1.0]]), torch.tensor([0]), "softmax")
    tensor([-3.])
    """
    chosen = logits.gather(1, index[:, None]).squeeze(1)
    if output == "sigmoid":
        return chosen
    return chosen - logits.scatter(1, index[:, None], -torch.inf).amax(1)
