"""Occlusion against captum, on any input."""

import pytest
import torch
from captum.attr import Occlusion as Captum
from torch import nn

import xaiplug

torch.manual_seed(0)
NET = nn.Sequential(nn.Flatten(), nn.Linear(3 * 100, 8), nn.Tanh(), nn.Linear(8, 4)).double()
X = torch.rand(3, 3, 10, 10, dtype=torch.float64)


@pytest.mark.parametrize(("window", "stride"), [(4, 2), (3, 3), (5, 1), (20, 1), (4, 3)])
def test_is_captums(window, stride):
    ex = xaiplug.explain(NET, X, "occlusion", target=[0, 1, 2], window=window, stride=stride, baseline="black")
    side = min(window, 10)
    theirs = Captum(NET).attribute(X, (3, side, side), strides=(3, stride, stride), target=torch.tensor([0, 1, 2]))
    torch.testing.assert_close(ex.attribution, theirs[:, :1].double(), rtol=1e-5, atol=1e-7)
    assert ex.level == "spatial"


def test_single_features_of_a_linear_model_are_its_terms():
    net, x = nn.Linear(6, 1).double(), torch.rand(2, 6, dtype=torch.float64)
    ex = xaiplug.explain(net, x, "occlusion", window=1)
    torch.testing.assert_close(ex.attribution, (net.weight * x).detach())


def test_embeddings_several_baselines_and_blocks(monkeypatch):
    net, x = nn.Sequential(nn.Flatten(), nn.Linear(24, 3)).double(), torch.rand(2, 6, 4, dtype=torch.float64)
    baselines = torch.rand(3, 2, 6, 4, dtype=torch.float64)
    ex = xaiplug.explain(net, x, "occlusion", target=0, window=2, baseline=baselines)
    assert ex.attribution.shape == (2, 6)
    alone = [xaiplug.explain(net, x, "occlusion", target=0, window=2, baseline=b).attribution for b in baselines]
    torch.testing.assert_close(ex.attribution, torch.stack(alone).mean(0))
    monkeypatch.setattr("xaiplug_captum.occlusion._HELD", 1)
    again = xaiplug.explain(net, x[1:], "occlusion", target=0, window=2, baseline=baselines[:, 1:])
    torch.testing.assert_close(again.attribution, ex.attribution[1:])
