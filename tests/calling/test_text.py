"""Sentences, with the real tokenizers and networks of transformers, small and with random weights."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError, ModelError, ShapeError

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "fine", "film", "dull", "##er", "very"]
SENTENCES = ["a very fine film", "duller"]


@pytest.fixture(scope="module")
def tokenizer():
    made = tokenizers.Tokenizer(
        tokenizers.models.WordPiece(dict(zip(VOCABULARY, range(11), strict=True)), unk_token="[UNK]")
    )
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
    )  # fmt: skip


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=11, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        id2label={0: "bad", 1: "good"},
    )  # fmt: skip
    return transformers.BertForSequenceClassification(config).eval()


@pytest.fixture
def told(network, tokenizer):
    return xaiplug.text(network, tokenizer, SENTENCES)


def test_it_is_the_networks_own_answer(told, network, tokenizer):
    asked = tokenizer(SENTENCES, padding=True, return_tensors="pt")
    with torch.no_grad():
        expected = network(**asked).logits
        alone = network(**tokenizer(SENTENCES[1:], return_tensors="pt")).logits
    ex = xaiplug.explain(
        told.model,
        told.inputs,
        "integrated-gradients",
        baseline=told.baseline,
        forward_args=told.forward_args,
        target=1,
    )
    torch.testing.assert_close(ex.score, expected[:, 1])
    torch.testing.assert_close(ex.score[1:], alone[:, 1])
    assert ex.residual.abs().max() < 0.05 * (ex.score - ex.base_score).abs().max() + 1e-3
    assert ex.class_names == {1: "good"}


def test_words_groups_and_absence(told, network):
    assert told.words == (
        ("[CLS]", "a", "very", "fine", "film", "[SEP]"),
        ("[CLS]", "dull", "##er", "[SEP]", "[PAD]", "[PAD]"),
    )
    assert told.groups.labels.tolist() == [[-1, 0, 1, 2, 3, -1], [-1, 0, 0, -1, -1, -1]]
    mask = network.get_input_embeddings().weight[4]
    assert torch.equal(told.baseline[0, 0, 1], mask)
    assert torch.equal(told.baseline[0, :, 0], told.inputs[:, 0])
    assert (told.inputs[1, 4:] == 0).all()
    assert repr(told) == "Text(2 sentences, up to 6 tokens each)"


def test_a_game_is_played_by_words(told):
    ex = xaiplug.explain(
        told.model,
        told.inputs,
        "shapley-sampling",
        segmenter=told.groups,
        baseline=told.baseline,
        forward_args=told.forward_args,
        target="good",
    )
    assert ex.attribution.isfinite().sum(1).tolist() == [4, 1]
    torch.testing.assert_close(ex.attribution.nansum(1), ex.score - ex.base_score)


def test_each_sentence_is_drawn_with_its_own_words(told):
    ex = xaiplug.explain(told.model, told.inputs, "input-x-gradient", forward_args=told.forward_args)
    drawn = [[text.get_text() for text in axes.texts] for axes in ex.plot(kind="words", feature_names=told.words).axes]
    assert drawn[:2] == [list(words) for words in told.words]
    with pytest.raises(ShapeError, match="of 1 samples, the explanation of 2"):
        ex.plot(kind="words", feature_names=told.words[:1])


def test_absence_may_be_another_token_or_nothing(network, tokenizer):
    zero = xaiplug.text(network, tokenizer, ["a film"], absent="zero")
    assert (zero.baseline[0, 0, 1:3] == 0).all()
    pad = xaiplug.text(network, tokenizer, ["a film"], absent="pad")
    assert torch.equal(pad.baseline[0, 0, 1], network.get_input_embeddings().weight[0])


def test_what_cannot_be_read_says_why(network, tokenizer):
    with pytest.raises(ModelError, match="get_input_embeddings"):
        xaiplug.text(nn.Linear(2, 2), tokenizer, ["a"])
    with pytest.raises(ComponentError, match="list of sentences"):
        xaiplug.text(network, tokenizer, "a film")
    plain = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer.backend_tokenizer, pad_token="[PAD]")
    with pytest.raises(ComponentError, match="no mask token; absent can be pad, zero"):
        xaiplug.text(network, plain, ["a film"], absent="mask")
