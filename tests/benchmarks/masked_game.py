"""Throughput of `MaskedGame` against a bare loop over ready-made batches of the same forwards.

64 groups x 512 coalitions x 16 images of a small CNN at 64x64; paired rounds in one process, scores compared first.

    python tests/benchmarks/masked_game.py
"""

from __future__ import annotations

import torch
from torch import nn

import xaiplug
from xaiplug.calling.asking import base_query
from xaiplug.testing.timing import paired


class Fill(xaiplug.PixelImputer):
    """Zero outside the coalition."""

    def impute(self, inputs, keep, *, baseline=None, generators=None):
        return torch.where(keep.unsqueeze(1), inputs, inputs.new_zeros(()))


def main(rounds: int = 5, batch: int = 128) -> None:
    """Print the ratio of the times, bare / game."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10),
    ).eval()  # fmt: skip
    images = torch.rand(16, 3, 64, 64)
    cells = torch.arange(64).view(8, 8).repeat_interleave(8, 0).repeat_interleave(8, 1)
    query = base_query(xaiplug.Model(net), images, scale="probability")
    query = query.replace(groups=xaiplug.FeatureGroups.from_labels(cells.expand(16, 64, 64)), imputer=Fill())
    coalitions = torch.rand(16, 512, 64) < 0.5
    rows = torch.arange(16).repeat_interleave(512)
    keep = query.groups.keep(rows, coalitions.flatten(0, 1))
    ready = [images[r] * k.unsqueeze(1) for r, k in zip(rows.split(batch), keep.split(batch), strict=True)]

    def bare() -> torch.Tensor:
        with torch.no_grad():
            logits = torch.cat([net(x) for x in ready])
        return logits.softmax(1).gather(1, query.target.index[rows][:, None]).view(16, 512)

    def game() -> torch.Tensor:
        return xaiplug.MaskedGame(query)(coalitions)

    measured = paired(game, bare, lambda a, b: torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6), rounds=rounds)
    print(f"MaskedGame against the bare loop: {measured}")


if __name__ == "__main__":
    main()
