"""Paths x baselines: each path against a plain transcription, scipy, captum, or another path."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients as Captum
from scipy.ndimage import gaussian_filter
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError
from xaiplug_ig2 import guided
from xaiplug_ig2.curves import blur

torch.manual_seed(0)
F64 = torch.float64
ROWS = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 8), nn.Softplus(), nn.Linear(8, 4)).double().eval()
FRONT = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Softplus(), nn.AvgPool2d(2), nn.Flatten())
CONV = nn.Sequential(*FRONT, nn.Linear(45, 8), nn.Tanh(), nn.Linear(8, 4)).double().eval()
X, BASES = torch.randn(3, 6, dtype=F64), torch.randn(2, 3, 6, dtype=F64)
IMAGES, OTHERS = torch.rand(2, 3, 8, 8, dtype=F64), torch.rand(3, 2, 3, 8, 8, dtype=F64)
PATHS = ("straight", "guided", "gradpath")
RULES = ("trapezoid", "left", "right", "midpoint")


def integral(network, x, baseline, **params):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return xaiplug.explain(network, x, "path-integral", baseline=baseline, **params)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rule", ["trapezoid", "midpoint"])
def test_every_path_sums_to_the_change_of_the_score(path, rule):
    for network, x, bases in ((ROWS, X, BASES), (CONV, IMAGES, OTHERS)):
        ex = integral(network, x, bases, path=path, rule=rule, max_dist=0.2)
        assert float(ex.residual.abs().max()) < 0.01 * float((ex.score - ex.base_score).abs().max())
        torch.testing.assert_close(ex.residual, ex.score - ex.base_score - ex.attribution.flatten(1).sum(1))
        assert ex.extras["path_score"].shape[:2] == (len(x), len(bases))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rule", RULES)
def test_batches_and_blocks_do_not_matter(path, rule, monkeypatch):
    params = {"path": path, "rule": rule, "steps": 7, "max_dist": 0.3}
    whole = integral(ROWS, X, BASES, **params)
    alone = integral(ROWS, X[1:2], BASES[:, 1:2], **params)
    torch.testing.assert_close(whole.attribution[1:2], alone.attribution, rtol=0, atol=1e-12)
    monkeypatch.setattr("xaiplug_ig2.curves._HELD", 2 * X.numel())
    blocks = integral(ROWS, X, BASES, max_batch=1, **params)
    torch.testing.assert_close(whole.attribution, blocks.attribution, rtol=0, atol=1e-12)
    torch.testing.assert_close(whole.extras["path_score"], blocks.extras["path_score"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rule", RULES)
def test_linear_functions_know_no_path(path, rule):
    """Where the gradient is the same everywhere, only the ends count."""
    network = nn.Linear(6, 3).double()
    ex = integral(network, X, BASES, path=path, rule=rule, steps=9, target=1, keep=True)
    away = X - ex.extras["counterfactual"].mean(1)
    torch.testing.assert_close(ex.attribution, network.weight[1] * away, rtol=1e-10, atol=1e-12)
    assert ex.residual.abs().max() < 1e-12


def test_gradpath_is_ig2():
    ours = integral(CONV, IMAGES, OTHERS, path="gradpath", steps=20, norm="l1", distance="cosine")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        theirs = xaiplug.explain(CONV, IMAGES, "ig2", references=OTHERS, steps=20, norm="l1", distance="cosine")
    assert torch.equal(ours.attribution, theirs.attribution)


@pytest.mark.parametrize(("rule", "method"), [("left", "left"), ("right", "right"), ("midpoint", "middle")])
def test_expected_ig_is_the_mean_of_captums_ig(rule, method):
    target = torch.tensor([0, 1, 2])
    ours = xaiplug.explain(ROWS, X, "expected-ig", references=BASES, target=target, steps=12, rule=rule)
    captum = Captum(ROWS)
    theirs = [captum.attribute(X, b, target=target, n_steps=12, method=f"riemann_{method}") for b in BASES]
    torch.testing.assert_close(ours.attribution, torch.stack(theirs).mean(0), rtol=1e-6, atol=1e-9)
    straight = integral(ROWS, X, BASES, target=target, steps=12, rule=rule)
    assert torch.equal(ours.attribution, straight.attribution)


def test_product_is_exact_by_trapezoid_and_midpoint():
    class Product(nn.Module):
        def forward(self, x):
            return x[:, 0] * x[:, 1]

    ones = torch.ones(1, 2, dtype=F64)
    for rule in ("trapezoid", "midpoint"):
        got = integral(Product(), ones, 0 * ones, steps=30, rule=rule).attribution
        torch.testing.assert_close(got, ones / 2, rtol=1e-12, atol=0)


# Guided IG.


def plain_guided(gradient, x, base, steps, fraction, max_dist):
    """Algorithm 1 for one sample as a loop in NumPy, by the left rule."""
    at, total, whole = base.copy(), np.zeros_like(x), np.abs(x - base).sum()
    for number in range(1, steps + 1):
        slope = gradient(at)
        size = np.abs(slope)
        share = number / steps
        low, high = (base + s * (x - base) for s in (max(share - max_dist, 0), min(share + max_dist, 1)))
        before = at.copy()
        with np.errstate(invalid="ignore", divide="ignore"):
            behind = (at - base) / (x - base) < max(share - max_dist, 0)
        at[behind] = low[behind]
        while True:
            need = np.abs(x - at).sum() - (1 - share) * whole
            if need <= 1e-12 * whole:
                break
            size[np.isclose(at, high, rtol=0, atol=1e-15)] = np.inf
            threshold = np.quantile(size, fraction, method="lower")
            chosen = (size <= threshold) & np.isfinite(size)
            if not chosen.any():
                break
            part = min(1.0, need / np.abs(high - at)[chosen].sum())
            at[chosen] = high[chosen] if part == 1 else at[chosen] + part * (high - at)[chosen]
        total += (at - before) * slope
    return total


@pytest.mark.parametrize("fraction", [0.1, 0.25, 1.0])
@pytest.mark.parametrize("max_dist", [0.02, 0.3, 1.0])
def test_guided_ig_is_the_published_loop(fraction, max_dist):
    params = {"steps": 12, "fraction": fraction, "max_dist": max_dist, "rule": "left"}
    ours = xaiplug.explain(CONV, IMAGES, "guided-ig", baseline=OTHERS[:1], target=2, **params).attribution

    def gradient(at):
        point = torch.from_numpy(at).view(1, 3, 8, 8).requires_grad_()
        return torch.autograd.grad(CONV(point)[0, 2], point)[0].flatten().numpy()

    for row in range(2):
        plain = plain_guided(
            gradient, IMAGES[row].flatten().numpy(), OTHERS[0, row].flatten().numpy(), 12, fraction, max_dist
        )
        np.testing.assert_allclose(ours[row].flatten().numpy(), plain, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("rule", RULES)
def test_guided_ig_on_a_leash_of_no_length_is_plain_ig(rule):
    params = {"baseline": OTHERS, "steps": 10, "rule": rule}
    leashed = xaiplug.explain(CONV, IMAGES, "guided-ig", max_dist=0.0, **params).attribution
    straight = xaiplug.explain(CONV, IMAGES, "path-integral", **params).attribution
    torch.testing.assert_close(leashed, straight, rtol=1e-9, atol=1e-12)


def test_guided_steps_keep_to_their_length_and_leash():
    start, goal = torch.randn(2, 40, dtype=F64), torch.randn(2, 40, dtype=F64)
    goal[:, 3] = start[:, 3]
    at, whole = start, (goal - start).abs().sum(1)
    for number in range(1, 11):
        at = guided.step(at, torch.randn_like(at), start, goal, number / 10, 0.25, 0.15)
        torch.testing.assert_close((goal - at).abs().sum(1), (1 - number / 10) * whole, rtol=0, atol=1e-12)
        share = ((at - start) / (goal - start)).nan_to_num(number / 10)
        assert (share >= number / 10 - 0.15 - 1e-12).all()
        assert (share <= number / 10 + 0.15 + 1e-12).all()
    torch.testing.assert_close(at, goal, rtol=0, atol=1e-12)


def test_guided_moves_the_smallest_gradients_first():
    start, goal = torch.zeros(1, 8), torch.ones(1, 8)
    slope = torch.tensor([[5.0, -1, 7, 2, 8, -3, 6, 4]])
    at = guided.step(start, slope, start, goal, 0.25, 0.25, 1.0)
    assert torch.equal(at, torch.tensor([[0.0, 1, 0, 1, 0, 0, 0, 0]]))


def test_guided_costs_one_forward_and_one_backward_a_step():
    ex = xaiplug.explain(ROWS, X, "guided-ig", baseline=BASES, steps=10)
    assert ex.meta["forwards"] == 2 * 3 * 11 + 3  # and the class
    assert ex.meta["backwards"] == 2 * 3 * 11


# Blur IG.


@pytest.mark.parametrize(("edges", "mode"), [("zero", "constant"), ("mirror", "reflect")])
@pytest.mark.parametrize("sigma", [0.3, 1.0, 5.0, 40.0])
def test_blur_is_scipys(sigma, edges, mode):
    image = torch.rand(1, 2, 9, 14, dtype=F64)
    theirs = gaussian_filter(image.numpy(), sigma, axes=(2, 3), mode=mode, truncate=4.0)
    torch.testing.assert_close(blur(image, sigma, edges), torch.from_numpy(theirs), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("edges", ["zero", "mirror"])
def test_blur_ig_sums_over_the_widths(edges):
    ex = xaiplug.explain(CONV, IMAGES, "blur-ig", target=1, steps=20, max_sigma=4.0, rule="left", edges=edges)
    points = [blur(IMAGES, 4.0 * (1 - j / 20), edges) for j in range(21)]
    total = torch.zeros_like(IMAGES)
    for here, there in pairwise(points):
        at = here.clone().requires_grad_()
        total += (there - here) * torch.autograd.grad(CONV(at)[:, 1].sum(), at)[0]
    torch.testing.assert_close(ex.attribution, total, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(ex.base_score, CONV(points[0])[:, 1].detach(), rtol=1e-10, atol=1e-12)
    fine = xaiplug.explain(CONV, IMAGES, "blur-ig", target=1, edges=edges)
    assert (fine.residual.abs() < 0.01 * (fine.score - fine.base_score).abs()).all()
    same = xaiplug.explain(CONV, IMAGES, "path-integral", path="blur", target=1, steps=100, edges=edges)
    assert torch.equal(same.attribution, fine.attribution)


def published_blur_ig(image, target, max_sigma, steps, root, grad_step=0.01):
    """A transcription of the published sum for one image (C,H,W), by scipy."""

    def blurred(sigma):
        return gaussian_filter(image.numpy(), sigma, axes=(1, 2), mode="constant") if sigma else image.numpy()

    widths = [(j * max_sigma / steps) ** (0.5 if root else 1) for j in range(steps + 1)]
    total = np.zeros(image.shape)
    for here, there in pairwise(widths):
        change = (blurred(here + grad_step) - blurred(here)) / grad_step
        at = torch.from_numpy(blurred(here)).clone().requires_grad_()
        total -= (there - here) * change * torch.autograd.grad(CONV(at[None])[0, target], at)[0].numpy()
    return torch.from_numpy(total)


@pytest.mark.filterwarnings("ignore:.*misses more than half")
@pytest.mark.parametrize("spacing", ["linear", "sqrt"])
def test_the_published_sum(spacing, monkeypatch):
    params = {"target": 1, "steps": 30, "max_sigma": 12.0, "rule": "published", "spacing": spacing}
    ex = xaiplug.explain(CONV, IMAGES, "blur-ig", **params)
    for image, found in zip(IMAGES, ex.attribution, strict=True):
        theirs = published_blur_ig(image, 1, 12.0, 30, spacing == "sqrt")
        torch.testing.assert_close(found, theirs, rtol=1e-9, atol=1e-12)
    monkeypatch.setattr("xaiplug_ig2.curves._HELD", 7 * IMAGES.numel())
    blocks = xaiplug.explain(CONV, IMAGES, "blur-ig", max_batch=3, **params)
    torch.testing.assert_close(blocks.attribution, ex.attribution, rtol=1e-12, atol=1e-14)
    assert ex.extras["path_score"].shape == (2, 1, 30)


@pytest.mark.filterwarnings("ignore:.*misses more than half")
@pytest.mark.parametrize("spacing", ["linear", "sqrt"])
def test_pair_gives_the_same(spacing):
    """The package of the authors' group, where it is installed; its defaults are ours."""
    saliency = pytest.importorskip("saliency.core")

    def call(x, call_model_args=None, expected_keys=None):
        at = torch.from_numpy(x).permute(0, 3, 1, 2).requires_grad_()
        slopes = torch.autograd.grad(CONV(at)[:, 1].sum(), at)[0]
        return {saliency.INPUT_OUTPUT_GRADIENTS: slopes.permute(0, 2, 3, 1).numpy()}

    image = IMAGES[0].permute(1, 2, 0).contiguous().numpy()
    theirs = saliency.BlurIG().GetMask(image, call, sqrt=spacing == "sqrt")
    ours = xaiplug.explain(CONV, IMAGES[:1], "blur-ig", target=1, rule="published", spacing=spacing).attribution[0]
    torch.testing.assert_close(ours.permute(1, 2, 0), torch.from_numpy(theirs), rtol=1e-3, atol=1e-10)


def test_blur_is_for_images_and_takes_no_baseline():
    with pytest.raises(ComponentError, match="needs images"):
        xaiplug.explain(ROWS, X, "blur-ig")
    with pytest.raises(ComponentError, match="does not use 'baseline'"):
        xaiplug.explain(CONV, IMAGES, "path-integral", path="blur", baseline=OTHERS)
