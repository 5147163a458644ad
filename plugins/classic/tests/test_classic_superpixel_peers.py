"""Sparsified SmoothGrad, Score-CAM, XRAI: what the super-pixel paper compares with."""

import pytest
import torch
from skimage.morphology import dilation, disk
from skimage.segmentation import felzenszwalb
from torch import nn
from torch.testing import assert_close

import xaiplug
from xaiplug import component
from xaiplug.errors import ComponentError, ShapeError
from xaiplug.testing import explainer_checks
from xaiplug_classic.sparsified import ramp, strongest
from xaiplug_classic.xrai import by_regions

XRAI = {"base": ("integrated-gradients", {"steps": 4}), "side": 32, "scales": (20.0, 200.0), "min_size": 20}


@pytest.mark.parametrize(
    "check",
    explainer_checks(
        [
            ("sparsified-smoothgrad", {"samples": 3}),
            ("sparsified-smoothgrad", {"samples": 3, "gamma": 0.3}),
            "score-cam",
            ("xrai", {**XRAI, "dilation": 1.0}),
        ],
    ),
)
def test_conformance(check):
    check()


torch.manual_seed(0)
NET = nn.Sequential(
    nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(5 * 16, 3)
).double()
X = torch.rand(3, 3, 8, 8, dtype=torch.float64)


# sparsified smoothgrad


@pytest.mark.parametrize("tau", [0.0, 0.1, 0.29, 0.5, 1.0])
def test_sparsified_sums_to_the_floor_of_tau_d(tau):
    ex = xaiplug.explain(NET, X, "sparsified-smoothgrad", tau=tau, samples=7)
    assert_close(ex.attribution.flatten(1).sum(1), torch.full((3,), float(int(tau * 192 + 1e-9))).double())
    assert ex.attribution.min() >= 0
    assert ex.attribution.max() <= 1


def test_sparsified_of_a_linear_model_marks_the_largest_weights():
    net = nn.Linear(10, 1).double()
    ex = xaiplug.explain(net, torch.rand(2, 10).double(), "sparsified-smoothgrad", tau=0.3, samples=5)
    largest = net.weight[0].detach().abs().topk(3).indices
    assert ex.attribution[:, largest].tolist() == [[1, 1, 1]] * 2
    assert ex.attribution.sum() == 6


def test_relaxed_sparsified_is_a_ramp_between_the_shares():
    v = torch.rand(4, 2, 3, 5, 5, generator=torch.Generator().manual_seed(0)).double() - 0.5
    size, hard, soft = v.abs().flatten(2), strongest(v, 0.2).flatten(2), ramp(v, 0.2, 0.6).flatten(2)
    ordered = size.sort(2, descending=True).values
    one, zero = ordered[..., 14:15], ordered[..., 44:45]
    assert bool((soft[hard == 1] == 1).all())
    assert bool((soft[size <= zero] == 0).all())
    assert_close(soft, ((size - zero) / (one - zero)).clamp(0, 1))
    assert soft.sum() > hard.sum()


def test_relaxed_sparsified_with_equal_shares_or_equal_magnitudes_is_a_step():
    v = torch.rand(1, 1, 20, generator=torch.Generator().manual_seed(1)) - 0.5
    assert torch.equal(ramp(v, 0.3, 0.3), strongest(v, 0.3))
    assert torch.equal(ramp(torch.ones(1, 1, 4), 0.25, 0.75), torch.ones(1, 1, 4))
    with pytest.raises(ComponentError, match="below tau"):
        component("explainer", "sparsified-smoothgrad", tau=0.2, gamma=0.1)


def test_sparsified_is_the_mean_over_the_copies_of_smoothgrad(monkeypatch):
    one = xaiplug.explain(NET, X, "sparsified-smoothgrad", samples=6, target=1, seed=2).attribution
    monkeypatch.setattr("xaiplug_classic.smoothgrad._HELD", X.numel() * 2)
    assert_close(one, xaiplug.explain(NET, X, "sparsified-smoothgrad", samples=6, target=1, seed=2).attribution)
    plain = xaiplug.explain(NET, X, "smoothgrad", samples=1, target=1, seed=2).attribution
    first = xaiplug.explain(NET, X, "sparsified-smoothgrad", samples=1, target=1, seed=2).attribution
    assert_close(first, strongest(plain[None], 0.1)[0])


