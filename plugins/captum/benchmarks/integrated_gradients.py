"""`explain(..., "integrated-gradients")` against captum called directly, in one run.

    python plugins/captum/benchmarks/integrated_gradients.py [--rounds 9] [--network resnet18] [--side 96] [--batch 4]

Both do the same points with the same rule. captum runs at its best of several internal batch sizes, found first.
"""

from __future__ import annotations

import argparse

import torch
from captum.attr import IntegratedGradients
from torch import Tensor

import xaiplug
from xaiplug import Model
from xaiplug.testing.timing import paired

RULE = {"n_steps": 50, "method": "gausslegendre"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--network", default="resnet18")
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--batch", type=int, default=4)
    options = parser.parse_args()
    torch.manual_seed(0)

    model: Model = xaiplug.load_model(f"torchvision:{options.network}", weights=None, mean=[0.45] * 3, std=[0.25] * 3)
    for parameter in model.module.parameters():
        parameter.requires_grad_(False)  # captum's best setting too: no gradients of weights
    x = torch.rand(options.batch, 3, options.side, options.side)
    baseline, target = torch.zeros_like(x), model(x).argmax(1)
    captum = IntegratedGradients(model.module)

    def theirs(size: int | None) -> Tensor:
        result: Tensor = captum.attribute(x, baseline, target=target, internal_batch_size=size, **RULE)
        return result

    def ours() -> Tensor:
        return xaiplug.explain(model, x, "integrated-gradients", target=target, baseline=baseline).attribution

    def equal(a: Tensor, b: Tensor) -> None:
        error = float((a - b).abs().max() / b.abs().max())
        if error > 1e-6:
            raise SystemExit(f"outputs differ by {error:.1e} of the largest value; no ratio")

    sizes = [options.batch * k for k in (1, 2, 5, 10, 25)] + [None]
    best = min(sizes, key=lambda size: min(paired(ours, lambda: theirs(size), equal, rounds=2).theirs))
    measured = paired(ours, lambda: theirs(best), equal, rounds=options.rounds)
    print(f"integrated-gradients against captum at its best batch ({best}): {measured}")


if __name__ == "__main__":
    main()
