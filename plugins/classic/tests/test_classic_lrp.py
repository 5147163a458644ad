"""LRP: zennit's maps where zennit is right, the same map however a network is written, or an error that names what."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import xaiplug
from xaiplug import Model
from xaiplug.errors import ComponentError, ModelError
from xaiplug.testing import explainer_checks

RULES = ["epsilon-plus-flat", "epsilon-gamma-box", "epsilon-plus", "epsilon-alpha2-beta1"]
X = torch.rand(2, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
PHOTOS = torch.rand(2, 3, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def with_statistics(network):
    """Batch norms of a network that was trained, so to speak."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
    return network.double().eval()


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


@pytest.fixture
def net(seeded):
    layers = [nn.Conv2d(3, 4, 3, bias=False), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(36, 3, bias=False)).double()


@pytest.fixture
def biased(seeded):
    first = [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.ReLU(), nn.AvgPool2d(2)]
    then = [nn.Conv2d(5, 4, 1), nn.ReLU6(), nn.Flatten(), nn.Linear(36, 7), nn.ReLU(), nn.Linear(7, 3)]
    return nn.Sequential(*first, *then).double()


def by_zennit(network, x, rules, canonizers=()):
    composites = pytest.importorskip("zennit.composites")
    from zennit.attribution import Gradient

    named = {
        "epsilon-plus-flat": "EpsilonPlusFlat",
        "epsilon-gamma-box": "EpsilonGammaBox",
        "epsilon-plus": "EpsilonPlus",
        "epsilon-alpha2-beta1": "EpsilonAlpha2Beta1",
    }
    ends = {"low": torch.zeros_like(x), "high": torch.ones_like(x)} if "box" in rules else {}
    composite = getattr(composites, named[rules])(canonizers=list(canonizers), **ends)

    def start(logits):
        return logits * F.one_hot(logits.argmax(1), logits.shape[1])

    with Gradient(model=copy.deepcopy(network), composite=composite) as attributor:
        return attributor(x.clone(), start)[1]


def assert_same(one, other, share):
    assert float((one - other).abs().max()) <= share * float(other.abs().max())


@pytest.mark.parametrize("layer", [nn.SiLU(), nn.Hardswish(), nn.LayerNorm([4, 6, 6]), nn.GELU(), nn.Sigmoid()])
def test_layers_without_a_rule_are_named(net, layer):
    net.insert(2, layer.double())
    name = {"LayerNorm": "layer_norm"}.get(type(layer).__name__, type(layer).__name__.lower())
    with pytest.raises(ModelError, match=name):
        xaiplug.explain(net, X, "lrp")


@pytest.mark.parametrize("rules", RULES)
def test_relevance_is_conserved_without_biases(net, rules):
    ex = xaiplug.explain(net, X, "lrp", rules=rules, epsilon=1e-10)
    tolerance = 1e-4 if rules != "epsilon-gamma-box" else 2e-2
    assert (ex.residual.abs() <= tolerance * ex.score.abs()).all()
    assert ex.attribution.shape == X.shape


@pytest.mark.filterwarnings("ignore:.*not conserved")
@pytest.mark.parametrize("rules", RULES)
def test_zennit_gives_the_same(biased, rules):
    assert_same(xaiplug.explain(biased, X, "lrp", rules=rules).attribution, by_zennit(biased, X, rules), 1e-9)


@pytest.mark.filterwarnings("ignore:.*not conserved")
@pytest.mark.parametrize("rules", RULES)
def test_a_resnet_is_one_network_whoever_wrote_it(rules):
    timm, models = pytest.importorskip("timm"), pytest.importorskip("torchvision.models")
    network = with_statistics(models.resnet18(weights=None, num_classes=5))
    other = timm.create_model("resnet18", num_classes=5).double().eval()
    other.load_state_dict(network.state_dict())
    ex = xaiplug.explain(network, PHOTOS, "lrp", rules=rules)
    assert torch.equal(ex.attribution, xaiplug.explain(other, PHOTOS, "lrp", rules=rules).attribution)
    canonizer = pytest.importorskip("zennit.torchvision").ResNetCanonizer()
    # zennit leaves the norms' ε in what it merged: 5e-6 a norm.
    assert_same(ex.attribution, by_zennit(network, PHOTOS, rules, [canonizer]), 2e-4)


