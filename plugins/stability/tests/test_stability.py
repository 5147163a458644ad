"""Stability metrics: toy cases with known answers."""

import pytest
import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity
from torch import nn
from torch.testing import assert_close

import xaiplug
from xaiplug import Explanation, FeatureGroups, Query, View, component
from xaiplug.calling.asking import base_query
from xaiplug.errors import ComponentError, DataError, ShapeError
from xaiplug.model import Model
from xaiplug_stability.diagnostics import spread
from xaiplug_stability.distances import distance, spearman
from xaiplug_stability.folds import consistency
from xaiplug_stability.maps import normalised
from xaiplug_stability.similarity import ssim

KINDS = ("l2", "unit-l2", "1-spearman", "fel")


class Plain(nn.Module):
    def forward(self, x):
        return torch.stack([x.flatten(1).sum(1), -x.flatten(1).sum(1)], 1)


def view(values, *, predicted=None, labels=None, seen=None, groups=None, name="m", shape=None):
    """A view that shows `values` (B,*shape)."""
    inputs = torch.rand(shape or values.shape, dtype=values.dtype)
    query: Query = base_query(Model.of(Plain()), inputs).replace(groups=groups)
    b = len(values)
    return View(
        name,
        query,
        Explanation(values, target=query.target, groups=groups).validate(query),
        torch.tensor(predicted if predicted is not None else [0] * b),
        torch.tensor(labels if labels is not None else [0] * b),
        None if seen is None else torch.tensor(seen),
    )


def compare(name, *views, **params):
    return component("metric", name, **params).compare(views)


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# ssim


@pytest.mark.parametrize("normalize", ["p99", "minmax"])
def test_q10_ssim_of_itself_is_1_and_it_is_symmetric(normalize):
    a, b = rand(3, 3, 24, 20), rand(3, 3, 24, 20, seed=1)
    assert_close(compare("ssim", view(a), view(a), normalize=normalize).values, torch.ones(3).double())
    one, two = (compare("ssim", view(x), view(y), normalize=normalize).values for x, y in ((a, b), (b, a)))
    assert_close(one, two)
    assert one.abs().max() < 0.5


def test_ssim_is_near_that_of_scikit_image():
    """The same window; scikit-image handles the border otherwise (spec B9: apart by a few thousandths)."""
    a, b = rand(2, 64, 64).abs(), rand(2, 64, 64, seed=1).abs()
    a, b = normalised(a + b, "minmax"), normalised(b, "minmax")
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    want = [structural_similarity(x, y, **options) for x, y in zip(a.numpy(), b.numpy(), strict=True)]
    assert_close(ssim(a, b), torch.tensor(want).double(), rtol=0, atol=0.01)


def test_ssim_within_the_map_is_that_of_scikit_image_to_rounding():
    a, b = torch.rand(2, 20, 26, dtype=torch.float64), torch.rand(2, 20, 26, dtype=torch.float64)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    want = [structural_similarity(x, y, **options) for x, y in zip(a.numpy(), b.numpy(), strict=True)]
    assert_close(ssim(a, b, border="within"), torch.tensor(want).double(), rtol=0, atol=1e-6)
    assert ssim(torch.rand(1, 11, 11), torch.rand(1, 11, 11), border="within").shape == (1,)


@pytest.mark.parametrize("shape", [(24, 24), (1, 1, 24, 24), (1, 10, 24), (1, 24, 10)])
def test_ssim_of_what_is_no_map_says_so(shape):
    with pytest.raises(ShapeError, match=r"maps \(B,H,W\) of at least 11 pixels a side"):
        ssim(torch.rand(shape), torch.rand(shape))
    assert ssim(torch.rand(1, 11, 11), torch.rand(1, 11, 11)).shape == (1,)


def test_ssim_of_one_sample_does_not_depend_on_the_batch():
    a, b = rand(3, 3, 16, 16), 1000 * rand(3, 3, 16, 16, seed=1)
    whole = compare("ssim", view(a), view(b)).values
    assert_close(whole[1:2], compare("ssim", view(a[1:2]), view(b[1:2])).values)
    assert_close(whole, compare("ssim", view(a), view(b / 1000)).values)


