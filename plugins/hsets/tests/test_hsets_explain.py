"""H-Sets from end to end: maps, counts, determinism, black regions, planted truth (T7 to T9)."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ShapeError
from xaiplug_hsets.plots import plot_sets

GRID = ("grid", {"patch": 4})


class Patch(nn.Module):
    """A score that is the product of the means of two halves of one corner patch, and a sum of everything else."""

    def __init__(self, linear=0.0):
        super().__init__()
        self.linear = linear

    def forward(self, x):
        patch = x[..., :4, :4]
        return 5 * patch[..., :2].flatten(1).mean(1) * patch[..., 2:].flatten(1).mean(1) + self.linear * x.flatten(
            1
        ).sum(1)


def explained(net, x, name="hsets", **params):
    return xaiplug.explain(net, x, name, **({"segmenter": GRID, "baseline": "black"} | params))


def test_gini_of_one_set_of_equal_features(images):
    """T7: 1 - n/d."""
    ex = explained(Patch(), images[:1, :1], nu=16)
    assert ex.sets.values.shape == (1, 1)
    gini = xaiplug.score(Patch(), images[:1, :1], ex, "gini").values
    assert gini.item() == pytest.approx(1 - 16 / 144, abs=1e-12)


def test_all_mass_lies_in_the_patch(images):
    """T9, with and without a linear part that every gradient method paints."""
    for linear in (0.0, 0.3):
        ex = explained(Patch(linear), images)
        assert ex.sets.values.shape[1] == 1
        mass = ex.attribution.abs()
        assert (mass[..., :4, :4] > 0).all()
        assert (mass[..., 4:, :] == 0).all()
        assert (mass[..., :4, 4:] == 0).all()
        gradient = explained(Patch(linear), images, "integrated-gradients", segmenter=None).attribution.abs()
        assert bool((gradient[..., 4:, :] > 0).any()) == bool(linear)


@pytest.mark.parametrize("name", ["hsets", "hessian-sets", "idg"])
def test_a_batch_is_its_samples(cnn, images, name):
    params = {} if name == "idg" else {"nu": 30}
    whole = explained(cnn, images, name, seed=3, **params)
    again = explained(cnn, images, name, seed=3, **params)
    single = [explained(cnn, row[None], name, seed=3, **params) for row in images]
    assert torch.equal(whole.attribution, again.attribution)
    torch.testing.assert_close(whole.attribution, torch.cat([ex.attribution for ex in single]), rtol=1e-12, atol=1e-15)
    if name != "hessian-sets":
        assert not torch.equal(whole.attribution, explained(cnn, images, name, seed=4, **params).attribution)


def test_gradients_do_not_depend_on_sets_and_samples(cnn, images):
    """steps + 1 per image score everything and rank the seeds; the Hessian has one more graph per image."""
    few = explained(cnn, images, steps=8, samples=3, nu=20, k=1)
    many = explained(cnn, images, steps=8, samples=50, nu=20, k=5)
    assert few.meta["scoring_gradients"] == many.meta["scoring_gradients"] == 3 * 9
    assert few.meta["backwards"] == many.meta["backwards"] == 3 * 9 + 3
    assert many.meta["hessian_rows"] == int(many.extras["hessian_rows"].sum()) > few.meta["hessian_rows"]


def test_parts_of_the_answer_fit(cnn, images):
    ex = explained(cnn, images, nu=30, k=3, segmenter="grid")
    members, values = ex.sets.members, ex.sets.values
    slots = members.shape[1]
    assert members.shape == (3, slots, 3, 12, 12)
    assert ex.extras["pair_strength"].shape == members.shape
    painted = (members * values.nan_to_num()[..., None, None, None]).sum(1)
    torch.testing.assert_close(ex.attribution, painted)
    used = ~values.isnan()
    assert (ex.extras["seeds"] >= 0).eq(used).all()
    assert (ex.extras["pair_strength"][members] != 0).all()
    gain = ex.score - ex.base_score
    torch.testing.assert_close(ex.extras["set_residual"], gain - values.nansum(1))
    torch.testing.assert_close(ex.residual, gain - ex.attribution.flatten(1).sum(1))


@pytest.mark.parametrize("parity", [False, True])
def test_black_regions(cnn, images, parity):
    """Subsets that lie at the baseline count 0; the published procedure loses the whole set to their NaN."""
    x = images.clone()
    x[..., :6] = 0
    ex = explained(cnn, x, nu=6, mu=0.5, samples=40, parity=parity, max_rows=40)
    used = ~ex.sets.values.isnan()
    lost = used & (ex.sets.values == 0)
    all_black = ~(ex.sets.members & (x != 0)[:, None]).flatten(2).any(2)
    if parity:
        assert lost.any()
    else:
        assert used.any()
        assert lost.eq(used & all_black).all()


def test_sets_become_smaller_with_the_threshold_and_the_cap(cnn, images):
    sizes = [int(explained(cnn, images, nu=nu).sets.members.sum()) for nu in (4, 8, 16, 32)]
    assert sizes == sorted(sizes)
    ginis = [
        float(xaiplug.score(cnn, images, explained(cnn, images, nu=nu), "gini").values.mean()) for nu in (4, 16, 64)
    ]
    assert ginis[0] > ginis[1] > ginis[2]


@pytest.mark.parametrize("shape", [(9,), (5, 4), (1, 8, 8)])
def test_any_input(shape):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Flatten(), nn.Linear(torch.Size(shape).numel(), 8), nn.ReLU(), nn.Linear(8, 3))
        x = torch.rand(2, *shape)
    labels = torch.zeros(2, *(shape[1:] if len(shape) == 3 else shape[:1])).long()
    for name in ("hsets", "hessian-sets"):
        ex = xaiplug.explain(net, x, name, segmenter=labels, baseline=torch.zeros(shape), max_batch=3)
        assert ex.attribution.shape == x.shape
        assert ex.attribution.dtype == torch.float32
        assert ex.sets.values.shape == (2, 1)


@pytest.mark.filterwarnings("ignore:.*no curvature")
def test_a_linear_score_is_not_seen(images):
    """Not sensitive: what does not interact gets nothing, whatever it changes."""
    ex = explained(nn.Sequential(nn.Flatten(), nn.Linear(432, 2).double()), images)
    assert (ex.attribution == 0).all()
    assert (ex.score != ex.base_score).all()


def test_softplus_and_adv2_find_sets(cnn, images):
    for smoothing in ("adv2", "softplus"):
        assert explained(cnn, images, smoothing=smoothing, nu=20).sets.members.any()


def test_stored_and_read_back(cnn, images, tmp_path):
    ex = explained(cnn, images, nu=20)
    read = xaiplug.Explanation.load(ex.save(tmp_path / "sets.safetensors"))
    assert torch.equal(read.sets.members, ex.sets.members)
    assert torch.equal(read.extras["seeds"], ex.extras["seeds"])


def test_sets_are_drawn(cnn, images):
    ex = explained(cnn, images, nu=20)
    figure = plot_sets(ex, images, row=1)
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert len(labels) == int((~ex.sets.values[1].isnan()).sum())
    with pytest.raises(ShapeError):
        plot_sets(explained(cnn, images, "idg"), images)
