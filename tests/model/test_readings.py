"""What of a network's output is explained where that is no (B,K)."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Detection, Difference, Region
from xaiplug.errors import ComponentError, ModelError
from xaiplug.model.readings import reading_of


class Segments(nn.Module):
    """Two classes a pixel: what is red there, and twice what is green."""

    def forward(self, x):
        return {"out": torch.stack([x[:, 0], 2 * x[:, 1]], 1)}


class Detects(nn.Module):
    """One box, where it always is, as bright as the image; and on dark images nothing."""

    def forward(self, x):
        seen = {"boxes": torch.tensor([[0.0, 0, 4, 4]]), "labels": torch.tensor([1])}
        nothing = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
        return [
            {**seen, "scores": one.mean()[None]} if one.mean() > 0.1 else {**nothing, "scores": one.flatten()[:0]}
            for one in x
        ]


def linear(names=None):
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    return network, xaiplug.Model(network, class_names=names)


def test_a_region_is_the_mean_of_each_class_there_and_its_gradient_lies_there():
    model = xaiplug.Model(Segments(), reads=Region(rows=(1, 3), columns=(0, 2)), class_names=["red", "green"])
    x = torch.rand(2, 3, 4, 4)
    explanation = xaiplug.explain(model, x, "gradient", target="green")
    want = torch.zeros_like(x)
    want[:, 1, 1:3, 0:2] = 2 / 4
    assert torch.equal(explanation.attribution, want)
    assert explanation.score.tolist() == pytest.approx((2 * x[:, 1, 1:3, 0:2]).mean((1, 2)).tolist())
    assert explanation.class_names == {1: "green"}


def test_a_difference_of_classes_is_the_difference_of_their_maps():
    network, plain = linear(["cat", "dog", "cow"])
    x = torch.rand(2, 3, 2, 2)
    between = plain.reading(Difference("cow", "cat"))
    maps = [xaiplug.explain(plain, x, "input-x-gradient", target=name).attribution for name in ("cow", "cat")]
    explanation = xaiplug.explain(between, x, "input-x-gradient")
    assert torch.allclose(explanation.attribution, maps[0] - maps[1], atol=1e-6)
    assert explanation.score.tolist() == pytest.approx((network(x)[:, 2] - network(x)[:, 0]).tolist(), abs=1e-6)
    assert between.class_names == ("cow - cat",)
    with pytest.raises(ComponentError, match="one output has no 'probability'"):
        xaiplug.explain(between, x, "gradient", scale="probability")


GROUPS = torch.arange(16).view(1, 4, 4)


@pytest.mark.parametrize(
    ("explainer", "given"),
    [
        ("deep-lift", {"baseline": "black"}),
        ("lrp", {"rules": "epsilon-plus"}),
        ("integrated-gradients", {"baseline": "black"}),
        ("captum-integrated-gradients", {"baseline": "black"}),
        ("kernel-shap", {"baseline": "black", "segmenter": GROUPS}),
        ("captum-feature-ablation", {"baseline": "black", "segmenter": GROUPS}),
    ],
)
def test_methods_of_every_kind_explain_the_difference(explainer, given):
    torch.manual_seed(0)
    network, x = nn.Sequential(nn.Flatten(), nn.Linear(48, 3)).eval(), torch.rand(2, 3, 4, 4)
    found = xaiplug.explain(xaiplug.Model(network, reads=Difference(0, 1)), x, explainer, **given)
    exact = x * (network[1].weight[0] - network[1].weight[1]).view(3, 4, 4)
    if "segmenter" not in given:
        assert torch.allclose(found.attribution, exact, atol=1e-5)
    else:
        groups = found.attribution if found.level == "group" else found.attribution[:, 0].flatten(1)
        assert torch.allclose(groups, exact.sum(1).flatten(1), atol=1e-5)


def test_captums_lrp_says_that_it_does_not_know_readings():
    network, _ = linear()
    with pytest.raises(ModelError, match="not what is read of its output"):
        xaiplug.explain(xaiplug.Model(network, reads=Difference(0, 1)), torch.rand(1, 3, 2, 2), "captum-lrp")


def test_a_detection_is_as_sure_as_it_is_alike_and_nothing_seen_is_zero():
    model = xaiplug.Model(Detects(), reads=Detection(box=(0, 0, 4, 2), label=1), class_names=["none", "cat"])
    x = torch.stack([torch.full((3, 4, 4), 0.5), torch.zeros(3, 4, 4)])
    explanation = xaiplug.explain(model, x, "gradient")
    assert explanation.score.tolist() == [0.25, 0.0]
    assert torch.allclose(explanation.attribution[0], torch.full((3, 4, 4), 0.5 / 48))
    assert not explanation.attribution[1].any()
    assert model.class_names == ("cat",)


def test_a_function_of_the_output_is_a_score():
    model = xaiplug.Model(Segments(), reads=lambda output: output["out"][:, 0].amax((1, 2)))
    x = torch.rand(2, 3, 4, 4)
    explanation = xaiplug.explain(model, x, "gradient")
    assert torch.equal(explanation.score, x[:, 0].amax((1, 2)))
    assert explanation.attribution.flatten(1).sum(1).tolist() == [1, 1]


def test_metrics_measure_what_is_read():
    model = xaiplug.Model(Segments(), reads=Region(rows=(0, 2), columns=(0, 2)))
    x = 0.1 + 0.9 * torch.rand(1, 3, 4, 4)
    explanation = xaiplug.explain(model, x, "input-x-gradient", target=0)
    inside = torch.zeros(1, 4, 4, dtype=torch.bool)
    inside[:, :2, :2] = True
    assert float(xaiplug.score(model, x, explanation, "relevance-mass", relevant=inside).values) == pytest.approx(1)
    removed = xaiplug.score(
        model, x, explanation, "deletion", segmenter=GROUPS, baseline="black", steps=16, scale="logit"
    )
    area = [float(x[0, 0, :2, :2].flatten().sort().values[: 4 - gone].sum()) / 4 for gone in (0, 1, 2, 3, 4)]
    assert float(removed.values) == pytest.approx((sum(area) - area[0] / 2) / 16, rel=1e-4)


def test_what_is_read_is_part_of_a_models_fingerprint_and_of_no_others():
    network, plain = linear()
    one, same, other = (plain.reading(Difference(*pair)) for pair in ((0, 1), (0, 1), (0, 2)))
    assert one.fingerprint() == same.fingerprint()
    assert len({plain.fingerprint(), one.fingerprint(), other.fingerprint()}) == 3
    functions = [xaiplug.Model(network, reads=function) for function in (lambda o: o[:, 0], lambda o: o[:, 1])]
    assert functions[0].fingerprint() != functions[1].fingerprint()
    assert set(plain.traits()) == set(xaiplug.Model(network).traits())


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"regoin": {}}, "did you mean 'region'"),
        ({"region": {"rows": [0, 2]}}, "reading 'region' does not take"),
        ({"region": {"rows": [2, 2], "columns": [0, 1]}}, "0 <= first <= last"),
        ({"detection": {"box": [3, 0, 1, 1], "label": 0}}, "x1 < x2"),
        (3, "or a function"),
        ({"region": {}, "difference": [0, 1]}, "expected one of"),
    ],
)
def test_a_reading_that_is_none_is_told(value, told):
    with pytest.raises(ModelError, match=told):
        reading_of(value)


@pytest.mark.parametrize(
    ("reads", "network", "told"),
    [
        (Region(rows=(0, 9), columns=(0, 1)), Segments(), "rows up to 9, and the output has 4"),
        (Region(rows=(0, 1), columns=(0, 1)), nn.Flatten(), "of a segmentation"),
        (Difference(0, 99), nn.Flatten(), "with class 99"),
        (Detection(box=(0, 0, 1, 1), label=1), nn.Flatten(), "list of dicts"),
    ],
)
def test_an_output_of_another_form_is_told(reads, network, told):
    with pytest.raises(ModelError, match=told):
        xaiplug.explain(xaiplug.Model(network, reads=reads), torch.rand(1, 3, 4, 4), "gradient")


def test_a_name_that_is_no_class_is_told():
    _, plain = linear(["cat", "dog", "cow"])
    with pytest.raises(ModelError, match=r"no class 'cta'.*did you mean 'cat'"):
        plain.reading(Difference("cta", "dog"))


def test_an_export_keeps_no_reading(tmp_path):
    from xaiplug.model.export import save_export

    _, plain = linear()
    with pytest.raises(ModelError, match="no card holds"):
        save_export(plain.reading(Difference(0, 1)), tmp_path)