def test_sparsified_draws_belong_to_the_sample():
    whole = xaiplug.explain(NET, X, "sparsified-smoothgrad", samples=5, target=0).attribution
    alone = xaiplug.explain(NET, X[1:2], "sparsified-smoothgrad", samples=5, target=0, max_batch=1).attribution
    assert torch.equal(whole[1:2], alone)


# score-cam


def test_score_cam_by_hand():
    """Baseline 0.2, two channels' worth of the formula written out."""
    baseline = torch.full((3, 8, 8), 0.2).double()
    ex = xaiplug.explain(NET, X[:1], "score-cam", target=2, baseline=baseline)
    maps = NET[:2](X[:1])[0].detach()
    scores = []
    for channel in maps:
        mask = (channel - channel.min()) / (channel.max() - channel.min())
        scores.append(NET((baseline + mask * (X[0] - baseline))[None])[0, 2])
    want = (torch.stack(scores).softmax(0)[:, None, None] * maps).sum(0).clamp(min=0)
    assert ex.level == "group"
    assert_close(ex.on_inputs()[0, 0], want.detach())


def test_score_cam_leaves_out_maps_of_one_value():
    net = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(128, 3)).double()
    with torch.no_grad():
        net[0].weight[0], net[0].bias[0] = 0, 7
        net[0].weight[1] = net[0].weight[1].abs()
    ex = xaiplug.explain(net, X[:1], "score-cam", target=0)
    assert_close(ex.on_inputs()[0, 0], net[:2](X[:1])[0, 1].detach())
    with torch.no_grad():
        net[0].weight.zero_()
    assert xaiplug.explain(net, X[:1], "score-cam", target=0).attribution.abs().sum() == 0


def test_score_cam_blocks_and_named_layer(monkeypatch):
    whole = xaiplug.explain(NET, X, "score-cam", target=0, layer="1").attribution
    monkeypatch.setattr("xaiplug_classic.score_cam._HELD", 1)
    assert_close(whole, xaiplug.explain(NET, X, "score-cam", target=0).attribution)
    pooled = xaiplug.explain(NET, X, "score-cam", target=0, layer="2")
    assert pooled.attribution.shape == (3, 16)


# xrai


def test_regions_in_the_order_of_their_density():
    density = torch.tensor([[5.0, 5, 0, 0], [1, 1, -2, -2]])
    boxes = torch.zeros(4, 2, 4, dtype=torch.bool)
    boxes[0, 0, :2] = boxes[1, :, :2] = boxes[2, 1, 2:] = boxes[3] = True
    found = by_regions(density, boxes)
    assert found.tolist() == [[5, 5, -1, -1], [1, 1, -1, -1]]  # the whole image adds more to the last than its corner


def test_regions_equal_a_plain_greedy_loop():
    generator = torch.Generator().manual_seed(0)
    density, boxes = torch.randn(9, 9, generator=generator).double(), torch.zeros(30, 9, 9, dtype=torch.bool)
    for box in boxes:
        top, left = torch.randint(0, 8, (2,), generator=generator)
        box[top : top + 3, left : left + 4] = True
    want, left = torch.zeros(9, 9).double(), torch.ones(9, 9, dtype=torch.bool)
    while True:
        new = [(density[box & left].mean().item(), box & left) for box in boxes if int((box & left).sum()) > 0.02 * 81]
        if not new:
            break
        mean, region = max(new, key=lambda pair: pair[0])
        want[region] = mean
        left &= ~region
    want[left] = density[left].mean()
    assert_close(by_regions(density, boxes, 0.02), want)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_xrai_counts_in_more_than_16_bits(dtype):
    """Segments of 3000 and 5000 pixels: in bfloat16 what is left of one never came down to nothing."""
    segments = torch.zeros(2, 80, 80, dtype=torch.bool)
    segments[0].view(-1)[:3000], segments[1].view(-1)[1400:] = True, True
    density = torch.linspace(0, 1, 6400).view(80, 80).to(dtype)
    got, want = by_regions(density, segments, 0.001), by_regions(density.double(), segments, 0.001)
    assert got.dtype == dtype
    assert_close(got.double(), want, rtol=0.01, atol=0.01)


