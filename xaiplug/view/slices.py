"""Volumes as pictures: of each sample the slice where the maps are strongest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation


@dataclass(frozen=True, eq=False)
class Slices:
    """What is to be drawn: as it was given; of volumes (B,C,D,H,W) one slice (B,C,H,W) of each sample.

    Attributes:
        notes: of each sample, which slice it is; "" where there is one picture.
    """

    explanations: dict[str, Explanation]
    inputs: Tensor | None
    relevant: Tensor | None
    notes: tuple[str, ...]


def in_slices(
    explanations: Mapping[str, Explanation], inputs: Tensor | None = None, relevant: Tensor | None = None
) -> Slices:
    """The same slices for all methods: where Σ|a|, each method's as a share of its own, is the largest.

    A group gives every position its value, so a sliced map is one of positions; sets and orders are not drawn.
    """
    maps = {name: _volume(one, inputs) for name, one in explanations.items()}
    known = [map for map in maps.values() if map is not None]
    if len(known) < len(maps) or not known:
        return Slices(dict(explanations), inputs, relevant, ("",) * _count(explanations))
    strength = torch.stack([map.abs().sum((1, 3, 4)).double() for map in known])
    share = strength / strength.sum(2, keepdim=True).clamp(min=torch.finfo(torch.float64).tiny)
    depth, whole = share.sum(0).argmax(1), strength.shape[2]
    rows = torch.arange(len(depth))
    cut = {
        name: one.replace(attribution=maps[name][rows, :, depth], level=None, groups=None, sets=None, order=None)  # type: ignore[index]
        for name, one in explanations.items()
    }
    pictures = None if inputs is None or inputs.ndim != 5 else inputs.detach().cpu()[rows, :, depth]
    outline = None if relevant is None else relevant.cpu()[rows, depth]
    return Slices(cut, pictures, outline, tuple(f"slice {at + 1} of {whole}" for at in depth.tolist()))


def _volume(explanation: Explanation, inputs: Tensor | None) -> Tensor | None:
    """The map (B,1 or C,D,H,W) of a volume; None where it is none."""
    values = explanation.attribution.detach().cpu()
    if values.ndim == 5:
        return values
    groups = explanation.groups
    placed = groups is not None and groups.labels.ndim == 4 and values.ndim == 2
    if not placed or (inputs is not None and inputs.ndim != 5):
        return None
    return explanation.to("cpu").on_inputs()


def _count(explanations: Mapping[str, Explanation]) -> int:
    return max(map(len, explanations.values()), default=0)
