"""LRP: what it says where zennit or a rule is missing, and conservation where it is there."""

import warnings
from importlib.util import find_spec

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Model
from xaiplug.errors import ComponentError, ModelError
from xaiplug.testing import explainer_checks

zennit = pytest.mark.skipif(find_spec("zennit") is None, reason="zennit is not installed")


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [nn.Conv2d(3, 4, 3, bias=False), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
        return nn.Sequential(*layers, nn.Linear(36, 3, bias=False)).double()


X = torch.rand(2, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.skipif(find_spec("zennit") is not None, reason="zennit is installed")
def test_without_zennit_it_says_what_to_install(net):
    with pytest.raises(ComponentError, match=r"xaiplug-classic\[lrp\]"):
        xaiplug.explain(net, X, "lrp")


@zennit
@pytest.mark.parametrize("layer", [nn.SiLU(), nn.Hardswish(), nn.LayerNorm([4, 6, 6]), nn.GELU()])
def test_layers_without_a_rule_are_named(net, layer):
    net.insert(2, layer.double())
    with pytest.raises(ModelError, match=type(layer).__name__):
        xaiplug.explain(net, X, "lrp")


@zennit
@pytest.mark.parametrize("rules", ["epsilon-plus-flat", "epsilon-gamma-box", "epsilon-plus", "epsilon-alpha2-beta1"])
def test_relevance_is_conserved_without_biases(net, rules):
    ex = xaiplug.explain(net, X, "lrp", rules=rules, epsilon=1e-10)
    tolerance = 1e-4 if rules != "epsilon-gamma-box" else 2e-2
    assert (ex.residual.abs() <= tolerance * ex.score.abs()).all()
    assert ex.attribution.shape == X.shape


@zennit
def test_relevance_of_pixels_is_not_scaled_by_the_normalisation(net):
    model = Model(net, mean=[0.4, 0.5, 0.3], std=[0.25, 0.2, 0.3])
    ex = xaiplug.explain(model, X, "lrp")
    assert (ex.residual.abs() <= 1e-4 * ex.score.abs()).all()


@zennit
def test_batch_norm_is_merged():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)]
        net = nn.Sequential(*layers).double()
        net[1].running_var.uniform_(0.5, 2)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its biases take a share
        ex = xaiplug.explain(net, X, "lrp")
    assert torch.isfinite(ex.attribution).all()
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


@zennit
def test_lost_relevance_is_told(net):
    class Gap(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            return self.net(x) + 3 * self.net(x.square())

    with pytest.warns(UserWarning, match="not conserved"):
        xaiplug.explain(Gap(), X, "lrp")


@zennit
@pytest.mark.filterwarnings("ignore:.*not conserved")
@pytest.mark.parametrize("check", explainer_checks(["lrp"]))
def test_conformance(check):
    check()
