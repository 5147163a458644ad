"""Throughput of `moxi` against the bare forwards it needs: same token counts (or images), ready-made batches.

    python plugins/moxi/benchmarks/throughput.py --network vit --side 112 --mode insertion --rounds 3

Prints bare / ours in processor seconds, the median over paired rounds; 1 is no overhead.
"""

from __future__ import annotations

import argparse
import time

import torch
from published_procedure import MEAN, STD, network
from torch import Tensor

import xaiplug
from xaiplug.testing.timing import paired


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", choices=["vit", "mobilenet"], default="vit")
    parser.add_argument("--mode", choices=["insertion", "deletion"], default="insertion")
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--images", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=32, help="per forward, for both")
    given = parser.parse_args()
    net, grid = network(given.network, given.side)
    model = xaiplug.Model(net, mean=MEAN, std=STD)
    x = torch.rand(given.images, 3, given.side, given.side)
    asked = {"segmenter": ("grid", {"rows": grid, "columns": grid}), "steps": given.steps, "mode": given.mode}
    asked |= {"imputer": "token-removal"} if given.network == "vit" else {}
    tokens, players = model.tokens, grid**2
    kept = [k + 1 if given.mode == "insertion" else players - k - 1 for k in range(given.steps)]

    def batches() -> list[Tensor]:
        """What is forwarded: one entry per step, full and empty input first."""
        sizes = [(given.images, players), (given.images, 0)]
        sizes += [(given.images * (players - k), here) for k, here in enumerate(kept)]
        if tokens is None:
            return [x[torch.arange(rows) % len(x)] for rows, _ in sizes]
        width = tokens.embed(x[:1]).shape[2]
        return [torch.rand(rows, tokens.prefix + here, width) for rows, here in sizes]

    def bare(ready: list[Tensor]) -> None:
        with torch.no_grad():
            for batch in ready:
                for part in batch.split(given.rows):
                    model(part) if tokens is None else tokens.head(tokens.run(part))

    with model.frozen():
        ready = batches()
        measured = paired(
            lambda: xaiplug.explain(model, x, "moxi", max_batch=given.rows, **asked),
            lambda: bare(ready),
            lambda ours, _: None,  # the bare forwards give nothing to compare; equal orders: published_procedure.py
            rounds=given.rounds,
            clock=time.process_time,
        )
    print(f"{given.network} {grid}x{grid} {given.mode}, {given.images} image(s), {given.steps} steps: {measured}")


if __name__ == "__main__":
    main()
