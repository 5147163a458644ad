"""Arguments of the network that belong to a sample, such as an attention mask, through every method's passes."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import FeatureGroups
from xaiplug.errors import ComponentError, ModelError, ShapeError

LENGTHS = (6, 4, 3)


class Sentence(nn.Module):
    """One head of attention over embeddings (B,L,D), under a mask, and the mean of the tokens that are there."""

    def __init__(self):
        super().__init__()
        self.mix = nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x, mask=None):
        there = torch.ones(x.shape[:2]) if mask is None else mask
        assert len(there) == len(x)
        mixed = x + self.mix(x, x, x, key_padding_mask=there == 0, need_weights=False)[0]
        weight = there.to(x)[..., None]
        return self.head((mixed.tanh() * weight).sum(1) / weight.sum(1))


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Sentence().double().eval()


@pytest.fixture
def sentences():
    x = torch.rand(3, 6, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    mask = (torch.arange(6) < torch.tensor(LENGTHS)[:, None]).long()
    return x, mask


METHODS = {
    "gradient": {},
    "input-x-gradient": {},
    "integrated-gradients": {"baseline": torch.full((6, 8), 0.1)},
    "kernel-shap": {"baseline": torch.full((1, 1, 6, 8), 0.1)},
    "captum-input-x-gradient": {},
}


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("max_batch", [2, "auto"])
def test_a_padded_sentence_is_explained_as_the_sentence(net, sentences, name, max_batch):
    x, mask = sentences
    given = METHODS[name]
    whole = xaiplug.explain(net, x, name, forward_args={"mask": mask}, max_batch=max_batch, **given)
    for row, length in enumerate(LENGTHS):
        short = {key: value[..., :length, :] for key, value in given.items()}
        alone = xaiplug.explain(net, x[row : row + 1, :length], name, **short)
        torch.testing.assert_close(whole.attribution[row : row + 1, :length], alone.attribution)
        assert float(whole.attribution[row, length:].abs().sum()) < 1e-9
        torch.testing.assert_close(whole.score[row : row + 1], alone.score)
        assert whole.target.index[row] == alone.target.index[0]
    assert whole.meta["forwards"] > 0
    assert whole.inputs is x


def test_what_is_given_a_sample_goes_with_it(net, sentences):
    x, mask = sentences
    target, seeds = torch.tensor([2, 0, 1]), 5
    baseline = torch.rand(2, 3, 6, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    labels = torch.arange(6).expand(3, 6).clone()
    labels[1, 3:] = 2
    groups = FeatureGroups.from_labels(labels)
    for segmenter in (labels, groups):
        asked = {"target": target, "baseline": baseline, "segmenter": segmenter, "seed": seeds}
        whole = xaiplug.explain(net, x, "kernel-shap", forward_args={"mask": mask}, **asked)
        assert whole.attribution.shape == (3, 6)
        assert whole.target.index.equal(target)
        for row in range(3):
            own = {"target": int(target[row]), "baseline": baseline[:, row : row + 1], "seed": seeds}
            one = xaiplug.explain(
                net, x[[row]], "kernel-shap", segmenter=labels[[row]], forward_args={"mask": mask[[row]]}, **own
            )
            count = int(groups.counts[row])
            torch.testing.assert_close(whole.attribution[row, :count], one.attribution[0])
    names = xaiplug.Model(net, class_names=["a", "b", "c"])
    said = xaiplug.explain(names, x, "gradient", target=["c", "a", "b"], forward_args={"mask": mask})
    assert said.target.index.equal(target)
    assert said.class_names == {0: "a", 1: "b", 2: "c"}


def test_metrics_take_them_too(net, sentences):
    x, mask = sentences
    ex = xaiplug.explain(net, x, "input-x-gradient", forward_args={"mask": mask})
    for metric in ("deletion", "local-lipschitz", "mprt"):
        given = {"baseline": torch.full((6, 8), 0.1)} if metric == "deletion" else {}
        whole = xaiplug.score(net, x, ex, metric, forward_args={"mask": mask}, **given)
        assert whole.name == metric
        for row in range(3):
            one = xaiplug.explain(net, x[[row]], "input-x-gradient", forward_args={"mask": mask[[row]]})
            alone = xaiplug.score(net, x[[row]], one, metric, forward_args={"mask": mask[[row]]}, **given)
            torch.testing.assert_close(whole.values[row : row + 1], alone.values)
    with pytest.raises(ComponentError, match="give them to score too"):
        xaiplug.score(net, x, ex, "mprt")


def test_the_network_is_as_it_was(net, sentences):
    x, mask = sentences
    before = {name: value.clone() for name, value in net.state_dict().items()}
    net.train()
    xaiplug.explain(net, x, "gradient", forward_args={"mask": mask})
    assert type(net) is Sentence
    assert net.training
    assert not hasattr(net, "_xaiplug_given")
    assert all(value.equal(before[name]) for name, value in net.state_dict().items())


def test_layers_are_found_by_their_names(sentences):
    x = torch.rand(2, 3, 8, 8)

    class Lit(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Conv2d(3, 4, 3)
            self.head = nn.Linear(4, 2)

        def forward(self, x, light):
            return self.head((self.body(x) * light[:, :, None, None]).relu().mean((2, 3)))

    net, light = Lit(), torch.tensor([[1.0], [0.0]])
    ex = xaiplug.explain(net, x, "grad-cam", layer="body", target=0, forward_args={"light": light})
    assert ex.attribution[0].abs().sum() > 0
    assert ex.attribution[1].abs().sum() == 0  # in the dark nothing counts


def test_what_does_not_fit_is_an_error(net, sentences):
    x, mask = sentences
    with pytest.raises(ShapeError, match=r"one row a sample \(3,\.\.\.\), got 'mask' \(2, 6\), 'past' bool; what"):
        xaiplug.explain(net, x, "gradient", forward_args={"mask": mask[:2], "past": True})
    with pytest.raises(ModelError, match="unexpected keyword argument 'musk'"):
        xaiplug.explain(net, x, "gradient", forward_args={"musk": mask})
    with pytest.raises(ComponentError, match="a pool's samples have none"):
        xaiplug.explain(net, x, "expected-ig", references="dataset-sample", pool=(x, None), forward_args={"mask": mask})


def test_a_bert_with_a_mask_per_sample():
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=3,
        attn_implementation="eager",
    )

    class OfEmbeddings(nn.Module):
        def __init__(self):
            super().__init__()
            self.bert = transformers.BertForSequenceClassification(config)

        def forward(self, x, attention_mask):
            return self.bert(inputs_embeds=x, attention_mask=attention_mask)

    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = OfEmbeddings().eval()
    words = torch.randint(50, (2, 5), generator=torch.Generator().manual_seed(0))
    x = net.bert.bert.embeddings.word_embeddings(words).detach()
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    given = {"target": 1, "baseline": torch.zeros(5, 16), "forward_args": {"attention_mask": mask}}
    ex = xaiplug.explain(net, x, "integrated-gradients", steps=30, max_batch=7, **given)
    assert ex.attribution[1, 3:].abs().max() < 1e-6
    assert ex.residual.abs().max() < 1e-3 * ex.score.abs().max()
    alone = xaiplug.explain(
        net, x[1:, :3], "integrated-gradients", steps=30, target=1, baseline=torch.zeros(3, 16),
        forward_args={"attention_mask": mask[1:, :3]},
    )  # fmt: skip
    torch.testing.assert_close(ex.attribution[1:, :3], alone.attribution, rtol=1e-4, atol=1e-6)


def test_a_comparison_takes_them(net, sentences):
    x, mask = sentences
    found = xaiplug.compare(net, x, ["gradient", "input-x-gradient"], ["max-sensitivity"], forward_args={"mask": mask})
    assert found.failures == []
    for name, ex in found.explanations.items():
        alone = xaiplug.explain(net, x, name, forward_args={"mask": mask})
        torch.testing.assert_close(ex.attribution, alone.attribution)
        expected = xaiplug.score(net, x, alone, "max-sensitivity", forward_args={"mask": mask})
        torch.testing.assert_close(found.scores["max-sensitivity"][name].values, expected.values)
    assert "gradient" in found._repr_html_()
