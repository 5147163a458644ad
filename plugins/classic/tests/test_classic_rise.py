"""RISE: masks as torch's own bilinear upsampling gives them, the sum from its formula, and a linear score's mean."""

from itertools import product

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate
from torch.testing import assert_close

import xaiplug
from xaiplug.errors import ShapeError
from xaiplug_classic import rise
from xaiplug_classic.rise import Rise, upsampled

torch.manual_seed(0)
NET = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 4 * 3, 4)).double()
X = torch.rand(2, 2, 6, 5, dtype=torch.float64)
BASE = torch.rand(2, 2, 2, 6, 5, dtype=torch.float64)


def test_masks_are_upsampled_and_cut():
    cells = torch.rand(2, 3, 3, 3, dtype=torch.float64)
    down, right = torch.tensor([[0, 1, 1], [0, 0, 1]]), torch.tensor([[1, 0, 1], [0, 1, 0]])
    found = upsampled(cells, [down, right], (6, 5))
    whole = interpolate(cells, size=(8, 8), mode="bilinear", align_corners=False)  # (3 + 1) cells of 2 pixels
    for b, m in product(range(2), range(3)):
        assert_close(found[b, m], whole[b, m, down[b, m] :, right[b, m] :][:6, :5])


def test_every_pixel_is_kept_with_the_probability_of_a_cell():
    """All 16 masks of 2 x 2 cells at all shifts, each with its probability."""
    p = 0.3
    every = torch.tensor(list(product((0.0, 1.0), repeat=4))).double().view(1, 16, 2, 2)
    chance = p ** every.sum((2, 3)) * (1 - p) ** (4 - every.sum((2, 3)))
    for down, right in product(range(3), range(2)):
        shifts = [torch.full((1, 16), shift) for shift in (down, right)]
        mean = (chance[..., None, None] * upsampled(every, shifts, (5, 4))).sum(1)
        assert_close(mean, torch.full((1, 5, 4), p, dtype=torch.float64))


def test_is_the_formula_of_the_paper(monkeypatch):
    drawn = []
    monkeypatch.setattr(rise, "upsampled", lambda *given: drawn.append(upsampled(*given)) or drawn[-1])
    ex = xaiplug.explain(NET, X, Rise(masks=9, cells=3, share=0.4), baseline=BASE, target=1)
    want = torch.zeros(2, 1, 6, 5, dtype=torch.float64)
    for m, b, row in product(range(9), range(2), range(2)):
        mask = drawn[0][row, m]
        seen = mask * X[row] + (1 - mask) * BASE[b, row]
        want[row, 0] += NET(seen[None]).softmax(1)[0, 1].detach() * mask / (2 * 9 * 0.4)
    assert_close(ex.attribution, want)
    assert ex.level == "spatial"
    assert drawn[0].unique().numel() > 30


def test_blocks_change_nothing(monkeypatch):
    whole = xaiplug.explain(NET, X, "rise", masks=5, baseline=BASE, target=1).attribution
    monkeypatch.setattr(rise, "_HELD", 2 * X.numel())
    assert_close(xaiplug.explain(NET, X, "rise", masks=5, baseline=BASE, target=1).attribution, whole)


def test_the_mean_of_a_linear_score():
    """E[S] = Σ_μ w_μ x_μ E[M_μ M_λ] / p, over all masks and shifts."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 1, bias=False)).double()
    weights = torch.tensor([[4.0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, -1], [0, 0, 0, -2]], dtype=torch.float64)
    net[1].weight.data = weights.view(1, 16)
    x, black = torch.ones(1, 1, 4, 4, dtype=torch.float64), torch.zeros(1, 1, 4, 4, dtype=torch.float64)
    every = torch.tensor(list(product((0.0, 1.0), repeat=4))).double().view(1, 16, 2, 2)
    kept = [
        upsampled(every, [torch.full((1, 16), shift) for shift in shifts], (4, 4))[0]
        for shifts in product(range(2), repeat=2)
    ]
    masks = torch.cat(kept)
    scores = (masks * weights).sum((1, 2))
    want = (scores[:, None, None] * masks).mean(0) / 0.5
    ex = xaiplug.explain(net, x, "rise", masks=20000, cells=2, baseline=black[None], scale="logit")
    assert float((ex.attribution[0, 0] - want).abs().max()) < 0.05
    assert float(want.max() - want.min()) > 1


def test_rows_are_no_images():
    with pytest.raises(ShapeError, match="rise explains images"):
        xaiplug.explain(nn.Linear(4, 2), torch.rand(2, 4), "rise", baseline=torch.zeros(4))
