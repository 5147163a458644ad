"""The pictures of the README, from the embedded digits: `python plugins/hsets/experiments/pictures.py [FOLDER]`.

patch.png: four digits that the network gets right because of the patch, and what six methods paint. moved.png: one of
them with the patch in its place, in another class's place, and without. settings.png: maps against ν and μ.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

import xaiplug
from xaiplug.view.colours import signed_map

CONFINED = {"k": 1, "nu": 16, "confine": True}
PRIOR = {"segmenter": ("felzenszwalb", {"scale": 10.0, "sigma": 0.0, "min_size": 8}), "baseline": "black"}
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "integrated\ngradients": ("integrated-gradients", {"baseline": "black"}),
    "DeepLIFT": ("deep-lift", {"baseline": "black"}),
    "CAFO": ("cafo", {}),
    "H-Sets,\nas published": ("hsets", {"parity": True, **PRIOR}),
    "H-Sets,\ndefaults": ("hsets", {**PRIOR}),
    "H-Sets, one\nconfined set": ("hsets", {**CONFINED, **PRIOR}),
}
EDGE = "#111111"


def shown(axes: Axes, values: Tensor, relevant: Tensor | None, title: str = "", under: str = "") -> None:
    """One picture (28,28): an image where values are in [0,1] and `under` is empty, else a signed map."""
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=8)
    axes.set_xlabel(under, fontsize=8)
    if under:
        limit = float(values.abs().max()) or 1.0
        axes.imshow(values, cmap=signed_map(), vmin=-limit, vmax=limit, interpolation="nearest")
    else:
        axes.imshow(values, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    if relevant is not None and relevant.any():
        rows, columns = relevant.nonzero().T
        top, left, bottom, right = rows.min() - 0.5, columns.min() - 0.5, rows.max() + 0.5, columns.max() + 0.5
        axes.plot([left, right, right, left, left], [top, top, bottom, bottom, top], color=EDGE, linewidth=1)


def mass(values: Tensor, relevant: Tensor) -> str:
    """Share of a map on the patch, in words."""
    total = float(values.abs().sum())
    return f"{100 * float(values[relevant].abs().sum()) / total:.0f} %" if total else "no sets"


def grid(rows: int, columns: int) -> tuple[Figure, list[list[Axes]]]:
    figure = Figure(figsize=(1.25 * columns, 1.5 * rows), layout="constrained", facecolor="white")
    return figure, [
        [figure.add_subplot(rows, columns, r * columns + c + 1) for c in range(columns)] for r in range(rows)
    ]


def saved(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=110)
    print(path, f"{path.stat().st_size / 1024:.0f} KB")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model = xaiplug.load_model("task:decoy-mnist", source="digits")
    placed, moved, clean = (
        xaiplug.load_data("task:decoy-mnist", split=split, source="digits")
        for split in ("test", "test-randomised", "test-clean")
    )
    with torch.no_grad():
        right, right_moved = (model(one.inputs).argmax(1) == one.labels for one in (placed, moved))
    because = (right & ~right_moved).nonzero().flatten()
    rows = torch.stack([because[placed.labels[because] == label][0] for label in (0, 3, 5, 8)])

    def maps(inputs: Tensor, name: str, params: dict[str, Any]) -> Tensor:
        ex = xaiplug.explain(model, inputs, name, **params)
        return ex.attribution.sum(1)

    figure, axes = grid(len(rows), 1 + len(METHODS))
    found = {title: maps(placed.inputs[rows], *method) for title, method in METHODS.items()}
    for r, row in enumerate(rows.tolist()):
        shown(axes[r][0], placed.inputs[row, 0], None, "" if r else "input")
        for c, (title, values) in enumerate(found.items(), start=1):
            relevant = placed.relevant[row]  # type: ignore[index]
            shown(axes[r][c], values[r], relevant, "" if r else title, mass(values[r], relevant))
    saved(figure, folder / "patch.png")

    figure, axes = grid(3, 4)
    row = int(rows[1])
    for r, (name, data) in enumerate((("in its place", placed), ("moved", moved), ("left out", clean))):
        x, relevant = data.inputs[row : row + 1], data.relevant[row]  # type: ignore[index]
        with torch.no_grad():
            said = int(model(x).argmax())
        shown(axes[r][0], x[0, 0], None, "" if r else "input")
        axes[r][0].set_ylabel(f"patch {name}:\n{int(data.labels[row])}, called {said}", fontsize=8)
        for c, title in enumerate(("integrated\ngradients", "H-Sets,\ndefaults", "H-Sets, one\nconfined set"), start=1):
            values = maps(x, *METHODS[title])[0]
            under = mass(values, relevant) if relevant.any() else " "
            shown(axes[r][c], values, relevant, "" if r else title, under)
    saved(figure, folder / "moved.png")

    caps, thresholds = (5, 10, 20, 40, 80, 160), (0.1, 0.3, 0.5, 0.6, 0.7, 0.8)
    figure, axes = grid(2, len(caps))
    x, relevant = placed.inputs[row : row + 1], placed.relevant[row]  # type: ignore[index]
    for c, (nu, mu) in enumerate(zip(caps, thresholds, strict=True)):
        settings: list[tuple[str, dict[str, Any]]] = [
            (f"ν = {nu}", {"nu": nu}),
            (f"μ = {mu}, ν = 40", {"mu": mu, "nu": 40}),
        ]
        for r, (title, params) in enumerate(settings):
            values = maps(x, "hsets", {**params, **PRIOR})[0]
            shown(axes[r][c], values, relevant, title, mass(values, relevant))
    saved(figure, folder / "settings.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs")
