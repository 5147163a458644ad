"""The score along the paths of a run (Fig. 1 and 4b of the IG² paper), as a Markdown table.

    python along_path.py RUN_FOLDER

Each entry is the mean over samples and references of (f(γ(t)) - f(end)) / (f(x) - f(end)), where t is the share of the
path's steps from the input (0) to its end (1), and f the explained score. A straight fall is 1, .9, .75, .5, .25, .1,
0; a score that does not move at first (saturation) stays near 1. Paths that change the score by less than 5 % of the
largest change are left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from xaiplug import Explanation
from xaiplug.run.cell import EXPLANATION
from xaiplug.run.collect import finished
from xaiplug.run.store import Store

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def fall(scores: Tensor) -> Tensor:
    """Scores (N,P) from the input to the end -> the mean share of the fall that is still ahead, at `SHARES`.

    >>> fall(torch.tensor([[4.0, 3, 2, 1, 0]]))[3]
    tensor(0.5000)
    """
    first, last = scores[:, :1], scores[:, -1:]
    clear = ((first - last).abs() > 0.05 * (first - last).abs().max()).squeeze(1)
    places = torch.tensor(SHARES) * (scores.shape[1] - 1)
    low = places.floor().long().clamp(max=scores.shape[1] - 2)
    at = torch.lerp(scores[:, low], scores[:, low + 1], (places - low).to(scores))
    return ((at - last) / (first - last))[clear].mean(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    store = Store(parser.parse_args().folder)
    print(f"| path | {' | '.join(f't = {share:g}' for share in SHARES)} |\n|---{'|---' * len(SHARES)}|")
    for entry, _ in finished(store, ("explain",)):
        extras = Explanation.load(store.cell(entry["id"]) / EXPLANATION).extras
        if "path_score" in extras:
            # GradPath is walked from the input; all others from their far end.
            scores = extras["path_score"] if "path_loss" in extras else extras["path_score"].flip(-1)
            method = " ".join(filter(None, (entry["explainer"], entry["references"], entry["baseline"])))
            print(f"| {method} | {' | '.join(f'{value:.2f}' for value in fall(scores.flatten(0, 1)).tolist())} |")


if __name__ == "__main__":
    main()
