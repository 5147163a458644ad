"""A copy with other weights shares all else, and changes nothing of the original."""

import pytest
import torch
from torch import nn

from xaiplug import Model
from xaiplug.errors import ModelError
from xaiplug.model import redrawn, reweighted


class Tied(nn.Module):
    """One weight in two places."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        self.second.weight = self.first.weight
        self.norm = nn.BatchNorm1d(4)

    def forward(self, x):
        return self.norm(self.second(self.first(x)))


def test_only_what_is_changed_is_new():
    model = Model(Tied().eval(), output="sigmoid", name="tied")
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    copy = reweighted(model, {"first.weight": torch.eye(4)})
    assert copy.network.first.weight is copy.network.second.weight
    assert copy.network.first.weight.equal(torch.eye(4))
    assert copy.network.first.bias is model.network.first.bias
    assert copy.network.norm.running_mean is model.network.norm.running_mean
    assert (copy.output, copy.name) == ("sigmoid", "tied")
    assert all(value.equal(before[name]) for name, value in model.network.state_dict().items())
    x = torch.rand(2, 4)
    expected = model.network.norm(x + model.network.first.bias + model.network.second.bias)
    torch.testing.assert_close(copy(x), expected)


def test_the_head_that_was_found_is_the_copys_own():
    model = Model(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)))
    x = torch.rand(2, 3)
    model.features(x)
    copy = reweighted(model, {"0.weight": torch.ones(4, 3), "0.bias": torch.zeros(4)})
    assert copy.features(x).equal(x.sum(1, keepdim=True).expand(2, 4))


def test_new_numbers_are_those_that_layers_are_made_with():
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.MultiheadAttention(4, 2))
    with torch.no_grad():
        network[1].weight.fill_(7)
        network[1].running_mean.fill_(7)
    before, state = {name: value.clone() for name, value in network.state_dict().items()}, torch.get_rng_state()
    drawn = redrawn(Model(network), 3)
    assert torch.get_rng_state().equal(state)
    assert all(value.equal(before[name]) for name, value in network.state_dict().items())
    assert drawn.keys() == before.keys()
    assert drawn["0.weight"].abs().max() <= 3**-0.5  # a linear layer is made with U(-1, 1)/√inputs
    assert redrawn(Model(network), 3)["0.weight"].equal(drawn["0.weight"])
    assert not redrawn(Model(network), 4)["0.weight"].equal(drawn["0.weight"])
    torch.manual_seed(3)
    assert not drawn["0.weight"].equal(nn.Linear(3, 4).weight)
    torch.set_rng_state(state)
    assert drawn["1.weight"].equal(torch.ones(4))
    assert drawn["1.running_mean"].equal(torch.zeros(4))
    shuffled, own = drawn["2.in_proj_weight"], before["2.in_proj_weight"]
    assert shuffled.flatten().sort().values.equal(own.flatten().sort().values)
    assert not shuffled.equal(own)
    copy = reweighted(Model(network), drawn)
    assert copy.network[1].running_mean.equal(torch.zeros(4))
    assert network[1].running_mean.equal(torch.full((4,), 7.0))


class Locked(nn.Module):
    """Holds something that cannot be copied."""

    def __init__(self):
        super().__init__()
        self.linear, self.steps = nn.Linear(2, 2), (step for step in range(3))

    def forward(self, x):
        return self.linear(x)


def test_what_cannot_be_is_an_error():
    model = Model(Tied(), name="tied")
    with pytest.raises(ModelError, match=r"no parameter 'first.weigth'; did you mean 'first.weight'"):
        reweighted(model, {"first.weigth": torch.eye(4)})
    with pytest.raises(ModelError, match=r"'first.bias' is \(4,\), and got \(3,\)"):
        reweighted(model, {"first.bias": torch.ones(3)})
    with pytest.raises(ModelError, match="network of model 'Locked' cannot be copied: TypeError"):
        reweighted(Model(Locked()), {})
    patched = Tied()
    patched.first.forward = lambda x, layer=patched.first: layer.weight.sum() + x
    with pytest.raises(ModelError, match=r"the forward of 'network\.first' was replaced by a function"):
        reweighted(Model(patched), {})
    scripted = torch.jit.script(nn.Sequential(nn.Linear(2, 2)))
    with pytest.raises(ModelError, match="cannot be copied"):
        reweighted(Model(scripted), {"0.weight": torch.eye(2)})
