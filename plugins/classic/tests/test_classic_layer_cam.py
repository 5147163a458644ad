"""LayerCAM from autograd's own gradients, and captum's activations times gradients where all are positive."""

import torch
from torch import nn
from torch.testing import assert_close

import xaiplug

NET = nn.Sequential(
    nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 5, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(45, 3)
).double()
X = torch.rand(4, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_is_the_formula_of_the_paper_at_a_named_layer():
    ex = xaiplug.explain(NET, X, "layer-cam", target=2, layer="1")
    maps = NET[:2](X).detach().requires_grad_()
    (slopes,) = torch.autograd.grad(NET[2:](maps)[:, 2].sum(), maps)
    want = (slopes.clamp(min=0) * maps.detach()).sum(1).clamp(min=0)
    assert_close(ex.attribution, want.flatten(1))
    assert ex.meta["grid"] == [8, 8]
    assert float(ex.attribution.max()) > 0


def test_a_place_of_negative_gradient_adds_nothing():
    with torch.no_grad():
        head = nn.Linear(45, 1, bias=False).double()
        head.weight.fill_(-1.0)
    net = nn.Sequential(*NET[:5], head)
    ex = xaiplug.explain(net, X, "layer-cam", layer="3")
    assert ex.attribution.abs().max() == 0
