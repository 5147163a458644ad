import pytest
import torch
from torch import nn
from torch.nn import functional as F

from xaiplug import Model
from xaiplug.calling.asking import base_query
from xaiplug.errors import NonFiniteError, ShapeError
from xaiplug.grad import hessian_rows, sample_hessian, smoothed


class Residual(nn.Module):
    """A residual connection, one ReLU module used twice and in place, a functional one, attention, and curvature."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        hidden = self.relu(self.first(x))
        hidden = self.relu(hidden + F.relu(self.second(hidden)))
        tokens = hidden.flatten(2).transpose(1, 2)
        tokens = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        return self.last(torch.tanh(tokens.mean(1)))


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Residual().double().eval()


@pytest.mark.parametrize("kind", ["none", "adv2", "softplus"])
def test_rows_equal_the_full_hessian(net, kind):
    x = torch.rand(2, 2, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) - 0.5
    query = base_query(smoothed(Model(net), kind), x, target=[0, 2], scale="log_odds", max_batch=7)
    features, rows = torch.arange(32).repeat(2), torch.arange(2).repeat_interleave(32)
    found = hessian_rows(query, features, rows).view(2, 32, 32)
    for b in range(2):
        single = query.target

        def score(at, b=b, single=single):
            return single.score(query.model(at[None]), torch.tensor([b])).sum()

        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            expected = torch.autograd.functional.hessian(score, x[b]).view(32, 32)
        torch.testing.assert_close(found[b], expected, rtol=1e-10, atol=1e-12)
        assert found[b].abs().max() > 1e-6
        torch.testing.assert_close(found[b], found[b].T, rtol=1e-10, atol=1e-12)
        stored = sample_hessian(query, b)
        torch.testing.assert_close(stored(torch.arange(32)), expected, rtol=1e-10, atol=1e-12)
        single = torch.cat([stored(torch.tensor([feature])) for feature in (3, 0, 3)])
        torch.testing.assert_close(single, expected[[3, 0, 3]], rtol=1e-10, atol=1e-12)


def test_a_quadratic_has_its_matrix():
    q = torch.tensor([[0.0, 1.0, 0.8], [1.0, 2.0, 0.0], [0.8, 0.0, -1.0]], dtype=torch.float64)

    class Quadratic(nn.Module):
        def forward(self, x):
            return (0.5 * (x @ q) * x).sum(1)

    query = base_query(Model(Quadratic()), torch.rand(2, 3, dtype=torch.float64))
    assert hessian_rows(query, torch.tensor([1, 0]), torch.tensor([0, 1])).allclose(q[[1, 0]])


def test_piecewise_linear_networks_have_none(small_cnn, images):
    query = base_query(Model(small_cnn.eval()), images)
    assert not hessian_rows(query, torch.tensor([0, 5, 9])).any()
    curved = query.replace(model=smoothed(query.model))
    assert hessian_rows(curved, torch.tensor([40, 5, 9])).any()


def test_a_linear_network_whose_weights_are_trained_has_none():
    """Its gradient hangs on the weights, and not on the input."""
    query = base_query(Model(nn.Linear(3, 2).double()), torch.rand(2, 3, dtype=torch.float64))
    assert next(query.model.module.parameters()).requires_grad
    assert hessian_rows(query, torch.tensor([0, 2])).tolist() == [[0.0] * 3] * 2
    assert sample_hessian(query, 1)(torch.tensor([0, 2])).tolist() == [[0.0] * 3] * 2


def test_wrong_features(small_cnn, images):
    query = base_query(Model(small_cnn.eval()), images)
    with pytest.raises(ShapeError, match=r"features must lie in 0..431"):
        hessian_rows(query, torch.tensor([432]), torch.tensor([0]))
    with pytest.raises(ShapeError, match="one feature per row"):
        hessian_rows(query, torch.tensor([0]))
    with pytest.raises(ShapeError, match=r"features must lie in 0..431"):
        sample_hessian(query, 0)(torch.tensor([432]))


def test_stored_rows_of_none_and_of_a_piecewise_linear_network(small_cnn, images):
    hessian = sample_hessian(base_query(Model(small_cnn.eval()), images), 1)
    assert hessian(torch.tensor([], dtype=torch.int64)).shape == (0, 432)
    assert not hessian(torch.tensor([0, 5])).any()


def test_stored_rows_without_a_batching_rule():
    """An operation that vectorised backwards refuse goes row by row."""

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return Slope.apply(grad, x)

    class Slope(torch.autograd.Function):
        @staticmethod
        def forward(ctx, grad, x):
            ctx.save_for_backward(grad, x)
            return grad * 3 * x**2

        @staticmethod
        def backward(ctx, outer):
            grad, x = ctx.saved_tensors
            float(outer.sum())  # no value under vmap
            return outer * 3 * x**2, outer * grad * 6 * x

    class Net(nn.Module):
        def forward(self, x):
            return Cube.apply(x).sum(1)

    x = torch.rand(1, 4, dtype=torch.float64)
    found = sample_hessian(base_query(Model(Net()), x), 0)(torch.arange(4))
    torch.testing.assert_close(found, torch.diag(6 * x[0]))


def test_infinite_stored_rows():
    class Root(nn.Module):
        def forward(self, x):
            return x.clamp(min=0).sqrt().prod(1)

    hessian = sample_hessian(base_query(Model(Root()), torch.tensor([[0.0, 1.0]], dtype=torch.float64)), 0)
    with pytest.raises(NonFiniteError, match="Hessian row of sample 0"):
        hessian(torch.tensor([0]))


ADV2 = [(-1.0, 4.9963e-4), (-1e-4, 0.996838), (0.0, 0.0), (1e-4, 3.1623e-3), (1.0, 0.9995004)]


@pytest.mark.parametrize("relu", [nn.ReLU(), nn.ReLU(inplace=True), F.relu, torch.relu, lambda z: z.clone().relu_()])
def test_the_surrogates_derivatives(relu):
    class Net(nn.Module):
        def forward(self, x):
            return relu(x * 1.0)

    z = torch.tensor([[at] for at, _ in ADV2], dtype=torch.float64, requires_grad=True)
    out = smoothed(Model(Net()))(z)
    assert out.equal(z.relu())
    (first,) = torch.autograd.grad(out.sum(), z, create_graph=True)
    torch.testing.assert_close(
        first.squeeze(1), torch.tensor([h for _, h in ADV2], dtype=torch.float64), rtol=1e-4, atol=1e-9
    )
    (second,) = torch.autograd.grad(first.sum(), z)
    torch.testing.assert_close(second, 1e-3 / (z.detach() ** 2 + 1e-3) ** 1.5)
    assert second.max().item() == pytest.approx(31.6228, rel=1e-5)


@pytest.mark.parametrize("kind", ["adv2", "softplus"])
def test_relu6_keeps_its_upper_clip(kind):
    z = torch.tensor([[-2.0], [3.0], [9.0]], dtype=torch.float64, requires_grad=True)
    out = smoothed(Model(nn.Sequential(nn.Identity(), nn.ReLU6())), kind, beta=50.0)(z)
    torch.testing.assert_close(out, F.relu6(z), atol=1e-3 if kind == "softplus" else 0, rtol=0)
    (first,) = torch.autograd.grad(out.sum(), z)
    torch.testing.assert_close(first.squeeze(1), torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64), atol=2e-4, rtol=0)


def test_the_model_is_not_changed(small_cnn, images):
    model = Model(small_cnn.eval())
    before = model(images)
    curved = smoothed(model)
    assert next(iter(curved.module.parameters())) is next(small_cnn.parameters())
    torch.testing.assert_close(curved(images), before, rtol=0, atol=0)
    assert model.module is not curved.module
    assert type(small_cnn[1]) is nn.ReLU


@pytest.mark.parametrize(
    "relu6", [nn.ReLU6(), nn.ReLU6(inplace=True), nn.Hardtanh(0.0, 6.0)], ids=["module", "in place", "hardtanh"]
)
def test_relu6_modules_are_smoothed(relu6):
    """`nn.ReLU6` calls hardtanh, not relu6."""
    z = torch.tensor([[-1.0], [0.01], [2.0], [5.99], [7.0]], dtype=torch.float64)
    one = nn.Linear(1, 1, bias=False).double()
    nn.init.ones_(one.weight)
    query = base_query(smoothed(Model(nn.Sequential(one, relu6))), z, target=0)
    torch.testing.assert_close(query.scores, F.relu6(z).flatten())
    curvature = lambda at: 1e-3 / (at**2 + 1e-3) ** 1.5  # noqa: E731
    found = hessian_rows(query, torch.zeros(5, dtype=torch.int64)).flatten()
    torch.testing.assert_close(found, (curvature(z) - curvature(z - 6)).flatten())
