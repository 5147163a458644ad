"""Outputs that are no logits, networks that answer all alike, and answers that are no numbers."""

import warnings

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import NonFiniteError

X = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def seeded(*layers):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(192, 3), *layers)


def told(model, inputs=X, **options):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        xaiplug.explain(model, inputs, "gradient", **options)
    return [str(one.message) for one in found]


@pytest.mark.parametrize(
    ("last", "output", "message"),
    [
        (nn.Softmax(1), "softmax", "sum to 1: its softmax is inside"),
        (nn.LogSoftmax(1), "softmax", "are log-probabilities"),
        (nn.Sigmoid(), "sigmoid", "its sigmoid is inside"),
    ],
)
def test_outputs_that_are_no_logits_are_told_once(last, output, message):
    model = xaiplug.Model(seeded(last), output=output)
    (text,) = told(model)
    assert message in text
    assert told(model) == []


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_logits_are_not_taken_for_anything_else(output):
    assert told(xaiplug.Model(seeded(), output=output)) == []


def test_a_network_that_answers_all_samples_alike_is_told():
    network = seeded()
    with torch.no_grad():
        network[1].weight.mul_(1e-9)
    (text,) = told(network)
    assert "answers all 3 samples alike" in text
    same = xaiplug.Model(network)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xaiplug.explain(same, X[:1].expand(3, -1, -1, -1).contiguous(), "gradient")


@pytest.mark.parametrize(
    ("inputs", "options", "message"),
    [
        (X * 255, {"input_range": (0.0, 1.0)}, "and its input_range is (0, 1)"),
        (X * 255, {}, "images have pixels in [0,1] here"),
        (2 * X - 1, {}, "images have pixels in [0,1] here"),
        (X, {"input_range": (0.0, 0.5)}, "its input_range is (0, 0.5)"),
    ],
    ids=["declared", "bytes", "normalised", "narrow"],
)
def test_inputs_in_another_range_are_told_once(inputs, options, message):
    model = xaiplug.Model(seeded(), **options)
    (text,) = told(model, inputs)
    assert text.startswith("inputs of model 'Sequential' go from ")
    assert message in text
    assert told(model, inputs) == []


@pytest.mark.parametrize(
    ("inputs", "options"),
    [(X, {}), (X * 255, {"input_range": (0, 255)}), (2 * X - 1, {"input_range": (-1, 1)}), (X * 1.0005, {})],
)
def test_inputs_in_their_range_are_not(inputs, options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xaiplug.explain(xaiplug.Model(seeded(), **options), inputs, "gradient")
        xaiplug.explain(nn.Linear(4, 2), 9 * torch.randn(3, 4), "gradient")


@pytest.mark.parametrize(
    ("what", "method", "given"),
    [
        ("baseline", "integrated-gradients", {"baseline": 255 * X}),
        ("references", "deep-shap", {"references": 255 * X[None]}),
        ("pool", "deep-shap", {"references": ("dataset-sample", {"n": 2}), "pool": (255 * X, torch.arange(3))}),
    ],
)
def test_what_stands_beside_the_inputs_is_told_too(what, method, given):
    model = xaiplug.Model(seeded())
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        xaiplug.explain(model, X, method, **given)
    assert [str(one.message).split(" go ")[0] for one in found] == [f"{what} of model 'Sequential'"]


class Perturbed(nn.Module):
    """NaN, or infinity, for whatever is none of the inputs."""

    def __init__(self, value):
        super().__init__()
        self.linear, self.value = seeded(), value

    def forward(self, x):
        new = torch.tensor([not any(torch.equal(row, known) for known in X) for row in x.detach()])
        return torch.where(new[:, None], self.value, self.linear(x))


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize(
    "name", ["integrated-gradients", "kernel-shap", "occlusion", "smoothgrad", "guided-ig", "moxi"]
)
def test_an_answer_that_is_no_number_is_never_a_number_further_on(name, value):
    with pytest.raises(NonFiniteError, match="model 'Perturbed' returned NaN or infinity"):
        xaiplug.explain(Perturbed(value), X, name, segmenter=("grid", {"patch": 4}) if name in GROUPED else None)


GROUPED = ("kernel-shap", "moxi")


@pytest.mark.parametrize("name", ["mu-fidelity", "deletion", "infidelity"])
def test_neither_is_it_in_a_metric(name):
    explanation = xaiplug.explain(Perturbed(torch.nan), X, "gradient")
    with pytest.raises(NonFiniteError, match="returned NaN or infinity for sample"):
        xaiplug.score(Perturbed(torch.nan), X, explanation, name)


def test_the_sample_is_named_whatever_the_chunk():
    bad = X.clone()
    bad[2] = torch.nan
    for max_batch in (1, 2, 64):
        with pytest.raises(NonFiniteError, match=r"for sample 2$"):
            xaiplug.explain(seeded(), bad, "gradient", max_batch=max_batch)


def test_scores_that_do_not_move_have_no_correlation_and_no_best():
    network = seeded()
    with torch.no_grad():
        network[1].weight.mul_(1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explanation = xaiplug.explain(network, X, "gradient")
        assert xaiplug.score(network, X, explanation, "mu-fidelity").values.isnan().all()


def test_lime_refuses_a_single_group():
    with pytest.raises(xaiplug.errors.ComponentError, match="at least 2"):
        xaiplug.explain(seeded(), X, "lime", segmenter=torch.zeros(1, 8, 8, dtype=torch.int64))
