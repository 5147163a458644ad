"""`kernel-shap` against captum's: `python plugins/classic/benchmarks/kernel_shap.py [--rounds 5]`.

2,000 coalitions on 64 groups of one 64x64 image and a small network. captum runs as it comes (one coalition at a time)
and at its best of several batch sizes. Both must give the terms of a linear model; on the network the two draws must
correlate. Forwards are counted.
"""

from __future__ import annotations

import argparse

import torch
from captum.attr import KernelShap
from torch import Tensor, nn

import xaiplug
from xaiplug.testing.timing import Paired, paired

SAMPLES, PATCH = 2000, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.manual_seed(0)

    x, black = torch.rand(1, 3, 64, 64), torch.zeros(1, 3, 64, 64)
    row = torch.arange(64) // PATCH
    groups = (row[:, None] * PATCH + row).view(1, 1, 64, 64)
    linear = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 1)).eval()
    network = nn.Sequential(
        *(nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2), nn.ReLU()),
        *(nn.Conv2d(32, 32, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(128, 10)),
    ).eval()

    def ours(net: nn.Module) -> Tensor:
        ex = xaiplug.explain(
            net, x, "kernel-shap", target=0, segmenter=groups[0], baseline=black, imputer="baseline", samples=SAMPLES
        )
        return ex.attribution[0]

    def theirs(net: nn.Module, size: int) -> Tensor:
        with torch.no_grad():
            painted = KernelShap(net).attribute(
                x, black, target=0, feature_mask=groups, n_samples=SAMPLES, perturbations_per_eval=size
            )
        return painted[0, 0, ::PATCH, ::PATCH].flatten()

    terms = (linear[1].weight.detach() * x.flatten(1)).view(1, 3, 8, PATCH, 8, PATCH).sum((1, 3, 5)).flatten()
    errors = [float((found - terms).abs().max() / terms.abs().max()) for found in (ours(linear), theirs(linear, 64))]
    print(f"linear model: xaiplug off by {errors[0]:.1e}, captum by {errors[1]:.1e}")
    if max(errors) > 1e-2:
        raise SystemExit("outputs differ; no ratio")

    def correlated(a: Tensor, b: Tensor) -> None:
        correlation = float(torch.corrcoef(torch.stack([a, b]))[0, 1])
        if correlation < 0.9:
            raise SystemExit(f"the draws correlate only with r = {correlation:.3f}; no ratio")

    def against(size: int, rounds: int) -> Paired:
        return paired(lambda: ours(network), lambda: theirs(network, size), correlated, rounds=rounds)

    best = min((32, 128, 512), key=lambda size: min(against(size, 2).theirs))
    print(f"against captum's default: {against(1, options.rounds)}")
    print(f"against captum at its best batch ({best}): {against(best, options.rounds)}")
    forwards = xaiplug.explain(
        network, x, "kernel-shap", target=0, segmenter=groups[0], baseline=black, samples=SAMPLES
    ).meta["forwards"]
    print(f"forwards: xaiplug {forwards}, captum {SAMPLES + 2} or more")


if __name__ == "__main__":
    main()
