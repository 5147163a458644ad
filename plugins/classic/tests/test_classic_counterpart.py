"""Controls as smooth as the map itself."""

import pytest
import torch

import xaiplug
from xaiplug.errors import ComponentError, DataError


def net(classes=3):
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(4 * 36, classes)
    ).double()


def images(count=4):
    return torch.rand(count, 1, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def labelled(x):
    return x, torch.zeros(len(x), dtype=torch.int64)


def counterpart(model, x, what, **asked):
    return xaiplug.explain(model, x, ("counterpart", {"of": "gradient", "what": what}), **asked).attribution


def test_another_class_is_the_strongest_of_the_others():
    model, x = net(), images()
    second = model(x).argsort(1, descending=True)[:, 1]
    expected = xaiplug.explain(model, x, "gradient", target=second).attribution
    assert torch.equal(counterpart(model, x, "class"), expected)


def test_another_sample_is_of_the_pool_and_never_the_same():
    model, x = net(), images(2)
    maps = counterpart(model, x, "sample", pool=labelled(x))
    assert torch.equal(maps, xaiplug.explain(model, x.flip(0), "gradient").attribution)


def test_another_sample_does_not_depend_on_the_batch():
    model, x = net(), images(6)
    whole = counterpart(model, x[:3], "sample", pool=labelled(x), seed=5)
    assert torch.equal(counterpart(model, x[:1], "sample", pool=labelled(x), seed=5), whole[:1])


def test_another_network_has_new_weights_and_the_given_one_keeps_its_own():
    model, x = net(), images()
    before, state = {name: value.clone() for name, value in model.state_dict().items()}, torch.get_rng_state()
    found = counterpart(model, x, "network")
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    own = xaiplug.explain(model, x, "gradient").attribution
    assert abs(torch.corrcoef(torch.stack([found.flatten(), own.flatten()]))[0, 1]) < 0.5
    assert torch.equal(counterpart(model, x, "network"), found)


def test_parameters_of_layers_that_cannot_be_made_anew_are_shuffled():
    class Scaled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.arange(36.0))

        def forward(self, x):
            return (x.flatten(1) * self.scale).sum(1, keepdim=True)

    found = xaiplug.explain(Scaled(), images().float(), ("counterpart", {"of": "gradient"}), scale="logit").attribution
    assert sorted(found[0].flatten().tolist()) == list(range(36))
    assert found[0].flatten().tolist() != list(range(36))


def test_what_has_no_other_is_an_error():
    with pytest.raises(ComponentError, match="no other class"):
        counterpart(net(1), images(), "class")
    x = images(1)
    with pytest.raises(DataError, match="more samples"):
        counterpart(net(), x, "sample", pool=labelled(x))


def test_what_it_needs_is_what_its_explainer_needs():
    made = xaiplug.registry.resolve("explainer", ("counterpart", {"of": "integrated-gradients", "what": "sample"}))
    assert made.needs == ("pool", "baseline")