class Functional(nn.Module):
    """`biased` again, by functions, operators and in place."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, x):
        first, second, third, dense, last = (self.layers[i] for i in (0, 2, 5, 8, 10))
        x = F.relu(first(x), inplace=True)
        h = second(x)
        h.clamp_(min=0)
        h = F.avg_pool2d(h, 2)
        h = F.hardtanh(F.conv2d(h, third.weight, third.bias), 0.0, 6.0)
        return last(dense(h.flatten(1)).relu())


@pytest.mark.filterwarnings("ignore:.*not conserved")
@pytest.mark.parametrize("rules", RULES)
def test_functions_are_what_modules_are(biased, rules):
    ex = xaiplug.explain(Functional(biased), X, "lrp", rules=rules)
    assert torch.equal(ex.attribution, xaiplug.explain(biased, X, "lrp", rules=rules).attribution)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.act, self.head = nn.Conv2d(3, 4, 3, bias=False), nn.ReLU(), nn.Linear(8, 3, bias=False)

    def forward(self, x):
        h = self.act(self.stem(x))
        h = torch.cat([h, self.act(self.stem(x.flip(3)))], 1)
        return self.head(F.adaptive_avg_pool2d(h, 1).flatten(1))


@pytest.mark.parametrize("rules", ["epsilon-plus-flat", "epsilon-plus"])
def test_a_layer_used_twice_and_a_concatenation_conserve(rules):
    torch.manual_seed(1)  # logits well above ε
    ex = xaiplug.explain(Twice().double(), X, "lrp", rules=rules)
    assert (ex.residual.abs() <= 1e-4 * ex.score.abs()).all()


def test_relevance_of_pixels_is_not_scaled_by_the_normalisation(net):
    model = Model(net, mean=[0.4, 0.5, 0.3], std=[0.25, 0.2, 0.3])
    ex = xaiplug.explain(model, X, "lrp")
    assert (ex.residual.abs() <= 1e-4 * ex.score.abs()).all()


@pytest.mark.parametrize("rules", RULES)
def test_a_normalisation_of_the_networks_own_is_the_models(net, rules):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            return self.net((x - 0.5) / 0.25)

    model = Model(net, mean=[0.5] * 3, std=[0.25] * 3)
    ex = xaiplug.explain(model, X, "lrp", rules=rules)
    assert_same(xaiplug.explain(Own(), X, "lrp", rules=rules).attribution, ex.attribution, 1e-12)


@pytest.mark.filterwarnings("ignore:.*not conserved")
@pytest.mark.parametrize("rules", RULES)
def test_a_norm_is_merged_into_the_convolution_that_it_reads_alone(rules):
    conv, norm, rest = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), [nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)]
    net = with_statistics(nn.Sequential(conv, norm, *rest))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    merged = torch.nn.utils.fusion.fuse_conv_bn_eval(conv, norm)
    ex = xaiplug.explain(net, X, "lrp", rules=rules)
    assert_same(ex.attribution, xaiplug.explain(nn.Sequential(merged, *rest), X, "lrp", rules=rules).attribution, 1e-12)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    apart = xaiplug.explain(net, X, "lrp", rules=rules, canonize="none").attribution
    assert torch.allclose(apart, ex.attribution) == (rules in RULES[:2])  # the first layer's rule knows no scale


class PreActivation(nn.Module):
    """Registers its norms after convolutions that they do not read."""

    def __init__(self, norm):
        super().__init__()
        self.stem, self.conv, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1), norm
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = self.stem(x)
        x = x + self.conv(F.relu(self.norm(x)))
        return self.head(x.mean((2, 3)))


class Affine(nn.Module):
    """A batch norm as it is computed: by constants."""

    def __init__(self, norm):
        super().__init__()
        self.scale = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().view(1, -1, 1, 1)
        self.shift = norm.bias.detach().view(1, -1, 1, 1) - norm.running_mean.view(1, -1, 1, 1) * self.scale

    def forward(self, x):
        return x * self.scale + self.shift


@pytest.mark.filterwarnings("ignore:.*not conserved")
@pytest.mark.parametrize("rules", RULES)
def test_a_norm_of_what_others_read_too_stays_where_it_is(rules):
    net = with_statistics(PreActivation(nn.BatchNorm2d(4)))
    plain = copy.deepcopy(net)
    plain.norm = Affine(net.norm)
    ex = xaiplug.explain(net, X, "lrp", rules=rules)
    assert_same(ex.attribution, xaiplug.explain(plain, X, "lrp", rules=rules).attribution, 1e-4)
    assert torch.equal(ex.attribution, xaiplug.explain(net, X, "lrp", rules=rules, canonize="none").attribution)


class Written(nn.Module):
    """A batch norm written out: scaled in place, shifted, or the other way round."""

    def __init__(self, norm, way):
        super().__init__()
        self.affine, self.norm, self.way = Affine(norm), norm, way

    def forward(self, x):
        scale, shift, norm = self.affine.scale, self.affine.shift, self.norm
        if self.way == "in place":
            return x.mul_(scale).add_(shift)
        if self.way == "around":
            mean, weight, bias = (v.view(1, -1, 1, 1) for v in (norm.running_mean, norm.weight, norm.bias))
            return (x - mean) / (norm.running_var + norm.eps).sqrt().view(1, -1, 1, 1) * weight + bias
        return x * scale + shift


@pytest.mark.filterwarnings("ignore:.*not conserved")
@pytest.mark.parametrize("way", ["out", "in place", "around"])
@pytest.mark.parametrize("rules", RULES)
def test_a_frozen_norm_is_merged_as_a_batch_norm_is(rules, way):
    layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3, bias=False), nn.BatchNorm2d(4)]
    net = with_statistics(nn.Sequential(*layers, nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)))
    net[1].weight.data[0] *= -1
    frozen = copy.deepcopy(net)
    frozen[1], frozen[4] = Written(net[1], way), Written(net[4], way)
    for canonize in ("auto", "none"):
        ex = xaiplug.explain(net, X, "lrp", rules=rules, canonize=canonize)
        assert_same(xaiplug.explain(frozen, X, "lrp", rules=rules, canonize=canonize).attribution, ex.attribution, 1e-9)


@pytest.mark.filterwarnings("ignore:.*not conserved")
def test_torchvisions_frozen_norms_are_batch_norms():
    models, ops = pytest.importorskip("torchvision.models"), pytest.importorskip("torchvision.ops")
    net = with_statistics(models.resnet18(weights=None, num_classes=5))
    frozen = models.resnet18(weights=None, num_classes=5, norm_layer=ops.FrozenBatchNorm2d).double().eval()
    frozen.load_state_dict({name: v for name, v in net.state_dict().items() if "num_batches" not in name})
    ex, other = (xaiplug.explain(network, PHOTOS[:1], "lrp", rules="epsilon-gamma-box") for network in (net, frozen))
    assert_same(other.attribution, ex.attribution, 1e-9)


def test_a_scale_that_differs_from_place_to_place_is_not_merged(net):
    class Placed(nn.Module):
        def forward(self, x):
            return x * torch.linspace(0.5, 2.0, 6, dtype=x.dtype)

    net.insert(1, Placed())
    ex = xaiplug.explain(net, X, "lrp")
    assert torch.equal(ex.attribution, xaiplug.explain(net, X, "lrp", canonize="none").attribution)
    assert (ex.residual.abs() <= 1e-4 * ex.score.abs()).all()


@pytest.mark.filterwarnings("ignore:.*not conserved")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("rules", RULES)
def test_a_network_in_16_bits_has_the_map_of_its_numbers_in_32(rules, dtype):
    layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)]
    net = with_statistics(nn.Sequential(*layers)).to(dtype)
    x = X.bfloat16().float()
    want = xaiplug.explain(copy.deepcopy(net).float(), x, "lrp", rules=rules, target=1).attribution
    for inputs in (x, x.to(dtype)):
        got = xaiplug.explain(net, inputs, "lrp", rules=rules, target=1).attribution
        assert got.dtype == torch.float32
        assert_same(got, want, 40 * torch.finfo(dtype).eps)


def test_relevance_over_a_small_output_does_not_overflow_in_16_bits():
    """R/z = 100 / 1e-4 is more than float16 holds."""
    net = nn.Sequential(nn.Linear(4, 1, bias=False), *(nn.Linear(1, 1, bias=False) for _ in range(3)))
    for layer, weight in zip(net, (2.5e-5, 100, 100, 100), strict=True):
        nn.init.constant_(layer.weight, weight)
    ex = xaiplug.explain(net.half(), torch.ones(1, 4), "lrp", target=0)
    assert_same(ex.attribution, torch.full((1, 4), float(ex.score) / 4), 0.02)


def test_densenet_is_conserved_and_left_as_it_was():
    models = pytest.importorskip("torchvision.models")
    net = models.DenseNet(8, (2, 2), 8, num_classes=5).double().eval()
    nn.init.zeros_(net.classifier.bias)
    before = net(PHOTOS)
    ex = xaiplug.explain(net, PHOTOS, "lrp")
    assert (ex.residual.abs() <= 1e-3 * ex.score.abs()).all()
    assert torch.equal(net(PHOTOS), before)


def case(forward):
    class Case(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)
            self.norm = nn.BatchNorm2d(4, track_running_stats=False)

        def forward(self, x):
            return self.head(forward(self, self.conv(x)).mean((2, 3)))

    return Case().double()


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.square()

    @staticmethod
    def backward(ctx, gradient):
        return 2 * ctx.saved_tensors[0] * gradient


def into_a_view(net, h):
    h[:, :2].relu_()
    return h


def into_a_slice(net, h):
    h[:, :2] = h[:, :2].relu()
    return h


REFUSED = {
    "product": (lambda net, h: h * h, "product"),
    "gate": (lambda net, h: h * h.mean((2, 3), keepdim=True).relu(), "product"),
    "quotient": (lambda net, h: torch.div(h.relu(), h), "quotient"),
    "batch statistics": (lambda net, h: net.norm(h), "statistics of the batch"),
    "detached": (lambda net, h: h + h.detach(), "detach"),
    "number": (lambda net, h: h * float(h.max()), "max"),
    "own function": (lambda net, h: Square.apply(h), "square"),
    "dropout": (lambda net, h: F.dropout(h), "random|move"),
    "view": (into_a_view, "view"),
    "slice": (into_a_slice, "setitem"),
    "not 0 at 0": (lambda net, h: h.clamp(min=1.0), "not 0 at 0"),
    "attention": (lambda net, h: F.scaled_dot_product_attention(h, h, h), "scaled_dot_product_attention"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_rule_is_refused_and_named(name):
    forward, message = REFUSED[name]
    with pytest.raises(ModelError, match=message):
        xaiplug.explain(case(forward), X, "lrp")


def test_lost_relevance_is_told(net):
    net[0] = nn.Conv2d(3, 4, 3).double()
    nn.init.constant_(net[0].bias, 5.0)
    with pytest.warns(UserWarning, match="not conserved"):
        xaiplug.explain(net, X, "lrp", rules="epsilon-plus")


def test_the_old_canonisers_are_no_choice_any_more(net):
    with pytest.raises(ComponentError, match="auto"):
        xaiplug.explain(net, X, "lrp", canonize="resnet")


@pytest.mark.filterwarnings("ignore:.*not conserved")
@pytest.mark.parametrize("check", explainer_checks(["lrp"]))
def test_conformance(check):
    check()
