"""DeepLIFT: captum's maps where captum is right, complete maps where it crashes or is wrong."""

import pytest
import torch
from captum.attr import DeepLift as Captum
from torch import nn
from torch.nn import functional as F

import xaiplug
from xaiplug import Model
from xaiplug.errors import ModelError

torch.manual_seed(0)
X, REFERENCE = torch.rand(3, 3, 16, 16, dtype=torch.float64), torch.rand(3, 3, 16, 16, dtype=torch.float64)


def plain(activation):
    """Nothing that captum gets wrong: no activation right before a pool."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), activation(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(32, 8), activation(), nn.Linear(8, 4),
    ).double().eval()  # fmt: skip


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.ELU])
def test_is_captums_on_plain_networks(activation):
    net = plain(activation)
    ours = xaiplug.explain(net, X, "deep-lift", target=[0, 1, 3], baseline=REFERENCE)
    theirs = Captum(net).attribute(X, REFERENCE, target=torch.tensor([0, 1, 3]))
    torch.testing.assert_close(ours.attribution, theirs, rtol=1e-6, atol=1e-8)
    assert ours.residual.abs().max() < 1e-9


class Awkward(nn.Module):
    """One ReLU for three calls, in place; a functional one; a residual connection; a gate."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 6, 3, padding=1), nn.Linear(6, 4)
        self.gate, self.act = nn.Linear(6, 6), nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.act(self.first(x))
        y = self.act(self.second(x))
        y += x
        x = self.act(y - 0.3)
        x = F.max_pool2d(F.gelu(x), 2)
        gate = torch.sigmoid(self.gate(x.mean((2, 3))))
        x = x * gate[:, :, None, None]
        return self.third(F.relu(x.mean((2, 3)) - 0.1))


def test_reused_in_place_functional_residual_and_gated():
    net = Awkward().double()
    ex = xaiplug.explain(net, X, "deep-lift", target=1, baseline=REFERENCE)
    assert ex.residual.abs().max() < 1e-12


class PadsBySize(nn.Conv2d):
    """As timm's "same" convolution: asks for the size of its input, which cannot be traced."""

    def forward(self, x):
        lacking = -x.shape[-1] % self.stride[0]
        return super().forward(F.pad(x, (0, lacking, 0, lacking)) if lacking > 0 else x)


def test_a_convolution_that_looks_at_its_input():
    net = nn.Sequential(PadsBySize(3, 4, 3, stride=3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 4)).double()
    ex = xaiplug.explain(net, X, "deep-lift", target=1, baseline=REFERENCE)
    assert ex.residual.abs().max() < 1e-12


def test_an_activation_before_a_pool():
    """captum 0.9 is silently wrong here, as its own convergence delta says."""
    net = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(294, 4)).double()
    ex = xaiplug.explain(net, X, "deep-lift", target=1, baseline=REFERENCE)
    assert ex.residual.abs().max() < 1e-12
    _, delta = Captum(net).attribute(X, REFERENCE, target=1, return_convergence_delta=True)
    assert delta.abs().max() > 1e-3


@pytest.mark.parametrize("scale", ["logit", "log_probability", "probability", "log_odds"])
def test_every_scale_is_complete(scale):
    ex = xaiplug.explain(plain(nn.ReLU), X, "deep-lift", target=2, baseline=REFERENCE, scale=scale)
    assert ex.residual.abs().max() < 1e-10


def test_normalisation_belongs_to_the_model():
    model = Model(plain(nn.ReLU), mean=[0.4, 0.5, 0.6], std=[0.2] * 3)
    ex = xaiplug.explain(model, X, "deep-lift", baseline="black")
    assert ex.residual.abs().max() < 1e-9
    assert ex.attribution.abs().sum() > 0


def test_equal_input_and_reference_give_zero():
    ex = xaiplug.explain(plain(nn.ReLU), X, "deep-lift", baseline=X)
    assert ex.attribution.abs().max() == 0
    mixed = REFERENCE.clone()
    mixed[..., :8] = X[..., :8]
    ex = xaiplug.explain(plain(nn.ReLU), X, "deep-lift", baseline=mixed)
    assert ex.attribution[..., :8].abs().max() == 0
    assert ex.residual.abs().max() < 1e-9


