"""A network is put back as it was, whatever a method does to it."""

import copy
import random
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ModelError
from xaiplug.model.passes import seeded_rng, untouched, untouched_rng


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


class Reads(xaiplug.Explainer):
    """The gradient, by a method that says it only reads."""

    reads_only = True
    asks_first = False

    def explain(self, query):
        return query.gradient()


class Counts(nn.Module):
    """Counts its calls in a buffer, and writes to its weight from the call `late` on."""

    def __init__(self, late):
        super().__init__()
        self.head, self.late, self.calls = nn.Linear(4, 2), late, 0
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        self.calls += 1
        self.count += 1
        if self.calls >= self.late:
            with torch.no_grad():
                self.head.weight.mul_(2)
        return self.head(x)


def test_a_buffer_that_every_forward_writes_to_is_put_back_every_time():
    net, x = Counts(late=99).eval(), torch.rand(2, 4)
    for _ in range(3):
        xaiplug.explain(net, x, Reads())
        assert float(net.count) == 0


@pytest.mark.parametrize("explainer", [Reads(), "gradient"])
def test_a_weight_that_is_written_to_all_of_a_sudden_is_an_error(explainer):
    net, x = Counts(late=2).eval(), torch.rand(2, 4)
    xaiplug.explain(net, x, explainer)
    with pytest.raises(ModelError, match=r"network\.head\.weight' .* written to: .* load the weights again"):
        xaiplug.explain(net, x, explainer)


def test_a_weight_that_the_first_forward_writes_to_is_put_back_from_then_on():
    net, x = Counts(late=1).eval(), torch.rand(2, 4)
    before = net.head.weight.clone()
    for _ in range(2):
        xaiplug.explain(net, x, Reads())
        assert torch.equal(net.head.weight, before)


def test_an_answer_without_a_forward_shows_nothing_of_the_network():
    class Nothing(Reads):
        """Asks nothing."""

        def explain(self, query):
            return xaiplug.Explanation(torch.zeros_like(query.inputs), score=torch.zeros(len(query)))

    net, x = Counts(late=1).eval(), torch.rand(2, 4)
    before = net.head.weight.clone()
    xaiplug.explain(net, x, Nothing(), target=0)
    xaiplug.explain(net, x, Reads())
    assert torch.equal(net.head.weight, before)


def test_weights_are_kept_for_a_policy_that_may_write():
    class Rude(xaiplug.Baseline):
        """Writes where torch does not count."""

        def build(self, query):
            query.model.network[0].weight.data.mul_(2)
            return torch.zeros_like(query.inputs)[None]

    net, x = network(), torch.rand(2, 3, 4, 4)
    before = net[0].weight.clone()
    for _ in range(2):
        xaiplug.explain(net, x, "integrated-gradients", baseline=Rude(), steps=2)
        assert torch.equal(net[0].weight, before)


def test_weights_are_kept_for_an_inner_component_that_may_write():
    class Outer(Reads):
        """Has a component in it."""

        inner: xaiplug.Explainer

    assert Outer(inner=Reads()).only_reads()
    assert not Outer(inner=xaiplug.component("explainer", "lrp")).only_reads()


def test_the_second_question_copies_no_weight(monkeypatch):
    net, x = network(), torch.rand(2, 3, 4, 4)
    xaiplug.explain(net, x, "gradient")
    copied = []
    clone = torch.Tensor.clone
    monkeypatch.setattr(torch.Tensor, "clone", lambda self, **more: copied.append(self.shape) or clone(self, **more))
    xaiplug.explain(net, x, "gradient")
    assert not [shape for shape in copied if shape[0] != len(x)]


@pytest.mark.parametrize("seed", [0, 7, 2**62 + 1])
def test_libraries_draw_from_the_seed_and_the_global_states_come_back(seed):
    def drawn():
        return torch.rand(2).tolist(), np.random.rand(2).tolist(), [random.random(), random.random()]

    noted = len(torch.cuda._queued_calls)
    with seeded_rng(5):
        after = drawn()
        with seeded_rng(seed):
            found = drawn()
    with seeded_rng(5):
        assert drawn() == after
    assert torch.cuda.is_available() or len(torch.cuda._queued_calls) == noted
    torch.manual_seed(seed), np.random.seed(seed % 2**32), random.seed(seed)
    assert found == drawn()


@pytest.mark.parametrize("before", [1, 2])
@pytest.mark.parametrize("inside", [0, 1, 2])
def test_numpys_normal_draws_go_on_where_they_stopped(before, inside):
    """It makes two at a time and keeps one: who draws that changes no number that the others are made of."""

    def draws(guard):
        with seeded_rng(3):
            np.random.randn(before)
            with guard:
                np.random.randn(inside if guard is guarded else 0)
            return np.random.randn(3).tolist()

    guarded = untouched_rng()
    assert draws(guarded) == draws(nullcontext())


def test_another_generator_in_the_place_of_numpys_own_is_put_back():
    own = np.random.get_bit_generator()
    try:
        np.random.set_bit_generator(np.random.PCG64(5))
        with untouched_rng():
            np.random.rand(2)
        found = np.random.rand(2)
        np.random.set_bit_generator(np.random.PCG64(5))
        assert found.tolist() == np.random.rand(2).tolist()
    finally:
        np.random.set_bit_generator(own)
