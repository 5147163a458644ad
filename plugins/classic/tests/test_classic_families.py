"""Method by family: each cell is a finite map of the right shape or a clear error.

What a law or a few lines of autograd can tell is held to them: the sum of deep-lift, the class activation maps.
"""

import pytest
import torch

import xaiplug
from xaiplug.errors import XaiplugError

torchvision, timm, transformers = (pytest.importorskip(name) for name in ("torchvision", "timm", "transformers"))

METHODS = {
    "lrp": {},
    "deep-lift": {"baseline": "black"},
    "grad-cam": {},
    "grad-cam++": {"relu": False},
    "score-cam": {"baseline": "black"},
    "attention-rollout": {},
    "integrated-gradients": {"baseline": "black", "steps": 8},
}
TORCHVISION = """
alexnet vgg11_bn resnet18 resnext50_32x4d densenet121 squeezenet1_1 mobilenet_v2 mobilenet_v3_small mnasnet0_5
shufflenet_v2_x0_5 efficientnet_b0 regnet_x_400mf regnet_y_400mf convnext_tiny vit_b_16 swin_t
"""
TIMM = """
resnet18 resnetv2_18 mobilenetv2_100 mobilenetv3_small_050 mobilenetv4_conv_small efficientnet_b0 regnety_002 repvgg_a0
ghostnet_050 densenet121 convnext_atto hardcorenas_a vit_tiny_patch16_224 deit_tiny_distilled_patch16_224
swin_tiny_patch4_window7_224 mixer_s32_224 levit_128s crossvit_9_240 cait_xxs24_224
"""
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
SIZED = ("vit", "deit", "swin", "mixer", "cait")
PATCHES = {**SIZES, "image_size": 32, "patch_size": 8}
STAGES = {"depths": [1, 1], "hidden_sizes": [8, 16]}
SMALL_TIMM = {
    "swin_tiny_patch4_window7_224": {"embed_dim": 24, "depths": (2, 2), "num_heads": (2, 4)},
    "densenet121": {"growth_rate": 8, "block_config": (2, 2, 2, 2)},
    "cait_xxs24_224": {"embed_dim": 48, "num_heads": 4, "depth": 2},
    "vit_tiny_patch16_224": {"embed_dim": 48, "depth": 2},
    "deit_tiny_distilled_patch16_224": {"embed_dim": 48, "depth": 2},
    "convnext_atto": {"depths": (1, 1, 2, 1)},
    "resnetv2_18": {"layers": (1, 1, 1, 1)},
}
"""The same parts, fewer of them."""
HUGGING_FACE = {
    "ViT": PATCHES,
    "DeiT": PATCHES,
    "Beit": PATCHES,
    "Dinov2": PATCHES,
    "Swin": {
        "image_size": 32,
        "patch_size": 2,
        "embed_dim": 8,
        "depths": [1, 1],
        "num_heads": [1, 2],
        "window_size": 4,
    },
    "ResNet": {**STAGES, "embedding_size": 8, "layer_type": "basic"},
    "ConvNext": {**STAGES, "num_stages": 2},
    "RegNet": {**STAGES, "embedding_size": 8, "groups_width": 8},
}


class SmallVGG(torchvision.models.VGG):
    """Without the wide layers of the classifier."""

    def __init__(self, features):
        super().__init__(features, init_weights=False)
        self.classifier = torch.nn.Linear(64 * 7 * 7, 5)


def of_torchvision(name):
    models = torchvision.models
    if name == "vit_b_16":
        return models.VisionTransformer(64, 16, 3, 2, 32, 64, num_classes=5), 64
    if name == "swin_t":
        return models.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [4, 4], num_classes=5), 64
    if name == "resnext50_32x4d":
        return models.ResNet(models.resnet.Bottleneck, [1, 1, 1, 1], 5, groups=32, width_per_group=4), 64
    if name == "densenet121":
        return models.DenseNet(8, (2, 2, 2, 2), 16, num_classes=5), 64
    if name == "vgg11_bn":
        channels = [16, "M", 32, "M", 64, 64, "M", 64, 64, "M", 64, 64, "M"]
        return SmallVGG(models.vgg.make_layers(channels, batch_norm=True)), 64
    network = getattr(models, name)(weights=None, num_classes=5)
    if name == "alexnet":
        network.classifier = torch.nn.Linear(256 * 6 * 6, 5)
    return network, 64


