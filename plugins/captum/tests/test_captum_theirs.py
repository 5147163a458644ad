"""captum's own classes give captum's numbers, with fields that are captum's parameters."""

import captum.attr
import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError, ModelError
from xaiplug.registry import registry
from xaiplug_captum.names import GIVES, REFUSED, offered

torch.manual_seed(0)
NET = nn.Sequential(
    nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4),
).double().eval()  # fmt: skip
X, ZERO = torch.rand(2, 3, 12, 12, dtype=torch.float64), torch.zeros(2, 3, 12, 12, dtype=torch.float64)
TARGET = torch.tensor([1, 2])


def ours(name, **further):
    return xaiplug.explain(NET, X, f"captum-{name}", target=TARGET, **further)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("saliency", lambda: captum.attr.Saliency(NET).attribute(X, TARGET)),
        ("input-x-gradient", lambda: captum.attr.InputXGradient(NET).attribute(X, TARGET)),
        ("guided-backprop", lambda: captum.attr.GuidedBackprop(NET).attribute(X, TARGET)),
        ("deconvolution", lambda: captum.attr.Deconvolution(NET).attribute(X, TARGET)),
        ("integrated-gradients", lambda: captum.attr.IntegratedGradients(NET).attribute(X, ZERO, TARGET)),
        ("deep-lift", lambda: captum.attr.DeepLift(NET).attribute(X, ZERO, TARGET)),
        ("lrp", lambda: captum.attr.LRP(without_flatten()).attribute(X, TARGET)),
        ("occlusion", lambda: captum.attr.Occlusion(NET).attribute(X, (3, 8, 8), (3, 4, 4), ZERO, TARGET)),
    ],
)
def test_input_methods_are_captums(name, theirs):
    ex = ours(name, **({"baseline": "black"} if name in ("integrated-gradients", "deep-lift", "occlusion") else {}))
    torch.testing.assert_close(ex.attribution, theirs().detach().double(), rtol=1e-6, atol=1e-9)


def without_flatten():
    """The same network, flattened as captum's rules know it."""
    return Reshaped().double().eval()


class Reshaped(nn.Module):
    def __init__(self):
        super().__init__()
        self.maps, self.head = NET[:6], NET[7]

    def forward(self, x):
        return self.head(self.maps(x).flatten(1))


def test_layer_methods_are_captums_on_the_layers_own_grid():
    ex = ours("layer-grad-cam", layer="4")
    theirs = captum.attr.LayerGradCam(NET, NET[4]).attribute(X, TARGET)
    torch.testing.assert_close(ex.attribution, theirs.detach().flatten(1))
    ex = ours("layer-conductance", layer="4", baseline="black")
    theirs = captum.attr.LayerConductance(NET, NET[4]).attribute(X, ZERO, TARGET)
    torch.testing.assert_close(ex.attribution, theirs.detach().sum(1).flatten(1), rtol=1e-6, atol=1e-9)
    assert ex.groups.count == 36
    assert ex.meta["grid"] == [6, 6]


def test_ablation_of_a_layers_places():
    """Without a place: what the layer gives there is what it gives of the baseline."""
    ex = ours("layer-feature-ablation", layer="4", baseline="black")
    maps, empty = NET[:5](X), NET[:5](ZERO)
    without = maps.clone()
    without[:, :, 0, 1] = empty[:, :, 0, 1]
    fall = (NET[5:](maps) - NET[5:](without)).gather(1, TARGET[:, None]).squeeze(1)
    torch.testing.assert_close(ex.attribution[:, 1], fall.detach())


def test_groups_answer_and_what_is_in_none_stays():
    labels = torch.arange(12)[:, None].expand(12, 12) // 6 * 2 + torch.arange(12) // 6 - 1
    ex = ours("feature-ablation", baseline="black", segmenter=labels.expand(2, 12, 12))
    assert ex.attribution.shape == (2, 3)
    hidden = torch.where(labels == 0, ZERO, X)
    fall = (NET(X) - NET(hidden)).gather(1, TARGET[:, None]).squeeze(1)
    torch.testing.assert_close(ex.attribution[:, 0], fall.detach(), rtol=1e-5, atol=1e-7)


def test_draws_are_the_samples_own_and_leave_the_global_state():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one = ours("gradient-shap", references=torch.stack([ZERO, ZERO + 0.5]), n_samples=4, stdevs=0.1)
    assert torch.equal(torch.get_rng_state(), before)
    alone = xaiplug.explain(
        NET, X[1:], "captum-gradient-shap", target=2, references=torch.stack([ZERO, ZERO + 0.5])[:, 1:], n_samples=4,
        stdevs=0.1,
    )  # fmt: skip
    torch.testing.assert_close(alone.attribution, one.attribution[1:])


def test_fields_are_captums_parameters():
    fields = xaiplug.component("explainer", "captum-integrated-gradients").params()
    assert fields == {"multiply_by_inputs": True, "n_steps": 50, "method": "gausslegendre", "internal_batch_size": None}
    with pytest.raises(ComponentError, match="did you mean 'n_steps'"):
        xaiplug.component("explainer", "captum-integrated-gradients", n_step=3)


def test_all_of_captums_methods_are_offered_or_refused_with_a_reason():
    methods = {
        name
        for name, cls in vars(captum.attr).items()
        if isinstance(cls, type) and issubclass(cls, captum.attr.Attribution) and not name.endswith("Attribution")
    }
    inputs = {name for name in methods if not name.startswith("Neuron")} - {"LimeBase"}  # Lime, without its parts
    assert inputs == GIVES.keys() | REFUSED.keys()
    names = {entry.spec.name for entry in registry().of_kind("explainer")}
    assert {offered(name) for name in GIVES} <= names


def test_rules_take_the_logit_alone_and_what_captum_refuses_is_ours_to_tell():
    with pytest.raises(ComponentError, match="scale='logit'"):
        ours("deep-lift", baseline="black", scale="probability")
    net = nn.Sequential(nn.Flatten(), nn.LayerNorm(432), nn.Linear(432, 4)).double()
    with pytest.raises(ModelError, match="captum's LRP does not take model 'Sequential'"):
        xaiplug.explain(net, X, "captum-lrp")
