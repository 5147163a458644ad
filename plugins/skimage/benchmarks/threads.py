"""Two images at a time against one: `python plugins/skimage/benchmarks/threads.py [--segmenter quickshift]`.

Rounds are interleaved; the ratio is the median of the paired ratios. Unless the labels are equal there is no ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

import torch

import xaiplug
import xaiplug_skimage.superpixels as superpixels


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

    def run(threads: int) -> tuple[float, torch.Tensor]:
        superpixels.THREADS = threads
        before = time.perf_counter()
        labels = segmenter.segment(images, seeds)
        return time.perf_counter() - before, labels

    if not torch.equal(run(1)[1], run(2)[1]):
        raise SystemExit("labels differ; no ratio")
    pairs = [(run(1)[0], run(2)[0]) for _ in range(options.rounds)]
    one, two = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"load {os.getloadavg()[0]:.1f}; one thread {one:.2f} s, two threads {two:.2f} s")
    print(f"speed-up {statistics.median(a / b for a, b in pairs):.2f}")


if __name__ == "__main__":
    main()
