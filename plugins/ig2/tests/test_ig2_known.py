"""IG² on functions whose path and integral are known: the numbers of the project's spec, 4a to 4h, in float64."""

import warnings

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Model
from xaiplug.errors import ComponentError, DataError, ModelError, NonFiniteError

torch.manual_seed(0)
F64 = torch.float64
RULES = ("trapezoid", "left", "right", "midpoint")
ROWS = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 8), nn.Softplus(), nn.Linear(8, 4)).double().eval()
FRONT = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Softplus(), nn.AvgPool2d(2), nn.Flatten())
CONV = nn.Sequential(*FRONT, nn.Linear(45, 8), nn.Tanh(), nn.Linear(8, 4)).double().eval()
IMAGES = torch.rand(2, 3, 8, 8, dtype=F64)
OTHERS = torch.rand(3, 2, 3, 8, 8, dtype=F64)


class Formula(nn.Module):
    """A score (B,) given by a function of rows; `rep` is where its input can be caught."""

    def __init__(self, formula):
        super().__init__()
        self.formula, self.rep = formula, nn.Identity()

    def forward(self, x):
        return self.formula(self.rep(x))


def row(*values):
    return torch.tensor([values], dtype=F64)


def ig2(network, x, reference, **params):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return xaiplug.explain(network, x, "ig2", references=reference, keep=True, **params)


def linear(*weights):
    network = nn.Linear(len(weights), 1, bias=False).double()
    network.weight.data = row(*weights)
    return network


def close(got, want, **tolerance):
    torch.testing.assert_close(got, torch.as_tensor(want, dtype=got.dtype).expand_as(got), **tolerance)


# 4a: y = max(x1, x2 - 1): the path slides down the kink.

MAXIMUM = Formula(lambda x: torch.where(x[:, 0] > x[:, 1] - 1, x[:, 0], x[:, 1] - 1))
OUTPUT = {"representation": "output"}


@pytest.mark.parametrize(("step_size", "steps", "expected"), [(0.01, 500, (1.997, 1.008)), (0.005, 1000, (2.0, 1.0))])
def test_4a_trapezoid_finds_the_sliding_answer(step_size, steps, expected):
    ex = ig2(MAXIMUM, row(3, 3), row(0, 0), steps=steps, step_size=step_size, **OUTPUT)
    close(ex.attribution, [expected], atol=2 * step_size + 0.02, rtol=0)
    close(ex.attribution.sum(1), 3.0, atol=2 * step_size + 0.02, rtol=0)
    close(ex.extras["counterfactual"][:, 0], [[0.0, 1.0]], atol=2 * step_size, rtol=0)
    close(ex.base_score, 0.0, atol=2 * step_size, rtol=0)


def test_4a_left_rule_is_not_complete_however_small_the_step():
    for step_size, steps in ((0.1, 50), (0.01, 500)):
        ex = ig2(MAXIMUM, row(3, 3), row(0, 0), steps=steps, step_size=step_size, rule="left", **OUTPUT)
        assert float(ex.attribution.sum()) > 4


def test_4a_left_rule_of_a_coarse_step_in_float64():
    ex = ig2(MAXIMUM, row(3, 3), row(0, 0), steps=5, step_size=0.5, rule="left", **OUTPUT)
    close(ex.attribution, [[1.5, 1.0]], atol=1e-12, rtol=0)


def test_4a_plain_ig_gives_everything_to_one_feature():
    ex = xaiplug.explain(MAXIMUM, row(3, 3), "integrated-gradients", baseline=row(0, 0))
    close(ex.attribution, [[3.0, 0.0]], atol=1e-12, rtol=0)


# 4b: tanh units, the third feature unseen, the first two alike, the reference not.


def tanh_units():
    network = nn.Sequential(nn.Linear(3, 2, bias=False), nn.Tanh(), nn.Linear(2, 1, bias=False)).double()
    network[0].weight.data = torch.tensor([[1.0, 1, 0], [2, 2, 0]], dtype=F64)
    network[2].weight.data.fill_(1)
    return network


