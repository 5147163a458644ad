"""The notebook door: what users may give, what comes back, what is left as it was."""

import random

import numpy as np
import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError, DataError, ModelError, NonFiniteError, RegistryError, ShapeError


def explain(model, inputs, **options):
    return xaiplug.explain(model, inputs, "mine", baseline=options.pop("baseline", "zeros"), **options)


def test_the_result_is_complete(mine, small_cnn, images):
    explanation = explain(small_cnn, images, steps=2)
    logits = small_cnn.eval()(images)
    assert explanation.level == "input"
    torch.testing.assert_close(explanation.score, logits.amax(1))
    assert explanation.target.index.equal(logits.argmax(1))
    assert explanation.meta["target"] == "predicted"
    assert (explanation.meta["forwards"], explanation.meta["backwards"]) == (6, 3)  # the class, then the gradient
    assert explanation.meta["explainer"] == {"use": "mine/mine", "params": {"steps": 2}}


def test_model_inputs_and_rng_are_untouched(mine, small_cnn, images):
    small_cnn.train()
    small_cnn[0].weight.grad = grad = torch.ones_like(small_cnn[0].weight)
    small_cnn[4].bias.requires_grad_(False)
    before, copy = {k: v.clone() for k, v in small_cnn.state_dict().items()}, images.clone()
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    explain(small_cnn, images)
    assert small_cnn.training
    assert small_cnn[0].weight.grad is grad
    assert [p.requires_grad for p in small_cnn.parameters()] == [True, True, True, False]
    assert all(before[k].equal(v) for k, v in small_cnn.state_dict().items())
    assert images.equal(copy)
    assert not images.requires_grad
    assert torch.get_rng_state().equal(states[0])
    assert (np.random.get_state()[1] == states[1]).all()
    assert random.getstate() == states[2]
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in small_cnn.modules())


class Raises(nn.Module):
    def __init__(self, after):
        super().__init__()
        self.linear, self.after, self.calls = nn.Linear(4, 3), after, 0

    def forward(self, x):
        self.calls += 1
        if self.calls > self.after:
            raise ValueError("boom")
        return self.linear(x)


def test_a_model_that_raises_is_named_and_left_as_it_was(mine):
    model = Raises(after=1).train()
    with pytest.raises(
        ModelError, match=r"model 'Raises' raised on an input of \(2, 4\) torch.float32: ValueError: boom"
    ):
        explain(model, torch.rand(2, 4))
    assert model.training
    assert all(p.requires_grad for p in model.parameters())
    assert not any(m._forward_hooks for m in model.modules())


@pytest.mark.parametrize(
    ("returns", "error", "message"),
    [
        (lambda x: x.sum(1, keepdim=True) * torch.nan, NonFiniteError, "returned NaN or infinity for sample 0, 1"),
        (lambda x: x[None], ModelError, "returned .* for 2 inputs; expected"),
        (lambda x: x[:, :, None], ModelError, r"returned \(2, 4, 1\) for 2 inputs; expected"),
        (lambda x: x.sum(), ModelError, r"returned \(\) for 2 inputs; expected"),
        (lambda x: x[:1], ModelError, r"returned \(1, 4\) for 2 inputs"),
        (lambda x: "text", ModelError, "the model returned str"),
    ],
)
def test_wrong_outputs(mine, returns, error, message):
    class Wrong(nn.Module):
        def forward(self, x):
            return returns(x)

    with pytest.raises(error, match=message):
        explain(Wrong(), torch.rand(2, 4))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.double(), "inputs are torch.float64 and the model's parameters torch.float32"),
        (lambda x: (x * 255).byte(), "got torch.uint8; divide by 255"),
        (lambda x: x[:0], "inputs are empty"),
        (lambda x: x[0, 0, 0], "inputs must be a tensor"),
        (lambda x: "photo.jpg", "inputs must be a tensor.* got str"),
    ],
)
def test_wrong_inputs(mine, small_cnn, images, change, message):
    with pytest.raises(ShapeError, match=message):
        explain(small_cnn, change(images))


