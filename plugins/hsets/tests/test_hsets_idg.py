"""IDG-Vis against numbers by hand (T4 to T6, and the lemmas of the supplement)."""

from itertools import combinations

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError
from xaiplug_hsets.families import family
from xaiplug_hsets.idg import dividends, subset_masks


def idg(net, x, labels=None, baseline=None, **params):
    """Scores (G,) of the groups of one row."""
    x = torch.tensor([x], dtype=torch.float64)
    labels = torch.zeros_like(x).long() if labels is None else torch.tensor([labels])
    baseline = torch.zeros_like(x[0]) if baseline is None else torch.tensor(baseline).double()
    params = {"subsets": "exact", "aggregate": "sum"} | params
    return xaiplug.explain(net, x, "idg", segmenter=labels, baseline=baseline, **params).attribution[0].tolist()


def test_numbers_of_the_spec(formula):
    linear = formula(lambda x: x[:, 0] + 2 * x[:, 1])
    assert idg(linear, [1, 1]) == pytest.approx([5.121320], abs=1e-6)
    product = formula(lambda x: x[:, 0] * x[:, 1])
    for steps in (1, 7, 30):
        assert idg(product, [1, 1], steps=steps) == pytest.approx([1.7071068], abs=1e-7)
    assert idg(formula(lambda x: x.prod(1)), [1, 1, 1]) == pytest.approx([3.0414232], abs=1e-7)
    bent = formula(lambda x: (x**2 - x).sum(1))
    assert idg(bent, [1]) == pytest.approx([0.5161290], abs=1e-7)
    for mode in ("outside", "none"):
        assert idg(bent, [1], abs_mode=mode) == pytest.approx([0], abs=1e-12)


def test_the_reading_of_the_published_code():
    """The norm of a Hadamard product in the place of a dot product."""
    both, ones = torch.tensor([[True, True]]), torch.ones(2, dtype=torch.float64)
    for weights, published, paper in (((1.0, 2.0), 1.58114, 2.12132), ((1.0, -1.0), 1.0, 0.0)):
        gradients = torch.tensor([weights] * 31, dtype=torch.float64)
        assert dividends(gradients, ones, both, "reference", "unit").item() == pytest.approx(published, abs=1e-5)
        assert dividends(gradients, ones, both, "inside", "unit").item() == pytest.approx(paper, abs=1e-5)


def test_of_a_linear_function_is_the_change_per_length():
    generator = torch.Generator().manual_seed(0)
    weights, way = (torch.randn(6, generator=generator, dtype=torch.float64) for _ in range(2))
    masks = subset_masks(6, "exact", 0, 0)[1:]
    found = dividends(weights.expand(5, 6), way, masks, "none", "unit")
    expected = (masks * (weights * way)).sum(1) / (masks * way**2).sum(1).sqrt()
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)


def test_on_the_whole_way_it_is_integrated_gradients(formula):
    """ "path" and "none": every dividend is a sum of IG, and of all features it is f(x) - f(x') for a quadratic f."""
    net = formula(lambda x: x[:, 0] * x[:, 1] - 3 * x[:, 2] ** 2 + x[:, 1])
    x, baseline = torch.tensor([1.0, -2.0, 0.5]).double(), torch.tensor([0.2, 0.1, -0.4]).double()
    at = torch.linspace(0, 1, 31, dtype=torch.float64)[:, None]
    points = (baseline + at * (x - baseline)).requires_grad_()
    (gradients,) = torch.autograd.grad(net(points).sum(), points)
    masks = subset_masks(3, "exact", 0, 0)
    found = dividends(gradients, x - baseline, masks, "none", "path")
    integrated = gradients.mean(0) * (x - baseline)
    torch.testing.assert_close(found, masks.double() @ integrated)
    assert found[-1].item() == pytest.approx((net(x[None]) - net(baseline[None])).item(), abs=1e-12)


def values(net, x, sets, **params):
    """Exact scores of several, possibly overlapping, sets."""
    return [idg(net, x, [0 if i in one else -1 for i in range(len(x))], **params)[0] if one else 0.0 for one in sets]


