"""How Quantus is asked: one sample at a time, from the sample's own seed, with the query's model and target."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any, ClassVar, Literal

import numpy as np
import quantus
import torch
from torch import Tensor, nn

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug.data.groups import on_grid
from xaiplug.errors import ComponentError, ModelError, ShapeError, XaiplugError, one_line
from xaiplug.kinds.fields import fields_of
from xaiplug.model.copies import around
from xaiplug.model.passes import is_out_of_memory, seeded_rng


class _Asked(nn.Module):
    """The query's model for Quantus, which sends float32 whatever it was given."""

    def __init__(self, query: Query) -> None:
        super().__init__()
        self.network, self._dtype = query.model.module, query.inputs.dtype

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.network(x.to(self._dtype))
        return logits


class _Anew:
    """The explainer of an explanation as Quantus's `explain_func`, of one sample and of what Quantus makes of it."""

    def __init__(self, query: Query, row: int) -> None:
        self.query, self.rows = query, torch.tensor([row])

    def __call__(self, model: _Asked, inputs: Any, targets: Any, **_: Any) -> Any:
        query = self.query
        asked = model.network if model.network is not query.model.module else None
        x = torch.as_tensor(np.asarray(inputs)).to(query.inputs)
        target = torch.as_tensor(np.asarray(targets)).long().reshape(-1)
        maps = [  # one at a time: each is this sample, changed
            on_inputs(
                query,
                query.explain(
                    x[place : place + 1],
                    model=None if asked is None else around(query.model, asked),
                    target=target[place : place + 1],
                    rows=self.rows,
                ),
            )
            for place in range(len(x))
        ]
        return torch.cat(maps).cpu().float().numpy()


class QuantusMetric(Metric):
    """One of Quantus's metrics, asked as Quantus is asked."""

    wraps: ClassVar[str] = ""
    undirected: ClassVar[bool] = False
    """Quantus's direction is not that of the values."""
    default_scale = "probability"

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        if query.inputs.ndim != 4:
            raise ShapeError(f"Quantus's {self.wraps} is asked of images (B,C,H,W), got {tuple(query.inputs.shape)}")
        if query.target.scale not in ("probability", "logit"):
            raise ComponentError(f"Quantus's {self.wraps} knows probability and logit, not '{query.target.scale}'")
        maps = on_inputs(query, explanation)
        if query.relevant is not None:  # the truth is of positions
            maps = maps.sum(1, keepdim=True)
        values = [self._of_sample(query, maps[row : row + 1], row) for row in range(len(query))]
        better: dict[str, Literal["higher", "lower"]] = {"HIGHER": "higher", "LOWER": "lower"}
        direction = None if self.undirected else better.get(getattr(quantus, self.wraps).score_direction.name)
        return MetricResult(
            torch.tensor(values, dtype=query.inputs.dtype, device=query.inputs.device), better=direction
        )

    def _of_sample(self, query: Query, a: Tensor, row: int) -> float:
        if bool((a == a.flatten()[0]).all()):
            return float("nan")  # most of Quantus refuses a constant map
        theirs = getattr(quantus, self.wraps)
        own = {field.name: getattr(self, field.name) for field in fields_of(type(self))}
        own |= {"return_aggregate": False, "disable_warnings": True, "display_progressbar": False}
        if "return_auc_per_sample" in signature(theirs.__init__).parameters:
            own["return_auc_per_sample"] = True
        if "num_classes" in signature(theirs.__init__).parameters:
            own["num_classes"] = query.logits.shape[1]
        truth = None if query.relevant is None else query.relevant[row : row + 1, None].cpu().numpy()
        anew = {}
        if "explainer" in self.needs:
            anew["explain_func"] = _Anew(query, row)
        with warnings.catch_warnings(), seeded_rng(int(query.seeds[row])), _areas():
            warnings.simplefilter("ignore")
            try:
                found = theirs(**own)(
                    model=_Asked(query).eval(),
                    x_batch=query.inputs[row : row + 1].cpu().float().numpy(),
                    y_batch=query.target.index[row : row + 1].cpu().numpy(),
                    a_batch=a.cpu().numpy().copy(),
                    s_batch=truth,
                    channel_first=True,
                    softmax=query.target.scale == "probability",
                    device=str(query.inputs.device),
                    **anew,
                )
            except XaiplugError:
                raise
            except Exception as error:
                if is_out_of_memory(error):
                    raise
                raise ModelError(f"Quantus's {self.wraps} refuses sample {row}: {one_line(error):.300}") from error
        if isinstance(found, dict):  # layer -> values
            found = list(found.values())
        value = float(np.mean(np.asarray(found, dtype=float)))
        return value if np.isfinite(value) else float("nan")


def on_inputs(query: Query, explanation: Explanation) -> Tensor:
    """The map (B,C,H,W) or (B,1,H,W); a group's value in each of its positions."""
    painted = explanation.on_inputs(tuple(query.inputs.shape[1:]))
    return painted if painted.ndim == 4 else on_grid(painted, tuple(query.inputs.shape[1:]))


@contextmanager
def _areas() -> Iterator[None]:
    """Quantus 0.6 asks numpy for `trapz`, which numpy 2.4 calls `trapezoid`."""
    old: Any = np
    if hasattr(old, "trapz"):
        yield
        return
    old.trapz = np.trapezoid
    try:
        yield
    finally:
        del old.trapz
