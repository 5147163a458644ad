"""Grad-CAM against captum, and its layer on stock networks."""

import pytest
import torch
from captum.attr import LayerGradCam
from torch import nn

import xaiplug
from xaiplug import Model
from xaiplug.errors import ModelError, ShapeError
from xaiplug.model.maps import map_layer

torch.manual_seed(0)
NET = nn.Sequential(
    nn.Conv2d(3, 6, 3, stride=2), nn.ReLU(), nn.Conv2d(6, 8, 3), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1),
    nn.Flatten(), nn.Linear(8, 4),
).double().eval()  # fmt: skip
X = torch.rand(3, 3, 16, 16, dtype=torch.float64)


@pytest.mark.parametrize("layer", ["0", "1", "2"])
def test_is_captums(layer):
    ex = xaiplug.explain(NET, X, "grad-cam", target=[0, 1, 2], layer=layer)
    net = nn.Sequential(*NET[:3], nn.ReLU(), *NET[4:])  # captum reads what an in-place activation leaves
    theirs = LayerGradCam(net, net[int(layer)]).attribute(X, target=torch.tensor([0, 1, 2]))
    torch.testing.assert_close(ex.attribution, theirs.flatten(1).detach(), rtol=1e-10, atol=1e-12)
    clipped = xaiplug.explain(NET, X, "grad-cam", target=[0, 1, 2], layer=layer, relu=True)
    torch.testing.assert_close(clipped.attribution, theirs.flatten(1).detach().clamp(min=0), rtol=1e-10, atol=1e-12)


def test_found_layer_is_the_last_map_and_lies_on_its_own_grid():
    ex = xaiplug.explain(NET, X, "grad-cam", target=0)
    assert ex.level == "group"
    assert ex.attribution.shape == (3, 25)
    named = xaiplug.explain(NET, X, "grad-cam", target=0, layer="3")
    torch.testing.assert_close(ex.attribution, named.attribution)
    assert ex.groups.labels[0, 0, 15] == 4
    assert ex.groups.labels[0, 15, 0] == 20
    assert ex.on_inputs().shape == (3, 1, 16, 16)


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("resnet18", "layer4"),
        ("vgg11", "features.19"),
        ("densenet121", "features"),
        ("mobilenet_v3_small", "features"),
        ("convnext_tiny", "features"),
    ],
)
def test_layer_of_stock_networks(name, layer):
    model = xaiplug.load_model(f"torchvision:{name}", weights=None)
    with model.frozen():
        assert map_layer(model, torch.rand(1, 3, 64, 64)).name == layer


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.mix, self.mlp = nn.LayerNorm(8), nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 8)

    def forward(self, tokens):
        inner = self.norm1(tokens)
        tokens = tokens + self.mix(inner, inner, inner)[0]
        return tokens + self.mlp(tokens).tanh()


class Vit(nn.Module):
    def __init__(self, blocks=3):
        super().__init__()
        self.patch_embed, self.norm, self.head = nn.Conv2d(3, 8, 4, stride=4), nn.LayerNorm(8), nn.Linear(8, 4)
        self.pos_embed, self.cls_token = nn.Parameter(torch.randn(1, 17, 8)), nn.Parameter(torch.randn(1, 1, 8))
        self.blocks = nn.ModuleList(Block() for _ in range(blocks))

    def forward(self, x):
        patches = self.patch_embed(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(len(x), -1, -1), patches], 1) + self.pos_embed
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(self.norm(tokens)[:, 0])


def test_tokens_that_enter_the_last_block():
    net = Vit().double().eval()
    ex = xaiplug.explain(net, X, "grad-cam", target=2)
    assert ex.attribution.shape == (3, 16)
    assert ex.attribution.abs().min() > 0
    named = xaiplug.explain(net, X, "grad-cam", target=2, layer="blocks.1")
    torch.testing.assert_close(ex.attribution, named.attribution)
    after = xaiplug.explain(net, X, "grad-cam", target=2, layer="blocks.2")
    assert after.attribution.abs().max() == 0  # only the class token is read


def test_bad_input():
    with pytest.raises(ShapeError, match="images"):
        xaiplug.explain(nn.Linear(4, 2), torch.rand(1, 4), "grad-cam")
    with pytest.raises(ModelError, match="layer="):
        xaiplug.explain(nn.Sequential(nn.Flatten(), nn.Linear(48, 2)), torch.rand(1, 3, 4, 4), "grad-cam")
    with pytest.raises(ModelError, match="single block"):
        xaiplug.explain(Vit(1), torch.rand(1, 3, 16, 16), "grad-cam")
    with pytest.raises(ModelError, match="no layer 'laier4'"):
        xaiplug.explain(Model(NET), X, "grad-cam", layer="laier4")


def test_a_batch_is_one_by_one():
    batch = xaiplug.explain(NET, X, "grad-cam", target=1, max_batch=2).attribution
    single = torch.cat([xaiplug.explain(NET, row[None], "grad-cam", target=1).attribution for row in X])
    torch.testing.assert_close(batch, single, rtol=1e-12, atol=1e-14)


def conv_and_relu(inplace):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(inplace),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3),
    ).eval()  # fmt: skip


def test_a_relu_in_place_after_the_layer_changes_nothing():
    x = torch.rand(2, 3, 16, 16)
    plain, changing = (xaiplug.explain(conv_and_relu(p), x, "grad-cam", target=0, layer="2") for p in (False, True))
    assert plain.attribution.abs().max() > 0
    torch.testing.assert_close(changing.attribution, plain.attribution)
    theirs = LayerGradCam(net := conv_and_relu(False), net[2]).attribute(x, target=0)
    torch.testing.assert_close(changing.attribution, theirs.flatten(1).detach())
