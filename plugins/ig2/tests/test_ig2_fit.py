"""How a network is asked: rows at a time by its widest activation, channels last where it can."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Model
from xaiplug.testing import ask
from xaiplug_ig2.explainer import IG2
from xaiplug_ig2.probe import Fit, fit


def convolving(channels):
    return nn.Sequential(nn.Conv2d(3, channels, 1), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))


def query_of(network, x):
    return ask(IG2(), network, x, target=0, needs=())


class Viewing(nn.Module):
    """Views what is not contiguous: torch refuses channels last."""

    def __init__(self):
        super().__init__()
        self.convolution, self.linear = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4 * 64, 2)

    def forward(self, x):
        return self.linear(self.convolution(x).view(len(x), -1))


@pytest.mark.parametrize(("channels", "elements"), [(3, 3 * 64), (210, 30 * 64)])
def test_rows_are_counted_by_the_widest_activation_and_not_below_the_input(channels, elements):
    network = convolving(channels)
    network(torch.rand(1, 3, 8, 8))
    assert fit(query_of(network, torch.rand(2, 3, 8, 8))) == Fit(elements, torch.channels_last)
    assert not any(module._forward_hooks for module in network.modules())


def test_a_network_that_views_its_activations_is_asked_as_it_wants():
    x = torch.rand(2, 3, 8, 8)
    assert fit(query_of(Viewing(), x)).layout == torch.contiguous_format
    ex = xaiplug.explain(Model(Viewing(), input_range=(0, 1)), x, "ig2", references=torch.rand(1, 2, 3, 8, 8), steps=3)
    assert ex.attribution.abs().sum() > 0


def test_rows_cost_no_look():
    query = query_of(nn.Linear(5, 2), torch.rand(2, 5))
    with query.model.metered() as meter:
        assert fit(query) == Fit(5, torch.contiguous_format)
    assert meter.forwards == 0


def test_wide_networks_are_walked_in_smaller_chunks():
    network, seen = convolving(256), []
    network(torch.rand(1, 3, 64, 64))
    network[0].register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
    model = Model(network, input_range=(0, 1))
    xaiplug.explain(model, torch.rand(1, 3, 64, 64), "ig2", references=torch.rand(10, 1, 3, 64, 64), steps=1)
    assert max(seen) == 5  # 786,432 numbers, 149,796 a row
