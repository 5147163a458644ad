"""Broken explainers: randomness."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.shared.violator import violator


class FollowsGlobalRandomness(Explainer):
    """Draws from the global random state, and puts it back."""

    def explain(self, query: Query) -> Tensor:
        with torch.random.fork_rng(devices=[]):
            noise = torch.randn(query.inputs.shape[1:]).to(query.inputs)
        return query.gradient(query.inputs + 0.01 * noise)


class FirstSeedForAll(Explainer):
    """One generator, seeded by the first sample, for the whole batch."""

    def explain(self, query: Query) -> Tensor:
        generator = torch.Generator().manual_seed(int(query.seeds[0]))
        noise = torch.randn(query.inputs.shape[1:], generator=generator).to(query.inputs)
        return query.gradient(query.inputs + 0.01 * noise)


VIOLATORS = (
    violator("deterministic", FollowsGlobalRandomness()),
    violator("own-seeds", FirstSeedForAll(), "batch-independent"),
)