@pytest.mark.parametrize(("rule", "total"), [("trapezoid", 0.349653), ("left", 0.295954)])
def test_4b_dummy_symmetry_and_sum(rule, total):
    ex = ig2(tanh_units(), row(0.5, 0.5, 0.7), row(-0.3, 0.9, -2.0), steps=200, step_size=0.01, rule=rule)
    (first, second, third) = ex.attribution[0]
    assert third == 0
    assert ex.extras["counterfactual"][0, 0, 2] == 0.7
    assert first == second
    close(ex.attribution.sum(1), total, atol=1e-6, rtol=0)
    close(ex.score - ex.base_score, 0.349627, atol=1e-6, rtol=0)
    close(ex.residual, 0.349627 - total, atol=2e-6, rtol=0)


# 4c: linear f = f~.


@pytest.mark.parametrize("rule", RULES)
def test_4c_linear(rule):
    ex = ig2(linear(3, 4), row(1, 1), row(0, 0), steps=10, step_size=0.1, rule=rule, **OUTPUT)
    close(ex.attribution, [[1.8, 3.2]], atol=1e-12, rtol=0)
    close(ex.extras["counterfactual"][:, 0], [[0.4, 0.2]], atol=1e-12, rtol=0)
    close(ex.score - ex.base_score, 5.0, atol=1e-12, rtol=0)
    close(ex.residual, 0.0, atol=1e-12, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, F64])
@pytest.mark.parametrize("steps", [14, 20, 21])
def test_4c_stands_still_where_there_is_no_direction_left(steps, dtype):
    ex = ig2(linear(3, 4).to(dtype), row(1, 1).to(dtype), row(0, 0).to(dtype), steps=steps, step_size=0.1, **OUTPUT)
    at = 1e-12 if dtype == F64 else 1e-5
    close(ex.attribution, [[2.52, 4.48]], atol=at, rtol=0)
    close(ex.extras["counterfactual"][:, 0], [[0.16, -0.12]], atol=at, rtol=0)
    close(ex.base_score, 0.0, atol=at, rtol=0)
    assert ex.extras["path_score"].shape == (1, 1, steps + 1)


# 4d: f = |x|²/2, f~ = identity: the straight line.

SQUARE = Formula(lambda x: x.square().sum(1) / 2)
IDENTITY = {"representation": "rep"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("left", (0.198, 0.352)), ("right", (0.162, 0.288)), ("trapezoid", (0.18, 0.32)), ("midpoint", (0.18, 0.32))],
)
def test_4d_rules(rule, expected):
    ex = ig2(SQUARE, row(0.6, 0.8), row(0, 0), steps=10, step_size=0.1, rule=rule, **IDENTITY)
    close(ex.attribution, [expected], atol=1e-12, rtol=0)


def test_4d_with_the_identity_it_is_expected_ig():
    network = Formula(lambda x: torch.sin(3 * x[:, 0]) * x[:, 1] + torch.exp(x[:, 2] * x[:, 0]))
    x, references = row(0.6, 0.8, -0.3), torch.tensor([[[0.1, 0.2, 0.4]], [[-0.5, 1.0, 0.0]]], dtype=F64)
    ours = ig2(network, x, references, steps=400, **IDENTITY)
    theirs = xaiplug.explain(network, x, "integrated-gradients", baseline=references)
    torch.testing.assert_close(ours.attribution, theirs.attribution, rtol=1e-4, atol=0)
    torch.testing.assert_close(ours.base_score, theirs.base_score, rtol=1e-12, atol=0)


# 4e: clipping.


def test_4e_clipped_features_stop():
    x, reference = row(0.2, 1), row(-9, -9)
    ex = ig2(linear(3, 4), x, reference, steps=10, step_size=0.1, input_range=(0.0, 1.0), **OUTPUT)
    close(ex.attribution, [[0.6, 3.2]], atol=1e-12, rtol=0)
    close(ex.extras["counterfactual"][:, 0], [[0.0, 0.2]], atol=1e-12, rtol=0)


