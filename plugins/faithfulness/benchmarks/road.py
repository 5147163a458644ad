"""Noisy linear imputation, the cost of ROAD, against one lil_matrix and one spsolve for all channels.

    python plugins/faithfulness/benchmarks/road.py [--rounds 7] [--side 224]

RGB, 10, 50 and 90 % removed, scattered and as one blob. Both assemble and solve, each several times in a row a round,
as ROAD does. No ratio unless the values are equal to 1e-6. Times are CPU seconds of one thread.
"""

from __future__ import annotations

import argparse
import gc
import time
from typing import Any

import numpy as np
import torch
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

from xaiplug import component
from xaiplug.testing.timing import paired

NEIGHBOURS = [(i, j, 1 / 6 if 0 in (i, j) else 1 / 12) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]


def straightforward(image: Any, removed: Any) -> Any:
    """The usual way: a lil_matrix filled neighbour by neighbour, then one solve with a right side per channel."""
    height, width = removed.shape
    number = np.full((height, width), -1)
    rows, columns = removed.nonzero()
    number[rows, columns] = np.arange(len(rows))
    matrix = lil_matrix((len(rows), len(rows)))
    right, total = np.zeros((len(rows), image.shape[0])), np.zeros(len(rows))
    for i, j, weight in NEIGHBOURS:
        r, c = rows + i, columns + j
        inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
        own, r, c = inside.nonzero()[0], r[inside], c[inside]
        total[own] += weight
        unknown = number[r, c] >= 0
        matrix[own[unknown], number[r, c][unknown]] = -weight
        right[own[~unknown]] += weight * image[:, r[~unknown], c[~unknown]].T
    matrix[np.arange(len(rows)), np.arange(len(rows))] = total
    filled = image.copy()
    filled[:, rows, columns] = spsolve(matrix.tocsc(), right).reshape(right.shape).T
    return filled


CALLS = {0.1: 10, 0.5: 3, 0.9: 1}
"""How often each side imputes in a round, by the share removed: a round is then longer than the clock is coarse."""


def masks(side: int, share: float) -> dict[str, Any]:
    blob = np.zeros((side, side), bool)
    length = round(side * share**0.5)
    start = (side - length) // 2
    blob[start : start + length, start : start + length] = True
    return {"scattered": np.random.default_rng(0).random((side, side)) < share, "contiguous": blob}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--side", type=int, default=224)
    options = parser.parse_args()
    torch.set_num_threads(1)
    gc.disable()  # as timeit does: collections would strike the many lists of a lil_matrix, twice its time at 10 %
    imputer: Any = component("imputer", "noisy-linear", noise=0.0)
    image = torch.rand(1, 3, options.side, options.side, dtype=torch.float64)
    for share, calls in CALLS.items():
        for kind, removed in masks(options.side, share).items():
            keep = torch.from_numpy(~removed)[None]

            def ours(keep: torch.Tensor = keep, calls: int = calls) -> torch.Tensor:
                for _ in range(calls):
                    filled: torch.Tensor = imputer.impute(image, keep)
                return filled

            def theirs(removed: Any = removed, calls: int = calls) -> Any:
                for _ in range(calls):
                    filled = straightforward(image[0].numpy(), removed)
                return filled

            def equal(a: torch.Tensor, b: Any) -> None:
                error = float(abs(a[0].numpy() - b).max())
                if error > 1e-6:
                    raise SystemExit(f"values differ by {error:.1e}; no ratio")

            measured = paired(ours, theirs, equal, rounds=options.rounds, clock=time.process_time)
            print(f"{kind:10} {share:.0%}, {calls} calls a round: {measured}")


if __name__ == "__main__":
    main()
