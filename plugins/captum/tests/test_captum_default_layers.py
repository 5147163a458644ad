"""The layer that class activation reads by itself: the table of the documents, and what it stands on."""

import importlib.util
import random
from pathlib import Path

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Model
from xaiplug.errors import ModelError
from xaiplug.model.maps import map_layer

pytest.importorskip("timm")
pytest.importorskip("torchvision")
SCRIPT = Path(__file__).parents[1] / "benchmarks" / "default_layers.py"
spec = importlib.util.spec_from_file_location("default_layers", SCRIPT)
table = importlib.util.module_from_spec(spec)
spec.loader.exec_module(table)
FAST = ["mobilenetv2_100", "efficientnet_b0", "convnext_femto", "regnety_002", "repvgg_a0", "mixer_s32_224"]

DRAWN = random.Random(table.PAGE.read_text()).sample(table.NAMES, 10)
"""Others whenever the page changes; the script makes the whole table, in minutes."""


def printed(name):
    return next(line for line in table.PAGE.read_text().splitlines() if line.startswith(f"| {name} |"))


@pytest.mark.parametrize("name", FAST)
def test_layers_of_the_table(name):
    assert table.row(f"timm:{name}") == printed(f"timm:{name}")


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWN)
def test_a_drawn_part_of_the_table(name):
    assert table.row(name) == printed(name)


def test_the_table_has_every_family_that_was_asked_for():
    assert sum(name.startswith("timm:") for name in table.NAMES) >= 40
    assert sum(name.startswith("torchvision:") for name in table.NAMES) >= 15
    assert [printed(name) for name in table.NAMES]


@pytest.mark.parametrize("name", ["mobilenetv2_100", "convnext_femto"])
def test_all_of_the_answer_comes_through(name):
    """With the layer's output of one image, the answer to another is that to the one."""
    net, _ = table.network(f"timm:{name}")
    one, other = torch.rand(2, 1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    layer = map_layer(Model(net), one)
    with torch.no_grad():
        kept = []
        handle = layer.module.register_forward_hook(lambda m, i, o: kept.append(o))
        want = net(one)
        handle.remove()
        handle = layer.module.register_forward_hook(lambda m, i, o: kept[0])
        assert torch.equal(net(other), want)
        handle.remove()
        assert not torch.equal(net(other), want)


@pytest.mark.parametrize(
    ("pooled", "layer"), [(True, "beit"), (False, "beit.layers.1")], ids=["mean of the patches", "class token"]
)
def test_beit_of_hugging_face(pooled, layer):
    """Its table of relative positions is no map; after the last block the class token alone is read, or the patches."""
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64}
    config = transformers.BeitConfig(**sizes, image_size=32, patch_size=8, num_labels=5, use_mean_pooling=pooled)
    net = transformers.BeitForImageClassification(config).eval()
    ex = xaiplug.explain(net, torch.rand(1, 3, 32, 32), "grad-cam")
    assert (ex.meta["layer"], ex.meta["grid"]) == (layer, [4, 4])


def test_levit_has_maps_where_it_computes_with_maps():
    import timm

    x = torch.rand(1, 3, 64, 96)
    net = timm.create_model("levit_conv_128s", pretrained=False, img_size=(64, 96), num_classes=5).eval()
    ex = xaiplug.explain(net, x, "grad-cam")
    assert (ex.meta["layer"], ex.meta["grid"]) == ("stages", [1, 2])
    tokens = timm.create_model("levit_128s", pretrained=False, img_size=(64, 96), num_classes=5).eval()
    with pytest.raises(ModelError, match=r"layer 'stages.0' has 4x6 places, but later .*name one with layer="):
        xaiplug.explain(tokens, x, "grad-cam")
    assert xaiplug.explain(tokens, x, "grad-cam", layer="stages.0").meta["grid"] == [4, 6]


class Hands(nn.Sequential):
    """conv, activation in place, what hands on, pool, head."""

    def __init__(self, *after):
        super().__init__(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.SiLU(inplace=True), *after, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(8, 2),
        )  # fmt: skip


@pytest.mark.parametrize("after", [(), (nn.Identity(),), (nn.Dropout(0.5),), (nn.Dropout2d(), nn.Identity())])
def test_what_hands_on_changes_no_layer(after):
    ex = xaiplug.explain(Hands(*after).eval(), torch.rand(1, 3, 12, 20), "grad-cam")
    assert (ex.meta["layer"], ex.meta["grid"]) == ("2", [10, 18])


def test_what_hands_on_names_what_no_module_made():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.hand_on, self.head = nn.Conv2d(3, 8, 3), nn.Identity(), nn.Linear(8, 2)

        def forward(self, x):
            return self.head(self.hand_on(torch.relu(self.conv(x))).mean((2, 3)))

    assert xaiplug.explain(Functional().eval(), torch.rand(1, 3, 12, 20), "grad-cam").meta["layer"] == "hand_on"


class Scales(nn.Module):
    """Two resolutions that meet in the answer alone."""

    def __init__(self, *, stem):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1) if stem else nn.Identity()
        width = 8 if stem else 3
        self.fine, self.coarse = nn.Conv2d(width, 8, 3, padding=1), nn.Conv2d(width, 8, 4, 4)
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        x = self.stem(x)
        return self.head(torch.cat([self.fine(x).relu().mean((2, 3)), self.coarse(x).relu().mean((2, 3))], 1))


@pytest.mark.parametrize(
    ("stem", "told"), [(True, "'stem' has 16x24 places, but later layers have 4x6"), (False, "no single layer")]
)
def test_answers_of_several_scales_are_no_single_layers(stem, told):
    net, x = Scales(stem=stem).eval(), torch.rand(1, 3, 16, 24)
    with pytest.raises(ModelError, match=f"{told}.*name one"):
        xaiplug.explain(net, x, "grad-cam")
    assert xaiplug.explain(net, x, "grad-cam", layer="coarse").meta["grid"] == [4, 6]


def test_a_score_that_never_moves_has_the_same_layer():
    net = Hands().eval()
    nn.init.zeros_(net[-1].weight)
    ex = xaiplug.explain(net, torch.rand(1, 3, 12, 20), "grad-cam")
    assert ex.meta["layer"] == "2"
    assert not ex.attribution.any()


def test_a_class_token_before_a_head_of_zeros():
    """torchvision's transformers begin with one: the tokens after the last block are read by nobody all the same."""
    from torchvision.models import VisionTransformer

    net = VisionTransformer(32, 8, 3, 2, 16, 32, num_classes=5).eval()
    assert not net.heads.head.weight.any()
    ex = xaiplug.explain(net, torch.rand(1, 3, 32, 32), "grad-cam")
    assert (ex.meta["layer"], ex.meta["grid"]) == ("encoder.layers.encoder_layer_1", [4, 4])
