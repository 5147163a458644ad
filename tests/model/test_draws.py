"""Draws of a query: each sample's own, however many are asked for at once."""

import pytest
import torch

from xaiplug.calling.asking import base_query
from xaiplug.model.adapter import Model

NET = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(75, 2))
X = torch.rand(3, 3, 5, 5, generator=torch.Generator().manual_seed(0))


def query(inputs=X, seed=0):
    return base_query(Model.of(NET.to(inputs.dtype)), inputs, target=0, seed=seed)


@pytest.mark.parametrize("shape", [(3, 5, 5), (2,), (16,), ()])
def test_many_at_once_are_one_by_one(shape):
    one, many = query(), query()
    singly = torch.stack([one.normal(*shape) for _ in range(6)])
    torch.testing.assert_close(torch.cat([many.normals(2, *shape), many.normals(4, *shape)]), singly, rtol=0, atol=0)
    assert singly.unique().numel() == singly.numel()


def test_batch_and_precision_change_no_draw():
    whole = query().normals(2, 4)
    assert torch.equal(query(X[1:2]).normals(2, 4), whole[:, 1:2])
    wide = query(X.double()).normals(2, 4)
    assert wide.dtype == torch.float64
    assert torch.equal(wide.float(), whole)


def test_draws_are_standard_normal():
    drawn = query().normals(400, 75).double()
    assert abs(drawn.mean()) < 0.01
    assert abs(drawn.std() - 1) < 0.01
    assert abs((drawn.abs() < 1).double().mean() - 0.6827) < 0.01


def test_a_stream_of_its_own_begins_at_its_start():
    first, later = query(), query()
    later.uniform(7)
    assert torch.equal(first.drawing("a").normal(8), later.drawing("a").normal(8))
    assert not torch.equal(first.drawing("a").normal(8), first.drawing("b").normal(8))
    assert not torch.equal(first.drawing("a").normal(8), first.normal(8))
    assert not torch.equal(query(seed=1).drawing("a").normal(8), first.drawing("a").normal(8))
    assert torch.equal(query().normal(8), query().normal(8))
