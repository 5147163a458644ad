"""Passes through a network: how many rows at a time, what they cost, and the network left as it was.

Whoever sends rows through a network asks here. `in_chunks` cuts rows of one call, `in_parts` samples of a run; both
halve on running out of memory. `fit` finds how a network is best asked.
"""

from xaiplug.model.passes.chunks import in_chunks, in_parts, is_out_of_memory
from xaiplug.model.passes.fit import Fit, fit, held
from xaiplug.model.passes.guard import seed_all, seeded_rng, untouched, untouched_rng
from xaiplug.model.passes.meter import Meter, looking, metered

__all__ = [
    "Fit",
    "Meter",
    "fit",
    "held",
    "in_chunks",
    "in_parts",
    "is_out_of_memory",
    "looking",
    "metered",
    "seed_all",
    "seeded_rng",
    "untouched",
    "untouched_rng",
]
