"""Sets on functions whose Hessian is known (T1 to T3)."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Model
from xaiplug.calling.asking import base_query
from xaiplug.errors import ComponentError, NonFiniteError
from xaiplug.grad import sample_hessian, smoothed
from xaiplug_hsets import growth
from xaiplug_hsets.neighbours import neighbours

CHAIN = {(0, 1): 1.0, (1, 2): 0.8, (3, 4): 1.0}


def sets_of(net, ranked, name="hessian-sets", **params):
    """Sets of flat features on x = 1; the linear part of `net` ranks the seeds, one segment per feature in `ranked`."""
    size = net.matrix.shape[0] if hasattr(net, "matrix") else len(ranked)
    labels = torch.full((1, size), -1)
    for feature in ranked:
        labels[0, feature] = feature
    ex = xaiplug.explain(
        net,
        torch.ones(1, size, dtype=torch.float64),
        name,
        segmenter=labels,
        baseline=torch.zeros(size),
        seeds="gradient",
        **params,
    )
    return [set(members.nonzero().flatten().tolist()) for members in ex.sets.members[0]]


def test_surrogate_has_the_table_of_the_paper():
    z = torch.tensor([-1.0, -1e-4, 0.0, 1e-4, 1.0], dtype=torch.float64)
    query = base_query(
        smoothed(Model(nn.Sequential(nn.ReLU(), nn.Linear(1, 1, bias=False).double())), tau=1e-3), z[:, None]
    )
    weight = query.model.network[1].weight.item()
    assert torch.equal(query.logits, query.model.network(z[:, None]).detach())
    at = z[:, None].clone().requires_grad_()
    (first,) = torch.autograd.grad(query.model(at).sum(), at, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), at)
    expected = torch.tensor([4.9963e-4, 0.996838, 0.0, 3.1623e-3, 0.9995004]).double()
    torch.testing.assert_close(first.detach().flatten() / weight, expected, rtol=1e-4, atol=1e-12)
    torch.testing.assert_close(second.flatten() / weight, 1e-3 / (z**2 + 1e-3) ** 1.5, rtol=1e-12, atol=0)
    assert second[2].item() / weight == pytest.approx(31.6228, abs=1e-4)
    assert second[0].item() / weight == pytest.approx(9.985e-4, abs=1e-7)


@pytest.mark.filterwarnings("ignore:.*no curvature")
def test_chains_are_followed(quadratic):
    net = quadratic(CHAIN, 8)
    assert sets_of(net, [0]) == [{0, 1, 2}]
    assert sets_of(net, [3]) == [{3, 4}]
    assert sets_of(net, [5]) == []
    assert sets_of(net, [0], mu=0.9) == [{0, 1}]
    assert sorted(map(sorted, sets_of(net, [0, 3, 5]))) == [[0, 1, 2], [3, 4]]


def test_magnitude_counts_and_not_the_sign(quadratic):
    net = quadratic({(0, 1): -10.0, (0, 2): 1.0}, 8)
    assert sets_of(net, [0]) == [{0, 1}]
    # The published min-max scaling takes all that do not interact, and drops the strongest.
    row = net.matrix[0]
    assert neighbours(row, 0, "minmax", 0.5, 9, None).index.sort()[0].tolist() == [0, 2, 3, 4, 5, 6, 7]
    assert neighbours(torch.full((8,), 3.0), 0, "minmax", 0.5, 9, None).index.tolist() == []
    assert neighbours(row, 0, "raw", 0.5, 9, None).index.tolist() == [2]


@pytest.mark.filterwarnings("ignore:.*no curvature")
@pytest.mark.parametrize("mu", [0.0, 0.3, 0.99])
def test_a_sum_has_no_sets(formula, mu):
    net = formula(lambda x: (x**3).sum(1) + x.exp().sum(1) + torch.sin(x[:, 0]))
    for name in ("hessian-sets", "hsets"):
        assert sets_of(net, list(range(6)), name, mu=mu) == []


def test_a_cap_is_kept_exactly(quadratic):
    pairs = {(0, j): 1.0 - j / 20 for j in range(1, 8)}
    net = quadratic(pairs, 8)
    assert sets_of(net, [0], nu=1) == [{1}]
    for nu in range(1, 8):
        assert [len(one) for one in sets_of(net, [0], nu=nu)] == [nu]
    full = quadratic({(i, j): 1.0 for i in range(8) for j in range(i)}, 8)
    assert [len(one) for one in sets_of(full, [0], nu=3)] == [3]


def test_sets_are_nested_in_the_threshold(formula):
    generator = torch.Generator().manual_seed(0)
    matrix = torch.rand(12, 12, generator=generator, dtype=torch.float64) ** 3
    net = formula(lambda x: ((x @ (matrix + matrix.T)) * x).sum(1) / 2)
    previous = None
    for mu in (0.2, 0.4, 0.6, 0.8, 0.95):
        found = sets_of(net, list(range(12)), mu=mu, k=1)
        assert found
        assert previous is None or found[0] <= previous
        previous = found[0]


def test_confined_sets_stay_in_their_segment(quadratic):
    net = quadratic(CHAIN, 8)
    x, labels = torch.ones(1, 8, dtype=torch.float64), torch.tensor([[0, 0, 1, 1, 1, 1, 1, 1]])
    ex = xaiplug.explain(net, x, "hessian-sets", segmenter=labels, baseline=torch.zeros(8), confine=True)
    found = sorted(members.nonzero().flatten().tolist() for members in ex.sets.members[0])
    assert all(len({int(labels[0, j]) for j in one}) == 1 for one in found)
    assert [0, 1] in found


def test_rows_ahead_of_their_turn_change_nothing(cnn, images, monkeypatch):
    def found():
        return xaiplug.explain(
            cnn, images, "hessian-sets", segmenter=("grid", {"patch": 4}), baseline="black", nu=40, mu=0.6, target=0
        )

    plain = found()
    monkeypatch.setitem(growth._TOGETHER, "cpu", 16)
    ahead = found()
    assert torch.equal(ahead.sets.members, plain.sets.members)
    torch.testing.assert_close(ahead.attribution, plain.attribution, rtol=1e-12, atol=0)
    assert torch.equal(ahead.extras["hessian_rows"], plain.extras["hessian_rows"])
    assert plain.meta["rows_computed"] == plain.meta["hessian_rows"]
    assert ahead.meta["rows_computed"] > plain.meta["rows_computed"]


def test_rows_are_limited_and_shared(cnn, images):
    ex = xaiplug.explain(
        cnn,
        images,
        "hessian-sets",
        segmenter=("grid", {"patch": 4}),
        baseline="black",
        mu=0.9,
        nu=400,
        max_rows=10,
        k=5,
    )
    assert (ex.extras["hessian_rows"] <= 10).all()
    assert ex.extras["truncated"].all()
    assert ex.meta["truncated"] == 3
    assert (~ex.sets.values.isnan()).sum(1).tolist() == [5, 5, 5]


def test_no_row_twice(cnn, images, monkeypatch):
    asked = []

    def counted(query, row):
        hessian = sample_hessian(query, row)
        return lambda features: (asked.extend(features.tolist()), hessian(features))[1]

    monkeypatch.setattr("xaiplug_hsets.detection.sample_hessian", counted)
    xaiplug.explain(cnn, images[:1], "hsets", segmenter=("grid", {"patch": 3}), baseline="black", nu=60, max_rows=None)
    assert len(asked) > 5
    assert len(asked) == len(set(asked))


def test_a_piecewise_linear_network_has_no_sets_and_says_so(cnn, images):
    with pytest.warns(UserWarning, match="no curvature"):
        ex = xaiplug.explain(cnn, images, "hsets", smoothing="none", baseline="black")
    assert ex.sets.members.shape == (3, 0, 3, 12, 12)
    assert ex.sets.values.shape == (3, 0)
    assert (ex.attribution == 0).all()


def test_infinite_curvature_is_an_error(formula):
    net = formula(lambda x: x.clamp(min=0).sqrt().prod(1))
    x = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    with pytest.raises(NonFiniteError, match="Hessian row"):
        xaiplug.explain(net, x, "hessian-sets", baseline=torch.zeros(2), seeds="gradient")


def test_parity_refuses_what_it_decides():
    made = xaiplug.component("explainer", "hsets", parity=True, mu=0.3)
    assert (made.normalize, made.abs_mode, made.aggregate, made.mu) == ("minmax", "reference", "sum", 0.3)
    assert type(made)(**made.params()).params() == made.params()
    with pytest.raises(ComponentError, match="normalize"):
        xaiplug.component("explainer", "hsets", parity=True, normalize="raw")