def test_ssim_of_three_models_is_the_mean_over_the_pairs():
    a, b, c = (view(rand(2, 3, 16, 16, seed=s)) for s in range(3))
    pairs = [compare("ssim", *pair).values for pair in ((a, b), (a, c), (b, c))]
    assert_close(compare("ssim", a, b, c).values, torch.stack(pairs).mean(0))


def test_q9_grouping_noise_raises_ssim():
    """A smooth signal and twice as much noise, 64 x 64, in blocks of 8 x 8."""
    at = torch.linspace(0, 3, 64).double()
    signal = (at.sin()[:, None] * at.cos()).abs()
    noisy = [(signal + 2 * signal.std() * rand(1, 64, 64, seed=s)) for s in (0, 1)]
    blocks = torch.arange(64) // 8
    groups = FeatureGroups.from_labels((blocks[:, None] * 8 + blocks)[None])
    grouped = [groups.broadcast(groups.mean(maps)) for maps in noisy]
    pixel, block = (ssim(*(normalised(m - m.amin(), "minmax") for m in maps)).item() for maps in (noisy, grouped))
    assert pixel < 0.3
    assert block > pixel + 0.2


def test_ssim_needs_room_for_its_window_and_two_models():
    with pytest.raises(ShapeError, match="at least 11"):
        compare("ssim", view(rand(1, 3, 8, 8)), view(rand(1, 3, 8, 8)))
    with pytest.raises(ComponentError, match="at least two"):
        compare("ssim", view(rand(1, 3, 16, 16)))


