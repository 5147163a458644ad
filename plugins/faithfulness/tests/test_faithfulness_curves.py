"""Insertion and deletion: the spec's numbers, ties, units, batches."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import xaiplug
from xaiplug import Explanation, FeatureGroups
from xaiplug.calling.asking import base_query
from xaiplug.errors import ComponentError
from xaiplug.model.asked import Asked, sharing
from xaiplug_faithfulness.units import unit_values


def linear(weights):
    net = nn.Linear(len(weights), 1, bias=False).double()
    with torch.no_grad():
        net.weight.copy_(torch.tensor([weights], dtype=torch.float64))
    return net


def on_rows(metric, weights, values, **params):
    x, ex = torch.ones(1, len(weights), dtype=torch.float64), Explanation(torch.tensor([values], dtype=torch.float64))
    return xaiplug.score(linear(weights), x, ex, metric, baseline=torch.zeros(len(weights)), **params)


W = [0.4, 0.3, 0.2, 0.1]


def test_oracles():
    inserted, deleted = on_rows("insertion", W, W), on_rows("deletion", W, W)
    assert inserted.values.item() == pytest.approx(0.625, abs=1e-15)
    assert deleted.values.item() == pytest.approx(0.375, abs=1e-15)
    assert inserted.curve[0].tolist() == pytest.approx([0, 0.4, 0.7, 0.9, 1])
    assert deleted.curve[0].tolist() == pytest.approx([1, 0.6, 0.3, 0.1, 0], abs=1e-15)
    assert inserted.steps.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert (inserted.better, deleted.better) == ("higher", "lower")
    assert on_rows("insertion", W, W[::-1]).values.item() == pytest.approx(0.375, abs=1e-15)


def test_order_is_signed():
    assert on_rows("insertion", W, [-0.4, 0.3, 0.2, 0.1]).curve[0].tolist() == pytest.approx([0, 0.3, 0.5, 0.6, 1])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=9), st.randoms(), st.sampled_from([None, 1, 3, 50]))
def test_of_an_additive_score_both_sum_to_one(weights, random, steps):
    weights = [w / sum(weights) for w in weights]
    values = list(weights)
    random.shuffle(values)
    both = [on_rows(metric, weights, values, steps=steps).values.item() for metric in ("insertion", "deletion")]
    assert sum(both) == pytest.approx(1, abs=1e-12)
    best = on_rows("insertion", weights, weights, steps=steps).values.item()
    assert best >= both[0] - 1e-12


def test_ties():
    """Two equal values: the lower number first; shuffled by the sample's seed otherwise, the same every time."""
    assert on_rows("insertion", W, [1.0, 0, 0, 1]).curve[0].tolist() == pytest.approx([0, 0.4, 0.5, 0.8, 1])
    seen = {
        tuple(round(v, 6) for v in on_rows("insertion", W, [1.0, 1, 1, 1], ties="random", seed=s).curve[0].tolist())
        for s in range(12)
    }
    assert len(seen) > 3
    again = [on_rows("insertion", W, [1.0, 1, 1, 1], ties="random", seed=5).curve for _ in range(2)]
    assert torch.equal(*again)


NET = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, 8), nn.Tanh(), nn.Linear(8, 4)).double()
X = torch.rand(3, 3, 8, 8, dtype=torch.float64)


def test_scale_is_the_probability_of_the_explained_class():
    ex = xaiplug.explain(NET, X, "gradient", target=[0, 1, 2])
    result = xaiplug.score(NET, X, ex, "deletion", steps=4)
    assert result.unit == "probability"
    expected = NET(X).softmax(1)[torch.arange(3), torch.arange(3)]
    torch.testing.assert_close(result.curve[:, 0], expected.detach())
    black = NET(torch.zeros_like(X)).softmax(1)[torch.arange(3), torch.arange(3)]
    torch.testing.assert_close(result.curve[:, -1], black.detach())
    assert xaiplug.score(NET, X, ex, "deletion", scale="logit").unit == "logit"


def test_patches_go_whole():
    """Four patches of 4x4; the curve visits the four images made by hand."""
    a = torch.zeros(1, 1, 8, 8, dtype=torch.float64)
    a[..., :4, 4:], a[..., 4:, :4] = 2, 1
    ex = Explanation(a, target=xaiplug.Target(torch.tensor([1])))
    curve = xaiplug.score(NET, X[:1], ex, "deletion", by="patch", patch=4).curve[0]
    x = X[:1].clone()
    expected = [x.clone()]
    for rows, columns in ((slice(0, 4), slice(4, 8)), (slice(4, 8), slice(0, 4)), (slice(0, 4), slice(0, 4))):
        x[..., rows, columns] = 0
        expected.append(x.clone())
    expected.append(torch.zeros_like(x))
    torch.testing.assert_close(curve, NET(torch.cat(expected)).softmax(1)[:, 1].detach())


def test_patches_need_images():
    with pytest.raises(ComponentError, match="by='pixel'"):
        on_rows("insertion", W, W, by="patch")


