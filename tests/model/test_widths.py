"""How many rows go through a network at a time."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.calling.asking import base_query
from xaiplug.model.passes.fit import LEAST, WIDE


def wide(channels):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, channels, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 2)
        )


def sizes(network, x, rows, **options):
    seen = []
    network[0].register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
    query = base_query(xaiplug.Model(network.eval()), x[:1], target=0, **options)
    seen.clear()
    query.score(x[:1].repeat(rows, 1, 1, 1), torch.zeros(rows, dtype=torch.int64))
    return seen


X = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("channels", "rows"), [(32, 16), (64, 8), (512, LEAST)])
def test_rows_follow_the_widest_activation(channels, rows):
    assert rows == max(LEAST, WIDE // (channels * 64 * 64))
    look, *passes = sizes(wide(channels), X, 40)
    assert look == 1
    assert passes[0] == rows
    assert sum(passes) == 40


def test_a_network_is_looked_at_once_for_a_size():
    network = wide(32)
    assert sizes(network, X, 40)[0] == 1
    assert sizes(network, X, 40)[0] == 16


def test_a_look_is_in_no_cost_and_not_taken_for_few_rows_or_a_number_that_was_given():
    network = wide(32)
    assert sizes(network, X, LEAST) == [LEAST]
    assert sizes(network, X, 40, max_batch=20) == [20, 20]
    meta = xaiplug.explain(network, X, "smoothgrad", samples=20, target=0).meta
    assert meta["forwards"] == 21


def test_scores_are_those_of_any_other_number_of_rows():
    network, x = wide(32), torch.rand(20, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    own = xaiplug.explain(network, x, "integrated-gradients", steps=3, target=0)
    for rows in (1, 7, 64):
        other = xaiplug.explain(network, x, "integrated-gradients", steps=3, target=0, max_batch=rows)
        torch.testing.assert_close(own.attribution, other.attribution, rtol=1e-5, atol=1e-8)
