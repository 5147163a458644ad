"""How much an imputer changes the units that a method picks first (MoXI, Fig. 15b and 16b)."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Gt, Le
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug.data.seeds import generator
from xaiplug.errors import ComponentError
from xaiplug.game.removal import PixelRemoval


class PerturbationSize(Metric):
    """How much an imputer changes the groups that come first, against all of them.

    The L2 size of what it does to each feature group, the highest attribution first.

    `curve` (B,T) is the size of the 1st, 2nd, ... group in units of the input, against the share of the groups. The
    value (B,) is the mean size of the first groups, round(`first` n) and at least 1, over the mean of all: above 1,
    what a method picks first is what the imputer changes most. NaN where nothing is changed. Neither is better.

    Raises:
        ComponentError: an imputer that makes no inputs (token removal, attention masks).
    """

    reads_only = True
    needs = ("groups", "imputer")

    first: Annotated[float, Gt(0), Le(1)] = 0.1
    """Share of the groups that counts as first."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        groups = query.require("groups")
        size = sizes(query)
        painted = explanation.on_inputs()
        values = groups.mean(painted.sum(1) if painted.ndim == 4 else painted).nan_to_num(nan=-torch.inf)
        size = size.gather(1, values.argsort(dim=1, descending=True, stable=True))
        counts = groups.counts[:, None]
        steps = torch.arange(1, size.shape[1] + 1, device=size.device).to(size) / size.shape[1]
        curve = size.gather(1, ((steps * counts).ceil().long() - 1).clamp(min=0))
        place = torch.arange(size.shape[1], device=size.device)
        early = place < (self.first * counts).round().clamp(min=1)
        whole = size.nansum(1) / groups.counts
        value = (size * early).nansum(1) / early.sum(1) / whole
        return MetricResult(value.masked_fill(whole == 0, torch.nan), curve=curve, steps=steps, unit="input")


def sizes(query: Query) -> Tensor:
    """L2 norm (B,G) of what the query's imputer changes in each group; NaN beyond counts.

    Raises:
        ComponentError: it makes no inputs.
    """
    groups, imputer = query.require("groups"), query.require("imputer")
    removal = imputer.bind(query)
    if not isinstance(removal, PixelRemoval):
        raise ComponentError(f"imputer {type(imputer).__name__} changes no pixels; use one that makes inputs")
    rows = torch.arange(len(query), device=query.inputs.device)
    keep = groups.keep(rows, torch.zeros_like(groups.players))
    pixels = removal.imputer
    drawn = [generator(seed) for seed in query.seeds.tolist()] if pixels.stochastic else None
    made = [pixels.impute(query.inputs, keep, baseline=b, generators=drawn) for b in removal.baselines]
    size: Tensor = torch.stack([groups.sum((one - query.inputs) ** 2) for one in made]).mean(0).sqrt()
    return size
