"""Vision transformers of four libraries, taken apart and put together again."""

import pytest
import torch

import xaiplug
from xaiplug import Model


def timm_vit(name):
    timm = pytest.importorskip("timm")
    return timm.create_model(name, img_size=32, patch_size=8, depth=2, num_classes=7)


def torchvision_vit():
    from torchvision.models import VisionTransformer

    return VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=7)


def hugging_face(kind):
    transformers = pytest.importorskip("transformers")
    config, model = {
        "vit": (transformers.ViTConfig, transformers.ViTForImageClassification),
        "deit": (transformers.DeiTConfig, transformers.DeiTForImageClassification),
        "teacher": (transformers.DeiTConfig, transformers.DeiTForImageClassificationWithTeacher),
    }[kind]
    return model(
        config(
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            image_size=32,
            patch_size=8,
            num_labels=7,
        )
    )


@pytest.mark.parametrize(
    ("make", "prefix"),
    [
        (lambda: timm_vit("vit_tiny_patch16_224"), 1),
        (lambda: timm_vit("deit_tiny_distilled_patch16_224"), 2),
        (torchvision_vit, 1),
        (lambda: hugging_face("vit"), 1),
        (lambda: hugging_face("deit"), 2),
        (lambda: hugging_face("teacher"), 2),
    ],
)
def test_the_pieces_equal_the_whole(make, prefix):
    torch.manual_seed(0)
    network = make().eval()
    model = Model(network, mean=[0.5] * 3, std=[0.25] * 3)
    x = torch.rand(2, 3, 32, 32)
    tokens = model.tokens
    assert (tokens.prefix, tokens.patches(x).grid) == (prefix, (4, 4))
    embedded = tokens.embed(x)
    assert embedded.shape[1] == prefix + 16
    torch.testing.assert_close(tokens.head(tokens.run(embedded)), model(x), rtol=1e-5, atol=1e-6)
    fewer = torch.cat([embedded[:, :prefix], embedded[:, prefix : prefix + 3]], 1)
    assert tokens.head(tokens.run(fewer)).shape == (2, 7)
    captured = model.capture(x, tokens.blocks[-1])
    assert captured.values.shape[2:] == (4, 4)
    assert captured.prefix.shape[1] == prefix


def test_other_networks_have_no_tokens(small_cnn):
    assert Model(small_cnn).tokens is None


def test_rows_through_the_tokens_are_counted():
    model = Model(timm_vit("vit_tiny_patch16_224").eval())
    tokens = model.tokens
    with model.metered() as meter:
        tokens.head(tokens.run(tokens.embed(torch.rand(3, 3, 32, 32))))
        model(torch.rand(2, 3, 32, 32))
    assert meter.forwards == 5


def test_blocks_in_two_parts():
    tokens = Model(timm_vit("vit_tiny_patch16_224").eval()).tokens
    embedded = tokens.embed(torch.rand(1, 3, 32, 32))
    assert torch.equal(tokens.run(tokens.run(embedded, 0, 1), 1), tokens.run(embedded))


def test_patches_of_pixels():
    tokens = Model(timm_vit("vit_tiny_patch16_224")).tokens
    labels = tokens.patches(torch.rand(1, 3, 32, 32)).labels
    assert labels.unique(return_counts=True)[1].tolist() == [64] * 16
    assert labels[8, 31] == 7


def test_rotary_transformers_are_not_for_us():
    """Their positions are added in the blocks, by place: a token that is gone would shift them."""
    timm = pytest.importorskip("timm")
    eva = timm.create_model("eva02_tiny_patch14_224", img_size=28, depth=1, num_classes=2)
    assert Model(eva).tokens is None


def test_the_patches_of_a_transformer_are_its_default_groups():
    class Groups(xaiplug.Explainer):
        needs = ("groups",)

        def explain(self, query):
            return query.groups.sizes().to(query.inputs)

    explanation = xaiplug.explain(timm_vit("vit_tiny_patch16_224"), torch.rand(2, 3, 32, 32), Groups())
    assert explanation.attribution.tolist() == [[64.0] * 16] * 2
    assert explanation.meta["defaults"] == {"segmenter": "patches of the model"}
