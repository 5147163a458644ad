"""Networks in wrappers, and what they return: it simply works, or it is one clear error."""

import pytest
import torch
from torch import nn
from torchvision import tv_tensors

import xaiplug
from xaiplug import Model
from xaiplug.errors import ModelError, ShapeError

IMAGES = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def cnn():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 3)
    ).eval()


class Around(nn.Module):
    """A network, and something done to it."""

    def __init__(self, answer):
        super().__init__()
        self.network, self.answer = cnn(), answer
        self.eval()

    def forward(self, x):
        return self.answer(self.network, x)


def gradient(network):
    return xaiplug.explain(network, IMAGES, "gradient", target=1).attribution


def blurred(network, x, context):
    with context():
        return network(x)


@pytest.mark.parametrize("answer", [lambda net, x: net(x).double(), lambda net, x: (net(x), x), lambda net, x: net(x)])
def test_logits_of_another_precision_are_cast_to_that_of_the_inputs(answer):
    model = Model(Around(answer))
    assert model(IMAGES).dtype == torch.float32
    torch.testing.assert_close(gradient(Around(answer)), gradient(cnn()))


def test_integer_logits_are_an_error():
    with pytest.raises(ModelError, match=r"returned torch.int64; logits are floating-point.* before argmax"):
        gradient(Around(lambda net, x: net(x).argmax(1, keepdim=True)))


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_a_forward_without_gradients_is_an_error_where_one_is_asked_for(context):
    network = Around(lambda net, x: blurred(net, x, context))
    with pytest.raises(ModelError, match=r"no gradient of its input: its forward is under torch.no_grad or inference"):
        gradient(network)
    torch.testing.assert_close(
        xaiplug.explain(network, IMAGES, "occlusion", target=1).attribution,
        xaiplug.explain(cnn(), IMAGES, "occlusion", target=1).attribution,
    )


def test_a_dict_without_logits_asks_which():
    with pytest.raises(ModelError, match=r"a dict of 'aux', 'scores' and none is called 'logits'; say what"):
        gradient(Around(lambda net, x: {"aux": net(x) * 0, "scores": net(x)}))
    torch.testing.assert_close(gradient(Around(lambda net, x: {"aux": x, "logits": net(x)})), gradient(cnn()))


def test_a_count_of_classes_that_changes_is_an_error():
    sizes = iter((3, 3, 4))
    network = Around(lambda net, x: nn.functional.pad(net(x), (0, next(sizes) - 3)))
    with pytest.raises(ModelError, match=r"returned 4 classes where it returned 3 before"):
        xaiplug.explain(network, IMAGES, "integrated-gradients", max_batch=2)


def test_class_names_are_as_many_as_classes():
    with pytest.raises(ModelError, match=r"has 2 class names and 3 outputs"):
        gradient(Model(cnn(), class_names=("cat", "dog")))
    single = nn.Sequential(nn.Flatten(), nn.Linear(192, 1))
    assert Model(single, output="sigmoid", class_names=("no", "yes"))(IMAGES).shape == (2, 1)


@pytest.mark.parametrize(
    "script", [torch.jit.script, lambda net: torch.jit.trace(net, IMAGES)], ids=["script", "trace"]
)
def test_torchscript_is_explained_by_its_scores_and_gradients_and_keeps_its_layers(script):
    network = script(cnn())
    torch.testing.assert_close(gradient(network), gradient(cnn()))
    for method in ("grad-cam", "hsets", "ig2"):
        references = {"references": IMAGES[None]} if method == "ig2" else {}
        with pytest.raises(ModelError, match="TorchScript in it, whose layers cannot be seen"):
            xaiplug.explain(network, IMAGES, method, **references)


def in_place(network):
    network.compile(backend="eager")
    return network


class Half(nn.Module):
    """Compiled inside."""

    def __init__(self):
        super().__init__()
        network = cnn()
        self.body, self.head = torch.compile(network[:4], backend="eager"), network[4]

    def forward(self, x):
        return self.head(self.body(x))


@pytest.mark.parametrize("compiled", [lambda net: torch.compile(net, backend="eager"), in_place, lambda net: Half()])
def test_what_was_compiled_is_explained_as_it_was_written(compiled):
    network = compiled(cnn())
    torch.testing.assert_close(gradient(network), gradient(cnn()))
    for method in ("grad-cam", "hessian-sets"):
        torch.testing.assert_close(
            xaiplug.explain(network, IMAGES, method, target=1).attribution,
            xaiplug.explain(cnn(), IMAGES, method, target=1).attribution,
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"std": [0.5] * 3}, r"std=\[0.5, 0.5, 0.5\] without a mean"),
        ({"mean": [0.5] * 3, "std": [0.5]}, "mean has 3 channels and std 1"),
        ({"mean": [0.5] * 3, "std": [0.5, 0.5, 0.0]}, "a std above 0"),
        ({"mean": [float("nan")] * 3}, "finite numbers"),
        ({"mean": 0.5}, "one number a channel"),
        ({"mean": []}, "finite numbers"),
    ],
)
def test_a_normalisation_that_is_none_is_an_error(options, message):
    with pytest.raises(ModelError, match=message):
        Model(cnn(), **options)


