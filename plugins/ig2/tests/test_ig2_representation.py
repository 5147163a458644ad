"""The representation of networks with more than one last linear layer: found by use, or an error."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ModelError

transformers = pytest.importorskip("transformers")
SMALL = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
PATCHES = {"image_size": 16, "patch_size": 8}
IMAGES = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))


class ZeroShot(nn.Module):
    """CLIP, with three texts for classes; its projection of texts is the last linear layer registered."""

    def __init__(self):
        super().__init__()
        tokens = {"vocab_size": 20, "max_position_embeddings": 8, "bos_token_id": 1, "eos_token_id": 2}
        self.clip = transformers.CLIPModel(
            transformers.CLIPConfig(text_config={**SMALL, **tokens}, vision_config={**SMALL, **PATCHES})
        )
        self.register_buffer("texts", torch.tensor([[1, 5, 2], [1, 6, 2], [1, 7, 2]]))

    def forward(self, x):
        return self.clip(pixel_values=x, input_ids=self.texts).logits_per_image


def test_of_clip_it_is_what_the_projection_of_images_reads():
    torch.manual_seed(0)
    network = ZeroShot().eval()
    features = xaiplug.Model(network).features(IMAGES)
    torch.testing.assert_close(features, network.clip.vision_model(IMAGES).pooler_output)
    ex, named = (
        xaiplug.explain(network, IMAGES, "ig2", references=IMAGES.flip(0)[None], steps=4, representation=layer)
        for layer in (None, "clip.visual_projection")
    )
    torch.testing.assert_close(ex.attribution, named.attribution)


def test_of_a_distilled_transformer_one_head_of_two_is_an_error():
    network = transformers.DeiTForImageClassificationWithTeacher(transformers.DeiTConfig(**SMALL, **PATCHES)).eval()
    with pytest.raises(ModelError, match=r"more than its last nn.Linear, 'distillation_classifier'; name the layer"):
        xaiplug.explain(network, IMAGES, "ig2", references=IMAGES[None])
    ex = xaiplug.explain(network, IMAGES, "ig2", references=IMAGES.flip(0)[None], steps=4, representation="output")
    assert ex.attribution.shape == IMAGES.shape
