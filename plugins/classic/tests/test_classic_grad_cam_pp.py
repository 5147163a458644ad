"""Grad-CAM++ by hand, against the derivatives that define it, and in which layer it reads."""

import copy

import pytest
import torch
from torch import nn
from torch.testing import assert_close

import xaiplug
from xaiplug.errors import GradientError, ModelError, ShapeError
from xaiplug_classic.grad_cam_pp import cam

NET = nn.Sequential(
    nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 5, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(45, 3)
).double()
X = torch.rand(4, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_by_hand():
    """Two maps of two places: w_1 = 2/7 · 1/2 + 0, w_2 = 0 (its gradient is negative)."""
    maps = torch.tensor([[[[1.0, 2.0]], [[3.0, 1.0]]]])
    slopes = torch.tensor([[[[0.5, 0.0]], [[-1.0, -1.0]]]])
    assert_close(cam(maps, slopes), torch.tensor([[[1 / 7, 2 / 7]]]))


def test_weights_are_those_of_the_derivatives_of_exp():
    """A score linear in the maps: α from autograd's second and third derivatives of exp(f), eq. 10."""
    maps = torch.rand(1, 2, 2, 2, dtype=torch.float64, requires_grad=True)
    slopes = torch.randn(1, 2, 2, 2, dtype=torch.float64)
    value = (slopes * maps).sum().exp()
    derivatives = [value]
    first = torch.autograd.grad(value, maps, create_graph=True)[0]
    second, third = torch.zeros_like(first), torch.zeros_like(first)
    for place in range(8):
        (one,) = torch.autograd.grad(first.flatten()[place], maps, create_graph=True)
        second.flatten()[place] = one.flatten()[place].detach()
        (two,) = torch.autograd.grad(one.flatten()[place], maps, retain_graph=True)
        third.flatten()[place] = two.flatten()[place].detach()
    alpha = second / (2 * second + maps.detach().sum((2, 3), keepdim=True) * third)
    weights = (alpha * first.detach().clamp(min=0) / derivatives[0].detach()).sum((2, 3), keepdim=True)
    assert_close(cam(maps.detach(), slopes), (weights * maps.detach()).sum(1))


def test_nothing_is_added_to_the_denominator():
    """pytorch-grad-cam adds 1e-6: the same for gradients near 1, and another map for small ones."""
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(1, 3, 4, 4, dtype=torch.float64, generator=generator)
    slopes = torch.rand(1, 3, 4, 4, dtype=torch.float64, generator=generator) + 0.1

    def theirs(slopes):
        alpha = slopes**2 / (2 * slopes**2 + slopes**3 * maps.sum((2, 3), keepdim=True) + 1e-6)
        return ((alpha * slopes.clamp(min=0)).sum((2, 3), keepdim=True) * maps).sum(1)

    assert_close(cam(maps, slopes), theirs(slopes), rtol=1e-3, atol=0)
    small = 1e-4 * slopes
    assert (theirs(small) < 0.1 * cam(maps, small)).all()


def test_layer_groups_and_clipping():
    ex = xaiplug.explain(NET, X, "grad-cam++", target=1)
    assert ex.attribution.shape == (4, 9)
    assert ex.groups.labels[0, 0].tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert (ex.attribution >= 0).all()
    assert_close(ex.attribution, xaiplug.explain(NET, X, "grad-cam++", target=1, layer="3").attribution)
    below = nn.Sequential(nn.Conv2d(3, 2, 1, bias=False), nn.Flatten(), nn.Linear(128, 3)).double()
    raw, clipped = (xaiplug.explain(below, X - 0.5, "grad-cam++", target=1, relu=r).attribution for r in (False, True))
    assert raw.min() < 0
    assert torch.equal(raw.clamp(min=0), clipped)
    single = torch.cat([xaiplug.explain(NET, row[None], "grad-cam++", target=1).attribution for row in X])
    assert_close(ex.attribution, single)


def test_a_transformer_has_its_patches():
    networks = pytest.importorskip("xaiplug_trainers.networks.small_vit")
    vit = networks.SmallViT(size=16, patch=4, dim=8, depth=3, heads=2)
    ex = xaiplug.explain(vit, torch.rand(2, 1, 16, 16), "grad-cam++")
    assert ex.attribution.shape == (2, 16)


@pytest.mark.parametrize("name", ["grad-cam++", "score-cam"])
def test_a_relu_in_place_after_the_layer_changes_nothing(name):
    def net(inplace):
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(inplace),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3),
        )  # fmt: skip

    x = torch.rand(2, 3, 16, 16)
    plain, changing = (xaiplug.explain(net(p), x, name, target=0, layer="2", relu=False) for p in (False, True))
    assert plain.attribution.abs().max() > 0
    assert_close(changing.attribution, plain.attribution)


@pytest.mark.parametrize("name", ["grad-cam", "grad-cam++", "score-cam"])
@pytest.mark.parametrize("layer", [None, "2"])
def test_the_cost_is_that_of_the_samples_whoever_looked_before(name, layer):
    network = copy.deepcopy(NET)
    first, second = (xaiplug.explain(network, X, name, target=1, layer=layer) for _ in range(2))
    for count in ("forwards", "backwards"):
        assert first.meta[count] == second.meta[count]
    if name != "score-cam":  # whose masks are one a map that varies
        assert (first.meta["forwards"], first.meta["backwards"]) == (4, 4)


class NoGradient(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = NET

    def forward(self, x):
        with torch.no_grad():
            return self.net(x)


def test_score_cam_needs_no_gradient_where_its_layer_is_named():
    with pytest.raises(GradientError, match=r"score-cam needs a gradient .* name one with layer=.*no gradient of its"):
        xaiplug.explain(NoGradient(), X, "score-cam", target=1)
    named = xaiplug.explain(NoGradient(), X, "score-cam", target=1, layer="net.3")
    assert_close(named.attribution, xaiplug.explain(NET, X, "score-cam", target=1, layer="3").attribution)
    with pytest.raises(GradientError, match="kernel-shap"):
        xaiplug.explain(NoGradient(), X, "grad-cam++", target=1, layer="net.3")


def test_errors():
    with pytest.raises(ShapeError, match="images"):
        xaiplug.explain(nn.Linear(4, 2), torch.rand(1, 4), "grad-cam++")
    with pytest.raises(ModelError, match="layer="):
        xaiplug.explain(nn.Sequential(nn.Flatten(), nn.Linear(48, 2)), torch.rand(1, 3, 4, 4), "grad-cam++")
