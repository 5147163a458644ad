"""Sets drawn over their image: outlines with scores. Display only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from xaiplug import Explanation
from xaiplug.errors import ShapeError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_sets(explanation: Explanation, inputs: Tensor, row: int = 0) -> Figure:
    """Outline every set of sample `row` over its image, each with its score; a cross marks the seed.

    Args:
        explanation: with `sets` of scalar features (B,S,C,H,W), as `hsets` and `hessian-sets` give them.
        inputs: the images (B,C,H,W) in pixel space.

    Raises:
        ShapeError: no such sets, or no images.
    """
    from matplotlib.figure import Figure

    sets = explanation.sets
    if sets is None or sets.members.ndim != 5 or inputs.ndim != 4:
        raise ShapeError("plot_sets draws sets (B,S,C,H,W) over images (B,C,H,W)")
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    axes.imshow(inputs[row].clamp(0, 1).mean(0).cpu(), cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()
    width, seeds = inputs.shape[-1], explanation.extras.get("seeds")
    for slot, (members, value) in enumerate(zip(sets.members[row], sets.values[row].tolist(), strict=True)):
        if np.isnan(value):
            continue
        outline, colour = members.any(0).cpu().numpy().astype(float), f"C{slot % 10}"
        axes.contour(outline, levels=[0.5], colors=[colour], linewidths=1.5)
        axes.plot([], [], color=colour, label=f"{value:.3g} ({int(members.sum())} features)")
        if seeds is not None:
            place = int(seeds[row, slot]) % outline.size
            axes.plot(place % width, place // width, marker="x", color=colour)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", fontsize="small", title="set score")
    return figure
