"""CLIP and its kin, by `hf:` and prompts."""

import json

import pytest
import torch

import xaiplug
from xaiplug.errors import ModelError

transformers = pytest.importorskip("transformers")

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TINY = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
PROMPTS = ["a cat", "some dogs"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a small untrained CLIP that spells its words, and its processor."""
    folder = tmp_path_factory.mktemp("clip")
    words = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = transformers.CLIPTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt"))
    ends = {"bos_token_id": len(words) - 2, "eos_token_id": len(words) - 1, "pad_token_id": len(words) - 1}
    texts = {**TINY, **ends, "vocab_size": len(words), "max_position_embeddings": 24, "projection_dim": 8}
    images = {**TINY, "image_size": 16, "patch_size": 8, "projection_dim": 8}
    torch.manual_seed(0)
    config = transformers.CLIPConfig(text_config=texts, vision_config=images, projection_dim=8)
    transformers.CLIPModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    square = {"height": 16, "width": 16}
    transformers.CLIPImageProcessor(size={"shortest_edge": 16}, crop_size=square).save_pretrained(folder)
    return folder


def test_logits_are_those_of_the_network_itself_and_classes_are_the_prompts(saved):
    model, x = xaiplug.load_model(f"hf:{saved}", prompts=PROMPTS), torch.rand(2, 3, 16, 16)
    tokens = transformers.AutoTokenizer.from_pretrained(saved)(PROMPTS, padding=True, return_tensors="pt")
    pixels = (x - torch.tensor(model.mean).view(3, 1, 1)) / torch.tensor(model.std).view(3, 1, 1)
    want = transformers.CLIPModel.from_pretrained(saved)(pixel_values=pixels, **tokens).logits_per_image
    assert torch.allclose(model(x), want, atol=1e-4)
    assert (model.class_names, model.output) == (tuple(PROMPTS), "softmax")


def test_a_prompt_is_explained_by_its_name(saved):
    model, x = xaiplug.load_model(f"hf:{saved}", prompts=PROMPTS), torch.rand(2, 3, 16, 16)
    found = xaiplug.explain(model, x, "integrated-gradients", target="some dogs", baseline="black", steps=64)
    assert found.class_names == {1: "some dogs"}
    assert torch.allclose(found.attribution.flatten(1).sum(1), found.score - found.base_score, atol=5e-2)
    why = xaiplug.explain(model.reading(xaiplug.Difference("a cat", "some dogs")), x, "gradient")
    each = [xaiplug.explain(model, x, "gradient", target=name).attribution for name in PROMPTS]
    assert torch.allclose(why.attribution, each[0] - each[1], atol=1e-4)


def test_other_prompts_are_another_network(saved):
    one, same, other = (
        xaiplug.load_model(f"hf:{saved}", prompts=list(prompts)).fingerprint()
        for prompts in (PROMPTS, PROMPTS, PROMPTS[::-1])
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("prompts", "told"),
    [
        ([], "give prompts="),
        (["a cat"], "give two or more"),
        (["a cat", "a cat"], "all of them different"),
        (["a cat", "x" * 40], "more than the 24 tokens"),
    ],
)
def test_prompts_that_are_no_classes_are_told(saved, prompts, told):
    with pytest.raises(ModelError, match=told):
        xaiplug.load_model(f"hf:{saved}", prompts=prompts)
