"""Whole questions are answered once inside `sharing`, and only by the model that was asked, as it was."""

import pytest
import torch
from torch import nn

from xaiplug.data.groups import FeatureGroups
from xaiplug.data.samples import Pool
from xaiplug.model import asked
from xaiplug.model.asked import Asked, named, once, sharing


@pytest.fixture
def net():
    return nn.Linear(2, 2)


def counting(net):
    """A question to a network, and how often it was asked."""
    times = []

    def ask(x, **more):
        return once(net, lambda: {"x": x, **more}, lambda: times.append(1) or net(x).detach())

    return ask, times


def test_the_same_question_is_asked_once_inside_and_every_time_outside(net):
    ask, times = counting(net)
    x = torch.rand(3, 2)
    with sharing(Asked()):
        assert torch.equal(ask(x), ask(x.clone()))
    assert len(times) == 1
    ask(x), ask(x)
    assert len(times) == 3
    with sharing(Asked()), sharing(None):
        ask(x), ask(x)
    assert len(times) == 5


@pytest.mark.parametrize("other", [(torch.ones(4, 2), 1), (torch.zeros(3, 2), 1), (torch.ones(3, 2), 8)])
def test_another_question_is_asked(net, other):
    ask, times = counting(net)
    with sharing(Asked()):
        ask(torch.ones(3, 2), rows=1)
        ask(other[0], rows=other[1])
    assert len(times) == 2


def test_a_network_that_changed_or_another_is_asked_anew(net):
    ask, times = counting(net)
    x = torch.ones(1, 2)
    with sharing(Asked()), torch.no_grad():
        before = ask(x)
        net.weight.mul_(2)
        assert not torch.equal(ask(x), before)
        other, times_of_other = counting(nn.Linear(2, 2))
        other(x)
    assert (len(times), len(times_of_other)) == (2, 1)


def test_a_network_whose_changes_nobody_counts_is_asked_every_time():
    with torch.inference_mode():
        net = nn.Linear(2, 2)
        ask, times = counting(net)
        with sharing(Asked()):
            ask(torch.ones(1, 2)), ask(torch.ones(1, 2))
    assert len(times) == 2


def test_what_is_not_known_by_its_value_is_not_shared(net):
    ask, times = counting(net)
    with sharing(Asked()):
        ask(torch.ones(1, 2), policy=object()), ask(torch.ones(1, 2), policy=object())
    assert len(times) == 2


def test_who_changes_an_answer_changes_only_their_own(net):
    ask, _ = counting(net)
    with sharing(Asked()):
        right = ask(torch.ones(1, 2)).clone()
        for _ in range(2):
            ask(torch.ones(1, 2)).zero_()
        assert torch.equal(ask(torch.ones(1, 2)), right)


def test_the_oldest_answers_leave(net, monkeypatch):
    monkeypatch.setattr(asked, "KEPT", 4)
    ask, times = counting(net)
    with sharing(Asked()):
        for value in (0.0, 1.0, 2.0, 0.0, 2.0):  # two answers of two numbers fit
            ask(torch.full((1, 2), value))
    assert len(times) == 4


def test_values_have_their_own_names():
    labels = torch.tensor([[0, 1, 1, 0]])
    one, other = FeatureGroups.from_labels(labels), FeatureGroups.from_labels(1 - labels)
    pool = Pool(torch.zeros(2, 3), torch.tensor([0, 1]), torch.tensor([0, 0]))
    values = [None, 1, 1.0, "1", True, [1], [], {"a": 1}, {}, one, other, pool]
    values.append(Pool(pool.inputs, pool.labels, pool.labels))
    assert len({named(value) for value in values}) == len(values)
    with pytest.raises(TypeError):
        named({"a": [object()]})