def test_groups_go_whole_and_may_differ_in_number():
    labels = torch.zeros(3, 8, 8, dtype=torch.int64)
    labels[0, :4] = 1
    labels[1, :, 2:4], labels[1, :, 4:] = 1, 2
    labels[2, :2], labels[2, 2:5], labels[2, 5:] = -1, 1, 2
    groups = FeatureGroups.from_labels(labels)
    a = torch.tensor([[1.0, 2, torch.nan], [3, 2, 1], [1, 3, torch.nan]], dtype=torch.float64)
    target = xaiplug.Target(torch.tensor([0, 1, 2]))
    together = xaiplug.score(NET, X, Explanation(a, "group", groups=groups, target=target), "insertion", by="group")
    assert together.curve.shape == (3, 4)
    for b in range(3):
        count = int(groups.counts[b])
        alone = Explanation(
            a[b : b + 1, :count],
            "group",
            groups=FeatureGroups.from_labels(labels[b : b + 1]),
            target=xaiplug.Target(target.index[b : b + 1]),
        )
        single = xaiplug.score(NET, X[b : b + 1], alone, "insertion", by="group")
        torch.testing.assert_close(together.values[b], single.values[0], rtol=1e-12, atol=1e-14)
        assert single.curve.shape == (1, count + 1)
    # features in no group stay: the empty coalition of the third sample has its two top rows
    kept = X[2:].clone()
    kept[:, :, 2:] = 0
    torch.testing.assert_close(together.curve[2, 0], NET(kept).softmax(1)[0, 2].detach())


def test_pixels_of_a_group_map_follow_its_groups():
    groups = FeatureGroups.from_labels((torch.arange(8) // 4).expand(1, 8, 8).contiguous())
    ex = Explanation(
        torch.tensor([[1.0, 2.0]]).double(), "group", groups=groups, target=xaiplug.Target(torch.tensor([0]))
    )
    by_pixel = xaiplug.score(NET, X[:1], ex, "deletion", steps=2)
    by_group = xaiplug.score(NET, X[:1], ex, "deletion", by="group")
    torch.testing.assert_close(by_pixel.curve, by_group.curve)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("metric", ["insertion", "deletion"])
def test_a_batch_is_one_by_one(metric, dtype, monkeypatch):
    net, x = NET.to(dtype), X.to(dtype)
    ex = xaiplug.explain(net, x, "input-x-gradient", target=1)
    together = xaiplug.score(net, x, ex, metric, steps=10, ties="random")
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    for b in range(3):
        alone = Explanation(ex.attribution[b : b + 1], target=xaiplug.Target(ex.target.index[b : b + 1]))
        single = xaiplug.score(net, x[b : b + 1], alone, metric, steps=10, ties="random", max_batch=4)
        torch.testing.assert_close(together.curve[b], single.curve[0], rtol=tolerance, atol=tolerance)
    monkeypatch.setattr("xaiplug_faithfulness.curves._HELD", 1)
    blocks = xaiplug.score(net, x, ex, metric, steps=10, ties="random")
    torch.testing.assert_close(together.values, blocks.values, rtol=tolerance, atol=tolerance)
    NET.double()


def test_embeddings():
    net = nn.Sequential(nn.Flatten(), nn.Linear(24, 1, bias=False)).double()
    x = torch.rand(2, 6, 4, dtype=torch.float64)
    ex = xaiplug.explain(net, x, "input-x-gradient")
    result = xaiplug.score(net, x, ex, "insertion", imputer="baseline", baseline="black")
    contributions = ex.attribution.sum(2).sort(1, descending=True).values.cumsum(1)
    torch.testing.assert_close(result.curve[:, 1:], contributions)


def test_curves_that_share_answers_ask_their_ends_once_and_change_no_bit():
    rows = []

    class Counting(nn.Module):
        def forward(self, x):
            rows.append(len(x))
            return NET.double()(x)

    def scored(metric, **params):
        rows.clear()
        return xaiplug.score(net, X, ex, metric, steps=10, **params), sum(rows)

    net = xaiplug.Model(Counting())
    ex = xaiplug.explain(net, X, "input-x-gradient", target=1)
    alone = [scored(metric) for metric in ("deletion", "insertion")]
    with sharing(Asked()):
        together = [scored(metric) for metric in ("deletion", "insertion")]
        again, none = scored("insertion", value="correct")
        start, none_too = scored("deletion", at=0.0)
    samples = len(X)
    assert [count for _, count in together] == [samples * 12, samples * 9]
    assert (none, none_too) == (0, 0)
    assert torch.equal(start.values, together[0][0].curve[:, 0])
    for (one, _), (other, _) in zip(alone, together, strict=True):
        assert torch.equal(one.curve, other.curve)
    assert again.unit == "accuracy"


def test_units_of_embeddings_and_of_images_are_sums_over_channels():
    cells = torch.tensor([[0, 0, 1]])
    words = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [5.0, -1.0]]])  # (1,L,D)
    pixels = words.mT[:, :, None]  # (1,C,1,L)
    for values, labels in ((words, cells), (pixels, cells[:, None])):
        query = base_query(xaiplug.Model(nn.Flatten()), values, target=0)
        found = unit_values(query, Explanation(values, "input"), FeatureGroups.from_labels(labels))
        assert found.tolist() == [[5.0, 4.0]]