def test_an_image_of_the_wrong_shape_says_which(mine, small_cnn, images):
    with pytest.raises(ModelError, match=r"raised on an input of \(3, 1, 12, 12\)"):
        explain(small_cnn, images[:, :1])


def test_outputs_of_other_libraries_are_unwrapped(mine, images):
    class Wrapped(nn.Module):
        def __init__(self, wrap):
            super().__init__()
            self.linear, self.wrap = nn.Linear(432, 4), wrap

        def forward(self, x):
            return self.wrap(self.linear(x.flatten(1)))

    torch.manual_seed(0)
    plain = Wrapped(lambda z: z)
    expected = explain(plain, images).attribution
    for wrap in (lambda z: {"logits": z}, lambda z: (z, None), lambda z: type("Output", (), {"logits": z})()):
        plain.wrap = wrap
        assert explain(plain, images).attribution.equal(expected)


def test_a_plain_score_is_explained_on_its_logit(mine):
    for squeeze in (True, False):
        net = nn.Sequential(nn.Linear(3, 1), nn.Flatten(0)) if squeeze else nn.Linear(3, 1)
        explanation = explain(net, torch.rand(2, 3))
        assert explanation.target.scale == "logit"
        assert explanation.target.index.tolist() == [0, 0]
    with pytest.raises(ComponentError, match="a model with one output has no 'probability'"):
        explain(net, torch.rand(2, 3), scale="probability")


def test_sigmoid_heads_stand_alone(mine):
    net = nn.Linear(3, 2)
    x = torch.rand(4, 3)
    sigmoid = xaiplug.Model(net, output="sigmoid")
    torch.testing.assert_close(
        explain(sigmoid, x, target=1, scale="probability").score, net(x)[:, 1].sigmoid().detach()
    )


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (2, [2, 2, 2]),
        ([0, 1, 2], [0, 1, 2]),
        (torch.tensor([1, 0, 1]), [1, 0, 1]),
        ("cat", [1, 1, 1]),
        (["dog", "cat", "dog"], [0, 1, 0]),
        (np.int64(1), [1, 1, 1]),
        (np.array(1), [1, 1, 1]),
        (np.array([0, 1, 2], dtype=np.uint8), [0, 1, 2]),
        ([np.int32(0), np.int64(1), 2], [0, 1, 2]),
        (np.array(["dog", "cat", "dog"]), [0, 1, 0]),
        (np.str_("cat"), [1, 1, 1]),
    ],
)
def test_targets(mine, small_cnn, images, target, expected):
    model = xaiplug.Model(small_cnn, class_names=["dog", "cat", "cow", "pig", "hen"])
    assert explain(model, images, target=target).target.index.tolist() == expected


def test_wrong_targets(mine, small_cnn, images):
    model = xaiplug.Model(small_cnn, class_names=["dog", "cat", "cow", "pig", "hen"])
    with pytest.raises(ShapeError, match=r"target class \[5, 5, 5\] is outside the model's 5 outputs \(0 to 4\)"):
        explain(model, images, target=5)
    for outside in (-1, 10**30, np.array([0, 1, -1]), [0, 1, 10**20]):
        with pytest.raises(ShapeError, match="outside the model's"):
            explain(model, images, target=outside)
    for wrong in (np.array([0.0, 1.0, 2.0]), np.array([True, False, True])):
        with pytest.raises(ShapeError, match="must hold class indices"):
            explain(model, images, target=wrong)
    with pytest.raises(ShapeError, match=r"one per sample \(3,\), got \(2,\)"):
        explain(model, images, target=[0, 1])
    with pytest.raises(ComponentError, match="no class 'catt'; did you mean 'cat'"):
        explain(model, images, target="catt")
    with pytest.raises(ComponentError, match="unknown scale 'logits'; did you mean 'logit'"):
        explain(model, images, scale="logits")