@pytest.mark.parametrize("mode", ["inside", "outside"])
def test_axioms_of_the_game(mode):
    """Non-negative, monotone, superadditive, symmetric, homogeneous."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1)).double()
    x = [0.7, -0.4, 1.1, 0.3]
    sets = [set(c) for r in range(5) for c in combinations(range(4), r)]
    found = dict(zip(map(frozenset, sets), values(net, x, sets, abs_mode=mode), strict=True))
    assert found[frozenset()] == 0
    assert min(found.values()) >= 0
    for one, value in found.items():
        for other, larger in found.items():
            if one <= other:
                assert value <= larger + 1e-12
            if not one & other:
                assert found[one | other] >= value + larger - 1e-12
    scaled = nn.Sequential(*net[:2], nn.Linear(6, 1)).double()
    scaled[2].load_state_dict({"weight": -3 * net[2].weight, "bias": net[2].bias})
    assert values(scaled, x, [{0, 2}], abs_mode=mode) == pytest.approx([3 * found[frozenset({0, 2})]])


def test_alike_features_score_alike(formula):
    net = formula(lambda x: (x[:, 0] * x[:, 1]) ** 2 + (x[:, 2] * x[:, 3]) ** 2)
    for params in ({}, {"subsets": "sample", "samples": 7}):
        first, second = idg(net, [0.3, 0.8, 0.3, 0.8], [0, 0, 1, 1], **params)
        assert first == pytest.approx(second, rel=1e-12)


def test_a_dummy_dilutes_and_has_nothing(formula):
    net = formula(lambda x: 3 * x[:, 0])
    assert idg(net, [2.0, 5.0], [-1, 0]) == [0]
    way = torch.tensor([2.0, 5.0], dtype=torch.float64)
    gradients = torch.tensor([[3.0, 0.0]], dtype=torch.float64)
    alone, both = dividends(gradients, way, torch.tensor([[True, False], [True, True]]), "inside", "unit").tolist()
    assert both / alone == pytest.approx(2 / (4 + 25) ** 0.5)


def test_a_set_that_alone_changes_has_at_least_the_slope(formula):
    """Lemma 2 for "inside"; Algorithm 2 as printed ("none") breaks it."""
    net = formula(lambda x: -1.30902 * x[:, 0] + x[:, 1])
    change = abs(-1.30902 + 2)
    assert idg(net, [1.0, 2.0])[0] >= change / 5**0.5
    assert idg(net, [1.0, 2.0], abs_mode="none")[0] == pytest.approx(0, abs=1e-5)


def test_samples_estimate_all_subsets(formula):
    net = formula(lambda x: x.prod(1) + x[:, 0] ** 2)
    exact = idg(net, [0.9, 1.2, 0.4, 1.0])[0]
    drawn = idg(net, [0.9, 1.2, 0.4, 1.0], subsets="sample", samples=20000, aggregate="unbiased")[0]
    assert drawn == pytest.approx(exact, rel=0.02)
    mean = idg(net, [0.9, 1.2, 0.4, 1.0], aggregate="mean")[0]
    assert mean == pytest.approx(exact / 16, rel=1e-12)


def test_large_sets_are_refused_where_they_cannot_be_enumerated(formula):
    net = formula(lambda x: x.sum(1))
    with pytest.raises(ComponentError, match="17 features"):
        idg(net, [1.0] * 17)
    with pytest.raises(ComponentError, match="unbiased"):
        idg(net, [1.0] * 1100, subsets="sample", aggregate="unbiased")
    assert idg(net, [1.0] * 1100, subsets="sample", aggregate="mean")[0] > 0


def test_features_at_the_baseline_cost_nothing(formula):
    assert idg(formula(lambda x: x.sum(1)), [0.0, 0.0, 1.0], [0, 0, 1]) == pytest.approx([0.0, 1.0])


def test_two_ways_to_write_a_function_score_alike(formula):
    labels = [0, 0, 1]
    one = idg(formula(lambda x: (x[:, 0] + x[:, 1]) ** 2 + x[:, 2]), [0.4, 0.9, 1.0], labels)
    two = idg(formula(lambda x: x[:, 0] ** 2 + 2 * x[:, 0] * x[:, 1] + x[:, 1] ** 2 + x[:, 2]), [0.4, 0.9, 1.0], labels)
    assert one == pytest.approx(two, rel=1e-12)


def test_several_baselines_are_averaged(formula):
    net = formula(lambda x: x.prod(1))
    x = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    baselines = torch.tensor([[[0.0, 0.0]], [[0.5, -1.0]]], dtype=torch.float64)
    whole = torch.zeros(1, 2).long()
    both = xaiplug.explain(net, x, "idg", segmenter=whole, baseline=baselines, subsets="exact").attribution
    each = [xaiplug.explain(net, x, "idg", segmenter=whole, baseline=b, subsets="exact").attribution for b in baselines]
    torch.testing.assert_close(both, (each[0] + each[1]) / 2)


def test_sets_may_overlap(formula):
    """Every set as if it were alone; a group has the sum over its sets."""
    net = formula(lambda x: x[:, 0] * x[:, 1] + x[:, 1] * x[:, 2] ** 2)
    x, exact = [0.7, 1.3, -0.4], {"subsets": "exact", "aggregate": "sum"}
    given = ((0, 1), (1, 2), (2,), ())
    ex = xaiplug.explain(
        net,
        torch.tensor([x], dtype=torch.float64),
        "idg",
        segmenter=torch.tensor([[0, 1, 2]]),
        baseline=torch.zeros(3).double(),
        sets=given,
        **exact,
    )
    alone = values(net, x, [set(one) for one in given])
    assert ex.sets.values[0].tolist() == pytest.approx(alone, rel=1e-12)
    assert ex.sets.members[0].tolist() == [[i in one for i in range(3)] for one in given]
    assert ex.attribution[0].tolist() == pytest.approx([alone[0], alone[0] + alone[1], alone[1] + alone[2]], rel=1e-12)
    with pytest.raises(ComponentError, match=r"group 3, and a sample has groups 0\.\.2"):
        xaiplug.explain(
            net, torch.ones(1, 3), "idg", segmenter=torch.tensor([[0, 1, 2]]), baseline=torch.zeros(3), sets=((3,),)
        )


@pytest.mark.parametrize("mode", ["inside", "outside"])
def test_normalised_dividends(formula, mode):
    """The original IDG, on a tree of sets: dividends over their sum, and a set is worth those inside it."""
    net = formula(lambda x: x[:, 0] * x[:, 1] - 3 * x[:, 2] + x[:, 1] ** 2)
    tree = ({0}, {1}, {2}, {3}, {0, 1}, {2, 3}, {0, 1, 2, 3})
    x = torch.tensor([[0.7, 1.3, -0.4, 2.0]], dtype=torch.float64)
    way = x[0]
    ex = xaiplug.explain(
        net,
        x,
        "idg",
        segmenter=torch.arange(4)[None],
        baseline=torch.zeros(4),
        sets=tuple(tuple(sorted(one)) for one in tree),
        normalize_dividends=True,
        abs_mode=mode,
    )
    points = (torch.linspace(0, 1, 31, dtype=torch.float64)[:, None] * way).requires_grad_()
    (gradients,) = torch.autograd.grad(net(points).sum(), points)
    worth = []
    for one in tree:
        chosen = torch.tensor([i in one for i in range(4)])
        along = gradients @ (way * chosen) / (way * chosen).norm()
        worth.append(along.abs().mean().item() if mode == "inside" else along.mean().abs().item())
    expected = [sum(w for w, part in zip(worth, tree, strict=True) if part <= one) / sum(worth) for one in tree]
    assert ex.sets.values[0].tolist() == pytest.approx(expected, rel=1e-12)
    assert ex.sets.values[0, -1].item() == pytest.approx(1)
    assert ex.sets.values[0, 3].item() == 0


def test_normalised_dividends_of_nothing(formula):
    flat = formula(lambda x: 0 * x.sum(1))
    assert idg(flat, [1.0, 2.0], [0, 1], normalize_dividends=True) == [0, 0]
    with pytest.raises(ComponentError, match="abs_mode='none'"):
        xaiplug.component("explainer", "idg", normalize_dividends=True, abs_mode="none")


def test_a_family_of_masks():
    """Masks are the unions of their groups again."""
    masks = torch.rand(4, 5, 6, generator=torch.Generator().manual_seed(0)) < 0.4
    masks[2] = False
    labels, sets = family(masks)
    for mask, one in zip(masks, sets, strict=True):
        assert torch.equal(torch.isin(labels[0], torch.tensor(one)), mask)
    assert labels.max() + 1 == len(labels[labels >= 0].unique())