def test_spatial_and_group_maps():
    groups = FeatureGroups.from_labels((torch.arange(16) // 4)[:, None].expand(16, 16)[None])
    spatial = view(groups.broadcast(torch.tensor([[1.0, 2, 3, 4]])).unsqueeze(1), shape=(1, 3, 16, 16))
    grouped = view(torch.tensor([[1.0, 2, 3, 4]]), shape=(1, 3, 16, 16), groups=groups)
    assert_close(compare("ssim", spatial, grouped).values, torch.ones(1))


def test_normalisation():
    a = torch.arange(200.0).view(1, 10, 20)
    assert normalised(a, "minmax").flatten()[[0, 100, 199]].tolist() == pytest.approx([0, 100 / 199, 1])
    assert normalised(a, "p99").flatten()[[0, 100, 198, 199]].tolist() == pytest.approx([0, 100 / 197.01, 1, 1])
    lone = torch.zeros(1, 20, 20)
    lone[0, 3, 4] = 5
    assert normalised(lone, "p99").amax() == 1
    assert normalised(torch.zeros(1, 4, 4), "p99").amax() == 0
    assert normalised(torch.ones(1, 4, 4), "minmax").amax() == 0


# distances


def test_distances():
    a, b = torch.tensor([[3.0, 0, 0]]), torch.tensor([[0.0, 4, 0]])
    assert distance(a, b, "l2").item() == 5
    assert distance(a, b, "unit-l2").item() == pytest.approx(2**0.5)
    x, y = rand(4, 3, 5, 5).round(decimals=1), rand(4, 3, 5, 5, seed=1).round(decimals=1)
    want = [spearmanr(p.flatten(), q.flatten()).statistic for p, q in zip(x.numpy(), y.numpy(), strict=True)]
    assert_close(spearman(x.flatten(1), y.flatten(1)), torch.tensor(want).double())
    assert_close(distance(x, y, "1-spearman"), 1 - torch.tensor(want).double())
    assert_close(distance(x, y, "fel"), (1 - torch.tensor(want).double().abs()).sqrt())
    for kind in KINDS:
        assert distance(x, x, kind).abs().max() < 1e-6
        assert distance(torch.ones(1, 4), torch.ones(1, 4), kind).item() == 0
    assert distance(x, -x, "1-spearman").tolist() == pytest.approx([2] * 4)


# mege and reco


def scaled(*sizes):
    """Maps (B,3,2,2) of the given norms."""
    return torch.stack([torch.full((3, 2, 2), size / 12**0.5) for size in sizes]).double()


@pytest.mark.parametrize("metric", ["mege", "reco"])
def test_folds_need_the_label_of_every_sample(metric):
    views = [view(rand(3, 2, seed=seed), labels=[0, -1, 1], seen=[seed == 0] * 3) for seed in (0, 1)]
    with pytest.raises(DataError, match=rf"metric '{metric}' needs the label of every sample, and 1 of 3 have none"):
        compare(metric, *views)


def test_mege_by_hand():
    """Five samples: both have seen the first; of the others the second is wrong for both, the third for one."""
    one = view(scaled(0, 0, 0, 0, 0), predicted=[0, 1, 0, 0, 0], seen=[True, True, True, True, False])
    two = view(scaled(9, 9, 9, 1, 3), predicted=[0, 1, 1, 0, 0], seen=[True, False, False, False, True])
    assert compare("mege", one, two).values.tolist() == pytest.approx([1 / (1 + 2)])
    assert compare("mege", one, two, samples="all").values.tolist() == pytest.approx([1 / (1 + 13 / 3)])
    assert compare("reco", one, two).values.tolist() == pytest.approx([1.0])


@pytest.mark.parametrize("kind", KINDS)
def test_q10_mege_is_1_iff_the_maps_are_identical(kind):
    a, b = rand(3, 3, 4, 4), rand(3, 3, 4, 4, seed=1)
    seen = {"seen": [True] * 3}, {"seen": [False] * 3}
    same = compare("mege", view(a, **seen[0]), view(a, **seen[1]), distance=kind).values
    other = compare("mege", view(a, **seen[0]), view(b, **seen[1]), distance=kind).values
    assert same.item() == pytest.approx(1, abs=1e-6)
    assert 0 < other.item() < 0.99


def test_mege_over_folds():
    """Three models, model i trained without sample i: of every pair two samples count."""
    maps = [scaled(*(float(i == k) * 3 for k in range(3))) for i in range(3)]
    views = [view(maps[i], seen=[i != k for k in range(3)], name=str(i)) for i in range(3)]
    assert compare("mege", *views).values.tolist() == pytest.approx([1 / (1 + 3)])


def test_nothing_counts():
    one, two = view(scaled(1), seen=[True]), view(scaled(2), seen=[True])
    assert compare("mege", one, two).values.isnan().all()
    assert compare("reco", one, two).values.isnan().all()
    with pytest.raises(ComponentError, match="samples='all'"):
        compare("mege", view(scaled(1)), two)


def test_reco_by_hand():
    assert consistency(torch.tensor([0.1, 0.2, 0.6]), torch.tensor([0.5, 0.9])).item() == pytest.approx(2 / 3)
    assert consistency(torch.tensor([1.0, 2]), torch.tensor([3.0, 4])).item() == 1
    assert consistency(torch.tensor([3.0, 4]), torch.tensor([1.0, 2])).item() == 0
    assert consistency(torch.tensor([1.0, 1]), torch.tensor([1.0])).item() == 0


# generalisation gap


def test_generalisation_gap_by_hand():
    """Maps 0, 0 and 3 (norms): the mean of the others is 1.5, 1.5, 0 away from them, so d = 1.5, 1.5, 3."""
    seen = [[True, True, True], [True, False, True], [False, True, True]]
    sizes = [(0, 0, 0), (0, 0, 0), (3, 3, 3)]
    views = [view(scaled(*sizes[i]), seen=seen[i], name=str(i)) for i in range(3)]
    first, second, third = compare("generalisation-gap", *views).values.tolist()
    assert first == pytest.approx(3 - (1.5 + 1.5) / 2)
    assert second == pytest.approx(1.5 - (1.5 + 3) / 2)
    assert third != third


def test_generalisation_gap_is_what_noise_on_unseen_samples_makes_it():
    """Five folds: the left-out model's map gets noise of norm about 6, the others' of norm about 1."""
    count, folds = 200, 5
    block = torch.arange(count) % folds
    maps = [
        rand(count, 3, 4, 4, seed=i) * torch.where(block == i, 6.0, 1.0).view(-1, 1, 1, 1) / 48**0.5
        for i in range(folds)
    ]
    views = [view(maps[i], seen=(block != i).tolist(), name=str(i)) for i in range(folds)]
    gap = compare("generalisation-gap", *views).values
    assert 3.5 < gap.mean() < 4.5
    level = [view(m, seen=(block != i).tolist(), name=str(i)) for i, m in enumerate(rand(folds, count, 3, 4, 4))]
    assert compare("generalisation-gap", *level).values.mean().abs() < 0.2


def test_generalisation_gap_needs_three_models_that_say_what_they_saw():
    seen = {"seen": [True]}
    with pytest.raises(ComponentError, match="at least three models, got 2"):
        compare("generalisation-gap", view(scaled(1), **seen), view(scaled(1), **seen))
    with pytest.raises(ComponentError, match="was trained on"):
        compare("generalisation-gap", *(view(scaled(1)) for _ in range(3)))


def test_uniform_stability_is_the_largest_distance_to_the_first_model():
    views = [view(scaled(*sizes), name=str(i)) for i, sizes in enumerate([(1, 5), (2, 5), (1, 2)])]
    assert compare("uniform-stability", *views).values.tolist() == pytest.approx([1, 3])


# diagnostics

GROUPS = FeatureGroups.from_labels(torch.tensor([[[0, 0], [1, 1]]]))


def test_prop_2_in_numbers():
    """v = (1, 3, -2, 5): 39 before, 12.5 after, 26.5 between."""
    one = view(torch.tensor([[[[1.0, 3], [-2, 5]]]]).double(), groups=GROUPS)
    two = view(torch.zeros(1, 1, 2, 2).double(), groups=GROUPS)
    assert_close(compare("interpretation-loss", one, two).values ** 2, torch.tensor([39.0]).double())
    assert_close(compare("grouping-gap", one, two).values, torch.tensor([26.5]).double())


def test_prop_1_and_2_for_super_pixel_maps_of_two_networks():
    torch.manual_seed(0)
    nets = [nn.Sequential(nn.Flatten(), nn.Linear(192, 6), nn.Tanh(), nn.Linear(6, 3)).double() for _ in range(2)]
    x = torch.rand(2, 3, 8, 8).double()
    labels = torch.randint(0, 9, (2, 8, 8))
    groups = FeatureGroups.from_labels(labels)
    loss = {}
    for name in ("pixel", "grouped"):
        views = []
        for net in nets:
            ask = {"target": 0, "scale": "logit"}
            ex = (
                xaiplug.explain(net, x, "gradient", **ask)
                if name == "pixel"
                else xaiplug.explain(net, x, "superpixel", segmenter=labels, **ask)
            )
            views.append(view(ex.attribution, groups=groups))
        loss[name] = compare("interpretation-loss", *views).values
        gap = compare("grouping-gap", *views).values
        if name == "pixel":
            between = gap
    assert (loss["grouped"] <= loss["pixel"]).all()
    assert_close(loss["pixel"] ** 2 - loss["grouped"] ** 2, between)
    assert_close(gap, torch.zeros(2).double(), rtol=0, atol=1e-12)


def test_within_group_correlation():
    labels = (torch.arange(64) // 4).view(1, 16, 4).expand(3, 16, 4)
    groups = FeatureGroups.from_labels(labels)
    nothing = view(torch.zeros(3, 5, 16, 4).double(), groups=groups)
    noise = view(rand(3, 5, 16, 4), groups=groups)
    assert compare("within-group-correlation", noise, nothing).values.abs().max() < 0.15
    constant = view(rand(3, 5, 16, 1).expand(-1, -1, -1, 4).clone(), groups=groups)
    assert_close(compare("within-group-correlation", constant, nothing).values, torch.ones(3).double())


@pytest.mark.parametrize("count", [3, 6, 7])
def test_a_difference_that_is_constant_on_groups_has_no_spread_below_nothing(count):
    groups = FeatureGroups.from_labels(torch.zeros(1, 1, count, dtype=torch.int64))
    for value in (0.1, 0.3, 0.7):  # of which the squares and the square of the sum differ by rounding, to either side
        found, _, _ = spread(torch.full((1, 1, count), value, dtype=torch.float64), groups)
        assert 0 <= float(found) <= 1e-15
