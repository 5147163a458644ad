"""GradientSHAP from its formula with the very draws, captum's formula, and integrals that are known."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

import xaiplug
from xaiplug_classic.gradient_shap import GradientShap

torch.manual_seed(0)
NET = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)).double()
DRAW = torch.Generator().manual_seed(0)
X = torch.rand(3, 4, dtype=torch.float64, generator=DRAW)
REFERENCES = torch.rand(5, 3, 4, dtype=torch.float64, generator=DRAW)


def test_is_captums_formula_with_the_draws_of_each_sample():
    """captum's: gradient at rand·(x + noise) + (1 - rand)·reference, times (x + noise - reference)."""
    seen = []

    class Watched(GradientShap):
        def _draw(self, query):
            seen.append(super()._draw(query))
            return seen[-1]

    ex = xaiplug.explain(NET, X, Watched(samples=7, sigma=0.2), references=REFERENCES, target=1, seed=3)
    want = torch.zeros_like(X)
    for point, way in seen:
        at = point.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(NET(at)[:, 1].sum(), at)
        want += gradient * way / 7
    assert_close(ex.attribution, want)
    point, way = seen[0]
    shares = []
    for row in range(3):
        # the point lies between one of the sample's own references and the noisy input
        fits = [(point[row] - start) / way[row] for start in REFERENCES[:, row]]
        on_line = [share for share in fits if float(share.max() - share.min()) < 1e-9]
        assert len(on_line) == 1
        assert 0 <= float(on_line[0][0]) < 1
        shares.append(float(on_line[0][0]))
    assert len(set(shares)) == 3


def test_a_linear_model_in_closed_form():
    """With one reference: w ⊙ (x - r), whatever is drawn; and captum says the same."""
    net = nn.Linear(4, 3).double()
    ex = xaiplug.explain(net, X, "gradient-shap", references=REFERENCES[:1], target=2, samples=2)
    assert_close(ex.attribution, net.weight[2].detach() * (X - REFERENCES[0]))
    captum = pytest.importorskip("captum.attr")
    theirs = captum.GradientShap(net).attribute(X[:1], REFERENCES[0, :1], target=2, n_samples=2)
    assert_close(ex.attribution[:1], theirs)


def test_goes_to_expected_integrated_gradients():
    given = {"references": REFERENCES, "target": 0}
    want = xaiplug.explain(NET, X, "expected-ig", steps=200, **given).attribution
    few, many = (xaiplug.explain(NET, X, "gradient-shap", samples=n, **given).attribution for n in (5, 4000))
    assert float((many - want).abs().max()) < 0.004 < float((few - want).abs().max())


def test_noise_moves_the_input_and_not_the_reference():
    """f = Σx: the map is x + mean noise - r, and the noise has the deviation asked for."""
    net = nn.Linear(2000, 1, bias=False).double()
    nn.init.ones_(net.weight)
    x = torch.zeros(1, 2000, dtype=torch.float64)
    ex = xaiplug.explain(net, x, "gradient-shap", references=x[None] + 1, samples=1, sigma=0.5)
    assert float((ex.attribution + 1).std()) == pytest.approx(0.5, rel=0.05)
    assert float((ex.attribution + 1).mean()) == pytest.approx(0, abs=0.05)