def test_data_may_stand_in_for_components(mine, small_cnn, images):
    expected = explain(small_cnn, images).attribution
    zeros = torch.zeros_like(images)
    for baseline in (zeros, zeros[None], zeros[0], ("zeros", {})):
        assert explain(small_cnn, images, baseline=baseline).attribution.equal(expected)
    with pytest.raises(ShapeError, match=r"baseline \(2, 3, 12, 12\) does not fit inputs \(3, 3, 12, 12\)"):
        explain(small_cnn, images, baseline=zeros[:2])


def test_what_a_method_does_not_use_is_an_error(mine, small_cnn, images):
    with pytest.raises(ComponentError, match=r"explainer 'mine' does not use 'imputer' \(it uses: baseline\)"):
        explain(small_cnn, images, imputer="baseline")


def test_unknown_names_and_parameters(mine, small_cnn, images):
    with pytest.raises(RegistryError, match="did you mean 'mine'"):
        xaiplug.explain(small_cnn, images, "mien")
    with pytest.raises(ComponentError, match="did you mean 'steps'"):
        explain(small_cnn, images, step=3)
    with pytest.raises(ComponentError, match="by keyword with a name"):
        xaiplug.explain(small_cnn, images, ("mine", {}), steps=3)


def test_callers_may_switch_gradients_off(mine, small_cnn, images):
    expected = explain(small_cnn, images).attribution
    with torch.no_grad():
        assert explain(small_cnn, images).attribution.equal(expected)
    with torch.inference_mode():
        assert explain(small_cnn, images.clone()).attribution.equal(expected)


def test_rows_and_embeddings(mine):
    rows, words = torch.rand(2, 6, dtype=torch.float64), torch.rand(2, 4, 3)
    assert explain(nn.Linear(6, 3).double(), rows).attribution.dtype == torch.float64
    assert explain(nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), words).attribution.shape == (2, 4, 3)


class Away(xaiplug.Explainer):
    needs = ("baseline",)

    def explain(self, query):
        return query.inputs - query.baseline[0]


class Halfway(xaiplug.Baseline):
    needs = ("references",)

    def build(self, query):
        return (query.inputs + query.require("references")) / 2


def test_a_baseline_may_need_references(small_cnn, images):
    found = xaiplug.explain(small_cnn, images, Away(), baseline=Halfway(), references=torch.zeros_like(images))
    torch.testing.assert_close(found.attribution, images / 2)
    with pytest.raises(ComponentError, match="needs references"):
        xaiplug.explain(small_cnn, images, Away(), baseline=Halfway())
    with pytest.raises(ComponentError, match="does not use 'references'"):
        xaiplug.explain(small_cnn, images, Away(), references=torch.zeros_like(images))


def test_batch_order_and_chunks_change_nothing(mine, small_cnn, images):
    whole = explain(small_cnn, images).attribution
    torch.testing.assert_close(explain(small_cnn, images.flip(0)).attribution.flip(0), whole, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(explain(small_cnn, images, max_batch=1).attribution, whole, rtol=1e-5, atol=1e-7)


def test_data_that_is_not_there():
    with pytest.raises(DataError, match="no folder no-such-folder; there is nothing"):
        xaiplug.load_data("folder:no-such-folder")
    with pytest.raises(DataError, match="no data reference"):
        xaiplug.load_data("photos")
    with pytest.raises(ModelError, match="no model reference"):
        xaiplug.load_model("resnet50")
    with pytest.raises(DataError, match="no model at"):
        xaiplug.load_model("file:no-such.yaml")


def test_a_name_that_two_classes_have_is_asked_for_by_its_index():
    model = xaiplug.Model(torch.nn.Linear(2, 3), class_names=("crane", "owl", "crane"))
    with pytest.raises(ComponentError, match=r"several classes 'crane': give the index, one of \[0, 2\]"):
        xaiplug.explain(model, torch.ones(1, 2), "gradient", target="crane")
    assert xaiplug.explain(model, torch.ones(1, 2), "gradient", target="owl").target.index.tolist() == [1]
