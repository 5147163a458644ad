"""CAFO and CASO: closed forms against the optimisation that they solve."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError
from xaiplug.testing import explainer_checks
from xaiplug_classic.context import shrunk


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 4)).double()


@pytest.fixture
def x():
    return torch.rand(3, 3, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def derivatives(net, x, target):
    """Gradient (d,) and Hessian (d,d) of the cross-entropy at one sample."""

    def loss(at):
        return nn.functional.cross_entropy(net(at.view(1, 3, 2, 2)), torch.tensor([target]))

    flat = x.flatten()
    return torch.autograd.functional.jacobian(loss, flat), torch.autograd.functional.hessian(loss, flat)


def proximal(gradient, hessian, kappa, l1, rounds=20000):
    """argmax of the objective by plain proximal steps."""
    change = torch.zeros_like(gradient)
    step = 1 / (kappa + torch.linalg.eigvalsh(hessian).abs().max())
    for _ in range(rounds):
        change = shrunk(change + step * (gradient + hessian @ change - kappa * change), step * l1)
    return change


@pytest.mark.parametrize(("convention", "kappa"), [("paper", 6.0), ("code", 3.0)])
@pytest.mark.parametrize("l1", [0.0, 0.05])
def test_cafo_is_where_proximal_steps_end(net, x, convention, kappa, l1):
    ex = xaiplug.explain(net, x, "cafo", target=1, l1=l1, l2=3.0, l2_convention=convention)
    for row, image in enumerate(x):
        gradient, _ = derivatives(net, image, 1)
        expected = proximal(gradient, torch.zeros(12, 12).double(), kappa, l1, rounds=2000)
        torch.testing.assert_close(-ex.attribution[row].flatten(), expected, rtol=1e-10, atol=1e-14)
    assert (ex.attribution == 0).any() == (l1 > 0)


@pytest.mark.parametrize("route", ["hessian", "low-rank"])
@pytest.mark.parametrize(("convention", "factor"), [("paper", 2.0), ("code", 1.0)])
def test_caso_without_l1_solves_a_linear_system(net, x, route, convention, factor):
    ex = xaiplug.explain(net, x, "caso", target=1, l2=1.5, l2_convention=convention, route=route, shift=False)
    for row, image in enumerate(x):
        gradient, hessian = derivatives(net, image, 1)
        expected = torch.linalg.solve(factor * 1.5 * torch.eye(12).double() - hessian, gradient)
        torch.testing.assert_close(-ex.attribution[row].flatten(), expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("route", ["hessian", "low-rank"])
def test_caso_with_l1_is_where_proximal_steps_end(net, x, route):
    ex = xaiplug.explain(net, x[:1], "caso", target=1, l1=0.03, l2=1.0, route=route, shift=False)
    gradient, hessian = derivatives(net, x[0], 1)
    expected = proximal(gradient, hessian, 2.0, 0.03)
    torch.testing.assert_close(-ex.attribution[0].flatten(), expected, rtol=1e-8, atol=1e-12)
    assert (expected == 0).any()


def test_the_shift_is_the_top_eigenvalue(net, x):
    ex = xaiplug.explain(net, x, "caso", target=1, l2=0.01, power_steps=300)
    for row, image in enumerate(x):
        gradient, hessian = derivatives(net, image, 1)
        top = torch.linalg.eigvalsh(hessian).max()
        torch.testing.assert_close(ex.extras["top_eigenvalue"][row], top, rtol=1e-6, atol=0)
        torch.testing.assert_close(ex.extras["l2"][row], 0.01 + top, rtol=1e-6, atol=0)
        expected = torch.linalg.solve(2 * (0.01 + top) * torch.eye(12).double() - hessian, gradient)
        torch.testing.assert_close(-ex.attribution[row].flatten(), expected, rtol=1e-5, atol=1e-12)


def test_a_problem_without_a_maximum_is_refused(net, x):
    with pytest.raises(ComponentError, match="eigenvalue"):
        xaiplug.explain(net, x, "caso", target=1, l2=1e-4, shift=False, power_steps=50)


def test_the_hessian_of_a_linear_score_is_zero(x):
    linear = nn.Sequential(nn.Flatten(), nn.Linear(12, 3)).double()
    one, two = (xaiplug.explain(linear, x, name, scale="logit", target=0).attribution for name in ("cafo", "caso"))
    torch.testing.assert_close(one, two)
    torch.testing.assert_close(one, (linear[1].weight[0].detach() / 40).view(1, 3, 2, 2).expand(3, -1, -1, -1))


def test_smooth_derivatives_are_means(net, x):
    """The copies are drawn alike for both; CASO at l2 -> infinity is CAFO."""
    plain = xaiplug.explain(net, x, "cafo", target=0)
    cafo = xaiplug.explain(net, x, "cafo", target=0, smooth=True, samples=4)
    assert not torch.allclose(plain.attribution, cafo.attribution)
    torch.testing.assert_close(
        xaiplug.explain(net, x, "cafo", target=0, smooth=True, sigma=0.0).attribution, plain.attribution
    )
    caso = xaiplug.explain(net, x, "caso", target=0, smooth=True, samples=4, l2=1e7)
    scaled = xaiplug.explain(net, x, "cafo", target=0, smooth=True, samples=4, l2=1e7)
    torch.testing.assert_close(caso.attribution, scaled.attribution, rtol=1e-5, atol=0)


@pytest.mark.parametrize(
    "check",
    explainer_checks(
        ["cafo", ("cafo", {"l1": 1e-4, "smooth": True, "samples": 3}), ("caso", {"l2": 1.0}), ("caso", {"l1": 1e-4})]
    ),
)
def test_conformance(check):
    check()