@pytest.mark.parametrize("mean", [[0.5], [0.5] * 4])
def test_a_mean_of_other_channels_is_an_error_and_does_not_spread(mean):
    with pytest.raises(ShapeError, match=r"mean of \d channels, and inputs \(2, 3, 8, 8\) have 3; give a mean and std"):
        gradient(Model(cnn(), mean=mean))
    grey = Model(nn.Sequential(nn.Flatten(), nn.Linear(64, 2)), mean=[0.5] * 3)
    with pytest.raises(ShapeError, match=r"mean of \d channels, and inputs \(2, 1, 8, 8\) have 1"):
        grey(IMAGES[:, :1])
    with pytest.raises(ShapeError, match="have none"):
        Model(nn.Linear(3, 2), mean=[0.5] * 3)(torch.rand(2, 3))


class Heads(nn.Module):
    """Linear layers of which `answer` makes logits."""

    def __init__(self, answer):
        super().__init__()
        self.flatten, self.body = nn.Flatten(), nn.Linear(192, 5)
        self.second, self.head = nn.Linear(5, 3), nn.Linear(5, 3)
        self.other = nn.Linear(4, 3)
        self.register_buffer("text", torch.ones(3, 4))
        self.answer = answer

    def forward(self, x):
        return self.answer(self, self.body(self.flatten(x)))


def clip(self, features):
    """Images, then texts; the projection of texts is registered and called last."""
    image, text = self.head(features), self.other(self.text)
    return nn.functional.normalize(image) @ nn.functional.normalize(text).T


def unused(self, features):
    logits = self.second(features)
    self.head(features)
    return logits * 2


@pytest.mark.parametrize("answer", [clip, unused, lambda self, features: self.head(features).softmax(1)])
def test_the_representation_is_what_the_last_linear_that_is_used_reads(answer):
    network = Heads(answer)
    want = network.body(network.flatten(IMAGES))
    model = Model(network)
    for _ in range(2):
        features, logits = model.features_and_logits(IMAGES)
        torch.testing.assert_close(features, want)
        torch.testing.assert_close(logits, network(IMAGES))
    with torch.no_grad():
        assert not Model(network).features(IMAGES).requires_grad


@pytest.mark.parametrize(
    "answer",
    [
        lambda self, features: (self.second(features) + self.head(features)) / 2,
        lambda self, features: self.head(features) + features[:, :3],
    ],
    ids=["two heads, as of a distilled DeiT", "a residual"],
)
def test_a_representation_that_is_not_all_is_an_error(answer):
    with pytest.raises(ModelError, match=r"more than its last nn.Linear, 'head'; name the layer"):
        Model(Heads(answer)).features(IMAGES)


def test_inputs_of_other_kinds_are_taken_for_what_they_are():
    plain = gradient(cnn())
    for inputs in (
        IMAGES.contiguous(memory_format=torch.channels_last),
        torch.cat([IMAGES, IMAGES], -1)[..., :8],
        tv_tensors.Image(IMAGES),
        nn.Parameter(IMAGES),
    ):
        found = xaiplug.explain(cnn(), inputs, "gradient", target=1).attribution
        assert type(found) is torch.Tensor
        torch.testing.assert_close(found, plain)
    expanded = xaiplug.explain(cnn(), IMAGES[:1].expand(2, -1, -1, -1), "gradient", target=1).attribution
    torch.testing.assert_close(expanded[1], plain[0])
    with pytest.raises(ShapeError, match=r"must be a dense tensor, got torch.sparse_coo; give inputs.to_dense\(\)"):
        xaiplug.explain(cnn(), IMAGES.to_sparse(), "gradient")


def test_a_network_that_holds_a_compiled_ones_name_is_its_own():
    class Holder(nn.Module):
        def __init__(self):
            super().__init__()
            self._orig_mod = nn.Linear(3, 2)

        def forward(self, x):
            return -self._orig_mod(x)

    net, x = Holder(), torch.rand(1, 3)
    assert torch.equal(Model(net)(x), net(x))
