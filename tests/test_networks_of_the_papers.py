"""Every network of the four papers runs every method of its paper: random weights, one small image."""

from functools import partial

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ModelError, XaiplugError

models, timm = pytest.importorskip("torchvision.models"), pytest.importorskip("timm")
networks = pytest.importorskip("xaiplug_trainers.networks")

GRID = {"segmenter": ("grid", {"patch": 16})}
SMALL = {"nu": 20, "k": 1, "max_rows": 2, "steps": 2}
HSETS = {
    "hsets": {**GRID, "baseline": "mean", **SMALL},
    "hessian-sets": {**GRID, "baseline": "mean", **SMALL},
    "idg": {**GRID, "baseline": "mean", "steps": 2},
    "integrated-gradients": {"baseline": "mean", "steps": 3},
    "cafo": {},
    "caso": {"power_steps": 2},
    "archipelago": {**GRID, "baseline": "mean"},
    "moxi": {**GRID, "baseline": "mean", "steps": 1},
    "deep-lift": {"baseline": "mean"},
    "lrp": {},
}
MOXI = {
    "moxi": {**GRID, "steps": 1},
    "moxi-single": GRID,
    "shapley-sampling": {**GRID, "orders": 2},
    "grad-cam": {},
    "attention-rollout": {},
}
IG2 = {
    "ig2": {"steps": 3, "references": ("other-class", {"n": 1})},
    "gradient": {},
    "integrated-gradients": {"baseline": "black", "steps": 3},
    "guided-ig": {"baseline": "black", "steps": 3},
    "expected-ig": {"steps": 3, "references": ("other-class", {"n": 1})},
    "deep-shap": {"references": ("other-class", {"n": 1})},
    "kernel-shap": {**GRID, "baseline": "black", "samples": 40},
}
PIXELS = {
    "gradient": {},
    "integrated-gradients": {"baseline": "black", "steps": 3},
    "smoothgrad": {"samples": 2},
    "sparsified-smoothgrad": {"samples": 2},
}
AROUND = {"integrated-gradients": {"baseline": "black"}}


def _own(params):
    return {name: value for name, value in params.items() if name != "baseline"}


SUPERPIXEL = {
    **{
        f"superpixel {base}": {**GRID, **AROUND.get(base, {}), "base": (base, _own(params))}
        for base, params in PIXELS.items()
    },
    **PIXELS,
    "lime": {**GRID, "baseline": "black", "samples": 40},
    "score-cam": {"baseline": "black"},
    "grad-cam": {},
    "xrai": {"baseline": "black-white", "base": ("integrated-gradients", {"steps": 2})},
}


def of_torchvision(name, **params):
    return getattr(models, name)(weights=None, num_classes=10, **params)


def vgg16():
    """Narrow where it is wide, in the 120 million weights of its classifier."""
    network = models.VGG(models.vgg.make_layers(models.vgg.cfgs["D"]), num_classes=10, init_weights=False)
    wide = network.classifier
    wide[0], wide[3], wide[6] = nn.Linear(25088, 64), nn.Linear(64, 64), nn.Linear(64, 10)
    return network


def inception():
    return models.Inception3(num_classes=10, init_weights=False)


def vit(name):
    return timm.create_model(name, pretrained=False, num_classes=10, img_size=64)


def cifar(blocks):
    return networks.CifarResNet(blocks=blocks, size=32, channels=3, classes=10)


NETWORKS = {
    "vgg16": (vgg16, 32, HSETS),
    "resnet101": (partial(of_torchvision, "resnet101"), 32, HSETS),
    "resnet152": (partial(of_torchvision, "resnet152"), 32, HSETS),
    "densenet121": (partial(of_torchvision, "densenet121"), 32, HSETS),
    "densenet169": (partial(of_torchvision, "densenet169"), 32, HSETS),
    "mobilenet-v2": (partial(of_torchvision, "mobilenet_v2"), 64, HSETS | IG2),
    "mobilenet-v3-large": (partial(of_torchvision, "mobilenet_v3_large"), 64, HSETS),
    "mobilenet-v3-small": (partial(of_torchvision, "mobilenet_v3_small"), 64, HSETS),
    "timm-mobilenet-v3": (partial(timm.create_model, "mobilenetv3_large_100", num_classes=10), 64, HSETS),
    "timm-lcnet": (partial(timm.create_model, "lcnet_050", num_classes=10), 64, HSETS),
    "resnet18": (partial(of_torchvision, "resnet18"), 64, MOXI | SUPERPIXEL),
    "resnet50": (partial(of_torchvision, "resnet50"), 32, SUPERPIXEL),
    "vit-t": (partial(vit, "vit_tiny_patch16_224"), 64, MOXI),
    "deit-t": (partial(vit, "deit_tiny_distilled_patch16_224"), 64, MOXI),
    "inception-v3": (inception, 96, IG2),
    "efficientnet-b0": (partial(of_torchvision, "efficientnet_b0"), 64, SUPERPIXEL),
    "resnet20": (partial(cifar, 3), 32, HSETS | SUPERPIXEL),
    "resnet56": (partial(cifar, 9), 32, HSETS | SUPERPIXEL),
}
REFUSED = {
    ("mobilenet-v3-large", "lrp"): "hardswish",
    ("mobilenet-v3-small", "lrp"): "hardswish",
    ("timm-mobilenet-v3", "lrp"): "hardswish",
    ("timm-lcnet", "lrp"): "hardswish",
    ("resnet18", "attention-rollout"): "attention",
}
"""What does not apply, and a word of why."""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NETWORKS)
def test_every_method_of_its_paper(name):
    made, size, methods = NETWORKS[name]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = made().eval()
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(1, 3, size, size, generator=generator)
    pool = xaiplug.Samples(torch.rand(4, 3, size, size, generator=generator), torch.arange(4))
    model = xaiplug.Model(network, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
    wrong = {}
    for method, given in methods.items():
        params = dict(given)
        params |= {"pool": pool} if "references" in params else {}
        try:
            ex = xaiplug.explain(model, x, method.partition(" ")[0], target=5, **params)
        except ModelError as error:
            if (reason := REFUSED.get((name, method))) is None or reason not in str(error):
                wrong[method] = str(error)
        except XaiplugError as error:
            wrong[method] = f"{type(error).__name__}: {error}"
        else:
            if (name, method) in REFUSED or not torch.isfinite(ex.attribution).all():
                wrong[method] = "not refused, or not finite"
    assert not wrong
