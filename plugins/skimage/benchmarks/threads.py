"""Two images at a time against one: `python plugins/skimage/benchmarks/threads.py [--segmenter quickshift]`.

Unless the labels are equal there is no ratio.
"""

from __future__ import annotations

import argparse

import torch

import xaiplug
import xaiplug_skimage.superpixels as superpixels
from xaiplug.testing.timing import paired


def picture(side: int) -> torch.Tensor:
    """Smooth colours with noise."""
    coarse = torch.rand(1, 3, side // 16, side // 16)
    smooth = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bicubic").clamp(0, 1)
    return (smooth + 0.03 * torch.randn(1, 3, side, side)).clamp(0, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segmenter", default="quickshift")
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.manual_seed(0)
    images = torch.cat([picture(options.side) for _ in range(options.images)])
    seeds = torch.arange(options.images)
    segmenter = xaiplug.component("segmenter", options.segmenter)

    def run(threads: int) -> torch.Tensor:
        superpixels.THREADS = threads
        return segmenter.segment(images, seeds)

    def equal(two: torch.Tensor, one: torch.Tensor) -> None:
        if not torch.equal(two, one):
            raise SystemExit("labels differ; no ratio")

    measured = paired(lambda: run(2), lambda: run(1), equal, rounds=options.rounds)
    print(f"{options.segmenter}, two threads against one: {measured}")


if __name__ == "__main__":
    main()
