"""Removal by replacement."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import xaiplug
from xaiplug import MaskedGame
from xaiplug_imputers.baseline import BaselineImputer


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**16 - 1), st.sampled_from([(3, 4, 4), (16, 5), (16,)]))
def test_what_is_kept_is_bit_equal_and_the_rest_is_the_baseline(code, shape):
    inputs, baseline = torch.rand(1, *shape), torch.rand(1, *shape)
    grid = (4, 4) if len(shape) == 3 else (16,)
    keep = torch.tensor([code >> bit & 1 == 1 for bit in range(16)]).view(1, *grid)
    imputed = BaselineImputer().impute(inputs, keep, baseline=baseline)
    on = keep[:, None] if len(shape) == 3 else keep[..., None] if len(shape) == 2 else keep
    assert torch.equal(imputed, on * inputs + ~on * baseline)


class Values(xaiplug.Explainer):
    """v of every single group."""

    needs = ("imputer",)

    def explain(self, query):
        game = MaskedGame(query)
        return game(torch.eye(query.groups.count, dtype=torch.bool).expand(len(query), -1, -1))


def test_a_linear_game_over_rows():
    net = nn.Linear(3, 1).double()
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[1.0, 2, 3]]))
        net.bias.fill_(10)
    x = torch.tensor([[1.0, 1, 1], [2, 0, 1]], dtype=torch.float64)
    ex = xaiplug.explain(net, x, Values(), imputer="baseline", baseline=torch.zeros(3))
    assert ex.attribution.tolist() == [[11, 12, 13], [12, 10, 13]]


def test_several_baselines_average_the_logits():
    net = nn.Linear(2, 1, bias=False).double()
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[1.0, 10]]))
    ex = xaiplug.explain(net, torch.ones(1, 2).double(), Values(), baseline=torch.tensor([[[0.0, 0]], [[2.0, 4]]]))
    assert ex.attribution.tolist() == [[1 + 20, 1 + 10]]