def test_xrai_keeps_the_sum_and_finds_the_bright_half():
    x = torch.zeros(1, 3, 32, 32).double()
    x[..., 16:] = 1
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 1024, 1, bias=False)).double()
    with torch.no_grad():
        net[1].weight.fill_(1e-3)
    ex = xaiplug.explain(net, x, "xrai", baseline=torch.zeros(3, 32, 32).double(), **{**XRAI, "dilation": 0.0})
    assert ex.level == "spatial"
    assert_close(ex.attribution[..., 16:], torch.full((1, 1, 32, 16), 3e-3).double())
    assert_close(ex.attribution[..., :16], torch.zeros(1, 1, 32, 16).double())
    both = torch.stack([torch.zeros(1, 3, 32, 32), torch.ones(1, 3, 32, 32)]).double()
    ex = xaiplug.explain(net, x, "xrai", baseline=both, **XRAI)
    base = xaiplug.explain(net, x, "integrated-gradients", baseline=both, steps=4)
    assert_close(ex.attribution.sum(), base.attribution.sum())


def test_segments_are_those_of_the_image_between_minus_one_and_one():
    """The published scales and sizes; a disc of radius 5 grows every segment."""
    yy, xx = torch.meshgrid(torch.linspace(0, 3, 48), torch.linspace(0, 4, 48), indexing="ij")
    image = torch.stack([yy.sin(), xx.cos(), (yy * xx).sin()]).double() / 4 + 0.4
    array = image.permute(1, 2, 0).numpy()
    stretched = 2 * (array - array.min()) / (array.max() - array.min()) - 1
    want = set()
    for scale in (50, 100, 150, 250, 500, 1200):
        labels = felzenszwalb(stretched.round(6), scale=scale, sigma=0.8, min_size=150)
        want |= {dilation(labels == label, footprint=disk(5)).tobytes() for label in range(labels.max() + 1)}
    method = component("explainer", "xrai", side=None)
    for seen in (image, image / 2):
        assert {segment.numpy().tobytes() for segment in method.segments(seen)} == want
    assert len(want) > 3
    assert method.segments(torch.full((3, 48, 48), 0.5)).all()


def test_pairs_xrai_gives_the_same():
    """The authors' package, where it is installed, on segments at the size of the image; 50 new pixels at least."""
    theirs = pytest.importorskip("saliency.core.xrai")
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 8, 8, dtype=torch.float64, generator=generator)
    x = nn.functional.interpolate(coarse, size=(64, 64), mode="bicubic").clamp(0, 1)
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4096, 1)).double()
    base = torch.stack([torch.zeros_like(x), torch.ones_like(x)])
    attribution = xaiplug.explain(net, x, "integrated-gradients", baseline=base, steps=10).attribution[0]
    params = {"base": ("integrated-gradients", {"steps": 10}), "side": None, "min_new": 49.5 / 4096}
    found = xaiplug.explain(net, x, "xrai", baseline=base, channels="max", **params).attribution[0, 0]
    segments = theirs._get_segments_felzenszwalb(x[0].permute(1, 2, 0).numpy(), resize_image=False)
    assert_close(found, torch.from_numpy(theirs.XRAI._xrai(attribution.amax(0).numpy(), segments)[0]))


def test_images_only():
    for name in ("xrai", "score-cam"):
        with pytest.raises(ShapeError, match="images"):
            xaiplug.explain(nn.Linear(4, 2), torch.rand(1, 4), name)
    assert component("explainer", "xrai").needs == ("baseline",)
