"""Gradient methods against captum and against nets whose answer is known."""

import pytest
import torch
from captum.attr import IntegratedGradients as Captum
from torch import nn

import xaiplug
from xaiplug import Model, Target
from xaiplug_captum.quadrature import quadrature

torch.manual_seed(0)
CONV = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Softplus(), nn.Flatten(), nn.Linear(4 * 36, 5)).double().eval()
IMAGES = torch.rand(3, 3, 8, 8, dtype=torch.float64)
SCALES = ("logit", "log_probability", "probability", "log_odds")


class Formula(nn.Module):
    """A score (B,) given by a function of rows."""

    def __init__(self, formula):
        super().__init__()
        self.formula = formula

    def forward(self, x):
        return self.formula(x)


@pytest.mark.parametrize("scale", SCALES)
def test_gradient_is_that_of_the_scale(scale):
    ex = xaiplug.explain(CONV, IMAGES, "gradient", target=[0, 2, 4], scale=scale)
    at = IMAGES.clone().requires_grad_()
    score = Target(torch.tensor([0, 2, 4]), scale).score(CONV(at))
    (expected,) = torch.autograd.grad(score.sum(), at)
    torch.testing.assert_close(ex.attribution, expected, rtol=1e-12, atol=1e-14)
    times = xaiplug.explain(CONV, IMAGES, "input-x-gradient", target=[0, 2, 4], scale=scale)
    torch.testing.assert_close(times.attribution, IMAGES * expected, rtol=1e-12, atol=1e-14)


def test_input_x_gradient_is_in_pixel_space():
    """The normalisation belongs to the model: a black pixel gets 0, and the mean of the training data does not."""
    model = Model(CONV, mean=[0.5] * 3, std=[0.25] * 3)
    ex = xaiplug.explain(model, torch.zeros(1, 3, 8, 8, dtype=torch.float64), "input-x-gradient")
    assert (ex.attribution == 0).all()


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("batch", [1, 3])
def test_integrated_gradients_is_captums(scale, batch):
    x, baseline = IMAGES[:batch], torch.full_like(IMAGES[:batch], 0.3)
    target = torch.tensor([1, 3, 4])[:batch]
    ours = xaiplug.explain(CONV, x, "integrated-gradients", target=target, scale=scale, baseline=baseline, steps=20)

    def forward(points):
        rows = torch.arange(batch).repeat(len(points) // batch)
        return Target(target, scale).score(CONV(points), rows)

    theirs, delta = Captum(forward).attribute(x, baseline, n_steps=20, return_convergence_delta=True)
    torch.testing.assert_close(ours.attribution, theirs, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(ours.residual, -delta, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("method", ["gausslegendre", "riemann_left", "riemann_middle", "riemann_right"])
def test_nodes_are_captums(method):
    forward = lambda x: (x[:, 0] ** 3) * x[:, 1]  # noqa: E731
    x = torch.tensor([[2.0, 3.0]], dtype=torch.float64)
    ours = xaiplug.explain(Formula(forward), x, "integrated-gradients", baseline=torch.zeros(2), steps=7, method=method)
    theirs = Captum(forward).attribute(x, torch.zeros_like(x), n_steps=7, method=method)
    torch.testing.assert_close(ours.attribution, theirs, rtol=1e-6, atol=0)


def test_product_has_the_values_of_the_spec():
    """x1 x2 at (1,1): gausslegendre and middle are exact, left and right are off by 1/(2n), trapezoid is exact."""
    x = torch.ones(1, 2, dtype=torch.float64)
    expected = {"gausslegendre": 0.5, "riemann_middle": 0.5, "trapezoid": 0.5}
    expected |= {"riemann_left": 0.5 - 1 / 60, "riemann_right": 0.5 + 1 / 60}
    for method, value in expected.items():
        ex = xaiplug.explain(
            Formula(lambda x: x[:, 0] * x[:, 1]),
            x,
            "integrated-gradients",
            baseline=torch.zeros(2),
            steps=30,
            method=method,
        )
        assert ex.attribution.tolist()[0] == pytest.approx([value, value], abs=1e-12)
        assert ex.residual.item() == pytest.approx(1 - 2 * value, abs=1e-12)


def test_completeness_in_float64_is_exact_for_a_polynomial():
    net = Formula(lambda x: (x**3).sum(1) + x.prod(1))
    x = torch.rand(4, 5, dtype=torch.float64)
    ex = xaiplug.explain(net, x, "integrated-gradients", baseline=torch.rand(5, dtype=torch.float64), steps=10)
    assert ex.residual.abs().max() < 1e-14
    torch.testing.assert_close(ex.score - ex.base_score, ex.attribution.sum(1), rtol=0, atol=1e-14)


def test_max_gives_everything_to_the_winner():
    net = Formula(lambda x: torch.maximum(x[:, 0], x[:, 1] - 1))
    ex = xaiplug.explain(net, torch.tensor([[3.0, 3.0]]), "integrated-gradients", baseline=torch.zeros(2))
    torch.testing.assert_close(ex.attribution, torch.tensor([[3.0, 0.0]]))


def test_several_baselines_are_averaged():
    baselines = torch.rand(3, 1, 3, 8, 8, dtype=torch.float64)
    together = xaiplug.explain(CONV, IMAGES, "integrated-gradients", target=0, baseline=baselines)
    alone = [xaiplug.explain(CONV, IMAGES, "integrated-gradients", target=0, baseline=b[0]) for b in baselines]
    torch.testing.assert_close(together.attribution, torch.stack([ex.attribution for ex in alone]).mean(0))
    torch.testing.assert_close(together.base_score, torch.stack([ex.base_score for ex in alone]).mean(0))
    torch.testing.assert_close(
        together.residual, torch.stack([ex.residual for ex in alone]).mean(0), atol=1e-12, rtol=0
    )


@pytest.mark.parametrize("name", ["gradient", "input-x-gradient", "integrated-gradients"])
@pytest.mark.parametrize("shape", [(3, 8, 8), (6, 4), (7,)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_any_input_in_any_batch(name, shape, dtype):
    numel = torch.Size(shape).numel()
    net = nn.Sequential(nn.Flatten(), nn.Linear(numel, 8), nn.Tanh(), nn.Linear(8, 3)).to(dtype)
    x = torch.rand(4, *shape, dtype=dtype)
    options = {"baseline": torch.zeros(shape)} if name == "integrated-gradients" else {}
    batch = xaiplug.explain(net, x, name, max_batch=3, **options)
    assert batch.attribution.dtype == dtype
    assert batch.attribution.shape == x.shape
    single = torch.cat([xaiplug.explain(net, row[None], name, **options).attribution for row in x])
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    torch.testing.assert_close(batch.attribution, single, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("method", ["gausslegendre", "riemann_left", "riemann_middle", "riemann_right", "trapezoid"])
@pytest.mark.parametrize("points", [1, 2, 50])
def test_weights_sum_to_one(method, points):
    nodes, weights = quadrature(method, points)
    assert len(nodes) == len(weights) == points
    assert sum(weights) == pytest.approx(1, abs=1e-14)
    assert all(0 <= node <= 1 for node in nodes)


def test_a_misspelt_rule_is_refused():
    with pytest.raises(xaiplug.errors.ComponentError, match="method"):
        xaiplug.component("explainer", "integrated-gradients", method="gauss")
