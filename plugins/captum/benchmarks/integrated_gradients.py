"""`explain(..., "integrated-gradients")` against captum called directly, in one run.

    python plugins/captum/benchmarks/integrated_gradients.py [--rounds 9] [--network resnet18] [--side 96] [--batch 4]

Both do the same points with the same rule. captum runs at its best of several internal batch sizes, found first.
Rounds are interleaved; the ratio is the median of the paired ratios, with a bootstrap interval. Unless the outputs are
equal there is no ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import torch
from captum.attr import IntegratedGradients
from torch import Tensor

import xaiplug
from xaiplug import Model

RULE = {"n_steps": 50, "method": "gausslegendre"}


def seconds(run: Callable[[], object]) -> float:
    before = time.perf_counter()
    run()
    return time.perf_counter() - before


def interval(ratios: list[float]) -> tuple[float, float]:
    """95 % bootstrap interval of the median."""
    draws = torch.tensor(ratios)[torch.randint(len(ratios), (2000, len(ratios)))].median(1).values
    return float(draws.quantile(0.025)), float(draws.quantile(0.975))


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

    sizes = [options.batch * k for k in (1, 2, 5, 10, 25)] + [None]
    speed = {size: min(seconds(lambda size=size: theirs(size)) for _ in range(2)) for size in sizes}
    best = min(speed, key=speed.__getitem__)
    error = float((ours() - theirs(best)).abs().max() / theirs(best).abs().max())
    print(f"load {os.getloadavg()[0]:.1f}, {torch.get_num_threads()} threads, captum's best batch: {best}")
    print(f"largest difference {error:.1e} of the largest value")
    if error > 1e-6:
        raise SystemExit("outputs differ; no ratio")
    pairs = [(seconds(ours), seconds(lambda: theirs(best))) for _ in range(options.rounds)]
    ratios = [a / b for a, b in pairs]
    low, high = interval(ratios)
    print(
        f"xaiplug {statistics.median(a for a, _ in pairs):.3f} s, captum {statistics.median(b for _, b in pairs):.3f} s"
    )
    print(f"xaiplug / captum = {statistics.median(ratios):.3f} [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    main()