def test_only_the_explicand_must_lie_in_the_range():
    with pytest.raises(DataError, match="sample 0 has values outside"):
        ig2(linear(3, 4), row(0.2, 1.1), row(0, 0), input_range=(0.0, 1.0), **OUTPUT)
    model = Model(CONV, input_range=(0, 1))
    with pytest.raises(DataError, match="outside"):
        ig2(model, 2 * IMAGES, OTHERS, steps=2)
    ends = ig2(model, IMAGES, OTHERS - 5, steps=10).extras["counterfactual"]
    assert 0 <= ends.min() <= ends.max() <= 1
    assert ig2(model, 2 * IMAGES, OTHERS, steps=2, input_range=None).attribution.shape == IMAGES.shape


# 4f: invariances.


def test_4f_scales_with_the_score():
    scaled = nn.Sequential(*ROWS[:-1], nn.Linear(8, 4)).double()
    scaled[-1].weight.data, scaled[-1].bias.data = 3 * ROWS[-1].weight.data, ROWS[-1].bias.data + 5
    x, others = torch.randn(2, 6, dtype=F64), torch.randn(2, 2, 6, dtype=F64)
    once, thrice = (ig2(network, x, others, steps=20, target=1) for network in (ROWS, scaled))
    torch.testing.assert_close(thrice.attribution, 3 * once.attribution, rtol=1e-10, atol=1e-12)


