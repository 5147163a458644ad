"""GradPath: from the explicand downhill to where the network represents it like a reference (Algorithm 1)."""

from __future__ import annotations

import warnings
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Gt, Lt
from torch import Tensor

from xaiplug import Query
from xaiplug.errors import ComponentError, DataError, NonFiniteError
from xaiplug.kinds import Component
from xaiplug.model.passes import in_chunks
from xaiplug_ig2 import ops
from xaiplug_ig2.along import Along
from xaiplug_ig2.probe import Cost, Probing, fit, represent
from xaiplug_ig2.walk import Advance, Look, Walked, walk

Range = tuple[float, float] | Literal["model"] | None


class GradPath(Component):
    """How the path goes down: x_{j+1} = clip(x_j - η g / W), g the gradient of the distance to the reference."""

    reads_only = True
    steps: Annotated[int, Ge(1)] = 200
    """Steps of the path (k)."""
    step_size: Annotated[float, Gt(0)] | None = None
    """Length of a step (η) in units of the input; None = the distance from input to reference, divided by `steps`.
    The paper's numbers for pixels in [0,255] are 255 times those for [0,1]: 1024 becomes 4.016."""
    norm: ops.Norm = "l2"
    """How a step is normalised: by its ℓ2 norm, or spread evenly over the largest gradients (l1, eq. 21)."""
    percentile: Annotated[float, Ge(0), Lt(100)] = 95.0
    """Of the sizes of a sample's gradients: those at least as large take part in an l1 step."""
    distance: ops.Distance = "euclidean"
    """Between representations."""
    representation: str | None = None
    """The layer whose input is the representation, by its dotted name; None = the last linear one; "output" = the
    logits."""
    input_range: Range = "model"
    """Where the path is clipped, lowest and highest value; "model" = the model's range for images, none for embeddings
    and rows; None = nowhere."""
    patience: Annotated[int, Ge(1)] | None = None
    """Steps in which the distance must fall by 0.1 %, or the path stops; None = it never does, like the paper's."""

    def __post_init__(self) -> None:
        if isinstance(self.input_range, tuple) and not self.input_range[0] < self.input_range[1]:
            raise ComponentError(f"input_range: the lowest value must come first, got {self.input_range}")

    def descend(self, query: Query, references: Tensor, rule: ops.Rule | None) -> Along:
        """Walk from every input to every reference (n,B,*shape), and integrate the score's gradient by `rule`.

        Raises:
            ComponentError: no references. DataError: inputs outside the range that the path is clipped to.
            NonFiniteError: the model returns NaN or infinity on the way.
        """
        if not len(references):
            raise ComponentError("no references (R = 0): give at least one")
        low_high, cost = clip_range(query, self.input_range), Cost()
        n, batch = references.shape[:2]
        samples = torch.arange(batch, device=query.inputs.device).repeat(n)
        goals = references.flatten(0, 1)
        familiar = goals.new_zeros(len(goals), dtype=torch.bool)
        fitting = fit(query, self.representation)

        def part(chunk: slice) -> Walked:
            rows, goal = samples[chunk], goals[chunk].contiguous(memory_format=fitting.layout)
            with torch.no_grad(), query.naming(rows):
                features, logits = represent(query, goal, self.representation)
            familiar[chunk] = _says_target(query, logits, rows)
            start = query.inputs[rows].contiguous(memory_format=fitting.layout)
            probe = Probing(query, rows, cost, features, self.distance, self.representation)
            advance = self._advance(start, goal, low_high)
            return walk(start, probe, advance, steps=self.steps, rule=rule, steer="loss")

        key = ("gradpath", query.model.module)
        walked = Walked(*in_chunks(part, len(samples), fitting.elements, query.max_batch, key))
        if not bool(torch.isfinite(walked.scores).all() and torch.isfinite(walked.losses).all()):
            raise NonFiniteError(f"model '{query.model.name}' returned NaN or infinity on the path")
        _warn_of_familiar(familiar.view(n, batch))
        integral, ends, scores, losses = (values.contiguous().unflatten(0, (n, batch)) for values in walked)
        return Along(-integral, ends, scores[..., -1], scores, losses, cost.backwards)

    def _advance(self, start: Tensor, goal: Tensor, low_high: tuple[float, float] | None) -> Advance:
        """One step of Algorithm 1 for the rows of one chunk; a row stops where its gradient is no direction."""
        size = self._step_sizes(start, goal)
        largest = torch.zeros_like(size)

        def advance(at: Tensor, rows: Tensor, look: Look, losses: Tensor) -> tuple[Tensor, Tensor]:
            assert look.downhill is not None
            steepness = ops.length(look.downhill, "l2")
            largest[rows] = torch.maximum(largest[rows], steepness)
            going = ~ops.is_rounding(steepness, largest[rows])
            if self.patience is not None:
                going &= ~ops.stalled(losses, self.patience)
            unit = ops.direction(look.downhill, self.norm, self.percentile)
            after = torch.addcmul(at, ops.per_row(size[rows], at), unit, value=-1)
            return after if low_high is None else after.clamp(*low_high), going

        return advance

    def _step_sizes(self, start: Tensor, goal: Tensor) -> Tensor:
        if self.step_size is not None:
            return start.new_full((len(start),), self.step_size)
        return ops.length(start - goal, self.norm) / self.steps


def clip_range(query: Query, input_range: Range) -> tuple[float, float] | None:
    """Where a path is clipped: what is given, or the model's range for images.

    Raises:
        DataError: an explicand is outside.
    """
    models = query.model.input_range if query.inputs.ndim == 4 else None
    low_high = models if input_range == "model" else input_range
    if low_high is not None:
        low, high = low_high
        slack = 1e-6 * (high - low)
        outside = ((query.inputs < low - slack) | (query.inputs > high + slack)).flatten(1).any(1)
        if bool(outside.any()):
            rows = ", ".join(map(str, outside.nonzero().flatten().tolist()))
            raise DataError(
                f"sample {rows} has values outside {low_high}, where the path is clipped; the clip would be "
                "attributed: rescale the inputs, or set input_range"
            )
    return low_high


def _says_target(query: Query, logits: Tensor, samples: Tensor) -> Tensor:
    """Whether the model sees the explained class in references with `logits` (R,K), (R,) bool; a plain score: no."""
    index = query.target.index[samples]
    if query.model.output == "sigmoid":
        return logits.gather(1, index[:, None]).squeeze(1) > 0
    return (logits.argmax(1) == index) & (logits.shape[1] > 1)


def _warn_of_familiar(familiar: Tensor) -> None:
    if bool(familiar.any()):
        samples = ", ".join(map(str, familiar.any(0).nonzero().flatten().tolist()))
        warnings.warn(
            f"{int(familiar.sum())} of {familiar.numel()} references are predicted as the class explained "
            f"(sample {samples}): they are no counterfactuals; draw them from other classes",
            UserWarning,
            stacklevel=2,
        )
