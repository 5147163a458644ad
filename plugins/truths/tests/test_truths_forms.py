"""Closed forms against brute force, in float64, and what the truths say against what sound methods say."""

from functools import cache
from math import comb

import pytest
import torch

import xaiplug
from xaiplug.data.exact import STATEMENTS
from xaiplug_truths.catalogue import CATALOGUE
from xaiplug_truths.drawing import means_of
from xaiplug_truths.networks import PLAYERS

NAMES = list(CATALOGUE)
COUNT = 2
PATH = 1 << 17
"""Points of a path; powers of two, so that no point is on the edge of a tooth."""


@pytest.fixture(params=NAMES)
def truth(request):
    """Name, network in float64, samples, and their images in float64."""
    model = xaiplug.load_model(f"truth:{request.param}")
    samples = xaiplug.load_data(f"truth:{request.param}", limit=COUNT)
    return request.param, model.network.double(), samples, samples.inputs.double()


def game(network, means):
    """v (2^16,) of one image, the patches that are away black; bit i of a coalition's number is patch i."""
    keep = (torch.arange(2**PLAYERS)[:, None] >> torch.arange(PLAYERS)) % 2
    with torch.no_grad():
        return network[1:]((keep * means).view(-1, 1, 4, 4))[:, 0]


@cache
def weights(players):
    """Shapley's: the mean over sizes of the mean over the coalitions of that size, of n players."""
    sizes = ((torch.arange(2**players)[:, None] >> torch.arange(players)) % 2).sum(1)
    each = [1 / ((players + 1) * comb(players, size)) for size in range(players + 1)]
    return torch.tensor(each, dtype=torch.float64)[sizes]


def by_size(gains):
    """Of gains (2,) * n."""
    return float(gains.flatten() @ weights(gains.ndim))


def test_shapley_values_and_interactions(truth):
    _, network, samples, images = truth
    exact = samples.exact
    for row in range(COUNT):
        v = game(network, means_of(images)[row]).view((2,) * PLAYERS)
        assert v.max() > v.min()
        for i in range(PLAYERS):
            gain = v.select(-1 - i, 1) - v.select(-1 - i, 0)  # bit i of the number of a coalition
            assert by_size(gain) == pytest.approx(float(exact.values[row, i]), abs=1e-11)
            for j in range(i):
                both = gain.select(-1 - j, 1) - gain.select(-1 - j, 0)
                assert by_size(both) == pytest.approx(float(exact.interactions[row, i, j]), abs=1e-11)
                assert exact.interactions[row, i, j] == exact.interactions[row, j, i]
                if exact.interactions[row, i, j] == 0:  # in no context, not only on the average
                    assert both.abs().max() < 1e-11
        assert not exact.interactions[row].diagonal().any()


def test_integrated_gradients(truth):
    """The midpoint rule on the means; each bend of the path costs at most the change of its slope times one step."""
    name, network, samples, images = truth
    head, times = network[1:], (torch.arange(PATH, dtype=torch.float64) + 0.5)[:, None] / PATH
    bends = {"shattered-gradients": 64 * 16 * 2, "piecewise-gaussian": 48 * 256, "saturated-relu": 8}.get(name, 16)
    for row, means in enumerate(means_of(images)):
        total = torch.zeros_like(means)
        for part in times.split(1 << 14):
            points = (part * means).requires_grad_()
            total += torch.autograd.grad(head(points.view(-1, 1, 4, 4)).sum(), points)[0].sum(0)
        path = means * total / PATH
        exact = samples.extras["integrated_gradients"][row : row + 1]
        patches = samples.exact.groups[torch.tensor([row])]
        assert torch.allclose(path, patches.sum(exact)[0], rtol=0, atol=bends / PATH)
        pixels = images[row] / 16 * patches.broadcast(total[None] / PATH)
        assert torch.allclose(pixels, exact[0], rtol=0, atol=bends / PATH)


def test_gradients(truth):
    """Against finite differences of the network, patch by patch, and against autograd, pixel by pixel."""
    _, network, samples, images = truth
    at = images.clone().requires_grad_()
    (slopes,) = torch.autograd.grad(network(at).sum(), at)
    assert torch.allclose(slopes, samples.extras["gradient"], rtol=1e-9, atol=1e-11)
    labels, width = samples.exact.groups.labels, 1e-7
    with torch.no_grad():
        for player in range(PLAYERS):
            patch = (labels == player)[:, None] * width
            rise = (network(images + patch) - network(images - patch))[:, 0] / (2 * width)
            exact = samples.exact.groups.sum(samples.extras["gradient"])[:, player]
            assert torch.allclose(rise, exact, rtol=1e-5, atol=1e-6)


def test_nothing_outside_the_truth_matters(truth):
    _, network, samples, images = truth
    away = torch.where(samples.relevant[:, None], images, 0)
    with torch.no_grad():
        assert torch.allclose(network(away), network(images), rtol=0, atol=1e-12)
        assert not torch.allclose(network(torch.zeros_like(images)), network(images)) or truth[0] == "cancelling-terms"
    assert samples.relevant.any()
    assert not samples.relevant.all()


def agreed(samples):
    """Statements in which the Shapley value and the straight path, both sound, say the same of every sample."""
    one, two = samples.exact.values, samples.exact.groups.sum(samples.extras["integrated_gradients"])
    two = torch.where(two.abs() < 1e-12, 0, two)
    outside = ~(samples.exact.groups.mean(samples.relevant.double()) > 0)
    share = [values / values.abs().sum(1, keepdim=True) for values in (one, two)]
    steps = [(values[:, :, None] - values[:, None]) for values in (one, two)]
    steps = [torch.where(step.abs() < 1e-9, 0, step) for step in steps]
    return {
        "where": bool((one[outside] == 0).all() and (two[outside] == 0).all()),
        "sign": torch.equal(one.sign(), two.sign()),
        "share": torch.allclose(*share, atol=1e-9, equal_nan=True),
        "order": torch.equal(steps[0].sign(), steps[1].sign()),
        "interaction": bool(samples.exact.interactions.flatten(1).any(1).all()),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_truth_says_what_sound_methods_agree_on(name):
    samples = xaiplug.load_data(f"truth:{name}")
    assert list(samples.says) == [one for one in STATEMENTS if agreed(samples)[one]]


def test_float32_has_the_same_network():
    for name in NAMES:
        network = CATALOGUE[name].network()
        for value in network.double().state_dict().values():
            assert torch.equal(value, value.float().double())