def test_4f_path_does_not_change_with_rotations_and_scale_of_the_representation():
    turn, _ = torch.linalg.qr(torch.randn(8, 8, dtype=F64))
    turned = nn.Sequential(*ROWS[:-1], nn.Linear(8, 8, bias=False), nn.Linear(8, 4)).double()
    turned[-2].weight.data = 2 * turn
    turned[-1].weight.data, turned[-1].bias.data = ROWS[-1].weight.data @ turn.T / 2, ROWS[-1].bias.data
    x, others = torch.randn(2, 6, dtype=F64), torch.randn(2, 2, 6, dtype=F64)
    a, b = (ig2(network, x, others, steps=20, target=1) for network in (ROWS, turned))
    torch.testing.assert_close(a.attribution, b.attribution, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(a.extras["counterfactual"], b.extras["counterfactual"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("norm", ["l2", "l1"])
@pytest.mark.parametrize("distance", ["euclidean", "cosine", "l1"])
def test_4f_references_are_a_mean_and_their_order_does_not_matter(norm, distance):
    params = {"steps": 20, "norm": norm, "distance": distance, "percentile": 80.0}
    together = ig2(CONV, IMAGES, OTHERS, **params)
    singly = torch.stack([ig2(CONV, IMAGES, other, **params).attribution for other in OTHERS])
    torch.testing.assert_close(together.attribution, singly.mean(0), rtol=0, atol=1e-12)
    turned = ig2(CONV, IMAGES, OTHERS.flip(0), **params)
    torch.testing.assert_close(together.attribution, turned.attribution, rtol=0, atol=1e-12)
    alone = ig2(CONV, IMAGES[1:], OTHERS[:, 1:], **params)
    torch.testing.assert_close(together.attribution[1:], alone.attribution, rtol=0, atol=1e-12)
    chunked = ig2(CONV, IMAGES, OTHERS, max_batch=1, **params)
    torch.testing.assert_close(together.attribution, chunked.attribution, rtol=0, atol=1e-12)


def test_4f_same_seed_same_map():
    a, b = (ig2(CONV, IMAGES, OTHERS, steps=5) for _ in range(2))
    assert torch.equal(a.attribution, b.attribution)


@pytest.mark.parametrize("params", [{}, {"norm": "l1"}, {"distance": "cosine"}, {"distance": "l1"}, {"patience": 2}])
def test_4f_a_reference_equal_to_the_input_gives_zeros(params):
    ex = ig2(CONV, IMAGES, IMAGES, steps=5, step_size=0.1, **params)
    if params.get("distance") != "cosine":
        assert (ex.attribution == 0).all()
        assert torch.equal(ex.extras["counterfactual"][:, 0], IMAGES)
    assert torch.isfinite(ex.attribution).all()
    mixed = torch.stack([IMAGES, OTHERS[0]])
    half = ig2(CONV, IMAGES, OTHERS[0], steps=5, step_size=0.1, **params).attribution / 2
    if params.get("distance") != "cosine":
        got = ig2(CONV, IMAGES, mixed, steps=5, step_size=0.1, **params).attribution
        torch.testing.assert_close(got, half, rtol=0, atol=1e-12)


# 4g, 4h: completeness and descent on smooth networks.


@pytest.mark.parametrize("rule", ["trapezoid", "midpoint"])
@pytest.mark.parametrize("scale", ["logit", "log_probability", "probability", "log_odds"])
def test_4g_residual_is_below_one_percent(rule, scale):
    ex = ig2(CONV, IMAGES, OTHERS, rule=rule, scale=scale, target=[0, 1])
    assert (ex.residual.abs() < 0.01 * (ex.score - ex.base_score).abs()).all()
    close(ex.residual, ex.score - ex.base_score - ex.attribution.flatten(1).sum(1), atol=1e-14, rtol=0)


def test_4g_residual_falls_with_the_square_of_the_step():
    x, others = torch.randn(3, 6, dtype=F64), torch.randn(2, 3, 6, dtype=F64)
    coarse, fine = (ig2(ROWS, x, others, steps=steps, step_size=2 / steps).residual.abs().mean() for steps in (20, 40))
    assert 3 < float(coarse / fine) < 5.5


def test_4h_the_distance_falls():
    ex = ig2(CONV, IMAGES, OTHERS, steps=50)
    loss = ex.extras["path_loss"]
    assert loss.shape == ex.extras["path_score"].shape == (2, 3, 51)
    assert (loss[..., -1] < 0.2 * loss[..., 0]).all()
    torch.testing.assert_close(ex.extras["path_score"][..., 0], ex.score[:, None].expand(2, 3))
    torch.testing.assert_close(ex.extras["path_score"][..., -1].mean(1), ex.base_score)


# What the house adds.


def test_scaling_the_input_and_the_step_gives_the_same_map():
    """x -> 255 x, step -> 255 step: the paper's 1024 on [0,255] is 4.016 on [0,1]."""

    class Pixels255(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = CONV

        def forward(self, x):
            return self.inner(x / 255)

    ours = ig2(CONV, IMAGES, OTHERS, steps=20, step_size=1024 / 255 / 100, input_range=(0.0, 1.0))
    theirs = ig2(Pixels255(), 255 * IMAGES, 255 * OTHERS, steps=20, step_size=1024 / 100, input_range=(0.0, 255.0))
    torch.testing.assert_close(ours.attribution, theirs.attribution, rtol=1e-9, atol=1e-12)


def test_references_of_the_class_explained_warn():
    predicted = CONV(OTHERS.flatten(0, 1)).argmax(1).view(3, 2)
    with pytest.warns(UserWarning, match=r"references are predicted as the class explained"):
        xaiplug.explain(CONV, IMAGES, "ig2", references=OTHERS, target=predicted[0], steps=1)
    other = torch.tensor([next(k for k in range(4) if k not in column.tolist()) for column in predicted.T])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xaiplug.explain(CONV, IMAGES, "ig2", references=OTHERS, target=other, steps=1)


def test_no_references_is_an_error():
    with pytest.raises(ComponentError, match="R = 0"):
        ig2(CONV, IMAGES, OTHERS[:0])
    with pytest.raises(ComponentError, match="needs references"):
        xaiplug.explain(CONV, IMAGES, "ig2")


def test_bad_parameters_are_errors():
    with pytest.raises(ComponentError, match="lowest value must come first"):
        ig2(CONV, IMAGES, OTHERS, input_range=(1.0, 0.0))
    with pytest.raises(ModelError, match="did you mean"):
        ig2(CONV, IMAGES, OTHERS, representation="44")
    with pytest.raises(ModelError, match=r"no nn\.Linear"):
        ig2(SQUARE, row(1, 1), row(0, 0))


def test_a_model_that_returns_nan_is_an_error():
    class Later(nn.Module):
        calls = 0

        def forward(self, x):
            Later.calls += 1
            return x.sum(1) * (float("nan") if Later.calls > 3 else 1)

    with pytest.raises(NonFiniteError, match="'Later' returned NaN or infinity for sample 0"):
        ig2(Later(), row(1, 1), row(0, 0), steps=4, **OUTPUT)


def test_patience_only_stops_what_no_longer_descends():
    x, others = torch.randn(3, 6, dtype=F64), torch.randn(2, 3, 6, dtype=F64)
    params = {"steps": 200, "step_size": 0.2}
    free, patient = (ig2(ROWS, x, others, patience=p, **params) for p in (None, 10))
    assert patient.meta["backwards"] < 0.8 * free.meta["backwards"]
    same = slice(0, 10)
    torch.testing.assert_close(
        patient.extras["path_loss"][..., same], free.extras["path_loss"][..., same], rtol=1e-9, atol=0
    )
    swing = free.extras["path_loss"][..., -50:].amax(-1)  # an arrived path steps to and fro around its end
    assert (patient.extras["path_loss"][..., -1] <= 1.5 * swing).all()
    assert (swing < 0.1 * free.extras["path_loss"][..., 0]).all()


def test_embeddings_and_networks_that_view():
    """(B,L,D) as it is; a network that views its activations is not given channels-last images."""

    class Sentence(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv1d(4, 6, 3), nn.Linear(6, 3)

        def forward(self, x):
            return self.head(torch.tanh(self.conv(x.transpose(1, 2))).amax(2))

    ex = ig2(Sentence().double(), torch.randn(2, 7, 4, dtype=F64), torch.randn(2, 2, 7, 4, dtype=F64), steps=10)
    assert ex.attribution.shape == (2, 7, 4)

    class Views(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.rest = CONV[:3], CONV[4:]

        def forward(self, x):
            return self.rest(self.conv(x).view(len(x), -1))

    a, b = ig2(Views(), IMAGES, OTHERS, steps=5), ig2(CONV, IMAGES, OTHERS, steps=5)
    torch.testing.assert_close(a.attribution, b.attribution, rtol=1e-9, atol=1e-12)


class Counting(torch.autograd.Function):
    """The identity that counts the rows that go forward and back through it."""

    seen = [0, 0]

    @staticmethod
    def forward(ctx, x):
        Counting.seen[0] += len(x)
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        Counting.seen[1] += len(gradient)
        return gradient


@pytest.mark.parametrize(
    ("rule", "forwards", "backwards"),
    [("left", 11, 20), ("trapezoid", 11, 21), ("right", 11, 20), ("midpoint", 21, 20)],
)
def test_one_forward_and_two_vector_jacobian_products_a_step(rule, forwards, backwards):
    class Counted(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = ROWS

        def forward(self, x):
            return self.inner(Counting.apply(x))

    x, others = torch.randn(3, 6, dtype=F64), torch.randn(2, 3, 6, dtype=F64)
    network = Counted()
    Counting.seen[:] = [0, 0]
    ex = ig2(network, x, others, steps=10, step_size=0.01, rule=rule)
    rows, inputs = 2 * 3, 3
    assert Counting.seen == [inputs + rows + rows * forwards, rows * backwards]
    assert ex.meta["forwards"] == Counting.seen[0]
    assert ex.meta["backwards"] == rows * backwards


def test_grad_cf_explanation_is_the_difference_to_the_ends():
    params = {"steps": 30, "step_size": 0.1}
    path = ig2(CONV, IMAGES, OTHERS, **params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        ex = xaiplug.explain(CONV, IMAGES, "grad-cf-explanation", references=OTHERS, **params)
    torch.testing.assert_close(ex.extras["counterfactual"], path.extras["counterfactual"])
    torch.testing.assert_close(ex.attribution, IMAGES - path.extras["counterfactual"].mean(1))
    torch.testing.assert_close(ex.base_score, path.base_score)
    assert ex.meta["backwards"] == 2 * 3 * 30