def of_timm(name):
    if "crossvit" in name:  # two sizes of patches, which 64 is no multiple of
        return timm.create_model(name, pretrained=False, num_classes=5), 240
    if "mixer" in name:
        return timm.models.MlpMixer(5, img_size=64, patch_size=32, num_blocks=2, embed_dim=48), 64
    sized = {"img_size": 64} if any(part in name for part in SIZED) else {}
    return timm.create_model(name, pretrained=False, num_classes=5, **sized, **SMALL_TIMM.get(name, {})), 64


def of_hugging_face(name):
    config = getattr(transformers, f"{name}Config")(**HUGGING_FACE[name], num_labels=5)
    return getattr(transformers, f"{name}ForImageClassification")(config), 32


FAMILIES = [
    *(pytest.param(of_torchvision, name, id=f"torchvision-{name}") for name in TORCHVISION.split()),
    *(pytest.param(of_timm, name, id=f"timm-{name}") for name in TIMM.split()),
    *(pytest.param(of_hugging_face, name, id=f"hf-{name}") for name in HUGGING_FACE),
]


def by_hand(network, x, ex, method):
    """The map of the layer and grid that `ex` names, by a hook and autograd."""
    kept = []

    def keep(module, inputs, output):
        if torch.is_tensor(output):
            kept.append(output)
            return output.clone()
        kept.append(next(iter(output.values() if isinstance(output, dict) else output)))
        return None

    handle = network.get_submodule(ex.meta["layer"]).register_forward_hook(keep)
    logits = network(x)
    handle.remove()
    logits = logits if torch.is_tensor(logits) else logits.logits
    (slopes,) = torch.autograd.grad(logits[0, int(ex.target.index)], kept[-1])
    rows, columns = ex.meta["grid"]
    maps, slopes = (laid_out(values.detach()[0], rows, columns) for values in (kept[-1], slopes))
    if method == "grad-cam":
        return (slopes.mean((1, 2), keepdim=True) * maps).sum(0).flatten()
    below = 2 * slopes**2 + slopes**3 * maps.sum((1, 2), keepdim=True)
    alpha = torch.where(below == 0, 0, slopes**2 / below)
    return ((alpha * slopes.relu()).sum((1, 2), keepdim=True) * maps).sum(0).flatten()


def laid_out(values, rows, columns):
    """(D,h,w) of maps with channels first or last, or of tokens, patches last."""
    if values.ndim == 2:
        return values[-rows * columns :].T.unflatten(1, (rows, columns))
    return values if values.shape[1:] == (rows, columns) else values.permute(2, 0, 1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("make", "name"), FAMILIES)
def test_each_cell_is_a_map_or_a_clear_error(make, name):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network, size = make(name)
        x = torch.rand(1, 3, size, size)
    masked = x if size != 64 or any(part in name for part in SIZED) else x[:, :, :32, :32]  # a forward for each channel
    network.eval()
    state = {key: value.clone() for key, value in network.state_dict().items()}
    foreign = {}
    for method, given in METHODS.items():
        try:
            ex = xaiplug.explain(network, masked if method == "score-cam" else x, method, **given)
        except XaiplugError:
            continue
        except Exception as error:
            foreign[method] = repr(error)
            continue
        assert ex.on_inputs().shape[-2:] == (masked if method == "score-cam" else x).shape[-2:], method
        assert ex.attribution.isfinite().all(), method
        if method == "deep-lift":
            size_of = ex.attribution.abs().sum() + ex.score.abs().sum()
            assert float(ex.residual.abs().max()) <= 1e-3 * float(size_of), method
        if method in ("grad-cam", "grad-cam++"):
            want = by_hand(network, x, ex, method)
            assert float((ex.attribution[0] - want).abs().max()) <= 1e-4 * float(want.abs().max()), method
    assert not foreign
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())
