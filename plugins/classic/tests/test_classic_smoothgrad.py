"""SmoothGrad and the control."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Model
from xaiplug.errors import ComponentError

torch.manual_seed(1)
NET = nn.Sequential(nn.Flatten(), nn.Linear(48, 8), nn.Tanh(), nn.Linear(8, 3)).double()
X = torch.rand(3, 3, 4, 4, dtype=torch.float64)


class Square(nn.Module):
    def forward(self, x):
        return (x**2).flatten(1).sum(1)


def test_of_a_linear_model_is_its_weight():
    net = nn.Linear(5, 2).double()
    ex = xaiplug.explain(net, torch.rand(2, 5, dtype=torch.float64), "smoothgrad", target=1, samples=3)
    torch.testing.assert_close(ex.attribution, net.weight[1].detach().expand(2, 5))


def test_noise_has_the_width_of_each_samples_range():
    """∇Σx² = 2x, so the map minus 2x is twice the mean noise; samples with range 1 and 10 differ by ten."""
    x = torch.stack([torch.linspace(0, 1, 4000), torch.linspace(0, 10, 4000)]).double()
    ex = xaiplug.explain(Square(), x, "smoothgrad", samples=1, sigma=0.15)
    width = ((ex.attribution - 2 * x) / 2).std(1)
    torch.testing.assert_close(width, torch.tensor([0.15, 1.5], dtype=torch.float64), rtol=0.05, atol=0)
    model = Model(Square(), input_range=(0.0, 2.0))
    ex = xaiplug.explain(model, x, "smoothgrad", samples=1, relative_to="model")
    torch.testing.assert_close(((ex.attribution - 2 * x) / 2).std(1), torch.full((2,), 0.3).double(), rtol=0.05, atol=0)


def test_range_of_the_model_must_be_known():
    with pytest.raises(ComponentError, match="input_range"):
        xaiplug.explain(NET, X, "smoothgrad", relative_to="model")


def test_a_constant_sample_has_no_noise():
    x = torch.full((1, 3, 4, 4), 0.5, dtype=torch.float64)
    smooth, plain = (xaiplug.explain(NET, x, name, target=0).attribution for name in ("smoothgrad", "gradient"))
    torch.testing.assert_close(smooth, plain)


def test_mean_goes_to_the_smoothed_gradient():
    """Of x³ the gradient smoothed by N(0,σ²) is 3x² + 3σ²."""
    net = type("Cube", (nn.Module,), {"forward": lambda self, x: (x**3).sum(1)})()
    x = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    ex = xaiplug.explain(net, x, "smoothgrad", samples=20000, sigma=0.5)
    torch.testing.assert_close(ex.attribution, 3 * x**2 + 3 * 0.25, rtol=0, atol=0.08)


@pytest.mark.parametrize("name", ["smoothgrad", "random"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_draws_belong_to_the_sample(name, dtype):
    net, x = nn.Sequential(nn.Flatten(), nn.Linear(48, 8), nn.Tanh(), nn.Linear(8, 3)).to(dtype), X.to(dtype)
    batch = xaiplug.explain(net, x, name, target=0, seed=3).attribution
    backwards = xaiplug.explain(net, x.flip(0), name, target=0, seed=3, max_batch=2).attribution.flip(0)
    single = torch.cat([xaiplug.explain(net, row[None], name, target=0, seed=3).attribution for row in x])
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    torch.testing.assert_close(batch, single, rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(batch, backwards, rtol=tolerance, atol=tolerance)
    assert not torch.equal(batch, xaiplug.explain(net, x, name, target=0, seed=4).attribution)


@pytest.mark.parametrize("shape", [(6, 4), (7,)])
def test_embeddings_and_rows(shape):
    net = nn.Sequential(nn.Flatten(), nn.Linear(torch.Size(shape).numel(), 3))
    for name in ("smoothgrad", "random"):
        assert xaiplug.explain(net, torch.rand(2, *shape), name).attribution.shape == (2, *shape)


def test_blocks_do_not_change_the_draws(monkeypatch):
    whole = xaiplug.explain(NET, X, "smoothgrad", target=0, samples=7).attribution
    monkeypatch.setattr("xaiplug_classic.smoothgrad._HELD", X.numel() * 2)
    torch.testing.assert_close(whole, xaiplug.explain(NET, X, "smoothgrad", target=0, samples=7).attribution)
