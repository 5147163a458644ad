"""What `superpixel` adds to its base, with the labels given as a tensor.

    python plugins/superpixel/benchmarks/overhead.py [--rounds 9] [--batch 16] [--side 224] [--groups 1000]
        [--network resnet18]

Both go through `xaiplug.explain` with the same scale. No ratio unless the map is κ times the base map. Times are CPU
seconds of one thread.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import Tensor, nn

import xaiplug
from xaiplug import FeatureGroups
from xaiplug.testing.timing import paired


def small_net() -> nn.Module:
    """Three strided convolutions: about the least that anyone explains at this size."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    ).eval()


def blobs(batch: int, side: int, groups: int) -> Tensor:
    """Irregular connected-looking groups: every pixel goes to the nearest of `groups` random points, (B,H,W)."""
    generator = torch.Generator().manual_seed(0)
    at = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij"), -1).view(-1, 2).float()
    points = torch.rand(batch, groups, 2, generator=generator) * side
    return torch.stack([torch.cdist(at, row).argmin(1) for row in points]).view(batch, side, side)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--groups", type=int, default=1000)
    parser.add_argument("--network", default=None, help="a torchvision network instead of the small one")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    net = small_net()
    if options.network:
        net = xaiplug.load_model(f"torchvision:{options.network}", weights=None)
    x = torch.rand(options.batch, 3, options.side, options.side)
    labels = blobs(options.batch, options.side, options.groups)
    ask = {"target": 0, "scale": "probability"}

    def base() -> Tensor:
        return xaiplug.explain(net, x, "gradient", **ask).attribution

    def ours() -> Tensor:
        return xaiplug.explain(net, x, "superpixel", segmenter=labels, **ask).attribution

    def averaged(ours: Tensor, plain: Tensor) -> None:
        groups = FeatureGroups.from_labels(labels)
        want = torch.stack([groups.broadcast(groups.mean(plain[:, c])) for c in range(3)], 1)
        error = float((ours - want).abs().max() / want.abs().max())
        if error > 1e-5:
            raise SystemExit(f"outputs differ by {error:.1e}; no ratio")

    measured = paired(ours, base, averaged, rounds=options.rounds, clock=time.process_time)
    print(f"base / superpixel: {measured}")
    low, high = measured.interval
    print("overhead {:+.1f} % [{:+.1f}, {:+.1f}]".format(*(100 * (1 / r - 1) for r in (measured.ratio, high, low))))


if __name__ == "__main__":
    main()
