"""The explainer: the spec's Q2 on integrated gradients, Q6 on real networks, Q7, Q8, and its fields."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

import xaiplug
from xaiplug import Segmenter, component
from xaiplug.errors import ComponentError

BASES = ["gradient", "integrated-gradients", ("smoothgrad", {"samples": 4})]


class Tiny(nn.Module):
    """w·x, for one row of four features."""

    def forward(self, x):
        return (x * torch.tensor([1.0, 3, -2, 5], dtype=x.dtype)).sum(1)


torch.manual_seed(0)
NET = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.AvgPool2d(4), nn.Flatten(), nn.Linear(16, 3)).double()
X = torch.rand(3, 3, 8, 8, dtype=torch.float64)
LABELS = torch.stack([torch.arange(8)[:, None] // k * 10 + torch.arange(8) // k for k in (1, 2, 3)])


def test_q2_integrated_gradients_stay_complete_on_the_map_and_not_on_the_gradient():
    x, cells = torch.tensor([[1.0, 2, 1, 1]]).double(), torch.tensor([[0, 0, 1, 1]])
    ask = {"base": "integrated-gradients", "segmenter": cells, "baseline": torch.zeros(4)}
    on_map = xaiplug.explain(Tiny(), x, "superpixel", **ask)
    assert_close(on_map.attribution, torch.tensor([[3.5, 3.5, 1.5, 1.5]]).double())
    assert_close(on_map.residual, torch.zeros(1).double(), rtol=0, atol=1e-12)
    inside = xaiplug.explain(Tiny(), x, "superpixel", where="gradient", **ask)
    assert_close(inside.attribution, torch.tensor([[2, 4, 1.5, 1.5]]).double())
    assert_close(inside.residual, torch.ones(1).double())


@pytest.mark.parametrize("mode", ["per_channel", "joint"])
def test_q2_completeness_of_a_real_map(mode):
    ask = {"target": 1, "baseline": "black", "scale": "logit"}
    base = xaiplug.explain(NET, X, "integrated-gradients", **ask)
    grouped = xaiplug.explain(
        NET, X, "superpixel", base="integrated-gradients", segmenter=LABELS, channel_mode=mode, **ask
    )
    assert_close(grouped.attribution.flatten(1).sum(1), base.attribution.flatten(1).sum(1), rtol=1e-12, atol=1e-12)
    assert_close(grouped.residual, base.residual, rtol=0, atol=1e-12)
    assert_close(grouped.score - grouped.base_score, grouped.attribution.flatten(1).sum(1), rtol=0, atol=1e-6)


def indicator_gradient(net, x, labels, target):
    """A ∂p(x + A W g)/∂g at g = 0, by autograd through group indicators of every channel: (1,C,H,W)."""
    channels, p = x.shape[1], int(labels.max()) + 1
    g = torch.zeros(channels, p, dtype=x.dtype, requires_grad=True)
    sizes = torch.bincount(labels.flatten(), minlength=p)
    moved = x + (g / sizes)[:, labels.flatten()].view(x.shape)
    (gradient,) = torch.autograd.grad(net(moved).softmax(1)[0, target], g)
    return gradient[:, labels.flatten()].view(x.shape)


@pytest.mark.parametrize("row", [0, 1, 2])
def test_q6_equals_autograd_through_group_indicators(row):
    labels = LABELS[row].unique(return_inverse=True)[1]
    ours = xaiplug.explain(NET, X[row : row + 1], "superpixel", target=2, segmenter=labels[None]).attribution
    assert_close(ours, indicator_gradient(NET, X[row : row + 1], labels, 2), rtol=1e-10, atol=1e-14)


def test_q6_on_resnet_18():
    torchvision = pytest.importorskip("torchvision")
    torch.manual_seed(1)
    net = torchvision.models.resnet18(num_classes=5).double().eval()
    x = torch.rand(1, 3, 48, 48, dtype=torch.float64)
    labels = component("segmenter", "slic", n_segments=40).segment(x, torch.zeros(1))[0].unique(return_inverse=True)[1]
    ours = xaiplug.explain(net, x, "superpixel", target=3, segmenter=labels[None]).attribution
    want = indicator_gradient(net, x, labels, 3)
    assert_close(ours, want, rtol=0, atol=1e-6 * float(want.abs().max()))


@pytest.mark.parametrize("base", BASES)
def test_q7_of_itself_is_itself(base):
    ask = {"target": 0, "segmenter": LABELS}
    once = xaiplug.explain(NET, X, "superpixel", base=base, **ask).attribution
    twice = xaiplug.explain(NET, X, "superpixel", base=("superpixel", {"base": base}), **ask).attribution
    assert_close(once, twice, rtol=0, atol=1e-14)


def test_q7_static_smoothgrad_is_the_mean_of_grouped_gradients():
    ask = {"target": 0, "segmenter": LABELS, "base": ("smoothgrad", {"samples": 5}), "seed": 3}
    on_map, inside = (xaiplug.explain(NET, X, "superpixel", where=w, **ask).attribution for w in ("map", "gradient"))
    assert_close(on_map, inside, rtol=0, atol=1e-14)


@pytest.mark.parametrize("where", ["map", "gradient", "abs-base"])
@pytest.mark.parametrize("base", BASES)
def test_q8_a_batch_of_unequal_counts_is_one_by_one(base, where):
    ask = {"base": base, "where": where, "target": 1}
    together = xaiplug.explain(NET, X, "superpixel", segmenter=LABELS, **ask).attribution
    for row in range(3):
        part = slice(row, row + 1)
        alone = xaiplug.explain(NET, X[part], "superpixel", segmenter=LABELS[part], max_batch=2, **ask).attribution
        assert_close(together[part], alone, rtol=1e-12, atol=1e-15)


def test_probability_is_the_default_scale_and_the_target_is_the_switch():
    assert xaiplug.explain(NET, X, "superpixel", segmenter=LABELS).target.scale == "probability"
    gradient = xaiplug.explain(NET, X, "gradient", target=1, scale="logit").attribution
    single = torch.arange(64).view(1, 8, 8)
    ours = xaiplug.explain(NET, X, "superpixel", target=1, scale="logit", segmenter=single).attribution
    assert_close(ours, gradient)


def test_absolute_base():
    x, cells = torch.ones(1, 4).double(), torch.tensor([[0, 0, 1, 1]])
    found = xaiplug.explain(Tiny(), x, "superpixel", where="abs-base", segmenter=cells).attribution
    assert found.tolist() == [[2, 2, 3.5, 3.5]]
    assert not component("explainer", "superpixel", where="abs-base").signed


def test_features_in_no_group_get_zero():
    cells = torch.tensor([[0, 0, -1, -1]])
    for where in ("map", "gradient", "abs-base"):
        found = xaiplug.explain(Tiny(), torch.ones(1, 4).double(), "superpixel", where=where, segmenter=cells)
        assert found.attribution.tolist() == [[2, 2, 0, 0]]


class Bright(Segmenter):
    """Two groups, dark and bright pixels: another partition for every noisy copy. Labels have gaps."""

    def segment(self, images, seeds):
        assert images.min() >= 0
        assert images.max() <= 1
        return (images.mean(1) > 0.5).long() * 7


def test_dynamic_segments_every_noisy_copy():
    """Equals the loop over copies: the noise is that of the base, the partition that of the copy."""

    class Noise(xaiplug.Explainer):
        def explain(self, query):
            drawn.append(torch.stack([query.normal(3, 8, 8) for _ in range(3)]))
            return drawn[-1][0]

    drawn = []
    xaiplug.explain(NET, X, Noise(), target=1, seed=5)
    spread = (X.flatten(1).amax(1) - X.flatten(1).amin(1)).view(-1, 1, 1, 1)
    want = torch.zeros_like(X)
    for noise in drawn[0]:
        copy = (X + 0.3 * spread * noise).requires_grad_()
        NET(copy).softmax(1)[:, 1].sum().backward()
        bright = copy.detach().clamp(0, 1).mean(1, keepdim=True) > 0.5
        for side in (bright, ~bright):
            mean = (copy.grad * side).sum((2, 3), keepdim=True) / side.sum((2, 3), keepdim=True).clamp(min=1)
            want += mean * side / 3
    base = ("smoothgrad", {"samples": 3, "sigma": 0.3})
    ask = {"base": base, "smoothgrad": "dynamic", "segmenter": Bright(), "target": 1, "seed": 5}
    dynamic = component("explainer", "superpixel", **{k: ask[k] for k in ("base", "smoothgrad", "segmenter")})
    assert "groups" not in dynamic.needs
    assert_close(xaiplug.explain(NET, X, dynamic, target=1, seed=5).attribution, want)


def test_needs_are_united_with_those_of_the_base():
    assert set(component("explainer", "superpixel").needs) == {"groups"}
    assert set(component("explainer", "superpixel", base="integrated-gradients").needs) == {"groups", "baseline"}


def test_errors():
    for params, match in (
        ({"smoothgrad": "dynamic"}, "segmenter"),
        ({"segmenter": "grid"}, "dynamic"),
        ({"smoothgrad": "dynamic", "segmenter": "grid", "where": "gradient"}, "leave where"),
    ):
        with pytest.raises(ComponentError, match=match):
            component("explainer", "superpixel", **params)
    with pytest.raises(ComponentError, match="asks the query for no gradients"):
        xaiplug.explain(NET, X, "superpixel", base="random", where="gradient", segmenter=LABELS)
