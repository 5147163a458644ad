"""A gallery's maps as images of the input's size, for views that keep pictures of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from xaiplug.data.study import Panel
from xaiplug.view.transforms import display_map, signed_limit, upsample


@dataclass(frozen=True)
class Placed:
    """One explainer's maps of a panel.

    Args:
        name: of the explainer, with its settings.
        maps: (B,H,W) float32, signed, channels summed, at the size of the inputs.
        limits: (B,), where each map's colours end.
    """

    name: str
    maps: Tensor
    limits: Tensor


def placed_maps(panel: Panel) -> Iterator[Placed]:
    """Every explainer's maps, in the panel's order. None where the inputs are no images, or nothing places groups."""
    if panel.inputs.ndim != 4:
        return
    size = (panel.inputs.shape[-2], panel.inputs.shape[-1])
    for name, explanation in panel.maps.items():
        maps = display_map(explanation, tuple(panel.inputs.shape[1:])).float()
        if maps.ndim != 3:  # groups that nothing places
            continue
        maps = upsample(maps, size)
        yield Placed(name, maps, signed_limit(maps))
