from pathlib import Path

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Model
from xaiplug.errors import ModelError
from xaiplug.model.passes import in_chunks
from xaiplug.model.passes.chunks import CPU_ELEMENTS, _fits


def test_normalisation_is_the_adapters(small_cnn, images):
    mean, std = [0.5, 0.4, 0.3], [0.2, 0.3, 0.4]
    model = Model(small_cnn.eval(), mean=mean, std=std)
    by_hand = (images - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    torch.testing.assert_close(model(images), small_cnn(by_hand))
    assert list(small_cnn.state_dict()) == list(model.network.state_dict())


def test_features_are_the_input_of_the_last_linear(small_cnn, images):
    model = Model(small_cnn.eval())
    torch.testing.assert_close(model.features(images), small_cnn[:4](images))
    features, logits = model.features_and_logits(images, "4")
    torch.testing.assert_close(small_cnn[4](features), logits)
    assert features.requires_grad
    with pytest.raises(ModelError, match="no layer '44'; did you mean '4'"):
        model.features(images, "44")
    with pytest.raises(ModelError, match=r"has no nn.Linear between its input and its logits; name the layer"):
        Model(nn.Sequential(nn.Conv2d(3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())).features(images)


def test_capture_gives_maps(small_cnn, images):
    captured = Model(small_cnn.eval()).capture(images, "0")
    torch.testing.assert_close(captured.values.relu(), small_cnn[:2](images))
    assert captured.prefix is None
    with pytest.raises(ModelError, match=r"expected \(B,D,h,w\) or tokens"):
        Model(small_cnn).capture(images, "4")


def test_fingerprints_follow_weights_and_normalisation(small_cnn):
    first = Model(small_cnn).fingerprint()
    assert Model(small_cnn).fingerprint() == first
    assert Model(small_cnn, mean=[0.0] * 3, std=[1.0] * 3).fingerprint() != first
    with torch.no_grad():
        small_cnn[4].bias[0] += 1
    assert Model(small_cnn).fingerprint() != first


def test_meters_count_rows(small_cnn, images):
    model = Model(small_cnn.eval())
    x = images.clone().requires_grad_()
    with model.metered() as meter:
        model(images)
        model(x).sum().backward()
    assert (meter.forwards, meter.backwards) == (6, 3)
    assert meter.peak_bytes >= 0
    assert not model.module._forward_hooks


def test_out_of_memory_halves_and_is_remembered():
    net, sizes = nn.Linear(1, 1), []

    def run(part):
        size = len(range(100)[part])
        sizes.append(size)
        if size > 10:
            raise torch.OutOfMemoryError("too much")
        return torch.arange(100)[part]

    assert in_chunks(run, 100, CPU_ELEMENTS // 64, "auto", ("test", net)).equal(torch.arange(100))
    assert sizes[:4] == [64, 32, 16, 8]
    sizes.clear()
    in_chunks(run, 100, CPU_ELEMENTS // 64, "auto", ("test", net))
    assert sizes[0] == 8
    with pytest.raises(torch.OutOfMemoryError):
        in_chunks(run, 100, 1, 64, ("test", net))
    del net
    assert not any(("test", CPU_ELEMENTS // 64) in kept for kept in _fits.values())


def test_wrapping_changes_no_flag_of_the_network():
    network = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 2, 1)).train()
    network[0].eval()
    Model(network)
    assert network.training
    assert not network[0].training


class InPlace(nn.Module):
    """Normalises what it is given where it lies."""

    def __init__(self, how):
        super().__init__()
        self.how, self.linear = how, nn.Linear(12, 3)

    def forward(self, x):
        self.how(x)
        return self.linear(x.flatten(1))


@pytest.mark.parametrize(
    "how", [lambda x: x.sub_(0.5).div_(0.5), lambda x: x.data.sub_(0.5), lambda x: x[:, 0].zero_()]
)
@pytest.mark.parametrize("ask", [lambda net, x: Model(net)(x), lambda net, x: xaiplug.explain(net, x, "gradient")])
def test_a_forward_that_changes_its_input(how, ask):
    x = torch.rand(2, 3, 2, 2) + 0.1
    before = x.clone()
    with pytest.raises(ModelError, match="changes its input in place"):
        ask(InPlace(how), x)
    assert torch.equal(x, before)


def test_a_forward_that_changes_its_input_later_on():
    """The caller's tensor is not what the network gets, and a change that torch counts is seen in every call."""

    def from_now_on(x):
        if calls:
            x.mul_(2)
        calls.append(1)

    calls, x = [], torch.rand(2, 3, 2, 2)
    before = x.clone()
    with pytest.raises(ModelError, match="changes its input in place"):
        xaiplug.explain(InPlace(from_now_on), x, "occlusion", window=1)
    assert torch.equal(x, before)


def test_a_change_of_the_adapters_own_normalisation_is_harmless():
    net, x = InPlace(lambda x: x.sub_(1)), torch.rand(2, 3, 2, 2)
    model = Model(net, mean=[0.5] * 3, std=[0.5] * 3)
    torch.testing.assert_close(model(x), net.linear(((x - 0.5) / 0.5 - 1).flatten(1)))


@pytest.mark.parametrize("layer", ["0", "1", "3"])
def test_features_and_maps_are_those_before_an_activation_in_place(layer):
    torch.manual_seed(0)
    plain, changing = (
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(p), nn.Conv2d(4, 4, 3), nn.ReLU(p), nn.Flatten(), nn.Linear(64, 2))
        for p in (False, True)
    )
    changing.load_state_dict(plain.state_dict())
    x = torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(Model(changing).features(x, layer), Model(plain).features(x, layer))
    torch.testing.assert_close(Model(changing).capture(x, layer).values, Model(plain).capture(x, layer).values)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="this system does not say what a block held")
def test_the_peak_of_memory_is_the_methods_own():
    model = Model(nn.Flatten())
    size = 2**26
    ballast = torch.ones(size)
    with model.metered() as small:
        model(torch.zeros(1, 1, 2, 2))
    with model.metered() as large:
        torch.ones(size).sum()
    assert small.peak_bytes < 4 * size / 8
    assert 0.99 * 4 * size < large.peak_bytes < 2 * 4 * size  # the kernel counts pages in batches
    assert len(ballast) == size