def test_deep_shap_is_the_mean_over_references():
    net, references = plain(nn.ReLU), torch.rand(4, 3, 3, 16, 16, dtype=torch.float64)
    ex = xaiplug.explain(net, X, "deep-shap", target=0, references=references)
    alone = [xaiplug.explain(net, X, "deep-lift", target=0, baseline=r).attribution for r in references]
    torch.testing.assert_close(ex.attribution, torch.stack(alone).mean(0))
    assert ex.residual.abs().max() < 1e-9


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "vgg11_bn", "densenet121", "efficientnet_b0"])
def test_stock_networks_are_complete(name):
    """captum 0.9 crashes on resnet18 (a ReLU called twice)."""
    model = xaiplug.load_model(f"torchvision:{name}", weights=None, mean=[0.45] * 3, std=[0.25] * 3)
    model.network.double()
    x = torch.rand(1, 3, 64, 64, dtype=torch.float64)
    ex = xaiplug.explain(model, x, "deep-lift", target=3, baseline="black")
    assert ex.residual.abs().max() <= 1e-8 * ex.attribution.abs().sum()
    assert ex.attribution.abs().sum() > 0


def test_what_has_no_rule_is_an_error_with_its_name():
    with pytest.raises(ModelError, match="no rule for module LayerNorm"):
        xaiplug.explain(nn.Sequential(nn.Flatten(), nn.LayerNorm(8), nn.Linear(8, 2)), torch.rand(1, 8), "deep-lift")
    softmax = type("Soft", (nn.Module,), {"forward": lambda self, x: x.softmax(1)})()
    with pytest.raises(ModelError, match="no rule for operation 'softmax'"):
        xaiplug.explain(softmax, torch.rand(1, 8), "deep-lift", baseline="black")
    branching = type("If", (nn.Module,), {"forward": lambda self, x: x if x.sum() > 0 else -x})()
    with pytest.raises(ModelError, match="cannot"):
        xaiplug.explain(branching, torch.rand(1, 8), "deep-lift", baseline="black")


@pytest.mark.parametrize("shape", [(6, 4), (7,)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_embeddings_and_rows_in_any_batch(shape, dtype):
    numel = torch.Size(shape).numel()
    net = nn.Sequential(nn.Flatten(), nn.Linear(numel, 8), nn.ReLU(), nn.Linear(8, 3)).to(dtype)
    x = torch.rand(5, *shape, dtype=dtype)
    batch = xaiplug.explain(net, x, "deep-lift", max_batch=4)
    assert batch.attribution.dtype == dtype
    single = torch.cat([xaiplug.explain(net, row[None], "deep-lift").attribution for row in x])
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    torch.testing.assert_close(batch.attribution, single, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    "activate", [lambda h: F.relu(h, inplace=True), lambda h: h.relu_(), lambda h: h[:, :2].relu_()]
)
def test_a_result_that_is_only_written_in_place_is_right_or_refused(activate):
    class Discards(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(4, 6), nn.Linear(6, 3)

        def forward(self, x):
            h = self.first(x)
            activate(h)
            return self.last(h)

    with torch.random.fork_rng():
        torch.manual_seed(0)
        net, x = Discards().double(), torch.randn(2, 4, dtype=torch.float64)
    with pytest.raises(ModelError, match="writes to"):
        xaiplug.explain(net, x, "deep-lift", baseline="black")


def test_statistics_of_the_batch_are_refused():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        norm = nn.BatchNorm1d(6, track_running_stats=False)
        net = nn.Sequential(nn.Linear(4, 6), norm, nn.ReLU(), nn.Linear(6, 3)).double()
        x = torch.randn(2, 4, dtype=torch.float64)
    with pytest.raises(ModelError, match="statistics of the batch"):
        xaiplug.explain(net, x, "deep-lift", baseline="black")
