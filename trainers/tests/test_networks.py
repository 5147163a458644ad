"""Networks fit the shapes they are told, and published weights load."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import conv2d

from xaiplug.errors import DataError
from xaiplug_trainers import networks
from xaiplug_trainers.classifier import ImageClassifier
from xaiplug_trainers.data.base import Geometry
from xaiplug_trainers.evaluate import accuracy, predictions
from xaiplug_trainers.networks import CifarResNet, SmallViT, build, kwargs_for
from xaiplug_trainers.networks.table import NAMES
from xaiplug_trainers.normalise import Normalise
from xaiplug_trainers.tasks import cifar10


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"mlp", "text-cnn"}))
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 56, 56)])
def test_images_in_classes_out(name, shape):
    network = build(*kwargs_for(name, shape, 7, {})).eval()
    assert network(torch.rand(2, *shape)).shape == (2, 7)


def test_mlp_takes_rows():
    assert build(*kwargs_for("mlp", (5,), 1, {}))(torch.rand(4, 5)).shape == (4, 1)


def test_text_cnn_takes_word_vectors():
    assert build(*kwargs_for("text-cnn", (12, 8), 6, {}))(torch.rand(4, 12, 8)).shape == (4, 6)


def test_what_is_not_torchvisions_does_not_import_it():
    code = "import sys; from xaiplug_trainers.networks import SmallCNN; sys.exit(int('torchvision' in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'ResNet19'"):
        networks.ResNet19  # noqa: B018


def test_unknown_names_say_the_known_ones():
    with pytest.raises(DataError, match="did you mean 'resnet18'"):
        kwargs_for("resnet-18", (1, 28, 28), 10, {})
    with pytest.raises(DataError, match="did you mean 'cross-entropy'"):
        ImageClassifier(loss="cross_entropy", geometry=Geometry((1, 28, 28), 10))
    with pytest.raises(DataError, match=r"SmallCNN takes channels, size, classes, width, hidden; .*'widht'"):
        build(*kwargs_for("small-cnn", (1, 28, 28), 10, {"widht": 3}))


def test_classifier_normalises_like_its_export_says():
    mean, std = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
    model = ImageClassifier(geometry=Geometry((3, 32, 32), 10, mean, std)).eval()
    x = torch.rand(2, 3, 32, 32)
    normalised = torch.stack([(x[:, c] - mean[c]) / std[c] for c in range(3)], dim=1)
    assert torch.allclose(model(x), model.network(normalised), atol=1e-6)
    assert torch.equal(Normalise()(x), x)


def test_option_a_shortcut_subsamples_and_pads_with_zeros():
    block = CifarResNet(blocks=1).layer2[0]
    x = torch.rand(1, 16, 8, 8)
    shortcut = block._shortcut(x)
    assert torch.equal(shortcut[:, 8:24], x[:, :, ::2, ::2])
    assert shortcut[:, :8].abs().sum() == shortcut[:, 24:].abs().sum() == 0
    assert block.stride == 2
    assert conv2d(x, block.conv1.weight, stride=2, padding=1).shape == shortcut.shape


def test_vit_comes_apart_and_takes_fewer_tokens():
    network = SmallViT(channels=1, size=28, classes=10).eval()
    x = torch.rand(2, 1, 28, 28)
    tokens = torch.cat([network.cls_token.expand(2, -1, -1), network.patch_embed(x)], 1) + network.pos_embed
    by_hand = network.head(network.norm(network.blocks(tokens))[:, 0])
    assert torch.equal(by_hand, network(x))
    assert network.blocks(tokens[:, :5]).shape == (2, 5, 64)
    weights = []
    handle = network.blocks[0].attn.attn_drop.register_forward_hook(lambda *given: weights.append(given[2]))
    network(x)
    handle.remove()
    assert torch.allclose(weights[0].sum(-1), torch.ones(2, 4, 50), atol=1e-5)


@pytest.mark.data
@pytest.mark.parametrize(("blocks", "published"), [(3, 0.915), (9, 0.926)])
def test_published_cifar_weights_load_and_reach_their_accuracy(blocks, published):
    root = Path(os.environ.get("XAIPLUG_DATA", "/nowhere"))
    weights = root / "weights" / f"cifar10_resnet{6 * blocks + 2}.safetensors"
    if not weights.exists():
        pytest.skip("XAIPLUG_DATA has no weights/cifar10_resnet*.safetensors")
    network = CifarResNet(blocks=blocks)
    network.load_state_dict(load_file(weights), strict=False)
    imagenet = Normalise((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    test = cifar10.samples("test", source="cifar10", limit=1000)
    reached = accuracy(predictions(torch.nn.Sequential(imagenet, network), test.inputs), test.labels)
    assert reached == pytest.approx(published, abs=0.002)
