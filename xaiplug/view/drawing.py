"""What is drawn on one matplotlib `Axes`: a picture, a signed map over it, outlines, numbers, bars, words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from torch import Tensor

from xaiplug.view.colours import NEGATIVE, POSITIVE, signed_map
from xaiplug.view.transforms import labels_apart, outline

BARS = 24
"""Bars of one sample at most; the strongest are shown."""

TRUTH = "#111111"
_LETTERS = 56
"""Letters in a line of words."""


def picture(axes: Axes, image: Tensor, alpha: float = 1.0, grey: bool = False) -> None:
    """An image (C,H,W) in [0,1]; `grey`: without its colours, for a map over it."""
    values = array(image.clamp(0, 1))
    frame(axes)
    if len(values) >= 3 and not grey:
        axes.imshow(values[:3].transpose(1, 2, 0), interpolation="nearest", alpha=alpha)
    else:
        shown = values[:3].mean(0) if len(values) >= 3 else values[0]
        axes.imshow(shown, cmap="gray", vmin=0, vmax=1, interpolation="nearest", alpha=alpha)


def background(axes: Axes, image: Tensor | None, size: tuple[int, int]) -> None:
    """The image, pale, or an empty frame of `size` (H,W)."""
    if image is not None:
        picture(axes, image, alpha=0.35)
        return
    frame(axes)
    axes.set(xlim=(-0.5, size[1] - 0.5), ylim=(size[0] - 0.5, -0.5), aspect="equal")


def heat(axes: Axes, values: Tensor, *, over: bool = False) -> None:
    """A map (H,W) in [-1,1] on the signed scale; `over`: the nearer to zero, the more of what lies below is seen."""
    shown = array(values)
    alpha = np.clip(np.abs(shown) * 1.2, 0.0, 0.85) if over else None
    axes.imshow(shown, cmap=signed_map(), vmin=-1, vmax=1, interpolation="nearest", alpha=alpha)
    frame(axes)


def outlined(axes: Axes, mask: Tensor, colour: str) -> None:
    """The boundary of a mask (H,W), on a white halo that shows on anything."""
    edges = [((x0 - 0.5, y0 - 0.5), (x1 - 0.5, y1 - 0.5)) for x0, y0, x1, y1 in outline(mask)]
    for width, shade in ((3.2, "white"), (1.6, colour)):
        axes.add_collection(LineCollection(edges, colors=shade, linewidths=width, capstyle="projecting"))


def ranked(axes: Axes, ranks: Tensor) -> None:
    """When each position was chosen (H,W), from 1; 0 = never."""
    last = int(ranks.max())
    if not last:
        return
    values = np.ma.masked_equal(ranks.numpy(), 0)
    axes.imshow(values, cmap="viridis_r", vmin=1, vmax=max(last, 2), interpolation="nearest", alpha=0.75)
    chosen = range(1, min(last, BARS) + 1)
    written(axes, [ranks == rank for rank in chosen], [str(rank) for rank in chosen])


def written(axes: Axes, masks: Sequence[Tensor], texts: Sequence[str]) -> None:
    """A text in the middle of each mask (H,W)."""
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    height = max(masks[0].shape) / 14 if masks else 0.0
    for x, y, text in labels_apart(masks, texts, height):
        axes.text(x - 0.5, y - 0.5, text, ha="center", va="center", fontsize=7, bbox=box)


def bars(axes: Axes, values: Tensor, names: Sequence[str] | None) -> None:
    """The strongest of `values` (N,), in their own order."""
    known = values.isfinite().nonzero().flatten()
    strongest = known[values[known].abs().argsort(descending=True, stable=True)[:BARS]].sort().values
    shown = array(values[strongest])
    labels = [names[i] if names is not None and i < len(names) else str(i) for i in strongest.tolist()]
    axes.barh(range(len(shown)), shown, color=[POSITIVE if value >= 0 else NEGATIVE for value in shown], height=0.72)
    axes.set_yticks(range(len(shown)), labels)
    axes.axvline(0, color="#888888", linewidth=0.8)
    axes.invert_yaxis()
    axes.tick_params(labelsize=7, left=False)
    axes.spines[["top", "right", "left"]].set_visible(False)
    if len(known) > len(strongest):
        axes.set_title(f"the {len(strongest)} strongest of {len(known)}", fontsize=8)


def words(axes: Axes, values: Tensor, names: Sequence[str]) -> None:
    """Words in reading order, each on the colour of its value (N,) in [-1,1]; special tokens as they are named."""
    axes.set_axis_off()
    lines: list[list[tuple[str, float, int]]] = [[]]
    column = 0
    for name, value in zip(names, values.tolist(), strict=False):
        if column and column + len(name) > _LETTERS:
            lines.append([])
            column = 0
        lines[-1].append((name, value, column))
        column += len(name) + 2
    axes.set(xlim=(0, _LETTERS + 2), ylim=(len(lines) - 0.3, -0.7))
    for row, line in enumerate(lines):
        for name, value, start in line:
            colour = signed_map()((value + 1) / 2)
            dark = abs(value) > 0.6
            box = {"boxstyle": "round,pad=0.18", "facecolor": colour, "edgecolor": "none"}
            style: dict[str, Any] = {"family": "monospace", "fontsize": 7, "bbox": box}
            axes.text(start, row, name, va="center", color="white" if dark else "#111111", **style)


def curve(axes: Axes, steps: Tensor, values: Tensor, across: str, up: str) -> None:
    """A line of `values` (T,) at `steps` (T,), with what they are."""
    axes.plot(array(steps), array(values), color=POSITIVE, linewidth=1.6)
    axes.set_xlabel(across, fontsize=7)
    axes.set_ylabel(up, fontsize=7)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def frame(axes: Axes) -> None:
    """No ticks, a pale frame."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("#cccccc")


def signed_bar(figure: Figure) -> None:
    """The key of the signed scale."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(-1, 1), signed_map())
    bar = figure.colorbar(scale, ax=figure.axes, shrink=0.6, aspect=30, pad=0.02)
    bar.set_ticks([-1, 0, 1], labels=["lowers\nthe score", "0", "raises\nthe score"])
    bar.ax.tick_params(labelsize=7, length=0)
    bar.outline.set_visible(False)


def array(values: Tensor) -> np.ndarray[Any, Any]:
    """float64, on the CPU."""
    found: np.ndarray[Any, Any] = values.detach().cpu().to(torch.float64).numpy()
    return found
