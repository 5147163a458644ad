"""A network is put back as it was, whatever a method does to it."""

import copy
from contextlib import nullcontext

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ModelError
from xaiplug.model.passes import untouched


def network():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2)).eval()


def write(net):
    net[0].weight.data.mul_(2)


def write_counted(net):
    with torch.no_grad():
        net[0].weight.add_(1)


def point_elsewhere(net):
    net[0].weight.data = torch.zeros(9, 3, 3, 3)


def as_half(net):
    net.half()


def merge(net):
    net[1].running_mean.data = torch.zeros(4)
    net[1].running_var.zero_()
    net[1].eps = 0.0


def train(net):
    net.train()(torch.rand(2, 3, 4, 4))


def other_parameter(net):
    net[4].bias = None
    net[0].weight = nn.Parameter(torch.zeros(4, 3, 3, 3))


def other_modules(net):
    net[2] = nn.SiLU()
    net.append(nn.Softmax(1))


def other_forward(net):
    net[2].forward = lambda x: x


def other_class(net):
    net[2].__class__ = nn.Identity


def extra_buffer(net):
    net[2].register_buffer("mask", torch.zeros(1))


def hooked(net):
    net[2].register_forward_hook(lambda *_: torch.zeros(1))


CHANGES = [write, write_counted, point_elsewhere, as_half, merge, train, other_parameter, other_modules]
CHANGES += [other_forward, other_class, extra_buffer, hooked]


@pytest.mark.parametrize("act", CHANGES)
@pytest.mark.parametrize("fails", [False, True])
def test_what_was_done_is_undone(act, fails):
    class Rude(xaiplug.Explainer):
        """Changes the network."""

        def explain(self, query):
            act(query.model.network)
            if fails:
                raise RuntimeError("half-way")
            return torch.zeros_like(query.inputs)

    net, x = network(), torch.rand(2, 3, 4, 4)
    held, before, logits = copy.deepcopy(net), dict(net.named_parameters()), net(x)
    with pytest.raises(RuntimeError, match="half-way") if fails else nullcontext():
        xaiplug.explain(net, x, Rude())
    assert torch.equal(net(x), logits)
    assert repr(net) == repr(held)
    assert net.state_dict().keys() == held.state_dict().keys()
    assert all(torch.equal(value, held.state_dict()[name]) for name, value in net.state_dict().items())
    assert dict(net.named_parameters()).keys() == before.keys()
    assert all(value is before[name] for name, value in net.named_parameters())
    assert not any(part.training or part._forward_hooks or "forward" in vars(part) for part in net.modules())


def test_a_backward_of_the_users_own_still_runs():
    net, x = network(), torch.rand(2, 3, 4, 4)
    loss = net(x).sum()
    with untouched(net):
        pass
    loss.backward()
    assert net[0].weight.grad.abs().sum() > 0


def test_lazy_layers_are_told():
    with pytest.raises(ModelError, match="call it once"):
        xaiplug.explain(nn.Sequential(nn.Flatten(), nn.LazyLinear(3)), torch.rand(1, 3, 4, 4), "gradient")
