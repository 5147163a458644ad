"""The score, or the loss, along the paths of a run (Fig. 1, 4b and A.1a of the IG² paper), as a Markdown table.

    python along_path.py RUN_FOLDER
    python along_path.py RUN_FOLDER --loss

Each entry is the mean over samples and references of (f(γ(t)) - f(end)) / (f(x) - f(end)), where t is the share of the
path's steps from the input (0) to its end (1), and f the explained score. A straight fall is 1, .9, .75, .5, .25, .1,
0; a score that does not move at first (saturation) stays near 1. Paths that change the score by less than 5 % of the
largest change are left out. The last column is what the integral misses: the median over samples of |residual| over
|f(x) - f(end)|.

With `--loss` it is the mean of loss(γ(t)) / loss(x): 1 at the input, near 0 where the path has arrived at a point that
the network represents like the reference. Only GradPath has a loss.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from xaiplug import Explanation
from xaiplug.results import Results, markdown

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def fall(scores: Tensor) -> Tensor:
    """Scores (N,P) from the input to the end -> the mean share of the fall that is still ahead, at `SHARES`.

    >>> fall(torch.tensor([[4.0, 3, 2, 1, 0]]))[3]
    tensor(0.5000)
    """
    first, last = scores[:, :1], scores[:, -1:]
    clear = ((first - last).abs() > 0.05 * (first - last).abs().max()).squeeze(1)
    return ((_at_shares(scores) - last) / (first - last))[clear].mean(0)


def approach(losses: Tensor) -> Tensor:
    """Losses (N,P) from the input to the end -> the mean share of the first that is left, at `SHARES`.

    >>> approach(torch.tensor([[8.0, 4, 2, 1, 1]]))[3:]
    tensor([0.2500, 0.1250, 0.1250, 0.1250])
    """
    return (_at_shares(losses) / losses[:, :1]).mean(0)


def missed(explanation: Explanation) -> str:
    """Median over samples of |residual| / |f(x) - f(end)|; a dash where the explainer has no residual."""
    if explanation.residual is None or explanation.score is None or explanation.base_score is None:
        return "–"
    return f"{(explanation.residual.abs() / (explanation.score - explanation.base_score).abs()).median():.2f}"


def _at_shares(values: Tensor) -> Tensor:
    places = torch.tensor(SHARES) * (values.shape[1] - 1)
    low = places.floor().long().clamp(max=values.shape[1] - 2)
    return torch.lerp(values[:, low], values[:, low + 1], (places - low).to(values))


def _shares(extras: dict[str, Tensor], *, loss: bool) -> Tensor | None:
    if loss:
        return approach(extras["path_loss"].flatten(0, 1)) if "path_loss" in extras else None
    if "path_score" not in extras:
        return None
    # GradPath is walked from the input; all others from their far end.
    scores = extras["path_score"] if "path_loss" in extras else extras["path_score"].flip(-1)
    return fall(scores.flatten(0, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--loss", action="store_true", help="the distance to the reference instead of the score")
    options = parser.parse_args()
    rows = []
    for one in Results(options.folder).explanations():
        shares = _shares(one.explanation.extras, loss=options.loss)
        if shares is not None:
            method = " ".join(filter(None, (one.explainer, one.references, one.baseline)))
            more = [] if options.loss else [missed(one.explanation)]
            rows.append([method, *(f"{value:.2f}" for value in shares.tolist()), *more])
    heads = [f"t = {share:g}" for share in SHARES] + ([] if options.loss else ["missed"])
    print(markdown(["path", *heads], rows))


if __name__ == "__main__":
    main()
