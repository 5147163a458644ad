"""Every activation of torch.nn has a second derivative: its own, exactly, that of its smoothed kinks, or none."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules import activation

from xaiplug import Model
from xaiplug.calling.asking import base_query
from xaiplug.grad import hessian_rows, sample_hessian, smoothed
from xaiplug.grad.smooth import _slopes

TAU = 1e-3
SMOOTHED = {
    nn.ReLU(): [(0, 1)],
    nn.ReLU6(): [(0, 1), (6, -1)],
    nn.Hardtanh(): [(-1, 1), (1, -1)],
    nn.Hardsigmoid(): [(-3, 1 / 6), (3, -1 / 6)],
    nn.LeakyReLU(0.2): [(0, 0.8)],
    nn.PReLU(): [(0, 0.75)],
    nn.Softshrink(0.5): [(0.5, 1), (-0.5, 1)],
}
"""Where the slope jumps, and by how much; Hardswish, a product, has a test of its own."""
EXACT = [
    *(nn.Sigmoid(), nn.Tanh(), nn.SiLU(), nn.Mish(), nn.GELU(), nn.GELU("tanh"), nn.ELU(), nn.CELU(), nn.SELU()),
    *(nn.GLU(1), nn.LogSigmoid(), nn.Softplus(), nn.Softsign(), nn.Tanhshrink()),
    *(nn.Softmin(1), nn.Softmax(1), nn.LogSoftmax(1), nn.Softmax2d()),
]
ALONE = [nn.Threshold(0.1, 0.0), nn.Hardshrink(), nn.RReLU()]
AT = torch.tensor([-7.3, -3.04, -2.9, -1.02, -0.6, -0.03, 0.02, 0.47, 1.01, 2.96, 3.05, 5.9, 6.2, 8.0])


def asked(layer, kind, at=None):
    """A question of which every scalar is an activation's own: Σ of the activation of z."""
    z = (AT.double() if at is None else at)[:, None]

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer.double().eval().requires_grad_(False)

        def forward(self, x):
            return self.layer(x * 1.0)

    return base_query(smoothed(Model(Net()), kind, tau=TAU), z, target=0)


def curvature(query):
    every = torch.zeros(len(query), dtype=torch.int64)
    found = hessian_rows(query, every).flatten()
    one_by_one = torch.stack([sample_hessian(query, row)(every[:1])[0, 0] for row in range(len(query))])
    torch.testing.assert_close(one_by_one, found, rtol=1e-12, atol=1e-14)
    return found


def bend(z):
    return TAU / (z * z + TAU) ** 1.5


def test_no_activation_is_forgotten():
    named = {type(layer).__name__ for layer in [*SMOOTHED, nn.Hardswish(), *EXACT, *ALONE]}
    assert named == {*activation.__all__} - {"MultiheadAttention"}


@pytest.mark.parametrize("layer", SMOOTHED, ids=repr)
def test_kinks_are_bent(layer):
    query = asked(layer, "adv2")
    torch.testing.assert_close(query.scores, layer(AT.double()[:, None]).flatten(), rtol=1e-14, atol=1e-15)
    sides = [1 if type(layer) is not nn.Softshrink or at > 0 else -1 for at, _ in SMOOTHED[layer]]
    expected = sum(
        side * jump * bend(AT.double() - at) for side, (at, jump) in zip(sides, SMOOTHED[layer], strict=True)
    )
    torch.testing.assert_close(curvature(query), expected, rtol=1e-10, atol=1e-14)


def test_hardswish_is_a_product_with_a_bent_hardsigmoid():
    query, z = asked(nn.Hardswish(), "adv2"), AT.double()
    torch.testing.assert_close(query.scores, nn.functional.hardswish(z))
    (low, low_bend), (high, high_bend) = _slopes(z + 3, TAU), _slopes(z - 3, TAU)
    torch.testing.assert_close(curvature(query), (2 * (low - high) + z * (low_bend - high_bend)) / 6)


@pytest.mark.parametrize("layer", [*SMOOTHED, nn.Hardswish()], ids=repr)
def test_without_smoothing_pieces_are_straight(layer):
    query, z = asked(layer, "none"), AT.double()
    expected = ((z.abs() < 3) / 3).double() if isinstance(layer, nn.Hardswish) else torch.zeros_like(z)
    torch.testing.assert_close(curvature(query), expected)


@pytest.mark.parametrize("layer", [layer for layer in SMOOTHED if hasattr(layer, "inplace")], ids=repr)
def test_in_place_is_the_same(layer):
    values = []
    for inplace in (False, True):
        layer.inplace = inplace
        values.append(curvature(asked(layer, "adv2")))
    layer.inplace = False
    assert torch.equal(*values)


@pytest.mark.parametrize("layer", EXACT, ids=repr)
def test_curvature_of_its_own_is_kept(layer):
    """Against central differences of the first derivative, which torch gives with nothing of ours in the way."""
    x = torch.rand(2, 4, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights = torch.rand(4, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer.double()

        def forward(self, x):
            out = self.layer(4 * x - 2)
            return (out * weights[: out.shape[1]] * out.new_tensor([1.0])).flatten(1).sum(1, keepdim=True)

    feature, step = 7, 1e-5
    query = base_query(smoothed(Model(Net())), x, target=0)
    found = hessian_rows(query, torch.full((2,), feature))
    sides = []
    for sign in (1, -1):
        at = x.clone()
        at.view(2, -1)[:, feature] += sign * step
        at.requires_grad_()
        sides.append(torch.autograd.grad(Net()(at).sum(), at)[0])
    torch.testing.assert_close(found, (sides[0] - sides[1]) / (2 * step), rtol=1e-6, atol=1e-8)
    assert found.abs().max() > 1e-3


@pytest.mark.parametrize("layer", ALONE, ids=repr)
def test_what_jumps_is_left_alone(layer):
    assert not curvature(asked(layer, "adv2")).any()


CALLS = {
    "prelu": lambda z: F.prelu(input=z, weight=torch.tensor([0.25], dtype=z.dtype)),
    "torch-prelu": lambda z: torch.prelu(input=z, weight=torch.tensor([0.25], dtype=z.dtype)),
    "method-prelu": lambda z: z.prelu(weight=torch.tensor([0.25], dtype=z.dtype)),
    "softshrink": lambda z: F.softshrink(input=z, lambd=0.5),
    "hardtanh": lambda z: F.hardtanh(input=z, min_val=-0.75, max_val=2.0),
    "leaky-relu": lambda z: F.leaky_relu(input=z, negative_slope=0.2),
    "relu": lambda z: torch.relu(input=z),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_by_name(name):
    """Arguments that are named are the same as those by place."""
    places = {
        "softshrink": lambda z: F.softshrink(z, 0.5),
        "hardtanh": lambda z: F.hardtanh(z, -0.75, 2.0),
        "leaky-relu": lambda z: F.leaky_relu(z, 0.2),
        "relu": F.relu,
    }

    class Called(nn.Module):
        def __init__(self, call):
            super().__init__()
            self.call = call

        def forward(self, z):
            return self.call(z)

    found = curvature(asked(Called(CALLS[name]), "adv2"))
    expected = curvature(asked(nn.PReLU() if "prelu" in name else Called(places[name]), "adv2"))
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    assert found.abs().max() > 1e-3
